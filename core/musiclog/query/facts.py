"""What a run can be asked about, taken from its data and from what the user noted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config_diff import flatten
from ..run_data import RunData
from ..series import Series

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Facts:
    """One run. config: flat, keys joined by dots. metrics: the newest value of each. Spans in seconds."""

    name: str
    path: str = ""
    state: str = "unknown"
    format: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    starred: bool = False
    archived: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: float | None = None
    epochs: float | None = None
    age_s: float | None = None
    runtime_s: float | None = None
    started_s: float | None = None  # since the start
    samples: int = 0
    midi: int = 0
    alerts: int = 0
    checkpoints: int = 0


def facts_of(
    data: RunData,
    now: float,
    *,
    alerts: int | None = None,
    tags: Collection[str] = (),
    note: str = "",
    starred: bool = False,
    archived: bool = False,
) -> Facts:
    """The facts of a run at now (Unix seconds). alerts: open ones; without it the episodes ever written are counted.

    tags come on top of those that the run gave itself. Costs some microseconds and one pass over the events: values
    of metrics are looked up only when they are asked for.
    """
    begun, seen = data.info.started or data.origin, data.newest_time or data.changed
    kinds = [event.kind for event in data.events]
    return Facts(
        name=data.info.name,
        path=data.ref.path,
        state=data.state(now).word,
        format=data.info.format,
        tags=tuple(dict.fromkeys((*data.info.tags, *tags))),
        note=note,
        starred=starred,
        archived=archived,
        config=flatten(data.config),
        metrics=NewestValues(data.series),
        steps=data.last_step,
        epochs=data.last_epoch,
        age_s=None if seen is None else max(0.0, now - seen),
        runtime_s=None if seen is None or begun is None else max(0.0, seen - begun),
        started_s=None if begun is None else max(0.0, now - begun),
        samples=len(data.samples),
        midi=sum(path.lower().endswith((".mid", ".midi")) for path in data.samples),
        alerts=_episodes(data) if alerts is None else alerts,
        checkpoints=kinds.count("checkpoint"),
    )


class NewestValues(Mapping[str, float]):
    """Metric name to its newest value, read when it is asked for."""

    def __init__(self, series: Mapping[str, Series]) -> None:
        self._series = series

    def __getitem__(self, name: str) -> float:
        last = self._series[name].last
        if last is None:
            raise KeyError(name)
        return last[1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, series in self._series.items() if len(series))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _episodes(data: RunData) -> int:
    return len({event.data.get("id") for event in data.events if event.kind == "alert"})
