"""Look for trouble in runs that do not watch themselves, a little at a time and never before their points."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from .anomaly import Alert, Monitor
from .columns import Indices
from .episodes import THE_READER
from .records import Event, News, Points, RunInfo
from .run_data import CRASHED, FINISHED

# Rows between two looks at the clock: 64 rows cost 2 ms at most.
ROWS = 64
Row = tuple[float, float | None, float | None, dict[str, float]]  # step, time, epoch, values


@dataclass(frozen=True, slots=True)
class Judgement:
    """By what the reader judges runs: one sensitivity, and per family of runs the roles that the user corrected.

    A family are the runs of one folder; it is called by that folder's path.
    """

    sensitivity: str = "normal"
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # family -> metric -> role

    def of(self, run_id: str) -> tuple[str, Mapping[str, str]]:
        """Sensitivity and corrected roles for the run at this path."""
        return self.sensitivity, self.roles.get(family_of(run_id), {})


def family_of(run_id: str) -> str:
    """The folder that a run stands in: runs that lie together call their metrics alike."""
    return os.path.dirname(run_id)


class Vigil:
    """One run's monitor with the rows that it has yet to see.

    Rows wait until the run is loaded, because a format with one file a metric brings its metrics one after the
    other; then they are shown to the monitor in the order of their time.
    """

    def __init__(self, *, sensitivity: str = "normal", roles: Mapping[str, str] | None = None) -> None:
        self._sensitivity, self._corrected = sensitivity, dict(roles or {})
        self._start()

    def _start(self) -> None:
        self._monitor: Monitor | None = None
        self._waiting: list[Mapping[str, Points]] = []
        self._rows: Iterator[Row] = iter(())
        self._context: list[Event] = []
        self._info: RunInfo | None = None
        self._config: Mapping[str, object] | None = None
        self._finished = False
        self.busy = False  # there are rows to be looked at

    def tell(self, news: News) -> None:
        """Take in what a look at the run brought. Raises ReadError where kept columns are gone."""
        if news.restarted:
            self._start()
        if news.columns is not None:
            self._waiting.append(news.columns.points())
        self._info = news.info or self._info
        self._config = news.config if news.config is not None else self._config
        self._context += [event for event in news.events if event.kind in ("resume", "checkpoint")]
        if news.points:
            self._waiting.append(news.points)
        ended = self._monitor is not None and self._has_ended() and not self._finished
        self.busy = self.busy or bool(self._waiting) or ended

    def work(self, seconds: float) -> list[Event]:
        """Look at rows for about so long; gives the alerts as events of the run."""
        end = time.perf_counter() + seconds
        monitor = self._begun()
        found: list[Event] = []
        while time.perf_counter() < end:
            if not self._some(monitor, found) and not self._refill():
                self.busy = False
                found += self._end(monitor)
                break
        return found

    def _some(self, monitor: Monitor, found: list[Event]) -> bool:
        for count, (step, at, epoch, values) in enumerate(self._rows, 1):
            found += [_event(alert, at) for alert in monitor.update(step, values, epoch=epoch, time=at)]
            if count == ROWS:
                return True
        return False

    def _refill(self) -> bool:
        if not self._waiting:
            return False
        self._rows = in_order(self._waiting)
        self._waiting = []
        return True

    def _begun(self) -> Monitor:
        if self._monitor is None:
            steps = self._info.planned_steps if self._info else None
            self._monitor = Monitor(
                roles=self._corrected, config=self._config, total_steps=steps, sensitivity=self._sensitivity
            )
        for event in self._context:
            self._monitor.event(event.kind, event.step, event.data)
        self._context = []
        return self._monitor

    def _end(self, monitor: Monitor) -> list[Event]:
        if self._finished or not self._has_ended():
            return []
        self._finished = True
        return [_event(alert, None) for alert in monitor.finish()]

    def _has_ended(self) -> bool:
        return self._info is not None and self._info.state in FINISHED | CRASHED


def in_order(batches: list[Mapping[str, Points]]) -> Iterator[Row]:
    """Rows of metrics that were logged together, in the order of time, or of steps where times are unknown."""
    groups: dict[int, tuple[Points, dict[str, Points]]] = {}
    for batch in batches:
        for name, points in batch.items():
            groups.setdefault(id(points.steps), (points, {}))[1][name] = points
    if not groups:
        return
    parts = list(groups.values())
    times = np.concatenate([points.times for points, _ in parts])
    key = times if np.isfinite(times).all() else np.concatenate([points.steps for points, _ in parts])
    part = np.repeat(np.arange(len(parts)), [len(points) for points, _ in parts])
    row = np.concatenate([np.arange(len(points)) for points, _ in parts])
    if len(parts) == 1:
        yield from _rows(*parts[0], row)
        return
    order = np.lexsort((part, key))
    part, row = part[order], row[order]
    cuts = np.flatnonzero(np.diff(part)) + 1
    for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), len(part)], strict=True):
        yield from _rows(*parts[int(part[a])], row[a:b])


def _rows(points: Points, named: Mapping[str, Points], rows: Indices) -> Iterator[Row]:
    names = list(named)
    for begin in range(0, len(rows), 1_000):
        some = rows[begin : begin + 1_000]
        values = np.column_stack([named[name].values[some] for name in names]).tolist()
        heads = zip(points.steps[some].tolist(), points.times[some].tolist(), points.epochs[some].tolist(), strict=True)
        for (step, at, epoch), row in zip(heads, values, strict=True):
            yield step, _known(at), _known(epoch), dict(zip(names, row, strict=True))


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN stands for unknown in a column


def _event(alert: Alert, at: float | None) -> Event:
    return Event("alert", alert.step, at, None, {**alert.as_dict(), "found_by": THE_READER})
