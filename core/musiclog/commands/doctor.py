"""Say what this machine has and what it lacks for the window and for sound; exit 1 if the window could not start."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.markup import escape

from ..doctor import examine, window_can_start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # nothing to choose


def run(options: argparse.Namespace) -> int:
    del options
    console = Console(soft_wrap=True, highlight=False)  # soft_wrap: a command to copy must not be broken into lines
    checks = examine()
    for check in checks:
        word, colour = ("ok", "green") if check.ok else ("missing", "red" if check.needed else "yellow")
        console.print(f"[{colour}]{word:8}[/] {escape(check.name)}: {escape(check.found)}")
        if not check.ok:
            console.print(f"         {escape(check.advice)}")
    can = window_can_start(checks)
    console.print("The window can start: musiclog-gui" if can else "The window cannot start here.")
    return 0 if can else 1
