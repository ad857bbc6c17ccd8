"""Follow a run in the terminal: progress, losses, quality and the newest alerts, until it ends or Ctrl+C."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from ..errors import ReadError
from ..opened import open_run
from ..terminal import show, watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="run folder of any known format")
    parser.add_argument("--once", action="store_true", help="show it once and end")


def run(options: argparse.Namespace) -> int:
    console = Console()
    try:
        opened = open_run(options.run_folder)
    except ReadError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    if options.once:
        opened.load()
        console.print(show(opened.data))
        return 0
    watch(opened, console)
    return 0
