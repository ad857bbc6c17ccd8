"""The rules on the gradient norm over many values at once: explosions, vanishing, slow growth."""

from __future__ import annotations

from math import exp, log

import numpy as np

from ..anomaly.gradient import _EIGHT, _SIGMA_FLOOR, _SIX, _SMALLEST, _THREE_PERCENT, DriftRule, GradientWatch
from ..columns import Indices
from ..records import Floats
from .leap import Stretch, finite, where
from .sliding import Slide, is_full, push_all


class GradientLeap:
    def __init__(self, watch: GradientWatch) -> None:
        self._watch = watch
        self._drift = DriftLeap(watch._drift)

    def is_calm(self) -> bool:
        watch = self._watch
        held = watch._held or watch._explosion.suspected
        return is_full(watch._window) and not held and self._drift.is_calm()

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        self._stretch = stretch
        self._first = self._watch._count
        counts = self._first + 1 + np.arange(len(stretch.values))
        # math's logarithm, as the watch takes it: numpy's differs in the last digit.
        level = np.fromiter(map(log, np.maximum(stretch.values, _SMALLEST).tolist()), np.float64, len(counts))
        self._window = Slide(self._watch._window, level)
        self._level = level
        self._excess = level - self._window.median[:-1]
        return np.concatenate([np.flatnonzero(self._excess > _SIX), self._drift.foresee(level, counts)])

    def leap(self, start: int, stop: int) -> None:
        watch, context, last = self._watch, self._watch._context, stop - 1
        self._drift.leap(stop)
        push_all(watch._residuals, self._excess[start:stop])
        watch._count = self._first + stop
        context.gradient_norm = float(self._stretch.values[last])
        context.gradient_at = int(self._stretch.counts[last])
        self._window.move(last)  # what the last value is judged by
        excess, window = float(self._excess[last]), watch._window
        context.gradient_ratio = exp(min(excess, 300.0))
        context.gradient_surprise = excess / max(window.spread(), _SIGMA_FLOOR)
        context.gradient_over_largest = exp(min(float(self._level[last]) - window.ordered[-1], 300.0))
        self._window.move(stop)


class DriftLeap:
    """Every second value against every fourth."""

    def __init__(self, rule: DriftRule) -> None:
        self._rule = rule

    def is_calm(self) -> bool:
        rule = self._rule
        if rule._vanishing.suspected or rule._growth.suspected:
            return False
        return is_full(rule._recent) and is_full(rule._reference)

    def foresee(self, level: Floats, counts: Indices) -> Indices:
        """With a full reference the rule is beyond its first hundred points, and what is dead from the start."""
        rule = self._rule
        self._own = own = where(counts % 2 == 0)
        self._recent = Slide(rule._recent, level[own])
        renewed = counts[own] % 4 == 0
        self._renewed = own[renewed]
        self._reference = Slide(rule._reference, level[self._renewed])
        median = self._recent.median[1:]
        usual = self._reference.median[np.cumsum(renewed) - renewed]
        wrong = median < usual + _THREE_PERCENT
        if not rule._context.adversarial:
            wrong |= median > usual + _EIGHT
        return own[where(wrong)]

    def leap(self, stop: int) -> None:
        self._recent.move(int(self._own.searchsorted(stop)))
        self._reference.move(int(self._renewed.searchsorted(stop)))
