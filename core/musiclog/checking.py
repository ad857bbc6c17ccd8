"""Check one run for trouble from a script, from CI or from cron: read it, have it watched, tell what was found."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .anomaly.alert import plain, severity_rank
from .episodes import AlertEpisode, Episodes, Incident, incidents
from .errors import ReadError
from .file_names import as_text
from .opened import OpenRun, find_run
from .records import News, RunRef
from .registry import readers
from .run_data import RunData
from .vigil import Vigil


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at one run found; incidents in the order in which they opened."""

    path: str
    name: str
    format: str
    state: str  # what the run says of itself, "unknown" where its format does not say
    metrics: int
    last_step: float | None
    checked_by: str  # "itself": these are the alerts that it wrote while it trained; else the sensitivity used
    problems: int  # lines that could not be read
    incidents: tuple[Incident, ...]

    def at_least(self, severity: str) -> list[Incident]:
        return [each for each in self.incidents if severity_rank(each.severity) >= severity_rank(severity)]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, for a program that reads on."""
        return {
            "run": as_text(self.path),
            "name": as_text(self.name),
            "format": self.format,
            "state": self.state,
            "metrics": self.metrics,
            "last_step": plain(self.last_step),
            "checked_by": self.checked_by,
            "unreadable_lines": self.problems,
            "incidents": [_incident_as_dict(each) for each in self.incidents],
        }


def check(
    path: str | os.PathLike[str], *, sensitivity: str | None = None, roles: Mapping[str, str] | None = None
) -> Check:
    """Read the run at path and look for trouble. Raises ReadError where there is no run.

    A run that watched itself is told by its own alerts, unless sensitivity or roles ask for another look.
    """
    ref, vigil = find_run(path), Vigil(sensitivity=sensitivity or "normal", roles=roles)
    data = _read(ref, vigil)
    again = sensitivity is not None or bool(roles) or not data.info.watches_itself
    told = [] if sensitivity is not None else data.events  # another sensitivity is another opinion, not an addition
    found = Episodes([*told, *(vigil.work(math.inf) if again else ())]).current()
    return Check(
        path=ref.path,
        name=data.info.name,
        format=data.info.format,
        state=data.info.state or "unknown",
        metrics=len(data.series),
        last_step=data.last_step,
        checked_by=sensitivity or "normal" if again else "itself",
        problems=data.problem_count,
        incidents=tuple(incidents(found)),
    )


def watched(ref: RunRef) -> RunData:
    """Everything that there is of a run now, with the alerts of a watcher where it did not watch itself."""
    with OpenRun(ref) as opened:
        data = opened.data
    if not data.info.watches_itself:
        vigil = Vigil(sensitivity="normal")
        _read(ref, vigil)
        now_watched = replace(data.info, watches_itself=True)  # so that no alert means that there is none
        data.absorb(News(events=tuple(vigil.work(math.inf)), info=now_watched))
    return data


def _read(ref: RunRef, vigil: Vigil) -> RunData:
    """All points as they were logged, which kept columns do not tell, to the vigil and into what is returned."""
    reader = readers().named(ref.format)
    if reader is None:
        raise ReadError(f"no reader is called {ref.format}")
    data, cursor = RunData(ref), reader.open(Path(ref.path))
    try:
        more = True
        while more:
            news = cursor.poll()
            more = news.more
            data.absorb(news)
            vigil.tell(news)
    finally:
        cursor.close()
    return data


def _incident_as_dict(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "severity": incident.severity,
        "open": incident.open,
        "alerts": [_episode_as_dict(each) for each in incident.episodes],
    }


def _episode_as_dict(episode: AlertEpisode) -> dict[str, Any]:
    return {
        "id": episode.id,
        "kind": episode.kind,
        "severity": episode.severity,
        "state": episode.state,
        "unresolved": episode.unresolved,
        "metric": episode.metric,
        "opened_step": plain(episode.opened_step),
        "last_step": plain(episode.last_step),
        "title": episode.title,
        "ending": episode.ending,
        "evidence": plain(episode.evidence),
        "suggestions": [plain(each) for each in episode.suggestions],
        "cause": episode.cause,
    }
