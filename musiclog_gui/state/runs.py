"""The runs that the window knows, each with its data, its colour and whether it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from musiclog.glance import Glance
from musiclog.records import News, QualityBand
from musiclog.run_data import RunData
from musiclog.series import Series

from ..theme import run_colour

# What one frame changed: run id -> which of points, events, samples, alerts, data_usage, log, config, info, problems;
# or "reading", how much of its files has been read; "heartbeat", a sign of life and nothing else of info.
Changes = Mapping[str, frozenset[str]]
EVERYTHING = frozenset({"points", "events", "samples", "alerts", "data_usage", "log", "config", "info", "problems"})


@dataclass(slots=True)
class RunEntry:
    """One run in the window. folder is the watched folder that it was found under."""

    id: str
    folder: str
    data: RunData
    colour: str
    shown: bool = True  # drawn in the charts
    usual_colour: str = ""  # what it wears where the user chose none
    roles: Mapping[str, str] = field(default_factory=dict)  # metrics that the user says are something else
    remembered: Glance | None = None  # what was seen of it at an earlier time, until it has been looked at
    read: float = 1.0  # share of its files that has been read
    stopped: bool = False  # the user wants no more of it to be read for now
    scored: Mapping[str, Series] = field(default_factory=dict)  # quality by this window's score cards, not logged
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # path of a sample -> its values of these
    scored_band: QualityBand | None = None  # what human music has of their overall quality, where it was the measure

    @property
    def name(self) -> str:
        return self.data.info.name

    @property
    def curves(self) -> Mapping[str, Series]:
        """What charts draw of it: the logged metrics, and what was scored here."""
        return {**self.data.series, **self.scored} if self.scored else self.data.series


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run that was found, with what is known of it."""

    run_id: str
    folder: str
    data: RunData
    remembered: Glance | None = None


class RunStore(QObject):
    """All runs, in the order they were found. Written by the watcher's batches, read by every page."""

    added = Signal(str)  # run id
    arrived = Signal(object)  # tuple of the run ids that were added together, after each was told by added
    removed = Signal(str)  # run id
    shown_changed = Signal(str)  # run id; its check box or colour changed
    reading_changed = Signal(str)  # run id; more of it was read, or reading was stopped or goes on
    touched = Signal(str, object)  # run id, frozenset of what changed; the frame clock collects these

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, RunEntry] = {}
        self._numbers: dict[str, int] = {}  # of every run ever met: closed and opened again, it keeps its colour

    def add(self, run_id: str, folder: str, data: RunData) -> RunEntry:
        """Take in a run. One that is known already is read anew: it keeps its place, colour and check box."""
        self.add_all([Arrival(run_id, folder, data)])
        return self._entries[run_id]

    def add_all(self, arrivals: Iterable[Arrival]) -> None:
        """Take in several runs at once; arrived tells of all together what would be costly to do for each."""
        new = tuple(arrival.run_id for arrival in arrivals if self._take_in(arrival))
        if new:
            self.arrived.emit(new)

    def _take_in(self, arrival: Arrival) -> bool:
        """Whether the run is a new one."""
        known = self._entries.get(arrival.run_id)
        if known is not None:
            known.data, known.remembered = arrival.data, arrival.remembered
            self.touched.emit(arrival.run_id, EVERYTHING)
            return False
        usual = run_colour(self._numbers.setdefault(arrival.run_id, len(self._numbers)))
        entry = RunEntry(
            arrival.run_id, arrival.folder, arrival.data, usual, usual_colour=usual, remembered=arrival.remembered
        )
        self._entries[arrival.run_id] = entry
        self.added.emit(arrival.run_id)
        return True

    def remove(self, run_id: str) -> None:
        if self._entries.pop(run_id, None) is not None:
            self.removed.emit(run_id)

    def absorb(self, run_id: str, news: News) -> None:
        entry = self._entries.get(run_id)
        if entry is None:  # closed while its news was on the way
            return
        what = entry.data.absorb(news)
        if what:
            self.touched.emit(run_id, what)

    def entry(self, run_id: str | None) -> RunEntry | None:
        return None if run_id is None else self._entries.get(run_id)

    def entries(self) -> list[RunEntry]:
        return list(self._entries.values())

    def shown(self) -> list[RunEntry]:
        return [entry for entry in self._entries.values() if entry.shown]

    def set_shown(self, run_id: str, shown: bool) -> None:
        entry = self._entries.get(run_id)
        if entry is not None and entry.shown != shown:
            entry.shown = shown
            self.shown_changed.emit(run_id)

    def set_read(self, run_id: str, share: float) -> None:
        entry = self._entries.get(run_id)
        if entry is not None and entry.read != share:
            before, entry.read = entry.read, share
            if (round(100 * before), before < 1) != (round(100 * share), share < 1):  # told in whole percents
                self._tell_reading(run_id)

    def set_stopped(self, run_id: str, stopped: bool) -> None:
        entry = self._entries.get(run_id)
        if entry is not None and entry.stopped != stopped:
            entry.stopped = stopped
            self._tell_reading(run_id)

    def _tell_reading(self, run_id: str) -> None:
        self.reading_changed.emit(run_id)
        self.touched.emit(run_id, frozenset({"reading"}))

    def set_roles(self, run_id: str, roles: Mapping[str, str]) -> None:
        entry = self._entries.get(run_id)
        if entry is not None and entry.roles != roles:
            entry.roles = dict(roles)
            self.shown_changed.emit(run_id)

    def set_colour(self, run_id: str, colour: str) -> None:
        entry = self._entries.get(run_id)
        if entry is not None and entry.colour != colour:
            entry.colour = colour
            self.shown_changed.emit(run_id)
