"""A score card: one honest number, nine that explain it, and places in the piece that explain those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a piece. value is in its own unit; closeness (0 to 1) says how usual that is in human music.

    Both are None where the metric is undefined, and reason says why.
    """

    value: float | None
    closeness: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in the piece that explains its score. weight is its share of what the piece lost, 0 to 1."""

    kind: str  # out_of_key, dissonance, repeated_span, silence, off_grid, register_jump, flat_dynamics, copied
    start_beats: float
    end_beats: float
    start_s: float
    end_s: float
    weight: float
    text: str
    pitch: int | None = None
    track: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """overall (0 to 1) is typicality of human music or of the reference, None where nothing can be said.

    metrics holds the nine metrics and "overall"; features the numbers they are made of; coverage the share of the
    recipe that is defined for this piece; calibration the version that the piece was measured against.
    """

    overall: float | None
    metrics: Mapping[str, Metric]
    features: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    coverage: float = 0.0
    findings: tuple[Finding, ...] = ()
    calibration: str = ""
    note_count: int = 0
    length_beats: float = 0.0
    length_s: float = 0.0
    bars: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; from_dict reads them back."""
        data = asdict(self)
        data["flags"] = list(self.flags)
        data["findings"] = [asdict(finding) for finding in self.findings]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ScoreCard:
        """Fields of later versions are passed over, missing ones take their defaults."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["metrics"] = {name: Metric(**metric) for name, metric in data.get("metrics", {}).items()}
        known["findings"] = tuple(Finding(**finding) for finding in data.get("findings", ()))
        known["flags"] = tuple(data.get("flags", ()))
        return cls(**{"overall": None, **known})


def mean_quality(cards: Iterable[ScoreCard]) -> dict[str, float]:
    """quality/<metric> -> its mean over the cards in which it is defined."""
    values: dict[str, list[float]] = {}
    for card in cards:
        for name, metric in card.metrics.items():
            if metric.value is not None:
                values.setdefault(f"quality/{name}", []).append(metric.value)
    return {name: sum(found) / len(found) for name, found in values.items()}
