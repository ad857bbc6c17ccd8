"""One module a command of `musiclog`: add_arguments(parser), run(options) -> exit status."""
