"""Follow a run, or all runs below a folder, in the terminal: progress, losses, quality and the newest alerts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ..errors import MusiclogError
from ..opened import open_run, runs_at
from ..remote import Address, is_address, local
from ..remote.keeper import Following
from ..screen import screen
from ..terminal import show, watch
from ..terminal_runs import watch_runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN",
                        help="a run of any known format, a folder with some, or an address elsewhere")  # fmt: skip
    parser.add_argument("--once", action="store_true", help="show it once and end")


def run(options: argparse.Namespace) -> int:
    console = screen()
    following: Following | None = None
    try:
        place = local(options.run_folder)
        if is_address(options.run_folder) and not options.once:
            following = Following(Address(options.run_folder))
        _show(place, console, lambda: following.trouble if following else "", once=options.once)
    except MusiclogError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    finally:
        if following is not None:
            following.stop()
    return 0


def _show(place: Path, console: Console, trouble: Callable[[], str], *, once: bool) -> None:
    """One run until it ended; of a folder with none or several all, until Ctrl+C."""
    if place.is_dir() and len(runs_at(place)) != 1:
        watch_runs(place, console, trouble, once=once)
        return
    opened = open_run(place)
    if once:
        console.print(show(opened.data))
    else:
        watch(opened, console, trouble=trouble)
