"""What the runs raised as alerts: events of one id joined to an episode, over all runs, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Qt, Signal, Slot

from musiclog.records import Event
from musiclog.run_data import RunData

from ..theme import theme
from . import wording
from .alert_marks import AlertMarks, Key
from .rows import KeyedRows
from .runs import Changes, RunEntry, RunStore
from .swatch import swatch

SEVERITIES = ("info", "warning", "critical", "fatal")
# A form for each severity, so that it is told without its colour.
SIGNS = {"info": "○", "warning": "△", "critical": "◆", "fatal": "✖"}
SEVERITY_ROLES = {"info": "info", "warning": "warning", "critical": "critical", "fatal": "critical"}  # of the theme
OPEN_STATES = ("opened", "escalated")
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
class AlertEpisode:
    """One alert from its opening to its end. severity is the highest reached; steps as the run counts them."""

    id: str
    kind: str
    severity: str
    state: str
    metric: str
    opened_step: float | None
    last_step: float | None
    opened_time: float | None
    last_time: float | None
    title: str
    ending: str | None = None  # how it ended, in one sentence
    evidence: Mapping[str, Any] = field(default_factory=dict)
    suggestions: tuple[Mapping[str, Any], ...] = ()
    incident: str | None = None  # shared by alerts that belong together
    cause: str | None = None  # id of the alert that probably caused this one

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


class _Episodes:
    """The episodes of a run so far, and how many of its events they take in."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._taken = 0
        self._joined: dict[str, AlertEpisode] = {}

    def current(self) -> list[AlertEpisode]:
        for event in islice(self.events, self._taken, None):
            if event.kind == "alert":
                name = _episode_id(event)
                self._joined[name] = _join(self._joined.get(name), name, event)
        self._taken = len(self.events)
        return list(self._joined.values())


# Every chart asks in every frame, and a run has up to a hundred thousand events: only new ones are looked at.
_known: WeakKeyDictionary[RunData, _Episodes] = WeakKeyDictionary()


def episodes(data: RunData) -> list[AlertEpisode]:
    """The alerts of a run in the order they opened; events of one id are one episode."""
    known = _known.get(data)
    if known is None or known.events is not data.events:  # the run was read anew
        known = _known[data] = _Episodes(data.events)
    return known.current()


def _episode_id(event: Event) -> str:
    data = event.data
    return str(data.get("id") or f"{data.get('kind')}:{data.get('metric')}:{data.get('opened_step', event.step)}")


def _join(before: AlertEpisode | None, name: str, event: Event) -> AlertEpisode:
    data = event.data
    state = str(data.get("state", "opened"))
    ended = before is not None and state not in OPEN_STATES
    title = str(data.get("title") or kind_words(str(data.get("kind", "alert"))))
    severity = _severity(data.get("severity"))
    if before is not None:
        severity = max(severity, before.severity, key=SEVERITIES.index)
    return AlertEpisode(
        id=name,
        kind=str(data.get("kind", "alert")),
        severity=severity,
        state=state,
        metric=str(data.get("metric") or ""),
        opened_step=before.opened_step if before else _first(data.get("opened_step"), data.get("step"), event.step),
        last_step=_first(data.get("last_step"), data.get("step"), event.step),
        opened_time=before.opened_time if before else _first(event.time, data.get("time")),
        last_time=_first(event.time, data.get("time")),
        title=before.title if before is not None and ended else title,
        ending=title if ended else None,
        evidence=_mapping(data.get("evidence")) or (before.evidence if before else {}),
        suggestions=_suggestions(data.get("suggestions")) or (before.suggestions if before else ()),
        incident=data.get("incident") or (before.incident if before else None),
        cause=data.get("cause") or (before.cause if before else None),
    )


def _severity(word: object) -> str:
    return word if isinstance(word, str) and word in SEVERITIES else "warning"


