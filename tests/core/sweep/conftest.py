"""Long runs in columns, as readers give them, healthy by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from musiclog.anomaly import Monitor
from musiclog.records import Floats, Points
from musiclog.rows import Rows
from musiclog.sweep import Sweep

Columns = dict[str, Floats]


def healthy(steps: int, seed: int = 1, *, noise: float = 0.05) -> Columns:
    """A language model's run: loss from 4.5 to about 1.7, log-normal gradient norms, warm-up and cosine."""
    chance = np.random.default_rng(seed)
    step = np.arange(steps)
    level = 1.6 + 2.9 * np.exp(-step / 300) + 0.4 * np.exp(-step / 3000)
    return {
        "learning_rate": 1e-3 * np.minimum(1, (step + 1) / 500) * (0.55 + 0.45 * np.cos(np.pi * step / steps)),
        "gradient_norm": np.exp(chance.normal(-0.3, 0.25, steps)) * (1 + 2 * np.exp(-step / 100)),
        "total_loss": level * (1 + noise * chance.standard_normal(steps)),
        "tokens_per_second": 20_000 * np.exp(chance.normal(0, 0.1, steps)),
        "gpu_allocated": 15 + 0.05 * chance.standard_normal(steps),
        "gpu_total": np.full(steps, 24.0),
    }


def evaluations(columns: Columns, every: int) -> tuple[Floats, Floats]:
    """Steps and validation losses."""
    steps = np.arange(every - 1, len(columns["total_loss"]), every)
    return steps.astype(np.float64), columns["total_loss"][steps] + 0.1


def together(columns: Mapping[str, Floats], steps: Floats | None = None) -> dict[str, Points]:
    """Points of metrics that were logged in one line."""
    length = len(next(iter(columns.values())))
    steps = np.arange(length, dtype=np.float64) if steps is None else steps
    times, epochs = 1e9 + 0.5 * np.arange(length), np.floor(np.arange(length) / 500)
    return {name: Points(steps, times, epochs, values) for name, values in columns.items()}


def at_steps(steps: Floats, values: Floats) -> Points:
    """Points of a metric that is logged now and then."""
    return Points(steps, 1e9 + 0.5 * steps, np.full(len(steps), np.nan), values)


def one_by_one(rows: Rows, **options: Any) -> list[str]:
    """Every alert of Monitor.update(), as text, in which NaN equals NaN."""
    monitor, found = Monitor(**options), []
    for step, at, epoch, values in rows.between(0, len(rows)):
        found += [repr((alert, at)) for alert in monitor.update(step, values, epoch=epoch, time=at)]
    return found + [repr((alert, None)) for alert in monitor.finish()]


def swept(rows: Rows, monitor: Monitor) -> list[str]:
    """The same through a sweep."""
    sweep, found = Sweep(monitor, rows), []
    while not sweep.done:
        found += [repr(each) for each in sweep.some()]
    return found + [repr((alert, None)) for alert in monitor.finish()]


class Watched(Monitor):
    """Counts the rows that it was shown one by one."""

    shown = 0

    def update(self, *args: Any, **named: Any) -> Sequence[Any]:
        self.shown += 1
        return super().update(*args, **named)


class Workshop:
    """The functions above as one fixture, because test folders are no packages."""

    healthy = staticmethod(healthy)
    evaluations = staticmethod(evaluations)
    together = staticmethod(together)
    at_steps = staticmethod(at_steps)
    one_by_one = staticmethod(one_by_one)
    swept = staticmethod(swept)
    Watched = Watched


@pytest.fixture
def runs() -> type[Workshop]:
    return Workshop
