"""Alerts that come of one cause are told as one incident."""

from __future__ import annotations

from musiclog.anomaly.alert import cause_rank
from musiclog.anomaly.episodes import Episode

_TOGETHER = 30  # steps seen: what opens within them belongs together
# What can cause one another; kinds of no family, plug-ins' too, are incidents of their own.
_FAMILIES = (
    frozenset({
        "learning_rate_issue", "nan_values", "gradient_explosion", "loss_spike", "training_divergence",
        "gradient_vanishing", "loss_oscillation", "loss_plateau",
    }),
    frozenset({"memory_overflow", "throughput_degradation"}),
    frozenset({"mode_collapse", "stuck_loop", "silence", "quality_degradation"}),
)  # fmt: skip
_LASTING = cause_rank("gradient_explosion")  # causes up to this one go on causing while they are open
_REMEMBERED = 256  # episodes whose incident is kept


class Incident:
    """Some episodes; the cause is the one whose kind stands nearest to the root."""

    def __init__(self, number: int, first: Episode, at: int) -> None:
        self.id = f"incident-{number}-{first.opened_step:.12g}"
        self.last_opened_at = at
        self._lead_by(first)

    @property
    def cause(self) -> str:
        """The id of the episode that probably caused the others."""
        return self._cause

    def admits(self, episode: Episode, at: int) -> bool:
        """Near in time, or a consequence of a cause that is still going on."""
        if at - self.last_opened_at <= _TOGETHER:
            return True
        goes_on = self._leader.is_open and self._leader.id == self._cause
        return goes_on and self._rank <= _LASTING and cause_rank(episode.kind) > self._rank

    def join(self, episode: Episode, at: int) -> None:
        self.last_opened_at = at
        if cause_rank(episode.kind) < self._rank:
            self._lead_by(episode)

    def _lead_by(self, episode: Episode) -> None:
        self._leader = episode
        self._cause = episode.id  # the machine may later serve another episode
        self._rank = cause_rank(episode.kind)


class Incidents:
    """Finds the incident of every episode that opens."""

    def __init__(self) -> None:
        self._count = 0
        self._latest: dict[frozenset[str], Incident] = {}  # by family
        self._of: dict[str, Incident] = {}  # by id of the episode

    def opened(self, episode: Episode, at: int) -> Incident:
        known = self._of.get(episode.id)
        if known is not None:
            return known
        family = _family_of(episode.kind)
        incident = self._latest.get(family)
        if incident is not None and incident.admits(episode, at):
            incident.join(episode, at)
        else:
            self._count += 1
            self._latest[family] = incident = Incident(self._count, episode, at)
        self._of[episode.id] = incident
        if len(self._of) > _REMEMBERED:
            del self._of[next(iter(self._of))]
        return incident

    def of(self, episode: Episode) -> Incident | None:
        return self._of.get(episode.id)


def _family_of(kind: str) -> frozenset[str]:
    return next((family for family in _FAMILIES if kind in family), frozenset({kind}))
