"""Curves over what the model has seen (tokens, files) or over any other metric, in place of steps."""

from __future__ import annotations

import numpy as np

from musiclog.counters import counters, files_seen, last_known, over
from musiclog.records import Floats, Points
from musiclog.run_data import RunData
from musiclog.series import Series

METRIC = "metric:"  # before the name of a metric that is the x axis


def counter_of(data: RunData, axis: str) -> Series | None:
    """The metric of a run that an axis stands for; None where it has none."""
    if axis.startswith(METRIC):
        return data.series.get(axis.removeprefix(METRIC))
    name = counters(data.series).get(axis)
    return None if name is None else data.series[name]


def x_at(data: RunData, axis: str, step: float) -> float | None:
    """Where a step lies on such an axis."""
    counter = counter_of(data, axis)
    if counter is not None:
        near = counter.nearest("step", step)
        return near[1] if near is not None and np.isfinite(near[1]) else None
    longest = max(data.series.values(), key=len, default=None)
    at = None if longest is None or axis != "files" else longest.translate(step, "step", "wall")
    if at is None:
        return None
    found = float(last_known(np.array([at]), *files_seen(data.data_usage.times.whole))[0])
    return found if np.isfinite(found) else None


class LaidSeries:
    """A series over another x, growing with it. scattered: that x is no counter, so the points make no line."""

    def __init__(self, data: RunData, source: Series, axis: str) -> None:
        self.data, self.source, self.axis = data, source, axis
        self.scattered = False
        self._twin = Series(source.name)

    def current(self) -> Series:
        """The points over the new x, which the result calls "step"."""
        if self.scattered:
            return self._sorted()
        done = len(self._twin)
        if done < len(self.source):
            self._grow(done)
            # A resume takes back tokens as it takes back steps; what falls more often is no counter.
            self.scattered = self._twin.timeline.step.turns > self.source.timeline.step.turns
            if self.scattered:
                self._twin = Series(self.source.name)
                return self._sorted()
        return self._twin

    def _grow(self, done: int) -> None:
        timeline, length = self.source.timeline, len(self.source)
        steps, times, epochs = (t.raw.slice(done, length) for t in (timeline.step, timeline.time, timeline.epoch))
        self._twin.append(Points(self._x(done, steps, times), times, epochs, self.source.since(done)))

    def _x(self, done: int, steps: Floats, times: Floats) -> Floats:
        counter = counter_of(self.data, self.axis)
        if counter is not None and counter.timeline is self.source.timeline:
            return counter.since(done)[: len(steps)]
        if counter is not None:
            return last_known(steps, *counter.drawn("step"))
        if self.axis == "files":
            return last_known(times, *files_seen(self.data.data_usage.times.whole))
        return np.full(len(steps), np.nan)

    def _sorted(self) -> Series:
        counter = counter_of(self.data, self.axis)
        if counter is not None and len(self._twin) != len(self.source):
            found = over(self.source.drawn("step"), counter.drawn("step"))
            order = np.argsort(found.x, kind="stable")
            unknown = np.full(len(order), np.nan)
            self._twin = Series(self.source.name)
            self._twin.append(Points(found.x[order], unknown, unknown, found.y[order]))
        return self._twin
