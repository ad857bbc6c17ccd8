"""The command `musiclog` with its sub-commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

COMMANDS = {
    "cache": "see and clear what was kept of long runs",
    "check": "look for anomalies in a run, for CI and cron",
    "compare": "say which runs are better, how surely, and why",
    "convert": "write a run as TensorBoard, CSV or Parquet files",
    "demo": "train a small model and watch it",
    "doctor": "say what is missing on this machine",
    "report": "write a run or a comparison as HTML, Markdown or CSV",
    "score": "score MIDI files",
    "watch": "follow a run in the terminal",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the returned number is the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = parser(words).parse_args(words)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        return 130  # what shells expect of a program that Ctrl+C ended
    except BrokenPipeError:  # `musiclog score ... | head` is no error
        sys.stderr.close()
        return 0
    return status


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """All commands by name; only the one that the words ask for is imported and knows its arguments."""
    top = argparse.ArgumentParser(
        prog="musiclog", description="Watch, hear and compare the training of models that write music as notes.")
    top.add_argument("--version", action="version", version=f"musiclog {version('musiclog')}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name in words[:1]:
            module = import_module(f".commands.{name}", __package__)
            command.description = module.__doc__
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return top


if __name__ == "__main__":
    sys.exit(main())
