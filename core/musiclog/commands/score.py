"""Score MIDI files: a line a file with the overall quality and its strongest reason; folders are searched."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import MidiError
from ..notes import read_notes
from ..quality import ScoreCard, score


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="MIDI file, or folder with some")
    parser.add_argument("--json", action="store_true", help="print a JSON line a file, with all metrics and findings")


def run(options: argparse.Namespace) -> int:
    cards: list[tuple[Path, ScoreCard]] = []
    refused: list[str] = []
    for path in midi_files(options.paths):
        try:
            cards.append((path, score(read_notes(path))))
        except MidiError as error:
            refused.append(str(error))
    if options.json:
        for path, card in cards:
            sys.stdout.write(orjson.dumps({"file": str(path), **card.as_dict()}).decode() + "\n")
    elif cards:
        Console().print(_table(cards))
    for reason in refused:
        Console(stderr=True).print(reason, style="red", markup=False, highlight=False, soft_wrap=True)
    return 1 if refused or not cards else 0


def midi_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among the paths as they are, and all MIDI files inside the folders among them, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
        else:
            yield path


def _table(cards: Sequence[tuple[Path, ScoreCard]]) -> Table:
    table = Table("quality", "file", "strongest finding", box=None)
    for path, card in cards:
        strongest = max(card.findings, key=lambda finding: finding.weight, default=None)
        quality = "none" if card.overall is None else f"{card.overall:.3f}"
        table.add_row(quality, Text(path.name), Text(strongest.text if strongest else ""))
    return table
