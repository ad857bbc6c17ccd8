"""Write a run, or the comparison of several, as a report: one HTML file, Markdown, or a folder of CSV tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import ReadError
from ..file_names import as_text
from ..reporting import Wanted, form_of, write
from ..screen import screen
from .compare import heard, read, refs
from .places import runs_at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=runs_at, metavar="RUN", help="run of any known format")
    parser.add_argument(
        "--compare", nargs="+", type=runs_at, default=[], metavar="RUN", help="runs, or folders of runs"
    )
    parser.add_argument("--group-by", action="append", default=[], metavar="KEY", help="as for musiclog compare")
    parser.add_argument("--metric", metavar="M", help="as for musiclog compare")
    parser.add_argument("--figure", choices=["final", "best", "area"], default="final", help="as for musiclog compare")
    parser.add_argument("--at-equal", choices=["step", "time", "tokens"], help="as for musiclog compare")
    parser.add_argument("--middle", choices=["mean", "iqm"], default="mean", help="as for musiclog compare")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                        help="what to write: .html has everything inside, .md its pictures and sounds in a folder "
                             "beside it, a name without ending becomes a folder of CSV tables")  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="write a folder of CSV tables, whatever its name is")


def run(options: argparse.Namespace) -> int:
    console = screen(stderr=True, highlight=False)
    try:
        form = "csv" if options.csv else form_of(str(options.output))
        with console.status("Reading the runs") as status:
            runs = [read(ref) for ref in refs([*options.paths, *options.compare])]
            if not runs:
                raise ReadError("no run was given; name one, or several after --compare")
            wanted = Wanted(tuple(options.group_by), options.metric, options.figure, options.at_equal,
                            strengths=heard(runs), middle=options.middle)  # fmt: skip
            for told in write(runs, str(options.output), wanted, form):
                status.update(told)
    except (ReadError, OSError) as error:
        console.print(as_text(str(error)), style="red", markup=False, soft_wrap=True)
        return 2
    told = f"{as_text(options.output)}: {len(runs)} run{'s' * (len(runs) != 1)}, {_size(options.output) / 1e6:.1f} MB"
    console.print(told, markup=False, soft_wrap=True)
    return 0


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size
