"""Decides which alerts are news for somebody who is not looking: grave ones, one message an incident, no storm."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.anomaly.alert import severity_rank

from . import wording
from .alert_marks import Key
from .alerts import AlertModel, AlertRow, kind_words
from .runs import Changes, RunEntry, RunStore

# Between two messages: what comes sooner waits and is told together.
GAP_S = 30.0
GRAVE = severity_rank("critical")
LONGEST = 160  # characters of a message; desktops cut longer ones themselves, without an ellipsis


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the desktop; key is the alert that a click shows."""

    title: str
    text: str
    key: Key


class Herald(QObject):
    """Watches the alert model; emits a notice for what became critical since the window opened.

    in_front tells whether the user looks at the window: what is raised before his eyes needs no message.
    """

    news = Signal(object)  # Notice

    def __init__(
        self, store: RunStore, alerts: AlertModel, in_front: Callable[[], bool], parent: QObject | None = None, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.on = True
        self._store, self._alerts = store, alerts
        self._in_front, self._clock = in_front, clock
        self._began = clock()
        self._told: set[tuple[str, str]] = set()  # run, incident
        self._waiting: list[AlertRow] = []
        self._last: float | None = None

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        runs = {run_id for run_id, what in changes.items() if "alerts" in what}
        if runs:
            self._waiting += [row for row in self._alerts.rows() if row.run in runs and self._is_news(row)]
            self.tick()

    @Slot()
    def tick(self) -> None:
        """Tell what waits, when the last message is long enough ago."""
        if not self._waiting or (self._last is not None and self._clock() - self._last < GAP_S):
            return
        waiting, self._waiting = self._waiting, []
        if not self.on or self._in_front():
            return
        self._last = self._clock()
        self.news.emit(_notice(waiting))

    def _is_news(self, row: AlertRow) -> bool:
        incident = row.run, row.episode.incident or row.episode.id
        if severity_rank(row.episode.severity) < GRAVE or not row.calls or incident in self._told:
            return False
        self._told.add(incident)
        entry = self._store.entry(row.run)
        return entry is not None and self._is_recent(row, entry)

    def _is_recent(self, row: AlertRow, entry: RunEntry) -> bool:
        """Not from the past of a run that was opened; where there are no times, a live run is taken at its word."""
        if row.episode.last_time is not None:
            return row.episode.last_time >= self._began
        return entry.data.state(self._clock()).word == "live"


def _notice(rows: list[AlertRow]) -> Notice:
    first = rows[0]
    if len(rows) == 1:
        title = f"{wording.one_line(first.run_name, 60)}: {kind_words(first.episode.kind).lower()}"
        return Notice(title, wording.one_line(first.episode.title, LONGEST), first.key)
    runs = {row.run for row in rows}
    where = f"in {len(runs)} runs" if len(runs) > 1 else f"in {wording.one_line(first.run_name, 60)}"
    kinds = dict.fromkeys(kind_words(row.episode.kind) for row in rows)
    return Notice(f"{len(rows)} critical alerts {where}", wording.one_line(", ".join(kinds), LONGEST), first.key)
