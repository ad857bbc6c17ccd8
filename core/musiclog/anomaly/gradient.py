"""Gradients that explode or vanish, judged on the logarithm of their norm, which is where they are normal."""

from __future__ import annotations

from math import exp, log

from musiclog.anomaly.baseline import Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_SMALLEST = 1e-30  # stands for a norm of exactly 0
_SIX = log(6.0)
_WINDOW = 101
_WARM_UP = 30
_SIGMA_FLOOR = 0.12  # of the logarithm: norms that hardly vary would make every step unusual
_THREE_PERCENT = log(0.03)
_DEAD = log(2e-4)


class GradientWatch:
    """Keeps the window of log norms and asks the rules at every point."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._window = Window(_WINDOW)
        self._explosion = context.episode("gradient_explosion", metric, Rhythm(on=1, off=15, cool=60, settle=60))
        self._explosions: list[int] = []
        self._level = self._value = 0.0  # of the point that waits for judgement
        self._recent = Window(11)
        self._reference = Window(101)  # every fourth point
        self._vanishing = context.episode("gradient_vanishing", metric, Rhythm(on=15, off=30, cool=300))

    def look(self, value: float) -> None:
        context, window = self._context, self._window
        self._count += 1
        level = log(value if value > _SMALLEST else _SMALLEST)
        context.gradient_norm = value
        context.gradient_at = context.count
        self._look_for_vanishing(level, value)
        if len(window) < _WARM_UP:
            window.push(level)
            return
        excess = level - window.median()
        context.gradient_ratio = exp(min(excess, 300.0))
        context.gradient_surprise = excess / max(window.spread(), _SIGMA_FLOOR)
        context.gradient_over_largest = exp(min(level - window.ordered[-1], 300.0))
        if excess > _SIX:
            self._level, self._value = level, value
            context.later.append(self._judge)  # the loss of the same row may support it
        else:
            self._keep(level)

    def _judge(self) -> None:
        if self._explodes():
            self._tell_explosion(self._value)
        else:
            self._keep(self._level)

    def _keep(self, level: float) -> None:
        """An unsuspicious point: learn from it, unless something is going on."""
        if self._explosion.suspected:
            self._explosion.calm(self._count)
        elif not self._context.fresh_learning_rate_trouble:
            self._window.push(level)

    def _explodes(self) -> bool:
        """Unusual and large. A loss that rises with it, or a learning rate gone wrong, halves what it takes."""
        if self._explosion.is_open:
            return True
        context = self._context
        ratio, over = context.gradient_ratio, context.gradient_over_largest
        if context.fresh_learning_rate_trouble:
            return context.gradient_surprise > 5 and over > 1.0
        if context.loss_at == context.count and context.loss_surprise > 4:
            return context.gradient_surprise > 6 and over > 1.6
        return context.gradient_surprise > 8 and ratio > 9 and over > 2

    def _look_for_vanishing(self, level: float, value: float) -> None:
        recent, reference, count = self._recent, self._reference, self._count
        recent.push(level)
        vanished = False
        if count > 25:
            median = recent.median()
            if len(reference) >= 6 and median < reference.median() + _THREE_PERCENT:
                vanished = True
            elif median < _DEAD and count < 100 and not self._context.has_learnt:
                vanished = True
        if vanished:
            self._tell_vanishing(value)
        elif self._vanishing.suspected:
            self._vanishing.calm(count)
        if not count & 3 and not self._vanishing.suspected:
            reference.push(level)

    def _tell_vanishing(self, value: float) -> None:
        median = exp(self._recent.median())
        usual = exp(self._reference.median()) if len(self._reference) else None
        share = median / usual if usual else None
        self._vanishing.trouble(
            self._count,
            self._context.step,
            "critical" if share is not None and share < 0.001 else "warning",
            lambda: {
                "value": median,
                "usual": usual,
                "share_percent": 100 * share if share is not None else None,
                "from_start": share is None or share > 0.03,
            },
            size=-median,
        )

    def _tell_explosion(self, value: float) -> None:
        context, window = self._context, self._window
        ratio = context.gradient_ratio
        if not self._explosion.is_open:
            self._explosions = [at for at in self._explosions if self._count - at <= 300]
            self._explosions.append(self._count)
        severity = "critical" if ratio > 30 or len(self._explosions) > 1 else "warning"
        context.gradient_p90 = exp(window.quantile(0.9))
        self._explosion.trouble(
            self._count,
            context.step,
            severity,
            lambda: {
                "value": value,
                "median": exp(window.median()),
                "ratio": ratio,
                "p90": exp(window.quantile(0.9)),
                "times": len(self._explosions),
            },
            size=ratio,
        )
        if not self._explosion.is_open:  # settled: learn the new level
            window.clear()
