"""Write a run of any known format as files of another."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from rich.console import Console

from ..conversion import exporter, names
from ..errors import MusiclogError
from ..file_names import as_text
from ..layout import slug
from ..opened import open_run
from .places import runs_at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=runs_at, metavar="RUN", help="run of any known format")
    parser.add_argument("--to", required=True, metavar="FORMAT", help=f"one of {', '.join(names())}")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER",
                        help="what to write; a folder here, named after run and format, unless given")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace the folder where it is there already")


def run(options: argparse.Namespace) -> int:
    console = Console(stderr=True, highlight=False)
    try:
        chosen = exporter(options.to)
        with console.status("Reading the run") as status, open_run(options.run_folder) as opened:
            target = options.output or Path(f"{slug(opened.data.info.name)}-{chosen.name}")
            if target.exists() and not options.force:
                raise MusiclogError(f"{target} is there already; name another with -o, or say --force")
            beside = target.with_name(f".{target.name}.{os.getpid()}.part")
            beside.mkdir(parents=True)
            try:
                for place in chosen.write(opened.data, beside):
                    status.update(f"Writing {as_text(place)}")
                if target.exists():
                    shutil.rmtree(target)
                beside.replace(target)
            finally:
                shutil.rmtree(beside, ignore_errors=True)  # gone already where all went well
            count = sum(len(series) for series in opened.data.series.values())
    except (MusiclogError, OSError) as error:
        console.print(as_text(str(error)), style="red", markup=False, soft_wrap=True)
        return 2
    console.print(f"{as_text(target)}: {count:,} values as {chosen.name}", markup=False, soft_wrap=True)
    return 0
