"""Write a run, or the comparison of several, as one HTML file with its curves, tables and sounds inside."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from ..compare import compare
from ..errors import ReadError
from ..reporting import report
from .compare import read, refs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=Path, metavar="RUN", help="run of any known format")
    parser.add_argument("--compare", nargs="+", type=Path, default=[], metavar="RUN", help="runs, or folders of runs")
    parser.add_argument("--group-by", action="append", default=[], metavar="KEY", help="as for musiclog compare")
    parser.add_argument("--metric", metavar="M", help="as for musiclog compare")
    parser.add_argument("--at-equal", choices=["step", "time", "tokens"], help="as for musiclog compare")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the HTML file to write")


def run(options: argparse.Namespace) -> int:
    console = Console(stderr=True, highlight=False)
    try:
        runs = [read(ref) for ref in refs([*options.paths, *options.compare])]
        if not runs:
            raise ReadError("no run was given; name one, or several after --compare")
        found = None if len(runs) == 1 else compare(
            runs, group_by=options.group_by, metric=options.metric, at_equal=options.at_equal)  # fmt: skip
        options.output.write_text(report(runs, found), encoding="utf-8", errors="backslashreplace")
    except (ReadError, OSError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 2
    size = options.output.stat().st_size / 1e6
    told = f"{options.output}: {len(runs)} run{'s' * (len(runs) != 1)}, {size:.1f} MB"
    console.print(told, markup=False, soft_wrap=True)
    return 0
