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


class GradientWatch:
    """Keeps the window of log norms and asks the rules at every point."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._window = Window(_WINDOW)
        self._explosion = context.episode("gradient_explosion", metric, Rhythm(on=1, off=15, cool=60, settle=60))
        self._explosions: list[int] = []

    def look(self, value: float) -> None:
        context, window = self._context, self._window
        self._count += 1
        level = log(value if value > _SMALLEST else _SMALLEST)
        context.gradient_norm = value
        context.gradient_at = context.count
        if len(window) < _WARM_UP:
            window.push(level)
            return
        excess = level - window.median()
        context.gradient_ratio = exp(excess) if excess < 300 else float("inf")
        sigma = max(window.spread(), 0.12)  # floor: norms that hardly vary would make every step unusual
        context.gradient_surprise = excess / sigma
        if excess > _SIX and self._explodes(level, excess, sigma):
            self._tell_explosion(value)
        elif self._explosion.suspected:
            self._explosion.calm(self._count)
        if not self._explosion.suspected:
            window.push(level)

    def _explodes(self, level: float, excess: float, sigma: float) -> bool:
        if self._explosion.is_open:
            return True
        return excess > 8 * sigma and level > self._window.ordered[-1] + 0.47  # 1.6 times the largest

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
