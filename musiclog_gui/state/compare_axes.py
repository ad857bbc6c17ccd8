"""What runs can be laid out along: the settings in which they differ, and everything they came to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musiclog.compare import Column, Direction, Frame
from musiclog.records import Floats

from .compare_answer import Answer
from .wording import number


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One number a run, NaN where it tells none. levels: words whose places the numbers are; log: they are log10."""

    key: str
    title: str
    numbers: Floats  # (runs,)
    better: Direction | None = None
    levels: tuple[str, ...] | None = None
    log: bool = False
    result: bool = True  # what a run came to, not how it was set
    short: str = ""  # without where it was taken, or the part of a nested setting's name that says most

    @property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest number; of words half a place beyond, so that they stand inside."""
        if self.levels is not None:
            return -0.5, len(self.levels) - 0.5
        known = self.numbers[np.isfinite(self.numbers)]
        if not len(known):
            return 0.0, 1.0
        low, high = float(known.min()), float(known.max())
        return (low, high) if high > low else (low - (abs(low) or 1.0) * 0.05, high + (abs(low) or 1.0) * 0.05)

    def text(self, at: float) -> str:
        """A place on the axis in words."""
        if self.levels is not None:
            place = round(at)
            return self.levels[place] if 0 <= place < len(self.levels) else ""
        return number(float(f"{10**at if self.log else at:.4g}"))


@dataclass(frozen=True, slots=True)
class Brush:
    """A stretch of an axis: only runs inside are looked at."""

    key: str
    low: float
    high: float

    def passes(self, axis: Axis) -> list[bool]:
        with np.errstate(invalid="ignore"):
            inside = (axis.numbers >= self.low) & (axis.numbers <= self.high)
        return [bool(each) for each in inside]

    def words(self, axis: Axis) -> str:
        if axis.levels is not None:
            first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
            return f"{axis.short}: {', '.join(axis.levels[max(first, 0) : last + 1]) or 'none'}"
        return f"{axis.short}: {axis.text(self.low)} to {axis.text(self.high)}"


def axes_of(answer: Answer) -> list[Axis]:
    """The settings first, then the question's figure and the other results."""
    settings = [
        Axis(f"setting {each.key}", each.key, each.numbers, None, each.levels, each.log, result=False,
             short=each.key.rpartition(".")[2])
        for each in answer.settings
    ]  # fmt: skip
    known = {column.key: column for column in answer.everything.columns}
    results = [known[column.key] for column in answer.columns() if column.key in known]
    return settings + [_result(answer.everything, column) for column in results]


def first_axes(axes: Sequence[Axis], main: str | None, most: int = 7) -> list[str]:
    """What is shown before somebody chooses: settings, then results that are not the same for all runs."""
    told = [axis for axis in axes if len(np.unique(axis.numbers[np.isfinite(axis.numbers)])) > 1]
    settings = [axis.key for axis in told if not axis.result][: most - 2]
    results = [axis.key for axis in told if axis.result]
    telling = [main, "quality", "listening", "target_step", "steps_per_second", "alerts"]
    order = sorted(results, key=lambda key: telling.index(key) if key in telling else len(telling))
    return settings + order[: most - len(settings)]


def pareto(x: Floats, y: Floats, x_better: Direction, y_better: Direction) -> list[int]:
    """Places of the points that no other is better than in both, along x; points that are no numbers are none."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    cost_x = x if x_better == "lower" else -x
    cost_y = y if y_better == "lower" else -y
    front: list[int] = []
    for place in sorted(known.tolist(), key=lambda each: (cost_x[each], cost_y[each])):
        if not front or cost_y[place] < cost_y[front[-1]]:
            front.append(place)
    return front


def _result(frame: Frame, column: Column) -> Axis:
    values = [frame.value(row, column.key) for row in range(len(frame.rows))]
    numbers = np.array([math.nan if value is None or not math.isfinite(value) else value for value in values])
    return Axis(column.key, str(column), numbers, column.better, short=column.title)
