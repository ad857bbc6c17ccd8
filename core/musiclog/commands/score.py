"""Score MIDI files: the overall quality and its parts, a line a file; folders are searched for .mid and .midi."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..errors import MidiError
from ..notes import read_notes
from ..quality import score


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="MIDI file or folder")


def run(options: argparse.Namespace) -> int:
    cards, bad = [], []
    for path in midi_files(options.paths):
        try:
            cards.append((path, score(read_notes(path))))
        except MidiError as error:
            bad.append(str(error))
    console = Console()
    if cards:
        names = list(cards[0][1].metrics)
        table = Table("file", *(name.replace("_", " ") for name in names))
        for path, card in cards:
            table.add_row(path.name, *(_figure(card.metrics[name].value) for name in names))
        console.print(table)
    for reason in bad:
        console.print(reason, style="red", markup=False, highlight=False)
    return 1 if bad or not cards else 0


def midi_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among the paths as they are, and all MIDI files inside the folders among them, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
        else:
            yield path


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
