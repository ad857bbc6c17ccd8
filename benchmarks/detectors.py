"""What watching a training costs: microseconds a step for all detectors, beside one moving average a metric."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from musiclog.anomaly import Monitor
from musiclog.rows import Rows

from .anomaly import long_run
from .names import NAMES
from .table import Bar, Row, Table

COLUMNS = ("us/step",)
Update = Callable[[float, dict[str, Any]], object]


def tables(*, quick: bool) -> Iterator[Table]:
    steps = 2_000 if quick else 20_000
    rows = [
        (step, values) for step, _, _, values in Rows([long_run(steps)]).between(0, steps) if "total_loss" in values
    ]
    wide = [(step, values | {f"{name}_of": values["total_loss"] for name in NAMES[1:9]}) for step, values in rows]
    yield Table(
        "Watching a training",
        COLUMNS,
        [
            Row("musiclog, all detectors, 4 metrics", (each(Monitor().update, rows),), {"us/step": Bar(25)}),
            Row("musiclog, all detectors, 12 metrics", (each(Monitor().update, wide),)),
            Row("moving average and z score, 12 metrics", (each(Moving().update, wide),)),
        ],
    )


class Moving:
    """The least that a watcher can do: an exponential average and deviation a metric."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}

    def update(self, step: float, values: dict[str, float]) -> list[str]:  # noqa: ARG002
        far = []
        for name, value in values.items():
            mean, square = self._seen.get(name, (value, 0.0))
            off = value - mean
            if square and abs(off) > 6 * math.sqrt(square):
                far.append(name)
            self._seen[name] = mean + 0.02 * off, 0.98 * (square + 0.02 * off * off)
        return far


def each(update: Update, rows: list[tuple[float, dict[str, Any]]]) -> float:
    begin = time.process_time()
    for step, values in rows:
        update(step, values)
    return (time.process_time() - begin) / len(rows) * 1e6
