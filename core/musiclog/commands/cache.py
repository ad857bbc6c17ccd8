"""See and clear what was kept of runs and folders, so that opening them again takes no time."""

from __future__ import annotations

import argparse
import re
import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..column_cache import ColumnCache
from ..listing import Listings
from ..remote.address import clear_copies, copies, weight_of_copies
from ..run_data import spoken

UNITS = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", action="store_true", help="remove all; it is made again when runs are opened")
    parser.add_argument("--limit", type=size, metavar="SIZE", help="keep at most so much from now on, such as 500MB")


def run(options: argparse.Namespace) -> int:
    console, columns, listings = Console(), ColumnCache.of_user(), Listings.of_user()
    if options.limit is not None:
        try:
            columns.set_limit(options.limit)
        except OSError as error:
            console.print(f"[red]{escape(str(columns.folder))} cannot be written: {error.strerror}")
            return 1
    if options.clear:
        console.print(f"{spoken_size(columns.clear() + listings.clear() + clear_copies())} are free again")
    entries = columns.entries()
    if entries:
        table = Table("run", "size", "last used", box=None)
        for entry in entries:
            name = escape(entry.run) if entry.reason is None else f"[red]{escape(entry.reason)}"
            table.add_row(name, spoken_size(entry.size), f"{spoken(max(0.0, time.time() - entry.used))} ago")
        console.print(table)
    total = spoken_size(sum(entry.size for entry in entries))
    place = escape(str(columns.folder))
    runs = "1 run" if len(entries) == 1 else f"{len(entries)} runs"
    console.print(f"{runs}, {total} of at most {spoken_size(columns.limit_bytes)}, in {place}")
    listed = listings.entries()
    if listed:
        weight = spoken_size(sum(kept.size for kept in listed))
        console.print(f"{weight} of lists of runs, in {escape(str(listings.folder))}")
        for kept in listed:
            console.print(f"  {escape(kept.folder)}" if kept.reason is None else f"  [red]{escape(kept.reason)}")
    elsewhere = weight_of_copies()
    if elsewhere:
        console.print(f"{spoken_size(elsewhere)} of runs elsewhere, in {escape(str(copies()))}")
    return 0


def size(text: str) -> int:
    """Bytes of a size such as 500MB. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if found is None or found[2] not in UNITS:
        raise ValueError(f"a size is written like 500MB or 2GB, not {text!r}")
    return int(float(found[1]) * UNITS[found[2]])


def spoken_size(count: int) -> str:
    """Bytes as one would say them: 0 B, 12 kB, 1.5 GB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.{1 if count < 10 * factor else 0}f} {unit}"
    return f"{count} B"
