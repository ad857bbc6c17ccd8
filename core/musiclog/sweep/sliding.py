"""What the windows of the detectors will hold at every one of the coming values, by sorting all of them at once."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..anomaly.baseline import Largest, Window
from ..columns import Indices
from ..records import Floats


class Slide:
    """A full Window and what it holds before each of the values that will be pushed, and after the last one."""

    def __init__(self, window: Window, values: Floats) -> None:
        self._window = window
        self._whole = np.concatenate([window.arrived, values])
        # (values + 1, size). Sorting 101 numbers takes numpy 0.2 microseconds, a bisection of a list in Python 0.3.
        self.ordered: Floats = np.sort(sliding_window_view(self._whole, window.size), axis=1)

    @property
    def median(self) -> Floats:
        """As Window.median()."""
        return self.at(self._window.size >> 1)

    @property
    def spread(self) -> Floats:
        """As Window.spread()."""
        n = self._window.size
        return (self.at((n * 27) >> 5) - self.at((n * 5) >> 5)) * 0.5

    @property
    def scatter_above(self) -> Floats:
        """As Window.scatter_above()."""
        n = self._window.size
        return (self.at((n * 9) // 10) - self.at(n >> 1)) / 1.2816

    def at(self, rank: int) -> Floats:
        """The value of that rank in every window, 0 for the smallest."""
        column: Floats = self.ordered[:, rank]
        return column

    def move(self, pushed: int) -> None:
        """Leave the window as it is after so many of the values."""
        window = self._window
        window.arrived = deque(self._whole[pushed : pushed + window.size].tolist())
        window.ordered = self.ordered[pushed].tolist()


def is_full(window: Window) -> bool:
    return len(window.ordered) == window.size


def push_all(largest: Largest, values: Floats) -> None:
    """The same as pushing one after the other; only values that no later one reaches can stay."""
    count = largest._count + len(values)
    tail = values[-largest.size :]
    if len(tail):
        later = np.append(np.maximum.accumulate(tail[:0:-1])[::-1], -np.inf)
        staying = np.flatnonzero(tail > later)
        falling = largest._falling
        for place, value in zip((staying + (count - len(tail) + 1)).tolist(), tail[staying].tolist(), strict=True):
            while falling and falling[-1][1] <= value:
                falling.pop()
            falling.append((place, value))
        while falling[0][0] <= count - largest.size:
            falling.popleft()
    largest._count = count


def added(start: float, values: Floats) -> float:
    """The sum in the order of the values, as `+=` would give it; numpy's own sum adds in pairs."""
    return float(np.add.accumulate(np.concatenate([[start], values]))[-1])


def latest(marked: NDArray[np.bool_]) -> Indices:
    """For each place the last one up to it that is marked, -1 before the first."""
    found: Indices = np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))
    return found
