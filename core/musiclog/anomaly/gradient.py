"""Gradients that explode or vanish, judged on the logarithm of their norm, which is where they are normal."""

from __future__ import annotations

from math import exp, log

from musiclog.anomaly.baseline import Largest, Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_SMALLEST = 1e-30  # stands for a norm of exactly 0
_SIX = log(6.0)
_WINDOW = 101
_WARM_UP = 30
_SIGMA_FLOOR = 0.12  # of the logarithm: norms that hardly vary would make every step unusual
_THREE_PERCENT = log(0.03)
_EIGHT = log(8.0)
_DEAD = log(2e-4)


class GradientWatch:
    """Keeps the window of log norms and asks the rules at every point."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._window = Window(_WINDOW)
        self._explosion = context.episode("gradient_explosion", metric, Rhythm(on=1, off=15, cool=60, settle=60))
        self._explosions: list[int] = []
        self._residuals = Largest(401)
        self._held = False  # the window waits while a wrong learning rate is fresh
        self._level = self._value = 0.0  # of the point that waits for judgement
        self._drift = DriftRule(metric, context)

    def look(self, value: float) -> None:
        context, window = self._context, self._window
        self._count += 1
        level = log(value if value > _SMALLEST else _SMALLEST)
        context.gradient_norm = value
        context.gradient_at = context.count
        self._drift.look(level, self._count, self._explosion.is_open)
        self._held = context.fresh_learning_rate_trouble
        if len(window) < _WARM_UP:
            window.push(level)
            return
        excess = level - window.median()
        context.gradient_ratio = exp(min(excess, 300.0))
        context.gradient_surprise = excess / max(self._sigma(excess), _SIGMA_FLOOR)
        context.gradient_over_largest = exp(min(level - window.ordered[-1], 300.0))
        if excess > _SIX:
            self._level, self._value = level, value
            context.later.append(self._judge)  # the loss of the same row may support it
        else:
            self._keep(level)

    def _sigma(self, excess: float) -> float:
        """The spread, for outliers that of the upper tail if it is wider: recurrent networks have heavy ones."""
        window = self._window
        if excess < _SIX:
            return window.spread()
        return max(window.spread(), (window.quantile(0.98) - window.median()) / 2.05)

    def _judge(self) -> None:
        if self._explodes():
            self._tell_explosion(self._value)
        else:
            self._keep(self._level)

    def _keep(self, level: float) -> None:
        """An unsuspicious point: learn from it, unless something is going on."""
        if self._explosion.suspected:
            self._explosion.calm(self._count)
        elif not self._held:
            self._residuals.push(level - self._window.median())
            self._window.push(level)

    def _explodes(self) -> bool:
        """Unusual and large. A loss that rises with it, or a learning rate gone wrong, halves what it takes."""
        if self._explosion.is_open:
            return True
        context = self._context
        over = context.gradient_over_largest
        surprise = context.gradient_surprise / context.caution
        ratio = context.gradient_ratio / context.caution
        if self._held:
            return surprise > 5 and over > 1.0
        if context.loss_at == context.count and context.loss_surprise > 4:
            return surprise > 6 and over > 1.6
        # Norms with a heavy tail show by their earlier outliers how far they reach without harm.
        reach = max(self._residuals.value() or 0.0, 0.0)
        return surprise > 8 and ratio > 9 and over > 2 and log(ratio) > 1.3 * reach

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


class DriftRule:
    """A norm that sinks to nothing, or grows too slowly for any single step to stand out."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._recent = Window(7)  # every second point, like all that is counted here
        self._reference = Window(101)  # every fourth point
        self._vanishing = context.episode("gradient_vanishing", metric, Rhythm(on=8, off=15, cool=300))
        self._growth = context.episode("gradient_explosion", metric, Rhythm(on=13, off=8, cool=300, settle=300))

    def look(self, level: float, count: int, exploding: bool) -> None:
        if count & 1:
            return
        recent, reference = self._recent, self._reference
        recent.push(level)
        if count > 25:
            median = recent.median()
            usual = reference.median()
            if (median < usual + _THREE_PERCENT and not self._memorised()) or self._dead_from_start(median, count):
                self._tell_vanishing(median, usual, count)
            elif self._vanishing.suspected:
                self._vanishing.calm(count)
            if median > usual + _EIGHT and count > 100 and not exploding and not self._context.adversarial:
                self._tell_growth(median, usual, count)
            elif self._growth.suspected:
                self._growth.calm(count)
        if not count & 3 and not self._vanishing.suspected and not self._growth.suspected:
            reference.push(level)

    def _memorised(self) -> bool:
        """A loss next to zero has no gradient left, and needs none."""
        start, now = self._context.loss_start, self._context.loss
        return start is not None and now is not None and 0 <= now < 0.03 * start

    def _dead_from_start(self, median: float, count: int) -> bool:
        return median < _DEAD and count < 100 and not self._context.has_learnt

    def _tell_vanishing(self, median: float, usual: float, count: int) -> None:
        share = exp(median - usual)
        from_start = share > 0.03
        self._vanishing.trouble(
            count,
            self._context.step,
            "critical" if share < 0.001 else "warning",
            lambda: {
                "value": exp(median),
                "usual": None if from_start else exp(usual),
                "share_percent": None if from_start else 100 * share,
                "from_start": from_start,
            },
            size=-median,
        )

    def _tell_growth(self, median: float, usual: float, count: int) -> None:
        ratio = exp(median - usual)
        self._growth.trouble(
            count,
            self._context.step,
            "critical" if ratio > 30 else "warning",
            lambda: {"value": exp(median), "median": exp(usual), "ratio": ratio, "slow": True},
            size=ratio,
        )
