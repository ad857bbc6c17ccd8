"""A loss that stands still, and one that never learnt much: both judged on block means over the whole run."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_BLOCK = 10  # points a block at first
_MOST = 192  # blocks kept; then neighbours are joined and blocks are twice as long


class Blocks:
    """Means of equally long stretches of the run: constant memory, however long it trains."""

    def __init__(self) -> None:
        self.size = _BLOCK
        self.means: list[float] = []
        self._sum = 0.0
        self._count = 0

    def push(self, value: float) -> bool:
        """Whether a block became complete."""
        self._sum += value
        self._count += 1
        if self._count < self.size:
            return False
        self.means.append(self._sum / self._count)
        self._sum, self._count = 0.0, 0
        if len(self.means) >= _MOST:
            means = self.means
            self.means = [(means[i] + means[i + 1]) / 2 for i in range(0, len(means) - 1, 2)]
            self.size *= 2
        return True

    def noise(self, last: int) -> float:
        """The scatter of a block mean, from the differences of neighbours, which a trend hardly touches."""
        means = self.means[-last:]
        steps = sorted(abs(b - a) for a, b in pairwise(means))
        return steps[len(steps) // 2] / (0.6745 * sqrt(2)) if steps else 0.0


class PlateauRule:
    """Looks whenever a block is complete."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._blocks = Blocks()
        self._seen = 0
        self._first_step = context.step
        self._plateau = context.episode("loss_plateau", metric, Rhythm(on=4, off=8, cool=40))
        self._underfitting = context.episode("underfitting", metric, Rhythm(on=3, off=10**9, cool=10**9))

    def look(self, value: float) -> None:
        if not self._blocks.push(value):
            return
        self._seen += 1
        if self._context.adversarial:
            return
        self._look_at_plateau()
        self._look_at_underfitting()

    def _look_at_plateau(self) -> None:
        means = self._blocks.means
        n = len(means)
        k = max(15, round(0.22 * n))
        flat = False
        if n >= 2 * k + 2 and self._comparable(2 * k * self._blocks.size, k * self._blocks.size):
            older, newer = means[-2 * k : -k], means[-k:]
            level = sum(newer) / k
            gain = sum(older) / k - level
            noise = self._blocks.noise(2 * k)
            total = means[0] - min(means)
            calm = max(newer) - min(newer) < max(0.05 * abs(level), 6 * noise)
            flat = calm and self._stands(level, gain, noise * sqrt(2 / k), total)
        # A standstill that validation has told already is not told again.
        if flat and (self._plateau.is_open or not self._context.is_open("loss_plateau")):
            self._tell(level, gain, total, 2 * k * self._blocks.size)
        elif self._plateau.suspected:
            self._plateau.calm(self._seen)

    def _stands(self, level: float, gain: float, doubt: float, total: float) -> bool:
        """Whether the gain of the last stretch is next to nothing of what was learnt; doubt is its standard error."""
        # Of what was learnt, not of the level: a loss may have any offset. A run that learnt nothing has no other.
        scale = min(abs(level), max(total, 0.05 * abs(level)))
        if gain + doubt >= 0.015 * total:
            return False
        if abs(gain) + doubt < 0.007 * scale / self._context.caution:
            return True
        # Too noisy to be sure; validation would settle it, so only runs without it are judged by half a doubt.
        return self._context.validation_best is None and -3 * doubt < gain < 0.5 * doubt

    def _comparable(self, points: int, lately: int) -> bool:
        """Whether the objective stayed the same all the while, and validation does not say otherwise."""
        context = self._context
        changed = max(context.weights_changed_at, context.resumed_at)
        return context.since(changed) > points and context.since(context.validation_improved_at) > lately

    def _tell(self, level: float, gain: float, total: float, points: int) -> None:
        context = self._context
        peak, rate = context.learning_rate_peak, context.learning_rate
        share = rate / peak if peak and rate is not None else None
        # The rate at the beginning counts; a schedule that moves on does not make an old plateau graver.
        severity = "warning" if (share is None or share > 0.1) and not self._plateau.is_open else "info"
        self._plateau.trouble(
            self._seen,
            context.step,
            severity,
            lambda: {
                "value": level,
                "gain": gain,
                "gain_percent": 100 * gain / abs(level) if level else None,
                "total_gain": total,
                "points": points,
                "lr_percent": 100 * share if share is not None else None,
            },
        )

    def _look_at_underfitting(self) -> None:
        means = self._blocks.means
        n = len(means)
        if n < 12 or self._context.step - self._first_step < 400 or self._underfitting.is_open or self._warming_up():
            return
        start = means[0]
        third = n // 3
        late = sum(means[-third:]) / third
        before = sum(means[-2 * third : -third]) / third
        learnt = start - late
        little = start > 0 and start - min(means) < 0.3 * start and learnt < 0.22 * start
        # At the present pace, twice the time so far would still not learn half of the loss.
        slow = learnt + max(0.0, before - late) * 3 < 0.5 * start
        if little and slow:
            self._underfitting.trouble(
                self._seen,
                self._context.step,
                "warning",
                lambda: {
                    "value": late,
                    "start": start,
                    "learnt_percent": 100 * learnt / start,
                    "points": n * self._blocks.size,
                },
            )
        elif self._underfitting.suspected:
            self._underfitting.calm(self._seen)

    def _warming_up(self) -> bool:
        context = self._context
        return context.learning_rate_rising
