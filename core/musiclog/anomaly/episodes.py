"""One trouble is one episode: it opens once, may get worse, and ends once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from musiclog.anomaly.alert import worse


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How patient an episode is, all counted in points of its metric.

    on: points in a row that must look wrong before it opens. off: quiet points until it has recovered.
    cool: points after its end within which trouble of the same kind is the same episode again.
    settle: points after which lasting trouble is the new normal; None when it never is.
    """

    on: int
    off: int
    cool: int
    settle: int | None = None


class Episode:
    """idle -> suspected -> open -> recovered or settled, for one kind of trouble of one metric.

    tell(episode, state) is called at every change. `suspected` says that trouble is seen or was until just now:
    baselines are frozen then, so that they do not learn from it.
    """

    __slots__ = (
        "_ended_at", "_opened_at", "_quiet", "_seen", "_tell", "evidence", "first_step", "id", "is_open", "kind",
        "last_step", "metric", "opened_step", "rhythm", "severity", "suspected", "times", "worst",
    )  # fmt: skip

    def __init__(self, kind: str, metric: str, rhythm: Rhythm, tell: Callable[[Episode, str], None]) -> None:
        self.kind = kind
        self.metric = metric
        self.rhythm = rhythm
        self.id = ""
        self.severity = "info"
        self.evidence: dict[str, Any] = {}
        self.worst = float("-inf")
        self.first_step = self.opened_step = self.last_step = 0.0
        self.times = 0  # openings under this id
        self.is_open = False
        self.suspected = False
        self._tell = tell
        self._seen = 0
        self._quiet = 0
        self._opened_at = 0
        self._ended_at: int | None = None

    def trouble(
        self,
        at: int,
        step: float,
        severity: str,
        evidence: Callable[[], Mapping[str, Any]],
        size: float = 0.0,
    ) -> None:
        """The point looks wrong. at counts points; evidence is asked for at an opening, later only the worst size."""
        self._quiet = 0
        self.last_step = step
        if self.is_open:
            self._go_on(at, severity, size)
            return
        if not self._seen:
            self.first_step = step
        self._seen += 1
        self.suspected = True
        if self._seen >= self.rhythm.on:
            self._open(at, severity, evidence, size)

    def calm(self, at: int) -> None:
        """The point looks right. Callers may leave this out while nothing is suspected."""
        if not self.is_open:
            self._seen = 0
            self.suspected = False
            return
        self._quiet += 1
        if self._quiet >= self.rhythm.off:
            self.end(at, "recovered")

    def end(self, at: int, state: str, **evidence: Any) -> None:
        """Close it as recovered or settled."""
        self.is_open = self.suspected = False
        self._seen = self._quiet = 0
        self._ended_at = at
        self.evidence.update(evidence)
        self._tell(self, state)

    def raise_to(self, severity: str, **evidence: Any) -> None:
        """Make an open episode graver; it never gets milder."""
        if not self.is_open or worse(severity, self.severity) == self.severity:
            return
        self.severity = severity
        self.evidence.update(evidence)
        self._tell(self, "escalated")

    def open_for(self, at: int) -> int:
        """Points since it opened, 0 while it is not open."""
        return at - self._opened_at if self.is_open else 0

    def _open(self, at: int, severity: str, evidence: Callable[[], Mapping[str, Any]], size: float) -> None:
        again = self._ended_at is not None and at - self._ended_at <= self.rhythm.cool
        if again:
            self.times += 1
            self.severity = worse(severity, self.severity)
            self.worst = max(self.worst, size)
        else:
            self.times = 1
            self.id = f"{self.kind}-{self.first_step:.12g}"
            self.opened_step = self.first_step
            self.severity = severity
            self.worst = size
        self.evidence = dict(evidence())
        self.is_open = self.suspected = True
        self._opened_at = at
        self._tell(self, "opened")

    def _go_on(self, at: int, severity: str, size: float) -> None:
        if size > self.worst:
            self.worst = self.evidence["worst"] = size
        self.raise_to(severity)
        settle = self.rhythm.settle
        if settle is not None and at - self._opened_at >= settle:
            self.end(at, "settled", ended="the new level lasts and is taken for normal")
