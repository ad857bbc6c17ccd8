"""What switches musiclog on in other people's training code: one module a library, imported by name only."""
