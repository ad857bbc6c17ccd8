"""Which row of the piano roll belongs to which key: pitches from high to low, and under them a drum map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from musiclog.notes import Notes

MARGIN_ROWS = 2


@dataclass(frozen=True, slots=True)
class RollRows:
    """high and low are the pitches of the first and last row of keys (high < low: none); drums are keys of the map."""

    low: int = 48
    high: int = 84
    drums: tuple[int, ...] = ()

    @classmethod
    def of(cls, notes: Notes) -> Self:
        if not len(notes):
            return cls()
        drum = notes.is_drum
        drums = tuple(np.unique(notes.pitch[drum])[::-1].tolist())
        pitches = notes.pitch[~drum]
        if not len(pitches):
            return cls(0, -1, drums)
        return cls(max(int(pitches.min()) - MARGIN_ROWS, 0), min(int(pitches.max()) + MARGIN_ROWS, 127), drums)

    @property
    def keys(self) -> int:
        """Rows of pitches."""
        return self.high - self.low + 1

    @property
    def gap(self) -> int:
        return 1 if self.keys and self.drums else 0

    @property
    def count(self) -> int:
        return self.keys + self.gap + len(self.drums)

    def row(self, pitch: int, drum: bool) -> int:
        if drum and pitch in self.drums:
            return self.keys + self.gap + self.drums.index(pitch)
        return self.high - pitch

    def of_notes(self, notes: Notes) -> NDArray[np.int64]:
        places = np.zeros(128, np.int64)
        places[list(self.drums)] = self.keys + self.gap + np.arange(len(self.drums))
        return np.where(notes.is_drum, places[notes.pitch], self.high - notes.pitch)

    def at(self, row: int) -> tuple[int, bool] | None:
        """The key of a row and whether it is a drum's; None between and beyond."""
        if 0 <= row < self.keys:
            return self.high - row, False
        place = row - self.keys - self.gap
        return (self.drums[place], True) if 0 <= place < len(self.drums) else None
