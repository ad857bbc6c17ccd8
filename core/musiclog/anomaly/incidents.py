"""Alerts that come of one cause are told as one incident."""

from __future__ import annotations

from musiclog.anomaly.alert import cause_rank
from musiclog.anomaly.episodes import Episode

_TOGETHER = 30  # steps seen: what opens within them belongs together


class Incident:
    """The episodes of one incident; the cause is the one whose kind stands nearest to the root."""

    def __init__(self, number: int, first: Episode, at: int) -> None:
        self.id = f"incident-{number}-{first.opened_step:.0f}"
        self.cause = first
        self.last_opened_at = at

    def admits(self, episode: Episode, at: int) -> bool:
        """Near in time, or a consequence of a cause that is still going on."""
        if at - self.last_opened_at <= _TOGETHER:
            return True
        return self.cause.is_open and cause_rank(episode.kind) > cause_rank(self.cause.kind) <= 2

    def join(self, episode: Episode, at: int) -> None:
        self.last_opened_at = at
        if cause_rank(episode.kind) < cause_rank(self.cause.kind):
            self.cause = episode


class Incidents:
    """Finds the incident of every episode that opens."""

    def __init__(self) -> None:
        self._count = 0
        self._latest: Incident | None = None
        self._of: dict[str, Incident] = {}  # by id of an episode; only of those that may still speak

    def opened(self, episode: Episode, at: int) -> Incident:
        known = self._of.get(episode.id)
        if known is not None:
            return known
        latest = self._latest
        if latest is not None and latest.admits(episode, at):
            latest.join(episode, at)
        else:
            self._count += 1
            latest = Incident(self._count, episode, at)
            self._latest = latest
        self._of[episode.id] = latest
        if len(self._of) > 256:
            del self._of[next(iter(self._of))]
        return latest

    def of(self, episode: Episode) -> Incident | None:
        return self._of.get(episode.id)
