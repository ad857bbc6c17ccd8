"""A loss that spikes, judged against the median of its own recent past."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.baseline import Largest, Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_WINDOW = 61
_WARM_UP = 30


class LossWatch:
    """Keeps the loss's recent past and asks the rules at every point."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._window = Window(_WINDOW)
        self._residuals = Largest(301)
        self._spike = context.episode("loss_spike", metric, Rhythm(on=1, off=15, cool=60, settle=60))

    def look(self, value: float) -> None:
        context, window = self._context, self._window
        if value == 0.0 and context.broken:
            return  # transformers' filter writes 0.0 for a loss that was NaN
        self._count += 1
        context.loss = value
        context.loss_at = context.count
        if len(window) < _WARM_UP:
            window.push(value)
            return
        median = window.median()
        context.loss_median = median
        scale = abs(median)
        excess = value - median
        if excess > 0.15 * scale and self._spikes(value, excess, scale):
            self._tell_spike(value, median)
        elif self._spike.suspected:
            self._spike.calm(self._count)
        if not self._spike.suspected:
            window.push(value)
            self._residuals.push(excess)

    def _spikes(self, value: float, excess: float, scale: float) -> bool:
        if self._spike.is_open:
            return True
        window, context = self._window, self._context
        adversarial = context.adversarial
        sigma = max(window.spread(), 0.004 * scale, 1e-9)
        calm = excess > (11 if adversarial else 7) * sigma
        large = excess > (0.4 if adversarial else 0.15) * scale
        if not (calm and large) or value < window.ordered[-1] + 0.075 * scale:
            return False
        largest = self._residuals.value()
        if largest is not None and excess < 1.5 * largest:
            return False
        if context.since(context.weights_changed_at) <= 2:
            return False
        return excess > 20 * sigma or min(
            context.since(context.learning_rate_changed_at), context.since(context.resumed_at) - 30
        ) > 20

    def _tell_spike(self, value: float, median: float) -> None:
        context = self._context
        ratio = value / median if median > 0 else float("nan")
        lasting = self._spike.open_for(self._count) > 15
        severity = "critical" if lasting or (ratio == ratio and ratio > 2) else "warning"
        self._spike.trouble(
            self._count,
            context.step,
            severity,
            lambda: {
                "value": value,
                "median": median,
                "ratio": ratio if ratio == ratio else None,
                "rise": value - median,
                "gradient_ratio": context.gradient_ratio if context.gradient_at == context.count else None,
            },
            size=value - median,
        )
        if not self._spike.is_open:
            self._window.clear()
            self._residuals.clear()


class PartLossWatch:
    """Remembers the recent values of one part of the loss, to say later which part moved."""

    def __init__(self, metric: str, context: Context) -> None:
        self._recent = context.parts.setdefault(metric, deque(maxlen=31))

    def look(self, value: float) -> None:
        self._recent.append(value)
