"""The rules on the learning rate over many values at once."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..anomaly.learning_rate import _SETTLED, LearningRateWatch
from ..columns import Indices
from ..records import Floats
from .leap import Stretch, finite
from .sliding import latest


class LearningRateLeap:
    def __init__(self, watch: LearningRateWatch) -> None:
        self._watch = watch

    def is_calm(self) -> bool:
        watch = self._watch
        rate = watch._context.learning_rate
        known = len(watch._recent) == watch._recent.maxlen and rate is not None and rate > 0
        return known and not watch._episode.suspected and not watch._context.learning_rate_trouble

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        watch = self._watch
        self._first = watch._count
        self._whole = np.concatenate([watch._recent, stretch.values])
        self._values = values = stretch.values
        self._before = before = self._whole[-len(values) - 1 : -1]
        self._foresee_peaks(self._first + 1 + np.arange(len(values)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = values / before
        # Twice the settled peak and above what it was 60 points ago; a peak of 0 has not settled.
        settled = np.concatenate([[watch._settled_peak], self._settled[:-1]])
        ago = self._whole[1 : len(values) + 1]
        grown = (settled > 0) & (values > 2 * settled) & (values > 2.5 * ago)
        return np.flatnonzero(~((values > 0) & (ratio <= 1.8) & (ratio >= 0.55)) | grown)

    def leap(self, start: int, stop: int) -> None:
        watch, context, last = self._watch, self._watch._context, stop - 1
        judged = self._values[start:stop][self._values[start:stop] != self._before[start:stop]]
        if len(judged):
            watch._positive += len(judged)
            watch._not_positive = 0
            watch._normal = max(watch._normal, float(judged.max()))
            context.learning_rate_peak = watch._normal
        peak_at = int(self._peak_at[last - 1]) if last else self._known_peak_at
        context.learning_rate_rising = self._first + stop - peak_at < 20 and peak_at > 1
        watch._count = self._first + stop
        watch._peak, watch._peak_at = float(self._peak[last]), int(self._peak_at[last])
        watch._settled_peak = float(self._settled[last])
        size = watch._recent.maxlen or 0
        watch._recent = deque(self._whole[stop : stop + size].tolist(), maxlen=size)
        context.learning_rate_before = float(self._before[last])
        context.learning_rate = float(self._values[last])

    def _foresee_peaks(self, counts: Indices) -> None:
        """Peak, its place and the settled peak after each value; a peak is passed by a ten-thousandth at least."""
        watch = self._watch
        self._known_peak_at = watch._peak_at
        highest = np.maximum.accumulate(self._values)
        places, peaks, peak = [], [watch._peak], watch._peak
        while (at := int(highest.searchsorted(peak * 1.0001, side="right"))) < len(counts):
            peak = float(highest[at])
            places.append(at)
            peaks.append(peak)
        passed = np.searchsorted(np.array(places, dtype=np.intp), np.arange(len(counts)), side="right")
        self._peak = np.array(peaks)[passed]
        self._peak_at = np.append(watch._peak_at, counts[np.array(places, dtype=np.intp)])[passed]
        settled_at = latest(counts - self._peak_at >= _SETTLED)
        self._settled: Floats = np.where(settled_at >= 0, self._peak[settled_at], watch._settled_peak)
