"""What one metric came to in one run: its final and its best value, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import Floats
from .direction import Direction

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MetricValues:
    """One metric of one run.

    final: the last value as logged, NaN and infinity included. best: the best finite value and the step where it
    was first reached; None where no value is finite or no direction is better.
    """

    points: int
    final: float
    final_step: float
    best: float | None
    best_step: float | None


def standing(steps: Floats) -> Indices | slice:
    """Indices of the points that count after a resume from an earlier step: the newer stretch replaces the older.

    steps: (n,) in the order logged. A step logged twice counts with its last value.
    """
    if len(steps) < 2 or bool(np.all(steps[1:] > steps[:-1])):
        return slice(None)
    lowest_after = np.minimum.accumulate(steps[::-1])[::-1]
    keep = np.append(steps[:-1] < lowest_after[1:], True)
    return np.flatnonzero(keep)


def metric_values(steps: Floats, values: Floats, better: Direction | None) -> MetricValues | None:
    """Final and best of one series; None without points. steps and values: (n,), in the order logged."""
    if not len(values):
        return None
    kept = standing(steps)
    steps, values = steps[kept], values[kept]
    place = _best_place(values, better)
    return MetricValues(
        points=len(values),
        final=float(values[-1]),
        final_step=float(steps[-1]),
        best=None if place is None else float(values[place]),
        best_step=None if place is None else float(steps[place]),
    )


def _best_place(values: Floats, better: Direction | None) -> int | None:
    finite = np.isfinite(values)
    if better is None or not finite.any():
        return None
    if better == "lower":
        return int(np.argmin(np.where(finite, values, np.inf)))
    return int(np.argmax(np.where(finite, values, -np.inf)))
