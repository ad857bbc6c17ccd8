"""The bars of a piece: where they begin, how like one another they are, and which bar of another piece is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from musiclog.notes import Notes

_SLOTS = 16  # places in a bar that are told apart
# A bar takes 1.5 KB; longer pieces are compared in their first hours only.
MOST_BARS = 20_000


def bar_starts(notes: Notes) -> NDArray[np.float64]:
    """Beats at which bars begin, through all time signatures, up to the first bar line after the last note."""
    changes = [(beat, 4.0 * above / below) for beat, above, below in notes.time_signatures]
    changes = [(beat, length) for beat, length in changes if 1.5 <= length <= 64]
    if not changes or changes[0][0] > 0:
        changes = [(0.0, notes.bar_beats), *changes]
    ends = [beat for beat, _ in changes[1:]] + [max(notes.length_beats, 1e-6)]
    starts = [np.arange(begin, end, length) for (begin, length), end in zip(changes, ends, strict=True) if end > begin]
    lines = np.concatenate(starts) if starts else np.zeros(1)
    return np.append(lines, lines[-1] + changes[-1][1])


def bar_patterns(notes: Notes, starts: NDArray[np.float64]) -> NDArray[np.float32]:
    """What begins where in each bar, as unit vectors: (bars, places x (12 pitch classes and 12 kinds of drums)).

    The scalar product of two rows is the cosine of the bars: 1 for the same, 0 for nothing in common; bars without
    a note are zero.
    """
    count = min(len(starts) - 1, MOST_BARS)
    bar = np.searchsorted(starts, notes.onset + 1e-6, side="right") - 1
    inside = (bar >= 0) & (bar < count)
    bar, onset = bar[inside], notes.onset[inside]
    share = (onset - starts[bar]) / (starts[bar + 1] - starts[bar])
    slot = np.clip(np.floor(share * _SLOTS + 0.5).astype(int), 0, _SLOTS - 1)
    kind = notes.pitch[inside] % 12 + 12 * notes.is_drum[inside]
    patterns = np.zeros((count, _SLOTS * 24), np.float32)
    np.add.at(patterns, (bar, slot * 24 + kind), 1.0)
    length = np.linalg.norm(patterns, axis=1, keepdims=True)
    return patterns / np.where(length > 0, length, 1)


def same_bar(here: Notes, there: Notes) -> Callable[[float], float]:
    """From seconds in one piece to the same place of the same bar in another; behind its end -1."""
    from_s, to_s = (notes.seconds_at(bar_starts(notes)) for notes in (here, there))

    def carry(seconds: float) -> float:
        bars = float(np.interp(seconds, from_s, np.arange(len(from_s)), left=0.0))
        if seconds > from_s[-1]:  # in what rings on after the last bar
            bars = len(from_s) - 1.0
        return -1.0 if bars > len(to_s) - 1 else float(np.interp(bars, np.arange(len(to_s)), to_s))

    return carry
