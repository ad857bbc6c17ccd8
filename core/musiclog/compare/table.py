"""Runs as rows and metrics as columns, those first that answer which run is better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .direction import direction
from .values import MetricValues


@dataclass(frozen=True, slots=True)
class Row:
    """One run: its path, its name and what its metrics came to."""

    path: str
    name: str
    values: Mapping[str, MetricValues]


@dataclass(frozen=True, slots=True)
class Table:
    """metrics in the order of the columns, rows in the order the runs were given."""

    metrics: tuple[str, ...]
    rows: tuple[Row, ...]


def metric_order(names: Iterable[str]) -> tuple[str, ...]:
    """Metrics that answer "which is better" first: total and validation losses, quality, then the rest by name."""
    return tuple(sorted(set(names), key=lambda name: (_rank(name.casefold()), name.casefold(), name)))


def _rank(name: str) -> int:
    tail = name.rsplit("/", 1)[-1]
    validation = name.startswith(("val", "eval", "test"))
    if tail in ("loss", "total_loss", "total", "val_loss", "eval_loss"):
        return 1 if validation else 0
    if ("overall" in name or "quality" in name) and direction(name) is not None:
        return 2
    if "loss" in name:
        return 3 if validation else 4
    return 5 if direction(name) is not None else 6
