"""Validation against training: a model that learns its training data by heart."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm


class TrainingMean:
    """The mean training loss since the last evaluation, and what the trainer itself calls so."""

    def __init__(self, _metric: str, context: Context) -> None:
        self._context = context

    def look(self, value: float) -> None:
        self._context.train_loss = value


class ValidationWatch:
    """Looks at every evaluation."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._recent: deque[float] = deque(maxlen=3)
        self._best: float | None = None
        self._best_step = 0.0
        self._best_smooth: float | None = None
        self._train_at_best: float | None = None
        self._gap_at_best: float | None = None
        self._first: float | None = None
        self._mark: float | None = None  # the best that was clearly better than the one before
        self._last: float | None = None
        self._last_step = 0.0  # where it took that value
        self._frozen = context.episode("loss_plateau", metric, Rhythm(on=2, off=1, cool=10))
        self._episode = context.episode("overfitting", metric, Rhythm(on=2, off=2, cool=1))

    def look(self, value: float) -> None:
        context = self._context
        train = context.take_train_loss()
        context.last_train_loss, context.last_validation_loss = train, value
        self._count += 1
        if self._first is None:
            self._first = value
        self._recent.append(value)
        smooth = sorted(self._recent)[len(self._recent) // 2]
        if self._best is None or value < self._best:
            self._best, self._best_step = value, context.step
            context.validation_best = (context.step, value)
        if self._mark is None or self._mark - value > 0.005 * abs(self._mark):
            self._mark = value
            context.validation_improved_at = context.count
        if self._best_smooth is None or smooth < self._best_smooth:
            self._best_smooth, self._train_at_best = smooth, train
            self._gap_at_best = value - train if train is not None else None
        self._look_for_standstill(value)
        if self._overfits(value, smooth, train):
            self._tell(value, train)
        elif self._episode.suspected:
            self._episode.calm(self._count)

    def _overfits(self, value: float, smooth: float, train: float | None) -> bool:
        """Validation clearly above its best, training below its value there, the gap between them wider."""
        best, gap = self._best_smooth, self._gap_at_best
        if self._count < 4 or best is None or train is None or gap is None or self._train_at_best is None:
            return False
        # Of the level, or of what was learnt where the level is near zero.
        scale = max(abs(best), 0.25 * ((self._first or best) - best))
        margin = 0.1 * self._context.caution * scale
        return (
            value > best + margin
            and smooth > best + margin
            and value > train
            and train < self._train_at_best
            and value - train > gap + margin
        )

    def _look_for_standstill(self, value: float) -> None:
        """The same validation loss to the last digit: the weights do not change any more."""
        context = self._context
        if self._last is None or abs(value - self._last) > 1e-6 * abs(value):
            self._last_step = context.step
        same = self._last is not None and abs(value - self._last) <= 1e-6 * abs(value)
        self._last = value
        rate, peak = context.learning_rate, context.learning_rate_peak
        decayed = rate is not None and not context.learning_rate_trouble and peak > 0 and rate < 0.01 * peak
        if same and not decayed:
            self._frozen.trouble(
                self._count,
                context.step,
                "warning",
                lambda: {"value": value, "frozen": True, "validation": value, "frozen_step": self._last_step},
            )
        elif self._frozen.suspected:
            self._frozen.calm(self._count)

    def _tell(self, value: float, train: float | None) -> None:
        best = self._best
        above = 100 * (value - best) / abs(best) if best else 0.0
        grave = above > 15 or self._episode.open_for(self._count) > 10
        self._episode.trouble(
            self._count,
            self._context.step,
            "critical" if grave else "warning",
            lambda: {
                "value": value,
                "best": best,
                "best_step": self._best_step,
                "above_percent": above,
                "train": train,
            },
            size=value,
        )
