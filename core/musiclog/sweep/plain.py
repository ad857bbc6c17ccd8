"""Metrics that are only remembered: parts of the loss, weights, scales, capacity, and those without a role."""

from __future__ import annotations

import numpy as np

from ..anomaly.context import Context
from ..anomaly.evaluation import TrainingMean, ValidationWatch
from ..anomaly.hardware import CapacityWatch
from ..anomaly.loss import PartLossWatch
from ..anomaly.nonfinite import FiniteRun
from ..anomaly.objective import LossScaleWatch, WeightWatch
from ..columns import Indices
from ..records import Floats
from .leap import NOWHERE, Stretch, finite, first


class WeightChanges:
    """Where in the stretch a weight of the objective changes, which the loss's rules must know."""

    def __init__(self) -> None:
        self.rows = NOWHERE
        self.counts = NOWHERE

    def clear(self) -> None:
        self.rows = self.counts = NOWHERE

    def add(self, rows: Indices, counts: Indices) -> None:
        order = np.argsort(np.concatenate([self.rows, rows]), kind="stable")
        self.rows = np.concatenate([self.rows, rows])[order]
        self.counts = np.concatenate([self.counts, counts])[order]


class WeightLeap:
    def __init__(self, watch: WeightWatch, changes: WeightChanges) -> None:
        self._watch, self._changes = watch, changes

    def is_calm(self) -> bool:
        return self._watch._last is not None

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        self._values, self._counts = stretch.values, stretch.counts
        self._changed = np.flatnonzero(np.diff(stretch.values, prepend=self._watch._last or 0.0) != 0)
        self._changes.add(stretch.rows[self._changed], stretch.counts[self._changed])
        return NOWHERE

    def leap(self, start: int, stop: int) -> None:
        a, b = self._changed.searchsorted((start, stop)).tolist()
        if b > a:
            self._watch._context.weights_changed_at = int(self._counts[self._changed[b - 1]])
        self._watch._last = float(self._values[stop - 1])


class LastLeap:
    """A watch that puts the value into the context and no more."""

    def __init__(self, watch: LossScaleWatch | TrainingMean) -> None:
        self._watch = watch

    def is_calm(self) -> bool:
        return True

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        self._values = stretch.values
        return NOWHERE

    def leap(self, start: int, stop: int) -> None:  # noqa: ARG002 - only the last value counts
        self._watch.look(float(self._values[stop - 1]))


class CapacityLeap:
    """The rules on used memory count on a capacity that stays."""

    def __init__(self, watch: CapacityWatch) -> None:
        self._context: Context = watch._context

    def is_calm(self) -> bool:
        return self._context.memory_capacity is not None

    def reach(self, values: Floats) -> int:
        return first(values != self._context.memory_capacity)

    def foresee(self, stretch: Stretch) -> Indices:  # noqa: ARG002 - there is nothing to see
        return NOWHERE

    def leap(self, start: int, stop: int) -> None:
        """Nothing changes."""


class PartLeap:
    def __init__(self, watch: PartLossWatch) -> None:
        self._recent = watch._recent

    def is_calm(self) -> bool:
        return True

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        self._values = stretch.values
        return NOWHERE

    def leap(self, start: int, stop: int) -> None:
        self._recent.extend(self._values[max(start, stop - (self._recent.maxlen or 0)) : stop].tolist())


class ValidationLeap:
    """Evaluations are rare: each is looked at."""

    def __init__(self, watch: ValidationWatch) -> None:
        self._watch = watch

    def is_calm(self) -> bool:
        return True

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        return np.arange(len(stretch.values))

    def leap(self, start: int, stop: int) -> None:
        """There is never anything between two looks."""


class FiniteLeap:
    """A metric without a role may be NaN wherever it is undefined; after twenty numbers in a row it is news."""

    def __init__(self, run: FiniteRun, news_after: int) -> None:
        self._run, self._news_after = run, news_after

    def is_calm(self) -> bool:
        return True

    def reach(self, values: Floats) -> int:
        return len(values)

    def foresee(self, stretch: Stretch) -> Indices:
        self._broken = np.flatnonzero(~np.isfinite(stretch.values))
        lengths = np.diff(self._broken, prepend=-1 - self._run.length) - 1
        return self._broken[lengths >= self._news_after]

    def leap(self, start: int, stop: int) -> None:
        a, b = self._broken.searchsorted((start, stop)).tolist()
        self._run.length = stop - 1 - int(self._broken[b - 1]) if b > a else self._run.length + stop - start
