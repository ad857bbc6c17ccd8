"""Where in an epoch a row lies, when only whole epochs were logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..records import Floats


class EpochClock:
    """Spreads the rows of an epoch over it, so that curves over epochs are curves and not staircases.

    The last row of epoch e lies at e where epochs are counted from 1, at e + 1 where they are counted from 0, so
    that x says how many epochs are done. How many steps an epoch has is known from a complete one, or from
    expect(); until then its rows lie at its end. Rows of which each is a whole epoch, and epochs that were logged
    with their fraction, stay as they are.
    """

    def __init__(self) -> None:
        self._first: float | None = None  # the first epoch that was met
        self._epoch: float | None = None  # the current one
        self._start: float | None = None  # the last step before it
        self._length: float | None = None  # steps in an epoch
        self._rows = 0  # of the current epoch
        self._last_step: float | None = None
        self._fractions = False

    def remember(self) -> dict[str, Any]:
        """All that it knows, as JSON."""
        return dict(vars(self))

    def recall(self, memory: Mapping[str, Any]) -> None:
        vars(self).update({name: memory[name] for name in vars(self)})

    def expect(self, steps: float | None) -> None:
        """So many steps the coming epochs will have."""
        if steps:
            self._length = float(steps)

    def place(self, steps: Floats, epochs: Floats) -> Floats:
        """x of rows on the axis of epochs; NaN where an epoch is unknown."""
        known = np.isfinite(epochs)
        if self._fractions or not known.any():
            return epochs
        if (epochs[known] % 1 != 0).any():
            self._fractions = True
            return epochs
        found = epochs.copy()
        rows = np.flatnonzero(known)
        cuts = np.flatnonzero(np.diff(epochs[rows])) + 1
        parts = np.split(rows, cuts)
        for i, part in enumerate(parts):
            found[part] = self._place_epoch(float(epochs[part[0]]), steps[part], complete=i + 1 < len(parts))
        return found

    def _place_epoch(self, epoch: float, steps: Floats, complete: bool) -> Floats:
        if self._first is None:
            self._first = epoch
        if epoch != self._epoch:
            self._enter(epoch, float(steps[0]))
        self._rows += len(steps)
        self._last_step = float(steps[-1])
        start, length = self._start, self._length
        if complete and start is not None and self._last_step > start:
            length = self._length = self._last_step - start
        one_each = complete and self._rows == 1
        if start is None or length is None or one_each or (self._rows == 1 and length <= 1):
            return np.full(len(steps), epoch if self._rows == len(steps) == 1 else self._done(epoch))
        return self._done(epoch) - 1 + np.clip((steps - start) / length, 0.0, 1.0)

    def _enter(self, epoch: float, step: float) -> None:
        before = self._last_step
        if before is not None and before >= step:  # went back: a resumed run
            before = None
        if self._epoch is not None and self._start is not None and before is not None and before > self._start:
            self._length = before - self._start
        self._start = before if before is not None else (step - 1 if step <= 1 else None)
        self._epoch, self._rows = epoch, 0

    def _done(self, epoch: float) -> float:
        return epoch + 1 if self._first == 0 else epoch
