"""Follow a run in the terminal: progress, losses, quality and the newest alerts, until it ends or Ctrl+C."""

from __future__ import annotations

import argparse
import threading

from rich.console import Console

from ..errors import MusiclogError
from ..opened import open_run
from ..remote import Address, is_address, local
from ..remote.keeper import follow
from ..terminal import show, watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="run folder of any known format, or its address elsewhere")
    parser.add_argument("--once", action="store_true", help="show it once and end")


def run(options: argparse.Namespace) -> int:
    console = Console()
    try:
        opened = open_run(local(options.run_folder))
    except MusiclogError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    if options.once:
        opened.load()
        console.print(show(opened.data))
        return 0
    over = threading.Event()
    if is_address(options.run_folder):
        follow(Address(options.run_folder), over)
    try:
        watch(opened, console)
    finally:
        over.set()
    return 0
