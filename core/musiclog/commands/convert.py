"""Write a run of any known format as files of another."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from rich.text import Text

from ..conversion import exporter, names
from ..errors import MusiclogError
from ..file_names import as_text
from ..layout import slug
from ..opened import open_run
from ..screen import screen
from .places import runs_at

# Lies in every folder that this command wrote, so that --force never removes anybody's runs.
MARK = ".musiclog-convert"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=runs_at, metavar="RUN", help="run of any known format")
    parser.add_argument("--to", required=True, metavar="FORMAT", help=f"one of {', '.join(names())}")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER",
                        help="what to write; a folder here, named after run and format, unless given")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace what this command wrote there before")


def run(options: argparse.Namespace) -> int:
    console = screen(stderr=True, highlight=False)
    try:
        chosen = exporter(options.to)
        with console.status("Reading the run") as status, open_run(options.run_folder) as opened:
            target = options.output or Path(f"{slug(opened.data.info.name)}-{chosen.name}")
            _check_free(target, force=options.force)
            target = target.absolute()  # "." has no name
            beside = target.with_name(f".{target.name}.{os.getpid()}.part")
            beside.mkdir(parents=True)
            try:
                for place in chosen.write(opened.data, beside):
                    status.update(Text(f"Writing {as_text(place)}"))
                (beside / MARK).touch()
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


def _check_free(target: Path, *, force: bool) -> None:
    if not os.path.lexists(target):
        return
    if not force:
        raise MusiclogError(f"{target} is there already; name another with -o, or say --force")
    if not (target / MARK).is_file():
        raise MusiclogError(
            f"{target} was not written by musiclog convert; name another with -o, or remove it yourself"
        )
