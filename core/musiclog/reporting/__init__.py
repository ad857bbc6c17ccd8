"""Reports of one run or of several: one HTML file, Markdown with its files, or a folder of CSV tables."""

from __future__ import annotations

import platform
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

from ..checking import watched
from ..compare import Comparison, Influences, compare
from ..compare.alignment import By
from ..compare.comparison import Figure
from ..compare.estimate import Middle
from ..compare.influence import LEAST_RUNS
from ..errors import ExtraMissing, ReadError
from ..export import Document, Sound, markdown, page, sound
from ..file_names import as_text
from ..opened import find_run
from ..run_data import RunData
from ..writer import write_whole
from .several import sections_of_several
from .single import sections_of_one
from .tables import MADE_BY, tables
from .told import Chosen, chosen_samples

Form = Literal["html", "markdown", "csv"]
SUFFIXES: Final[Mapping[str, Form]] = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is asked for; the fields are those of compare(). strengths: as compare() takes them."""

    group_by: tuple[str, ...] = ()
    metric: str | None = None
    figure: Figure = "final"
    at_equal: By | None = None
    target: float | None = None
    strengths: Mapping[str, float] | None = None
    middle: Middle = "mean"


def report(runs: Sequence[RunData], found: Comparison | None = None, now: float | None = None) -> str:
    """One HTML file about a run or, of several, their comparison. found: made already, else with its defaults."""
    told = found if found is not None or len(runs) == 1 else compare(runs)
    return page(_document(runs, told, None, [_heard(each) for each in chosen_samples(runs)], now))


def write_report(
    paths: Sequence[str], output: str, wanted: Wanted | None = None, form: Form | None = None
) -> Generator[str, None, str]:
    """Write a report of the runs at the paths as they are now; for a worker process, or to be run to its end.

    Yields sentences about how far it is and returns the path of what was written: the file, or the folder of tables.
    form: without it the suffix of output decides, and what has none becomes a folder. Markdown puts its pictures and
    sounds into a folder beside it. Raises ReadError for what cannot be read or written.
    """
    kind = form or form_of(output)
    runs = []
    for number, path in enumerate(paths, 1):
        yield f"Reading run {number} of {len(paths)}"
        runs.append(watched(find_run(path)))
    if not runs:
        raise ReadError("no run was given; name one, or several after --compare")
    try:
        return (yield from write(runs, output, wanted or Wanted(), kind))
    except OSError as error:
        place = as_text(error.filename or output)
        raise ReadError(f"{place} cannot be written ({error.strerror or error})") from error


def write(runs: Sequence[RunData], output: str, wanted: Wanted, kind: Form) -> Generator[str, None, str]:
    """Likewise, of runs that were read already. Raises OSError, and ReadError where there is no folder to write in."""
    found, beside = None, Path(output).absolute().parent
    if not beside.is_dir():
        raise ReadError(f"{as_text(beside)} is no folder to write a report in")
    if len(runs) > 1:
        yield f"Comparing {len(runs)} runs"
        found = compare(runs, group_by=wanted.group_by, metric=wanted.metric, figure=wanted.figure,
                        at_equal=wanted.at_equal, target=wanted.target, strengths=wanted.strengths,
                        middle=wanted.middle)  # fmt: skip
    if kind == "csv":
        _check_free(Path(output))
        yield "Writing tables"
        return _write_all(Path(output), tables(runs, found, made_by()))
    explained = None
    if found is not None and len(runs) >= LEAST_RUNS and found.settings:
        yield "Weighing the settings"
        explained = _influences(found)
    sounds = []
    chosen = chosen_samples(runs)
    for number, each in enumerate(chosen, 1):
        yield f"Playing sample {number} of {len(chosen)}"
        sounds.append(_heard(each))
    yield "Writing"
    document = _document(runs, found, explained, sounds)
    if kind == "html":
        write_whole(Path(output), page(document).encode("utf-8", "backslashreplace"))
        return output
    folder = Path(output).with_name(f"{Path(output).stem}_files")
    text, files = markdown(document, folder.name)
    if files:
        _write_all(folder, files)
    write_whole(Path(output), text.encode("utf-8", "backslashreplace"))
    return output


def form_of(output: str) -> Form:
    """By the suffix. Raises ReadError for one that no report has."""
    suffix = Path(output).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if not suffix or Path(output).is_dir():
        return "csv"
    raise ReadError(f"{as_text(output)}: a report is .html, .md, or a folder of CSV tables, which has no ending")


def made_by(now: float | None = None) -> str:
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    return f"Made by musiclog {version('musiclog')} with Python {platform.python_version()} on {at}."


def _document(
    runs: Sequence[RunData],
    found: Comparison | None,
    explained: Influences | None,
    sounds: Sequence[Sound],
    now: float | None = None,
) -> Document:
    if found is None:
        data, at = runs[0], time.time() if now is None else now
        about = f"{data.info.format} run, {data.state(at).word}: {data.state(at).reason}"
        return Document(data.info.name, about, list(sections_of_one(data, sounds, at)), made_by(now))
    groups = len(found.frame.groups)
    about = f"{groups} group{'s' * (groups != 1)}, {found.frame.alignment}"
    sections = list(sections_of_several(runs, found, explained, sounds))
    return Document(f"Comparison of {len(runs)} runs", about, sections, made_by(now))


def _heard(chosen: Chosen) -> Sound:
    return sound(Path(chosen.sample.path), chosen.sample.name, chosen.about)


def _influences(found: Comparison) -> Influences | None:
    try:
        return found.influences()
    except ExtraMissing:  # the rest of the report is as good without; its notices name the extra
        return None


def _check_free(folder: Path) -> None:
    """The tables have names that runs have too: none is laid over a run."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MADE_BY).is_file():
        raise ReadError(f"{as_text(folder)} holds other files; name a new folder for the tables")


def _write_all(folder: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in dict(files).items():
        write_whole(folder / name, content)
    return str(folder)
