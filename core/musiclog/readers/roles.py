"""Guess from the names of a table's columns which are no metrics but say where a row lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..records import Floats, Points
from .epochs import EpochClock
from .rows import Roles, Table, number, points, table, unix

# By preference; names are compared without case.
STEP = ("step", "global_step", "_step", "train/global_step", "trainer/global_step", "iteration", "iter", "steps")
EPOCH = ("epoch", "train/epoch", "_epoch", "epochs")
BATCH = ("batch", "batch_idx")
TIME = ("t", "timestamp", "_timestamp", "wall_time", "time", "datetime", "date")
# 1973: whatever is less counts seconds from the start of something, not of the epoch of Unix.
EARLIEST = 1e8


def roles_of(row: Mapping[str, Any]) -> Roles | None:
    """The roles in a first row; None when nothing in it says where it lies: then it is no training log."""
    by_name = {key.strip().lower(): key for key in row}

    def first(names: Iterable[str]) -> str | None:
        return next((by_name[name] for name in names if name in by_name), None)

    step, epoch = first(STEP), first(EPOCH)
    if step is None and epoch is None:
        return None
    times = (by_name[name] for name in TIME if name in by_name)
    time = next((key for key in times if (unix(row[key]) or 0) > EARLIEST), None)
    return Roles(step=step, time=time, epoch=epoch, batch=first(BATCH))


class Placer:
    """Turns rows into points, with steps, times and epochs by the roles of the first row."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.last_step: float | None = None
        self._rows = 0
        self._clock = EpochClock()

    def remember(self) -> dict[str, Any]:
        """All that it knows, as JSON."""
        roles = self.roles
        keys = [roles.step, roles.time, roles.epoch, roles.batch]
        return {"roles": keys, "ignored": sorted(roles.ignored), "rows": self._rows, "clock": self._clock.remember(),
                "last_step": self.last_step}  # fmt: skip

    @classmethod
    def of(cls, memory: Mapping[str, Any]) -> Placer:
        step, time, epoch, batch = memory["roles"]
        placer = cls(Roles(step, time, epoch, batch, frozenset(memory["ignored"])))
        placer._rows, placer.last_step = int(memory["rows"]), memory.get("last_step")
        placer._clock.recall(memory["clock"])
        return placer

    def points(self, rows: Sequence[dict[str, Any]]) -> dict[str, Points]:
        columns = table(rows)
        return self.place(columns, self._times(rows, columns.full(self.roles.time)))

    def place(self, columns: Table, times: Floats) -> dict[str, Points]:
        """The same for rows that are columns already; times: Unix seconds of the rows."""
        steps = self._steps(columns.full(self.roles.step), columns.full(self.roles.epoch), columns.length)
        epochs = self._clock.place(steps, columns.full(self.roles.epoch))
        self._rows += columns.length
        self.last_step = float(steps[-1]) if columns.length else self.last_step
        return points(columns, steps, times, epochs, self.roles)

    def _steps(self, steps: Floats, epochs: Floats, count: int) -> Floats:
        """As logged; else the epoch where a row is one epoch; else the number of the row."""
        numbers = np.arange(self._rows, self._rows + count, dtype=np.float64)
        if self.roles.step is None and self.roles.batch is None:
            steps = epochs
        elif self.roles.step is None:
            return numbers
        # A row without a step belongs to the row before it.
        known = np.isfinite(steps)
        if known.all():
            return steps
        before = np.maximum.accumulate(np.where(known, np.arange(count), -1))
        return np.where(before >= 0, steps[np.maximum(before, 0)], numbers)

    def _times(self, rows: Sequence[Mapping[str, Any]], times: Floats) -> Floats:
        key = self.roles.time
        if key is None or not len(rows) or (number(rows[0].get(key)) is not None and abs(times[0]) < 1e11):
            return times
        found = (unix(row.get(key)) for row in rows)  # text, or finer than seconds
        return np.array([np.nan if moment is None else moment for moment in found])
