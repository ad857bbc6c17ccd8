"""What the monitor says: one alert a change of an episode, with its figures and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

SEVERITIES: Final = ("info", "warning", "critical", "fatal")
STATES: Final = ("opened", "escalated", "recovered", "settled")

# From the cause to its consequences: what opens together is told under the first of these.
KINDS: Final = (
    "learning_rate_issue",
    "nan_values",
    "gradient_explosion",
    "loss_spike",
    "training_divergence",
    "memory_overflow",
    "throughput_degradation",
    "gradient_vanishing",
    "loss_oscillation",
    "loss_plateau",
    "overfitting",
    "underfitting",
    "mode_collapse",
    "stuck_loop",
    "silence",
    "quality_degradation",
)


def severity_rank(severity: str) -> int:
    """0 for info to 3 for fatal."""
    return SEVERITIES.index(severity)


def worse(one: str, other: str) -> str:
    """The graver of two severities."""
    return max(one, other, key=severity_rank)


def cause_rank(kind: str) -> int:
    """Smaller is nearer to the cause; kinds that plug-ins bring come last."""
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do. patch maps configuration keys to new values, for copying into the configuration."""

    text: str
    reason: str
    source: str
    patch: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "reason": self.reason,
            "source": self.source,
            "patch": dict(self.patch) if self.patch is not None else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Suggestion:
        patch = data.get("patch")
        return cls(
            text=str(data.get("text", "")),
            reason=str(data.get("reason", "")),
            source=str(data.get("source", "")),
            patch=dict(patch) if isinstance(patch, Mapping) else None,
        )


@dataclass(frozen=True, slots=True)
class Alert:
    """One change of an episode; alerts with the same id tell of the same episode.

    state: opened (again, when an alert of this id was closed before), escalated, recovered, or settled: the new
    level lasts and is taken for normal, or the run ended (evidence["ended"] says which).
    step is when this was said, opened_step and last_step bound the trouble itself. incident is shared by alerts
    that belong together, cause is the id of the alert that probably caused this one.
    """

    id: str
    kind: str
    severity: str
    state: str
    metric: str
    step: float
    opened_step: float
    last_step: float
    title: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    incident: str | None = None
    cause: str | None = None
    epoch: float | None = None
    time: float | None = None  # Unix seconds

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values only: numbers that are not finite become text."""
        return {
            "id": self.id,
            "kind": self.kind,
            "severity": self.severity,
            "state": self.state,
            "metric": self.metric,
            "step": plain(self.step),
            "opened_step": plain(self.opened_step),
            "last_step": plain(self.last_step),
            "title": self.title,
            "evidence": plain(self.evidence),
            "suggestions": [plain(each.as_dict()) for each in self.suggestions],
            "incident": self.incident,
            "cause": self.cause,
            "epoch": plain(self.epoch),
            "time": plain(self.time),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alert:
        """The alert of a record as as_dict() wrote it; other fields of the record are left alone."""
        step = float(data.get("step") or 0)
        evidence = data.get("evidence")
        return cls(
            id=str(data.get("id", "")),
            kind=str(data.get("kind", "")),
            severity=str(data.get("severity", "warning")),
            state=str(data.get("state", "opened")),
            metric=str(data.get("metric", "")),
            step=step,
            opened_step=_number(data.get("opened_step"), step),
            last_step=_number(data.get("last_step"), step),
            title=str(data.get("title", "")),
            evidence=dict(evidence) if isinstance(evidence, Mapping) else {},
            suggestions=tuple(
                Suggestion.from_dict(each) for each in data.get("suggestions") or () if isinstance(each, Mapping)
            ),
            incident=data.get("incident"),
            cause=data.get("cause"),
            epoch=data.get("epoch"),
            time=data.get("time"),
        )


def plain(value: Any) -> Any:
    """The value with JSON's types only; NaN and infinity as the words that the run folder uses."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return str(value)


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
