"""Put runs of different length side by side fairly: at the same step, after the same time, after as many tokens."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..counters import counters, counts_up, last_known
from ..records import Floats
from ..run_data import RunData
from ..series import Series
from .values import standing

By = Literal["step", "time", "tokens"]
UNITS: Final[dict[By, str]] = {"step": "steps", "time": "s", "tokens": "tokens"}


@dataclass(frozen=True, slots=True)
class Alignment:
    """Up to where the points of a run count. by None: up to its own end; at in steps, seconds or tokens.

    Points beyond are left out, nothing is interpolated: the value at an alignment is the newest one by then.
    """

    by: By | None = None
    at: float | None = None

    def __str__(self) -> str:
        if self.by is None or self.at is None:
            return "at the end of each run"
        if self.by == "step":
            return f"at step {self.at:,.6g}"
        return f"after {_time(self.at) if self.by == 'time' else f'{self.at:,.6g} tokens'}"

    def curve(self, data: RunData, metric: str) -> tuple[Floats, Floats] | None:
        """x (steps where by is None) and values of a metric up to the alignment, both (n,); None where none counts.

        NaN and infinity are kept: a run that blew up by then has no better value than that.
        """
        found = points(data, metric, self.by or "step")
        if found is None or self.at is None:
            return found
        inside = found[0] <= self.at
        return (found[0][inside], found[1][inside]) if inside.any() else None


def points(data: RunData, metric: str, by: By) -> tuple[Floats, Floats] | None:
    """A metric over steps, seconds since the run's origin or tokens seen; None where the run does not tell that."""
    series = data.series.get(metric)
    if series is None or not len(series):
        return None
    kept = standing(series.steps)
    x, values = _x(data, series, by)[kept], series.values[kept]
    known = np.isfinite(x)
    if by != "step":
        x = np.fmax.accumulate(x)  # a clock that was set back stands still until it is overtaken
    return (x[known], values[known]) if known.any() else None


def common_end(runs: Iterable[RunData], metric: str, by: By) -> float | None:
    """Where the shortest of the runs that have the metric ends; None where none has it on that axis."""
    ends = [float(found[0][-1]) for found in (points(data, metric, by) for data in runs) if found is not None]
    return min(ends, default=None)


def tokens_seen(data: RunData) -> Series | None:
    """The run's own count of tokens, where it logs one that rises and never falls: tokens of each epoch are none."""
    name = counters(data.series).get("tokens")
    if name is None:
        return None
    series = data.series[name]
    return series if counts_up(series.values[standing(series.steps)]) else None


def _x(data: RunData, series: Series, by: By) -> Floats:
    if by == "step":
        return series.steps
    if by == "time":
        origin = data.origin if data.origin is not None else float(series.times[0])
        return series.times - origin
    counted = tokens_seen(data)
    if counted is None:
        return np.full(len(series), np.nan)
    kept = standing(counted.steps)
    return last_known(series.steps, counted.steps[kept], counted.values[kept])


def _time(seconds: float) -> str:
    for unit, size, up_to in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, math.inf)):
        if seconds < up_to:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