def _first(*values: Any) -> float | None:
    return next((float(value) for value in values if isinstance(value, int | float)), None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _suggestions(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(each if isinstance(each, Mapping) else {"text": str(each)} for each in value)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An episode as the table shows it."""

    run: str
    run_name: str
    colour: str
    episode: AlertEpisode
    acknowledged: bool
    muted: bool

    @property
    def key(self) -> Key:
        return self.run, self.episode.id

    @property
    def calls(self) -> bool:
        """Whether it still asks for attention."""
        return self.episode.open and not self.acknowledged and not self.muted


class AlertModel(KeyedRows[AlertRow]):
    """The episodes of all runs, and how many of them still ask for attention."""

    SEVERITY, KIND, RUN, STEP, SINCE, STATE = range(6)
    HEADERS = ("Severity", "What", "Run", "Step", "Since", "State")
    RIGHT = frozenset({STEP})

    counts_changed = Signal()

    def __init__(self, store: RunStore, marks: AlertMarks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.marks = marks
        self._counts: dict[str, int] = {}
        store.added.connect(self.refresh_run)
        store.removed.connect(self.refresh_run)
        store.shown_changed.connect(self.refresh_run)
        for entry in store.entries():
            self.refresh_run(entry.id)

    def count(self, run_id: str) -> int:
        """Open alerts of a run that nobody acknowledged."""
        return self._counts.get(run_id, 0)

    def total(self) -> int:
        return sum(self._counts.values())

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        for run_id, what in changes.items():
            if what & {"alerts", "info"}:
                self.refresh_run(run_id)

    @Slot(str)
    def refresh_run(self, run_id: str) -> None:
        """Bring the rows of one run up to date with its data."""
        entry = self._store.entry(run_id)
        found = [] if entry is None else episodes(entry.data)
        fresh = {(run_id, episode.id): self._row(entry, episode) for episode in found}
        self.drop([key for key in self.keys() if key[0] == run_id and key not in fresh])
        self.put(fresh)
        self._count(run_id, sum(row.calls for row in fresh.values()))

    def acknowledge(self, keys: Iterable[Key], acknowledged: bool = True) -> None:
        keys = list(keys)
        self.marks.acknowledge(keys, acknowledged)
        for run_id in {run_id for run_id, _ in keys}:
            self.refresh_run(run_id)

    def mute_kind(self, kind: str, muted: bool = True) -> None:
        self.marks.mute(kind, muted)
        for entry in self._store.entries():
            self.refresh_run(entry.id)

    def _row(self, entry: RunEntry, episode: AlertEpisode) -> AlertRow:
        acknowledged = self.marks.is_acknowledged((entry.id, episode.id))
        return AlertRow(entry.id, entry.name, entry.colour, episode, acknowledged, self.marks.is_muted(episode.kind))

    def _count(self, run_id: str, count: int) -> None:
        if self._counts.get(run_id, 0) == count:
            return
        self._counts[run_id] = count
        self.counts_changed.emit()

    # -- what a cell shows ----------------------------------------------------------------------

    def key(self, row: AlertRow) -> Key:
        return row.key

    def text(self, row: AlertRow, column: int) -> str:
        episode = row.episode
        return (
            f"{SIGNS[episode.severity]}  {episode.severity}",
            kind_words(episode.kind),
            wording.one_line(row.run_name),
            wording.step_text(episode.opened_step),
            wording.moment(episode.opened_time),
            state_words(row),
        )[column]

    def sort_value(self, row: AlertRow, column: int) -> Any:
        episode = row.episode
        if column == self.SEVERITY:
            return SEVERITIES.index(episode.severity)
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
                return theme().qcolor(SEVERITY_ROLES[row.episode.severity])
        if role == Qt.ItemDataRole.DecorationRole and column == self.RUN:
            return swatch(row.colour)
        return None


def state_words(row: AlertRow) -> str:
    words = STATE_WORDS.get(row.episode.state, wording.one_line(row.episode.state))
    if row.muted:
        return f"{words} (kind muted)"
    return f"{words}, acknowledged" if row.acknowledged else words
