"""Runs as rows, metrics as columns, and which row is best in each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .direction import Direction, direction
from .values import MetricValues

Which = Literal["final", "best"]


@dataclass(frozen=True, slots=True)
class Row:
    """One run: its path, its name and what its metrics came to."""

    path: str
    name: str
    values: Mapping[str, MetricValues]

    def value(self, metric: str, which: Which) -> float | None:
        found = self.values.get(metric)
        if found is None:
            return None
        return found.final if which == "final" else found.best


@dataclass(frozen=True, slots=True)
class Table:
    """metrics in the order of the columns, rows in the order the runs were given."""

    metrics: tuple[str, ...]
    rows: tuple[Row, ...]

    def direction(self, metric: str) -> Direction | None:
        return direction(metric)

    def winners(self, metric: str, which: Which) -> frozenset[str]:
        """Paths of the runs with the best value of a column; several when they are equal.

        Empty where no direction is better, or fewer than two runs have a finite value: nothing was won then.
        """
        better = self.direction(metric)
        values = {row.path: row.value(metric, which) for row in self.rows}
        finite = {path: value for path, value in values.items() if value is not None and math.isfinite(value)}
        if better is None or len(finite) < 2:
            return frozenset()
        best = (min if better == "lower" else max)(finite.values())
        return frozenset(path for path, value in finite.items() if value == best)


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
