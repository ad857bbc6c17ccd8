"""What the runs raised as alerts, over all runs, newest first, and what of it still asks for attention."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from musiclog.anomaly.alert import SEVERITIES
from musiclog.episodes import AlertEpisode, Incident, episodes, incidents

from ..theme import theme
from . import wording
from .alert_marks import AlertMarks, Key, Snooze
from .rows import KeyedRows
from .runs import Changes, RunEntry, RunStore
from .swatch import swatch

__all__ = ["SEVERITIES", "AlertEpisode", "AlertModel", "AlertRow", "episodes", "kind_words", "state_words"]

# A form for each severity, so that it is told without its colour.
SIGNS = {"info": "○", "warning": "△", "critical": "◆", "fatal": "✖"}
SEVERITY_ROLES = {"info": "info", "warning": "warning", "critical": "critical", "fatal": "critical"}  # of the theme
STATE_WORDS = {
    "opened": "open",
    "escalated": "open, escalated",
    "recovered": "recovered",
    "settled": "settled",
}
KIND_WORDS = {
    "nan_values": "Values that are not numbers",
    "loss_spike": "Loss spike",
    "gradient_explosion": "Exploding gradient",
    "gradient_vanishing": "Vanishing gradient",
    "learning_rate_issue": "Learning rate out of line",
    "training_divergence": "Training diverges",
    "loss_plateau": "Loss stands still",
    "loss_oscillation": "Loss oscillates",
    "memory_overflow": "Memory runs full",
    "throughput_degradation": "Training slowed down",
    "overfitting": "Overfitting",
    "underfitting": "Underfitting",
    "mode_collapse": "Samples sound all alike",
    "stuck_loop": "Samples stuck in a loop",
    "silence": "Silent samples",
    "quality_degradation": "Musical quality falls",
}


def kind_words(kind: str) -> str:
    """An alert's type in plain words; a type of a plug-in by its own name."""
    return KIND_WORDS.get(kind) or wording.one_line(kind.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An episode as the table shows it. The row of an incident's leader stands for all its episodes."""

    run: str
    run_name: str
    colour: str
    episode: AlertEpisode
    acknowledged: bool
    muted: bool  # its kind
    run_muted: bool
    snooze: Snooze | None  # while it lasts
    severity: str  # the gravest of those that it stands for
    calls: bool  # whether it, or one that it stands for, still asks for attention
    leads: bool = True  # False: it is told under the row of its incident's leader
    others: tuple[str, ...] = ()  # ids of the other episodes that it stands for

    @property
    def key(self) -> Key:
        return self.run, self.episode.id

    @property
    def keys(self) -> list[Key]:
        """Of all episodes that it stands for."""
        return [self.key, *((self.run, other) for other in self.others)]


class AlertModel(KeyedRows[AlertRow]):
    """The episodes of all runs, joined by incident, and how many incidents still ask for attention.

    clock gives Unix seconds; tick() is to be called now and then, because snoozes end.
    """

    SEVERITY, KIND, RUN, STEP, SINCE, STATE = range(6)
    HEADERS = ("Severity", "What", "Run", "Step", "Since", "State")
    RIGHT = frozenset({STEP})

    counts_changed = Signal()

    def __init__(
        self, store: RunStore, marks: AlertMarks, parent: QObject | None = None, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store = store
        self._clock = clock
        self.marks = marks
        self.joins = True  # one row an incident
        self._counts: dict[str, int] = {}
        self._ever: dict[str, int] = {}
        store.added.connect(self.refresh_run)
        store.removed.connect(self.refresh_run)
        store.shown_changed.connect(self.refresh_run)
        for entry in store.entries():
            self.refresh_run(entry.id)

    def count(self, run_id: str) -> int:
        """Open incidents of a run that nobody acknowledged."""
        return self._counts.get(run_id, 0)

    def ever(self, run_id: str) -> int:
        """Incidents that a run ever had."""
        return self._ever.get(run_id, 0)

    def total(self) -> int:
        return sum(self._counts.values())

    def leading(self) -> int:
        """How many rows there are to be listed."""
        return sum(row.leads for row in self.rows())

    def leader(self, key: Key) -> Key:
        """The row that an episode is told under: its own, or that of its incident's leader."""
        return next((row.key for row in self.rows() if row.leads and key in row.keys), key)

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        asleep = {run_id for run_id, _ in self.marks.snoozed()}
        for run_id, what in changes.items():
            if what & {"alerts", "info"} or (run_id in asleep and "points" in what):
                self.refresh_run(run_id)

    @Slot()
    def tick(self) -> None:
        """Wake what has slept long enough."""
        for run_id in {run_id for run_id, _ in self.marks.snoozed()}:
            self.refresh_run(run_id)

    @Slot(str)
    def refresh_run(self, run_id: str) -> None:
        """Bring the rows of one run up to date with its data."""
        entry = self._store.entry(run_id)
        found = [] if entry is None else incidents(episodes(entry.data))
        rows = [row for incident in found for row in self._rows_of(entry, incident)]
        fresh = {row.key: row for row in rows}
        self.drop([key for key in self.keys() if key[0] == run_id and key not in fresh])
        self.put(fresh)
        self._count(run_id, sum(row.calls for row in rows if row.leads), len(found))

    def join_incidents(self, joins: bool) -> None:
        """One row an incident, or one row an alert."""
        self.joins = joins
        self._refresh_all()

    def acknowledge(self, keys: Iterable[Key], acknowledged: bool = True) -> None:
        keys = list(keys)
        self.marks.acknowledge(keys, acknowledged)
        self._refresh({run_id for run_id, _ in keys})

    def snooze(self, row: AlertRow, *, seconds: float | None = None, steps: float | None = None) -> None:
        """Put an alert, and those that it stands for, to sleep for so long or for so many steps of its run."""
        entry = self._store.entry(row.run)
        newest = None if entry is None else entry.data.last_step
        until = None if seconds is None else self._clock() + seconds
        until_step = None if steps is None else (newest or row.episode.last_step or 0.0) + steps
        self.marks.snooze(row.keys, Snooze(row.severity, until, until_step))
        self._refresh({row.run})

    def wake(self, row: AlertRow) -> None:
        self.marks.snooze(row.keys, None)
        self._refresh({row.run})

    def mute_kind(self, kind: str, muted: bool = True) -> None:
        self.marks.mute(kind, muted)
        self._refresh_all()

    def mute_run(self, run_id: str, muted: bool = True) -> None:
        self.marks.mute_run(run_id, muted)
        self._refresh({run_id})

    def _refresh(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self.refresh_run(run_id)

    def _refresh_all(self) -> None:
        self._refresh(entry.id for entry in self._store.entries())

    def _rows_of(self, entry: RunEntry, incident: Incident) -> list[AlertRow]:
        rows = [self._row(entry, episode) for episode in incident.episodes]
        if not self.joins or len(rows) == 1:
            return rows
        others = tuple(row.episode.id for row in rows[1:])
        calls = any(row.calls for row in rows)
        leader = replace(rows[0], severity=incident.severity, calls=calls, others=others)
        return [leader, *(replace(row, leads=False) for row in rows[1:])]

    def _row(self, entry: RunEntry, episode: AlertEpisode) -> AlertRow:
        key = entry.id, episode.id
        snooze = self.marks.snooze_of(key)
        if snooze is not None and not snooze.lasts(self._clock(), entry.data.last_step, episode.severity):
            snooze = None
        acknowledged = self.marks.is_acknowledged(key)
        muted, run_muted = self.marks.is_muted(episode.kind), self.marks.is_run_muted(entry.id)
        calls = _matters(episode) and not (acknowledged or muted or run_muted or snooze)
        return AlertRow(
            entry.id, entry.name, entry.colour, episode, acknowledged, muted, run_muted, snooze, episode.severity, calls
        )

    def _count(self, run_id: str, calling: int, ever: int) -> None:
        if (self.count(run_id), self.ever(run_id)) == (calling, ever):
            return
        self._counts[run_id], self._ever[run_id] = calling, ever
        self.counts_changed.emit()

    # -- what a cell shows ----------------------------------------------------------------------

    def key(self, row: AlertRow) -> Key:
        return row.key

    def text(self, row: AlertRow, column: int) -> str:
        episode = row.episode
        more = f"  +{len(row.others)}" if row.others else ""
        return (
            f"{SIGNS[row.severity]}  {row.severity}",
            f"{kind_words(episode.kind)}{more}",
            wording.one_line(row.run_name),
            wording.step_text(episode.opened_step),
            wording.moment(episode.opened_time),
            state_words(row),
        )[column]

    def sort_value(self, row: AlertRow, column: int) -> Any:
        episode = row.episode
        if column == self.SEVERITY:
            return SEVERITIES.index(row.severity)
        if column == self.STEP:
            return -1.0 if episode.opened_step is None else episode.opened_step
        if column == self.SINCE:
            # Runs whose format has no times come after all others, ordered by step.
            return episode.opened_time or (episode.opened_step or 0.0) * 1e-9
        return super().sort_value(row, column)

    def tip(self, row: AlertRow, column: int) -> str:
        return wording.tool_tip(row.run_name if column == self.RUN else row.episode.title)

    def decoration(self, row: AlertRow, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.ForegroundRole:
            if not row.calls:
                return theme().qcolor("muted")
            if column == self.SEVERITY:
                return theme().qcolor(SEVERITY_ROLES[row.severity])
        if role == Qt.ItemDataRole.DecorationRole and column == self.RUN:
            return swatch(row.colour)
        return None


def _matters(episode: AlertEpisode) -> bool:
    """Open, or so grave and not over when the run ended that somebody should know in the morning."""
    grave = SEVERITIES.index(episode.severity) >= SEVERITIES.index("critical")
    return episode.open or (episode.unresolved and grave)


def state_words(row: AlertRow) -> str:
    words = STATE_WORDS.get(row.episode.state, wording.one_line(row.episode.state))
    if row.episode.unresolved and not row.episode.open:
        words = "not over"
    if row.muted:
        return f"{words} (kind muted)"
    if row.run_muted:
        return f"{words} (run muted)"
    if row.snooze is not None:
        return f"{words}, {snooze_words(row.snooze)}"
    return f"{words}, acknowledged" if row.acknowledged else words


def snooze_words(snooze: Snooze) -> str:
    if snooze.until is not None:
        return f"asleep until {wording.clock(snooze.until)}"
    return f"asleep until step {wording.step_text(snooze.until_step)}"
