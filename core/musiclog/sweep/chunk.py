"""Some rows ahead: how far they can be foreseen, and what each metric will bring."""

from __future__ import annotations

import numpy as np

from ..anomaly.monitor import Monitor, Plan
from ..columns import Indices
from ..records import Floats
from ..rows import Rows, known
from .leap import Marks, Stretch, finite, first


class Chunk:
    """The rows from start on, as far as they are of known plans and no resumed run; places count from start.

    values: metric -> the places of its rows and its values there.
    """

    def __init__(self, monitor: Monitor, rows: Rows, start: int, stop: int) -> None:
        self._context, self._plans = monitor._context, monitor._plans
        self._part, self._row = rows.part[start:stop], rows.row[start:stop]
        self._steps = rows.steps[start:stop]
        self._times, self._epochs = rows.times, rows.epochs
        self._start = start
        self._parts = [(rows.parts[part], np.flatnonzero(self._part == part)) for part in np.unique(self._part)]
        self.names = {name for part, _ in self._parts for name in part.names}
        # What the monitor's context will say at each row.
        reached = np.maximum.accumulate(np.append(self._context.step, self._steps))
        advanced = self._steps > reached[:-1]
        self._reached, self._advanced = reached[1:], np.flatnonzero(advanced)
        self._counts: Indices = self._context.count + np.cumsum(advanced)
        self._before = reached[:-1]
        self.length = self._foreseeable(advanced)

    def values(self) -> dict[str, tuple[Indices, Floats]]:
        """Metric -> its places and its values there, in the order of places."""
        found: dict[str, tuple[Indices, Floats]] = {}
        for part, places in self._parts:
            taken = self._row[places]
            for name, column in zip(part.names, part.columns, strict=True):
                found[name] = (
                    _merged(found[name], (places, column[taken])) if name in found else (places, column[taken])
                )
        return found

    def stretch(self, places: Indices, values: Floats) -> Stretch:
        n = int(places.searchsorted(self.length))
        places = places[:n]
        return Stretch(values[:n], places, self._counts[places], self._reached[places])

    def move_context(self, start: int, stop: int) -> None:
        """Leave the monitor's context as the rows from start to just before stop leave it."""
        context, last = self._context, stop - 1
        context.count = int(self._counts[last])
        context.step = float(self._reached[last])
        context.time = known(float(self._times[self._start + last]))
        a, b = self._advanced.searchsorted((start, stop)).tolist()
        if b > a:
            at = self._advanced[b - 1]
            context.steps_per_point = float(self._steps[at] - self._before[at])
        epochs = self._epochs[self._start + start : self._start + stop]
        told = np.flatnonzero(epochs == epochs)  # noqa: PLR0124 - NaN stands for unknown
        if len(told):
            context.epoch = float(epochs[told[-1]])
        for part, places in self._parts:
            n = int(places.searchsorted(stop))
            if n and places[n - 1] >= start:
                self._plans[part.names].step = float(self._steps[places[n - 1]])

    def _foreseeable(self, advanced: Marks) -> int:
        length = finite(self._steps)
        for part, places in self._parts:
            plan = self._plans.get(part.names)
            back = 0 if plan is None else self._goes_back(plan, places, advanced)
            if back < len(places):
                length = min(length, int(places[back]))
        return length

    def _goes_back(self, plan: Plan, places: Indices, advanced: Marks) -> int:
        """The first row with a smaller step than the one before it with the same names: the run was resumed."""
        steps = self._steps[places]
        return first(~advanced[places] & (steps < np.append(plan.step, steps[:-1])))


def _merged(one: tuple[Indices, Floats], other: tuple[Indices, Floats]) -> tuple[Indices, Floats]:
    places = np.concatenate([one[0], other[0]])
    order = np.argsort(places, kind="stable")
    return places[order], np.concatenate([one[1], other[1]])[order]
