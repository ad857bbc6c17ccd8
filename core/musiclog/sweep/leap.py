"""How a detector that sees nothing wrong is taken over many values at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..columns import Indices
from ..records import Floats

Marks = NDArray[np.bool_]
NOWHERE: Indices = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The coming values of one metric, arrays of equal length."""

    values: Floats
    rows: Indices  # where they stand among the rows
    counts: Indices  # Context.count at each of them
    steps: Floats  # Context.step at each of them

    def before(self, stop: int) -> Stretch:
        """The values before a row."""
        n = int(self.rows.searchsorted(stop))
        return Stretch(self.values[:n], self.rows[:n], self.counts[:n], self.steps[:n])


class Leap(Protocol):
    """One detector's state over a stretch.

    The promise that makes it exact: while the detector is calm, leap(a, b) leaves it as looking at the values a to b
    one by one would, if none of them is among those that foresee() gave.
    """

    def is_calm(self) -> bool:
        """Whether the detector has learnt what is normal and suspects nothing."""

    def reach(self, values: Floats) -> int:
        """How many of the values can be foreseen; the one after them must be looked at first."""

    def foresee(self, stretch: Stretch) -> Indices:
        """The values that the detector must look at itself: it may speak there, or do what is rare."""

    def leap(self, start: int, stop: int) -> None:
        """Go from the value start to just before the value stop, a later one, within the stretch foreseen last."""


def first(wrong: Marks) -> int:
    """The first place that is marked, the length where none is."""
    places = np.flatnonzero(wrong)
    return int(places[0]) if len(places) else len(wrong)


def where(marks: Marks) -> Indices:
    """The places that are marked."""
    places: Indices = np.flatnonzero(marks)
    return places


def finite(values: Floats) -> int:
    """How many values come before the first NaN or infinity."""
    return first(~np.isfinite(values))
