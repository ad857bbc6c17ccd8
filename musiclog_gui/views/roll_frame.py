"""One view of a piano roll: what is shown, at which zoom and place, and where in pixels everything lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF

from ..state.roll_rows import RollRows

if TYPE_CHECKING:
    from musiclog.notes import Notes

RULER = 24  # pixels: bars on top
KEYS = 54  # pixels: keys at the left
DRUM_KEYS = 96  # names of drums need more room than names of notes
PEDAL = 12  # pixels: when the sustain pedal is down
Boxes = tuple[Any, Any, Any, Any]


@dataclass(frozen=True)
class RollFrame:
    """All lengths in pixels of the viewport, all times in beats.

    pedal: (spans, 2) beats; silent: tracks that are not heard.
    """

    notes: Notes
    rows: RollRows
    note_rows: np.ndarray
    bars: np.ndarray
    findings: Sequence[Any] = ()
    marked: Any = None
    pedal: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    silent: frozenset[int] = frozenset()
    width: float = 0.0
    height: float = 0.0
    beat_px: float = 24.0
    row_px: float = 8.0
    scroll_x: int = 0
    scroll_y: int = 0

    @property
    def keys_width(self) -> int:
        return DRUM_KEYS if self.rows.drums else KEYS

    @cached_property
    def body(self) -> QRectF:
        foot = PEDAL if len(self.pedal) else 0
        return QRectF(0, 0, self.width, self.height).adjusted(self.keys_width, RULER, 0, -foot)

    @cached_property
    def slack(self) -> float:
        """Rows that do not fill the height stand in its middle."""
        return max((self.body.height() - self.rows.count * self.row_px) / 2, 0.0)

    def x(self, beats: float) -> float:
        return self.keys_width + beats * self.beat_px - self.scroll_x

    def row_y(self, row: float) -> float:
        return RULER + row * self.row_px - self.scroll_y + self.slack

    def y(self, pitch: int, drum: bool = False) -> float:
        return self.row_y(self.rows.row(pitch, drum))

    def beat_at(self, x: float) -> float:
        return (x - self.keys_width + self.scroll_x) / self.beat_px

    def row_at(self, y: float) -> int:
        return int((y - RULER + self.scroll_y - self.slack) // self.row_px)

    def is_drum(self, finding: Any) -> bool:
        """Whether a finding with a pitch is about a drum."""
        track = finding.track
        return track is not None and track < len(self.notes.tracks) and self.notes.tracks[track].is_drum

    def bars_in(self, part: QRectF, apart_px: float) -> list[float]:
        """Bar lines at least so far from one another: every bar, every second, fourth, ..."""
        width = float(np.median(np.diff(self.bars))) * self.beat_px if len(self.bars) > 1 else 1.0
        every = 1
        while width * every < apart_px and every < len(self.bars):
            every *= 2
        # A number stands to the right of its line, and is seen when the line is not.
        first, last = self.beat_at(part.left() - 40), self.beat_at(part.right() + 1)
        lines = self.bars[::every]
        return lines[(lines >= first) & (lines <= last)].tolist()

    def note_boxes(self, part: QRectF) -> Boxes:
        """Indices of the notes in a part, and their places; a hair of light stays between repeated notes."""
        notes = self.notes
        first, last = self.beat_at(part.left() - 2), self.beat_at(part.right())
        top, bottom = self.row_at(part.top()), self.row_at(part.bottom())
        until = int(np.searchsorted(notes.onset, last))
        rows = self.note_rows[:until]
        there = (notes.onset[:until] + notes.duration[:until] >= first) & (rows >= top) & (rows <= bottom)
        seen = np.flatnonzero(there)
        x = self.keys_width + notes.onset[seen] * self.beat_px - self.scroll_x
        length = np.where(self.drum[seen], np.minimum(notes.duration[seen], 0.25), notes.duration[seen])
        width = np.maximum(length * self.beat_px - (1 if self.beat_px > 6 else 0), 2.0)
        return seen, x, self.row_y(0) + rows[seen] * self.row_px + 0.5, width

    @cached_property
    def drum(self) -> np.ndarray:
        return self.notes.is_drum
