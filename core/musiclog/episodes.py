"""Alerts as people think of them: all events of one trouble are an episode, all episodes of one cause an incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from .anomaly.alert import SEVERITIES, cause_rank, severity_rank
from .records import Event
from .run_data import RunData

OPEN_STATES = ("opened", "escalated")
RUN_ENDED = "the run ended"  # in evidence["ended"]: the trouble was still there at the end
# Who says so: alerts that the run wrote are its own, those of whoever reads it carry this in "found_by".
THE_RUN, THE_READER = "run", "reader"
# Two watchers seldom name the same step; so near to the other's episode, the same kind of trouble is the same one.
NEAR_STEPS = 50.0
# Episodes among which the same one is looked for: a run has a few dozen, a hostile file a hundred thousand.
LOOKED_BACK = 500


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that was said of an episode: it opened, became graver, or ended."""

    state: str
    severity: str
    step: float | None
    time: float | None  # Unix seconds


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
    history: tuple[Turn, ...] = ()
    found_by: frozenset[str] = frozenset({THE_RUN})

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def unresolved(self) -> bool:
        """Whether the trouble was there when last heard of, also when the run has ended since."""
        return self.open or self.evidence.get("ended") == RUN_ENDED


@dataclass(frozen=True, slots=True)
class Incident:
    """Episodes of one cause; the first of them leads: the cause, or what opened first."""

    id: str
    episodes: tuple[AlertEpisode, ...]

    @property
    def leader(self) -> AlertEpisode:
        return self.episodes[0]

    @property
    def severity(self) -> str:
        """The gravest that any of them reached."""
        return max((each.severity for each in self.episodes), key=severity_rank)

    @property
    def open(self) -> bool:
        return any(each.open for each in self.episodes)


class Episodes:
    """The episodes of a list of events that only grows; an event is looked at once."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._taken = 0
        self._joined: dict[str, AlertEpisode] = {}
        self._watchers: set[str] = set()
        self._same: dict[tuple[str, str], str] = {}  # (who, id it gave) -> id of the episode

    def current(self) -> list[AlertEpisode]:
        """In the order in which they opened."""
        for event in islice(self.events, self._taken, None):
            if event.kind == "alert":
                name = self._name(event)
                self._joined[name] = _join(self._joined.get(name), name, event)
        self._taken = len(self.events)
        return list(self._joined.values())

    def _name(self, event: Event) -> str:
        who, given = found_by(event), _given_id(event)
        known = self._same.get((who, given))
        if known is None:
            self._watchers.add(who)
            told = None if given in self._joined else self._told_by_another(who, event)
            known = self._same[who, given] = told or given
        return known

    def _told_by_another(self, who: str, event: Event) -> str | None:
        """The episode in which somebody else told of the same trouble."""
        if self._watchers <= {who}:
            return None
        kind, metric = str(event.data.get("kind", "alert")), str(event.data.get("metric") or "")
        at = _first(event.data.get("opened_step"), event.data.get("step"), event.step)
        for episode in islice(reversed(self._joined.values()), LOOKED_BACK):
            others = who not in episode.found_by and episode.kind == kind
            if others and (not metric or not episode.metric or metric == episode.metric) and _near(episode, at):
                return episode.id
        return None


# Every chart asks in every frame, and a run has up to a hundred thousand events: only new ones are looked at.
_known: WeakKeyDictionary[RunData, Episodes] = WeakKeyDictionary()


def episodes(data: RunData) -> list[AlertEpisode]:
    """The alerts of a run in the order they opened; those that it logged and those found by reading it are joined."""
    known = _known.get(data)
    if known is None or known.events is not data.events:  # the run was read anew
        known = _known[data] = Episodes(data.events)
    return known.current()


def incidents(found: Iterable[AlertEpisode]) -> list[Incident]:
    """Episodes with the same incident together, led by their cause; all others are incidents of their own."""
    groups: dict[str, list[AlertEpisode]] = {}
    for episode in found:
        groups.setdefault(episode.incident or episode.id, []).append(episode)
    return [Incident(name, _led(group)) for name, group in groups.items()]


def found_by(event: Event) -> str:
    return str(event.data.get("found_by") or THE_RUN)


def _led(group: list[AlertEpisode]) -> tuple[AlertEpisode, ...]:
    causes = {episode.cause for episode in group}
    group = sorted(group, key=lambda each: (each.id not in causes, cause_rank(each.kind), each.opened_step or 0.0))
    return tuple(group)


def _given_id(event: Event) -> str:
    data = event.data
    return str(data.get("id") or f"{data.get('kind')}:{data.get('metric')}:{data.get('opened_step', event.step)}")


def _near(episode: AlertEpisode, step: float | None) -> bool:
    if step is None or episode.opened_step is None:
        return False
    return episode.opened_step - NEAR_STEPS <= step <= (episode.last_step or episode.opened_step) + NEAR_STEPS


def _join(before: AlertEpisode | None, name: str, event: Event) -> AlertEpisode:
    data = event.data
    state = str(data.get("state", "opened"))
    title = str(data.get("title") or str(data.get("kind", "alert")).replace("_", " ").capitalize())
    severity = _severity(data.get("severity"))
    step, time = _first(data.get("step"), event.step), _first(event.time, data.get("time"))
    turn = Turn(state, severity, step, time)
    fresh = AlertEpisode(
        id=name,
        kind=str(data.get("kind", "alert")),
        severity=severity,
        state=state,
        metric=str(data.get("metric") or ""),
        opened_step=_first(data.get("opened_step"), step),
        last_step=_first(data.get("last_step"), step),
        opened_time=time,
        last_time=time,
        title=title,
        evidence=_mapping(data.get("evidence")),
        suggestions=_suggestions(data.get("suggestions")),
        incident=data.get("incident"),
        cause=data.get("cause"),
        history=(turn,),
        found_by=frozenset({found_by(event)}),
    )
    return fresh if before is None else _go_on(before, fresh)


def _go_on(before: AlertEpisode, news: AlertEpisode) -> AlertEpisode:
    """The episode with what was said of it now."""
    ended = not news.open
    # Where the run ended in the trouble, what was to be done is what matters, not that nothing is to be done now.
    advice = before.suggestions if ended and news.unresolved else news.suggestions or before.suggestions
    turn = replace(news.history[0], severity=max(news.severity, before.severity, key=severity_rank))
    return replace(
        news,
        severity=turn.severity,
        opened_step=before.opened_step,
        last_step=_latest(before.last_step, news.last_step),
        opened_time=before.opened_time,
        last_time=_latest(before.last_time, news.last_time),
        title=before.title if ended else news.title,
        ending=news.title if ended else None,
        evidence=news.evidence or before.evidence,
        suggestions=advice,
        incident=before.incident or news.incident,
        cause=before.cause or news.cause,
        history=(*before.history, turn),
        found_by=before.found_by | news.found_by,
    )


def _latest(before: float | None, news: float | None) -> float | None:
    return news if before is None else before if news is None else max(before, news)


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
