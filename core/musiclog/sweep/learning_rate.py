"""The rules on the learning rate over many values at once."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..anomaly.learning_rate import _SETTLED, LearningRateWatch
from ..anomaly.schedule import Schedule, ScheduleRule
from ..columns import Indices
from ..records import Floats
from .leap import Marks, Stretch, finite
from .sliding import latest


class LearningRateLeap:
    def __init__(self, watch: LearningRateWatch) -> None:
        self._watch = watch
        self._schedule = ScheduleLeap(watch._planned)

    def is_calm(self) -> bool:
        watch = self._watch
        rate = watch._context.learning_rate
        known = len(watch._recent) == watch._recent.maxlen and rate is not None and rate > 0
        trouble = watch._context.learning_rate_trouble or watch._episode.suspected or watch._planned.suspected
        return known and not trouble

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
        wrong = ~((values > 0) & (ratio <= 1.8) & (ratio >= 0.55)) | grown
        return np.flatnonzero(wrong | self._schedule.foresee(stretch))

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
        self._schedule.leap(start, stop)

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


class ScheduleLeap:
    """Points on the configured schedule are only counted; all others are looked at."""

    def __init__(self, rule: ScheduleRule) -> None:
        self._rule = rule

    def foresee(self, stretch: Stretch) -> Marks:
        """Which values are not where the schedule is."""
        schedule, self._steps = self._rule.schedule, stretch.steps
        beside: Marks = np.zeros(len(self._steps), dtype=np.bool_)
        if schedule is None:
            return beside
        if self._rule._context.configuration_changed:
            return ~beside
        distance = np.abs(stretch.values - rates(schedule, self._steps))
        # Nine tenths, because numpy's cosine differs from math's in the last digit; what is left is asked exactly.
        asked = np.flatnonzero((distance > 0.9 * schedule.slack(0.0)) & (self._steps < schedule.total))
        values, steps = stretch.values[asked].tolist(), self._steps[asked].tolist()
        beside[asked] = [not schedule.is_at(value, step) for value, step in zip(values, steps, strict=True)]
        return beside

    def leap(self, start: int, stop: int) -> None:
        schedule = self._rule.schedule
        if schedule is None:
            return
        steps = self._steps[start:stop]
        steps = steps[steps < schedule.total]
        if len(steps):
            # No schedule rises again after its warm-up, so the last step has the lowest rate.
            self._rule.agree(len(steps), self._rule.expected(float(steps[-1])))


def rates(schedule: Schedule, steps: Floats) -> Floats:
    """Schedule.rate() of many steps."""
    done = np.zeros(len(steps))
    if schedule.kind != "constant":
        done = np.clip((steps - schedule.warmup) / (schedule.total - schedule.warmup), 0.0, 1.0)
    decay = 0.5 * (1 + np.cos(np.pi * done)) if schedule.kind == "cosine" else 1 - done
    warm = np.minimum(np.maximum(steps, 0.0) / schedule.warmup, 1.0) if schedule.warmup else 1.0
    found: Floats = schedule.peak * decay * warm
    return found
