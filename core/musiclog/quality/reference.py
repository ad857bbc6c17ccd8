"""A corpus as the measure: what is usual in the music that a model is trained on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from musiclog.errors import MidiError
from musiclog.notes import Notes, read_notes
from musiclog.quality.bands import LENGTHS, Bands, stack
from musiclog.quality.calibration import human
from musiclog.quality.copying import Copying, Steps, find_copies
from musiclog.quality.excerpts import excerpts
from musiclog.quality.features import measure
from musiclog.quality.piece import Floats, Piece
from musiclog.quality.recipe import FEATURES, WEIGHT

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")


@dataclass(frozen=True, eq=False)
class Reference:
    """Bands of one corpus, for pieces of any length, and what sets of samples are compared with.

    features: for each length class (excerpts, features), NaN where undefined. steps: all lines, to look up copies.
    """

    name: str
    version: str
    bands: Bands
    features: tuple[Floats, ...]
    steps: Steps
    unreadable: tuple[str, ...] = field(default=())

    @classmethod
    def from_folder(
        cls,
        folder: str | os.PathLike[str],
        *,
        limit: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Reference:
        """All MIDI files under a folder, or an even choice of `limit` of them; unreadable ones are named.

        progress is told files done and files in all. Raises MidiError where no file gives notes.
        """
        root = Path(folder)
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
        if limit is not None and len(paths) > limit:
            paths = [paths[int(index)] for index in np.linspace(0, len(paths) - 1, limit)]
        unreadable: list[str] = []

        def pieces() -> Iterator[Notes]:
            for done, path in enumerate(paths):
                if progress is not None:
                    progress(done, len(paths))
                try:
                    yield read_notes(path)
                except MidiError as error:
                    unreadable.append(str(error))
            if progress is not None:
                progress(len(paths), len(paths))

        made = cls.from_notes(pieces(), name=root.name)
        return replace(made, unreadable=tuple(unreadable))

    @classmethod
    def from_notes(cls, pieces: Iterable[Notes], *, name: str = "corpus") -> Reference:
        """Of pieces already read; raises MidiError when there are none with notes."""
        classes: list[list[dict[str, float]]] = [[] for _ in range(len(LENGTHS) + 1)]
        digest = hashlib.sha256()
        tables = human().tables
        whole: list[Piece] = []
        for notes in pieces:
            if not len(notes):
                continue
            whole.append(Piece(notes))
            for column in (notes.onset, notes.pitch):
                digest.update(column.tobytes())
            for index, part in excerpts(notes):
                classes[index].append(measure(Piece(part), tables))
        if not classes[-1]:
            raise MidiError(
                f"{name}: no MIDI file in it gives notes, so it cannot be a reference; choose another folder"
            )
        version = f"{name} ({len(classes[-1])} pieces, {digest.hexdigest()[:8]})"
        features = tuple(feature_table(found) for found in classes)
        return cls(name, version, Bands.measure(classes), features, Steps(whole))

    @cached_property
    def stacked(self) -> Floats:
        """(length classes, 1, 3, features)."""
        return stack([self.bands])

    @property
    def weights(self) -> Floats:
        """Within one corpus every feature says what it can."""
        return WEIGHT

    @property
    def piece_count(self) -> int:
        return len(self.features[-1])

    def copies(self, notes: Notes) -> Copying:
        """What a sample has in common with the corpus note for note, transposed or not."""
        return find_copies(notes, self.steps)


def feature_table(measured: Iterable[Mapping[str, float]]) -> Floats:
    """(pieces, features) with NaN where a feature is undefined."""
    rows = [[found.get(feature, np.nan) for feature in FEATURES] for found in measured]
    return np.array(rows, np.float64).reshape(-1, len(FEATURES))
