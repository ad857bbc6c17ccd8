"""How many MIDI files a second one core reads and scores, beside what only reading them costs with others."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from musiclog.notes import make_notes, read_notes, write_midi
from musiclog.quality import score

from .table import Bar, Row, Table, absent

COLUMNS = ("files/s",)
BARS, VOICES = 32, 3


def tables(*, quick: bool) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_piece(Path(folder, f"{number}.mid"), number) for number in range(50 if quick else 400)]
        notes = np.mean([len(read_notes(path)) for path in paths])
        few = paths[: len(paths) // 4]  # what needs 20 ms a file is told well enough by fewer
        rows = [
            Row("musiclog, read and scored", (a_second(read_and_score, paths),), {"files/s": Bar(400, at_least=True)}),
            Row("musiclog, read", (a_second(read_notes, paths),)),
            *(peer(name, package, read, few) for name, (package, read) in PEERS.items()),
        ]
    yield Table(f"Scoring samples of {BARS} bars and {notes:.0f} notes, one core", COLUMNS, rows)


def write_piece(path: Path, seed: int) -> Path:
    """Voices that walk up and down a scale in eighths and quarters, now and then leaving it."""
    chance, notes = np.random.default_rng(seed), []
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    for voice in range(VOICES):
        onset, degree = 0.0, 21 + 7 * voice
        while onset < 4 * BARS:
            length = float(chance.choice([0.5, 0.5, 1.0, 1.5]))
            degree = int(np.clip(degree + chance.integers(-2, 3), 14, 42))
            pitch = 12 + 12 * (degree // 7) + int(scale[degree % 7]) + int(chance.random() < 0.03)
            notes.append((onset, length, pitch, int(chance.integers(60, 100))))
            onset += length
    write_midi(path, make_notes(sorted(notes)))
    return path


def read_and_score(path: Path) -> None:
    score(read_notes(path))


def with_symusic(path: Path) -> None:
    import symusic  # noqa: PLC0415

    symusic.Score(str(path))


def with_pretty_midi(path: Path) -> None:
    import pretty_midi  # noqa: PLC0415

    pretty_midi.PrettyMIDI(str(path))


def with_mido(path: Path) -> None:
    import mido  # noqa: PLC0415

    mido.MidiFile(str(path))


PEERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "symusic, read": ("symusic", with_symusic),
    "mido, read": ("mido", with_mido),
    "pretty_midi, read": ("pretty_midi", with_pretty_midi),
}


def peer(name: str, package: str, read: Callable[[Path], None], paths: list[Path]) -> Row:
    if importlib.util.find_spec(package) is None:
        return absent(name, COLUMNS)
    return Row(name, (a_second(read, paths),))


def a_second(work: Callable[[Path], object], paths: list[Path]) -> float:
    work(paths[0])  # imports
    begin = time.process_time()
    for path in paths:
        work(path)
    return len(paths) / (time.process_time() - begin)
