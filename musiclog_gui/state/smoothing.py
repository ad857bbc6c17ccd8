"""Debiased exponential smoothing of a growing curve, without calculating anything twice."""

from __future__ import annotations

import numpy as np

from musiclog.records import Floats
from musiclog.series import Series
from musiclog.timeline import Axis

# Within a block, weights fall to 1e-12 of the newest: what a block takes from the one before the last is below the
# rounding of a float64, so blocks need not be walked one after the other.
LEAST_WEIGHT = 1e-12


class Smoother:
    """y[n] = f y[n-1] + (1 - f) x[n], divided by 1 - f**n, so that the start is not pulled to zero.

    factor f in [0, 1). Values that are not finite are left out: there the result is NaN, and the next goes on as
    if they had not been. Source of the correction: Kingma & Ba, Adam, ICLR 2015, section 3.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._biased = 0.0
        self._count = 0

    def take(self, values: Floats) -> Floats:
        """The smoothed values that belong to the next values."""
        finite = np.isfinite(values)
        kept = values if finite.all() else values[finite]
        if self.factor <= 0 or not len(kept):
            return np.where(finite, values, np.nan)
        biased = _biased(kept, self.factor, self._biased)
        exponents = np.arange(self._count + 1, self._count + len(kept) + 1, dtype=np.float64)
        smooth = biased / -np.expm1(exponents * np.log(self.factor))
        self._biased, self._count = float(biased[-1]), self._count + len(kept)
        if kept is values:
            return smooth
        result = np.full(len(values), np.nan)
        result[finite] = smooth
        return result


class SmoothedSeries:
    """A series' smoothed twin on one axis: it shares the timeline, and only new rows are calculated."""

    def __init__(self, source: Series, axis: Axis, factor: float) -> None:
        self.source, self.axis, self.factor = source, axis, factor
        self._start()

    def current(self) -> Series:
        """The twin, brought up to date."""
        track = self.source.timeline.track(self.axis)
        if self._twin.timeline is not self.source.timeline or self._turns != track.turns:
            self._start()
        done = len(self._twin)
        if done < len(self.source):
            self._twin.extend(self._smoother.take(self.source.since(done)))
        self._twin.origin = self.source.origin
        return self._twin

    def _start(self) -> None:
        """Begin anew. Rows that a resume replaced are drawn no more, so they must not pull at the newer stretch."""
        track = self.source.timeline.track(self.axis)
        self._twin = Series(self.source.name, self.source.timeline)
        self._smoother = Smoother(self.factor)
        self._turns = track.turns
        if not track.turns or track.scattered:
            return
        values = self.source.since(0)
        smooth = np.full(len(values), np.nan)
        for start, stop in track.ranges:
            smooth[start:stop] = self._smoother.take(values[start:stop])
        self._twin.extend(smooth)


def _biased(values: Floats, factor: float, before: float) -> Floats:
    """The recurrence from before on, for all values at once."""
    block = max(1, int(np.log(LEAST_WEIGHT) / np.log(factor)))
    full = -(-len(values) // block) * block
    rows = np.concatenate([values, np.zeros(full - len(values))]).reshape(-1, block)
    weights = factor ** np.arange(block, dtype=np.float64)  # of a value, by its age
    own = (1 - factor) * np.cumsum(rows / weights, axis=1) * weights
    ends = own[:, -1]
    carried = np.empty(len(rows))
    carried[0] = before
    if len(rows) > 1:
        fade = factor**block
        carried[1:] = ends[:-1]
        carried[1] += before * fade
        carried[2:] += fade * ends[:-2]
    return (own + carried[:, None] * weights * factor).ravel()[: len(values)]
