"""Score MIDI files: a line a file with the overall quality and its strongest reason; folders are searched.

With -o the scores go to a file, and a second call scores only what is new or changed. With --corpus everything is
measured against your own music, and every folder is compared with it as a set: overlap, Fréchet distance, copies.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, median

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from ..errors import MidiError, MusiclogError
from ..file_names import as_text
from ..processes import cores
from ..quality import Reference, ScoreCard, compare_sets
from ..quality.many import Record, Task, fingerprint, measured_against, score_here, score_on_cluster
from ..score_table import Row, ScoreTable, csv_text, features_of, flat, kind_of
from ..screen import screen

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
MOST_LISTED = 60  # files; of more only the folders are shown
WIDTH_IN_A_FILE = 160  # columns; whoever looks at it later has room for the paths
FILES_A_JOB = 32  # fewer are scored before a further process has started


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="MIDI file, or folder with some")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="a row a file, with all features")
    form.add_argument(
        "--json",
        dest="form",
        action="store_const",
        const="json",
        help="a JSON line a file, with all metrics and findings",
    )
    form.add_argument(
        "--parquet",
        dest="form",
        action="store_const",
        const="parquet",
        help="the columns of --csv; needs -o and the extra `parquet`",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write here, and skip what it has already; its name tells the format",
    )
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="score against the MIDI files in DIR")
    parser.add_argument(
        "--jobs", type=processes, metavar="N", help="processes; as many as there are cores unless given"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="score on the workers of this Dask scheduler; needs the extra `dask`"
    )


def processes(text: str) -> int:
    """A number of processes. Raises ArgumentTypeError in one sentence."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is given; give how many processes shall work, 1 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """0 when every file has a score, 1 when some have none, 2 when nothing could be begun."""
    said = screen(stderr=True, highlight=False)
    try:
        return Scoring(options, said).run()
    except (MusiclogError, OSError) as error:  # what the files say of themselves stands in their rows
        said.print(str(error), style="red", markup=False, soft_wrap=True)
        return 2


class Scoring:
    """One call of the command."""

    def __init__(self, options: argparse.Namespace, said: Console) -> None:
        self._options, self._said = options, said
        self._form: str | None = options.form
        self._table: ScoreTable | None = None
        if options.output is not None:
            self._form = kind_of(options.output, options.form)
            self._table = ScoreTable(options.output, self._form)
        elif self._form == "parquet":
            raise MusiclogError("--parquet needs a file: add -o scores.parquet")
        self._reference = None if options.corpus is None else self._corpus(options.corpus)

    def run(self) -> int:
        records, tasks = self._known_and_new()
        if not records and not tasks:
            names = ", ".join(map(str, self._options.paths))
            raise MusiclogError(f"{names}: no MIDI file ({', '.join(SUFFIXES)}) is in there")
        if self._table is not None and records:
            self._said.print(f"{len(records)} of {len(records) + len(tasks)} files were scored before")
        rows = [flat(record) for record in records]
        try:
            for record in self._with_bar(self._score(tasks), len(tasks), "scoring"):
                records.append(record)
                rows.append(self._table.add(record) if self._table is not None else flat(record))
        finally:
            if self._table is not None:
                self._table.close()
        self._tell(records, rows)
        refused = [row for row in rows if row["error"]]
        for row in sorted(refused, key=lambda row: str(row["file"])):
            self._said.print(f"{row['file']}: {row['error']}", style="red", markup=False, soft_wrap=True)
        return 1 if refused or not rows else 0

    def _known_and_new(self) -> tuple[list[Record], list[Task]]:
        """Records that hold still, and the files that need a score; the table keeps the former and all other files'."""
        paths = list(midi_files(self._options.paths))
        version, mine = measured_against(self._reference), {as_text(path) for path in paths}
        earlier = self._table.records if self._table is not None else []
        scored = {(record["file"], record["sha256"]): row for row, record in enumerate(earlier)
                  if record.get("calibration") == version}  # fmt: skip
        of_content = {record["sha256"]: record for record in earlier if record.get("calibration") == version}
        keep = {row for row, record in enumerate(earlier) if record["file"] not in mine}
        known: list[Record] = []
        moved: list[Record] = []
        tasks: list[Task] = []
        for path in paths:
            try:
                task = Task(path, fingerprint(path))
            except MidiError as error:
                moved.append({"file": as_text(path), "sha256": None, "calibration": version, "error": str(error)})
                continue
            row = scored.get((as_text(path), task.sha256))
            if row is not None:
                keep.add(row)
                known.append(earlier[row])
            elif task.sha256 in of_content:
                moved.append({**of_content[task.sha256], "file": as_text(path)})
            else:
                tasks.append(task)
        if self._table is not None:
            self._table.keep(sorted(keep))
            for record in moved:
                self._table.add(record)
        return known + moved, tasks

    def _score(self, tasks: Sequence[Task]) -> Iterator[Record]:
        if self._options.scheduler:
            return score_on_cluster(tasks, self._reference, self._options.scheduler)
        jobs = self._options.jobs or max(1, min(cores(), len(tasks) // FILES_A_JOB))
        return score_here(tasks, self._reference, jobs=jobs)

    def _corpus(self, folder: Path) -> Reference:
        with self._bar() as bar:
            line = bar.add_task("measuring the corpus", total=None)
            reference = Reference.from_folder(
                folder,
                jobs=self._options.jobs,
                progress=lambda done, total: bar.update(line, completed=done, total=total),
            )
        for reason in reference.unreadable:
            self._said.print(f"left out of the corpus: {reason}", style="yellow", markup=False, soft_wrap=True)
        return reference

    def _with_bar(self, records: Iterable[Record], total: int, text: str) -> Iterator[Record]:
        with self._bar() as bar:
            line = bar.add_task(text, total=total)
            for record in records:
                yield record
                bar.advance(line)

    def _bar(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        return Progress(*columns, console=self._said, transient=True, disable=not self._said.is_terminal)

    def _tell(self, records: Sequence[Record], rows: Sequence[Row]) -> None:
        good = sorted((row for row in rows if not row["error"]), key=lambda row: str(row["file"]))
        if self._table is None and self._form == "json":
            for record in sorted(records, key=lambda record: str(record["file"])):
                if "error" not in record:
                    sys.stdout.write(orjson.dumps(record).decode() + "\n")
        elif self._table is None and self._form == "csv":
            sys.stdout.write(csv_text(sorted(rows, key=lambda row: str(row["file"]))))
        elif good:
            console = screen() if sys.stdout.isatty() else screen(width=WIDTH_IN_A_FILE)
            if self._table is None and len(good) <= MOST_LISTED:
                console.print(files_table(good))
            if self._reference is not None or len(good) > MOST_LISTED or self._table is not None:
                console.print(sets_table(good, self._reference))


def midi_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among the paths as they are, and all MIDI files inside the folders among them, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
        else:
            yield path


def files_table(rows: Sequence[Row]) -> Table:
    table = Table("quality", "file", "strongest finding", box=None)
    for row in rows:
        quality = "none" if row["overall"] is None else f"{row['overall']:.3f}"
        table.add_row(quality, Text(Path(row["file"]).name), Text(row["strongest_finding"] or ""))
    return table


def sets_table(rows: Sequence[Row], reference: Reference | None) -> Table:
    """A line a folder, the best first; with a corpus how far each is from it, beside what chance would give."""
    figures = ("quality", "median", "files", *(CORPUS_COLUMNS if reference else ()))
    table = Table(*(Column(name, no_wrap=True) for name in figures), Column("folder", overflow="fold"), box=None)
    folders: dict[str, list[Row]] = {}
    for row in rows:
        folders.setdefault(str(Path(row["file"]).parent), []).append(row)
    for folder, found in sorted(folders.items(), key=lambda item: -mean_quality(item[1])):
        qualities = [row["overall"] for row in found if row["overall"] is not None]
        middle = f"{median(qualities):.3f}" if qualities else "none"
        cells = [f"{mean_quality(found):.3f}", middle, f"{len(found):,}"]
        table.add_row(*cells, *(corpus_cells(found, reference) if reference else ()), Text(folder))
    return table


CORPUS_COLUMNS = ("overlap", "divergence", "Fréchet", "by chance", "copied")


def corpus_cells(rows: Sequence[Row], reference: Reference) -> list[str]:
    """by chance: what 95 of 100 pairs of halves of the corpus stay under; copied: share of four-bar spans."""
    cards = [ScoreCard(row["overall"], {}, features_of(row), bars=int(row["bars"] or 0)) for row in rows]
    found = compare_sets(cards, reference)
    shares = [row["copied_share"] for row in rows if row["copied_share"] is not None]
    return [
        "–" if found.mean_overlap is None else f"{found.mean_overlap:.2f}",
        "–" if found.mean_divergence is None else f"{found.mean_divergence:.2f}",
        "too few" if found.frechet is None else f"{found.frechet:.1f}",
        "–" if found.null_high is None else f"{found.null_high:.1f}",
        f"{fmean(shares):.0%}" if shares else "–",
    ]


def mean_quality(rows: Sequence[Row]) -> float:
    qualities = [row["overall"] for row in rows if row["overall"] is not None]
    return fmean(qualities) if qualities else 0.0
