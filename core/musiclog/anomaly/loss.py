"""A loss that spikes, judged against the median of its own recent past."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.baseline import Largest, Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.divergence import DivergenceRule
from musiclog.anomaly.episodes import Rhythm
from musiclog.anomaly.oscillation import OscillationRule
from musiclog.anomaly.plateau import PlateauRule

_WINDOW = 61
_WARM_UP = 30


class LossWatch:
    """Keeps the loss's recent past and asks the rules at every point."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._window = Window(_WINDOW)
        self._residuals = Largest(301)
        self._sigma = 0.0
        self._held = False  # the window waits while a wrong learning rate is fresh
        self._divergence = DivergenceRule(metric, context)
        self._oscillation = OscillationRule(metric, context)
        self._plateau = PlateauRule(metric, context)
        self._spike = context.episode("loss_spike", metric, Rhythm(on=1, off=15, cool=60, settle=60))

    def look(self, value: float) -> None:
        context, window = self._context, self._window
        if value == 0.0 and context.broken:
            return  # transformers' filter writes 0.0 for a loss that was NaN
        self._count += 1
        context.loss = value
        context.loss_at = context.count
        context.loss_sum += value
        context.loss_count += 1
        fresh = context.fresh_learning_rate_trouble
        if self._held and not fresh and context.learning_rate_trouble:
            self._forget()  # the wrong rate has become the state of things
        self._held = fresh
        if len(window.ordered) < _WARM_UP:
            self._warm_up(value)
            return
        median = window.median()
        context.loss_median = median
        scale = abs(median)
        excess = value - median
        sigma = self._sigma
        if sigma < 0.004 * scale or sigma < 1e-9:  # bf16 losses take few values, so that the spread can be 0
            sigma = max(0.004 * scale, 1e-9)
        context.loss_sigma = sigma
        context.loss_surprise = excess / sigma
        least = 0.08 if fresh else 0.15
        if excess > least * scale and self._spikes(value, excess, scale):
            self._tell_spike(value, median)
        elif self._spike.suspected:
            self._spike.calm(self._count)
        if not self._spike.suspected:
            self._plateau.look(value)
            if not fresh:
                window.push(value)
                self._residuals.push(excess)
        if not self._count & 3 and len(window):
            self._sigma = max(window.spread(), window.scatter_above())
        self._divergence.look(value, self._count, self._sigma)
        self._oscillation.look(value, median, self._count)

    def _warm_up(self, value: float) -> None:
        """Learn the level first, at the beginning and after a new level was accepted."""
        self._window.push(value)
        self._context.loss_surprise = 0.0
        self._plateau.look(value)
        self._divergence.look(value, self._count, self._sigma)
        if self._count == 5:
            self._context.loss_start = self._window.median()
        if len(self._window) == _WARM_UP:
            self._sigma = max(self._window.spread(), self._window.scatter_above())

    def _spikes(self, value: float, excess: float, scale: float) -> bool:
        """Unusual and large; how much of both it takes depends on what the gradient says of the same step."""
        if self._spike.is_open:
            return True
        window, context = self._window, self._context
        surprise = context.loss_surprise / context.caution
        largest = max(self._residuals.value() or 0.0, 0.0)
        measured = context.gradient_at == context.count
        if context.fresh_learning_rate_trouble:
            supported = context.gradient_ratio > 3 or not measured
            reach = window.ordered[-1] - window.median()
            return supported and value > window.ordered[-1] and (surprise > 3.5 or excess > 1.5 * reach)
        if surprise < 5 or value < window.ordered[-1] + 0.075 * scale or excess < 1.5 * largest:
            return False
        if self._excused(surprise):
            return False
        if measured:
            supported = context.gradient_ratio > 3 and context.gradient_over_largest > 1.8
            return supported or (surprise > 15 and excess > 3 * largest)
        return surprise > 8 and excess > (3 if context.adversarial else 2) * largest

    def _excused(self, surprise: float) -> bool:
        """A new weight moves the loss by itself; a restart of the schedule or of the run shakes it for a while."""
        context = self._context
        if context.since(context.weights_changed_at) <= 2:
            return True
        restarted = context.since(context.learning_rate_changed_at) <= 20 or context.since(context.resumed_at) <= 50
        return restarted and surprise < 20

    def _tell_spike(self, value: float, median: float) -> None:
        context = self._context
        ratio = value / median if median > 0 else None
        self._spike.trouble(
            self._count,
            context.step,
            self._severity(ratio),
            lambda: {
                "value": value,
                "median": median,
                "ratio": ratio,
                "rise": value - median,
                "gradient_ratio": context.gradient_ratio if context.gradient_at == context.count else None,
                **self._part_that_moved(),
            },
            size=value,
        )
        if not self._spike.is_open:  # settled
            self._forget()

    def _forget(self) -> None:
        """Learn a new level."""
        self._window.clear()
        self._residuals.clear()

    def _severity(self, ratio: float | None) -> str:
        """A spike that is back at once needs no action, however high."""
        lasting = self._spike.open_for(self._count)
        large = ratio is not None and ratio > 2
        if lasting > 15 or (large and lasting > 5) or (ratio is not None and ratio > 10):
            return "critical"
        return "warning" if large or lasting > 5 else "info"

    def _part_that_moved(self) -> dict[str, object]:
        """The part of the loss that rose most above its recent median."""
        parts = self._context.parts
        rises = {name: recent[-1] - sorted(recent)[len(recent) // 2] for name, recent in parts.items() if recent}
        part = max(rises, key=lambda name: rises[name], default=None)
        return {"part": part, "part_rise": rises[part]} if part is not None and rises[part] > 0 else {}


class PartLossWatch:
    """Remembers the recent values of one part of the loss, to say later which part moved."""

    def __init__(self, metric: str, context: Context) -> None:
        self._recent = context.parts.setdefault(metric, deque(maxlen=31))

    def look(self, value: float) -> None:
        self._recent.append(value)
