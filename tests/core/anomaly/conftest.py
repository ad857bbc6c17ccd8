"""Constructed training runs: healthy by seed, with one thing wrong from one step on."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from musiclog.anomaly import Alert, Monitor

Row = dict[str, Any]
Change = Callable[[Row, int], None]


def healthy(steps: int = 600, seed: int = 1, *, noise: float = 0.04, evaluate_every: int = 50) -> list[Row]:
    """A language model's run: loss from 4.5 to about 1.7, log-normal gradient norms, warm-up and cosine."""
    chance = random.Random(seed)
    rows = []
    for step in range(steps):
        level = 1.6 + 2.9 * math.exp(-step / 60) + 0.4 * math.exp(-step / 800)
        warm = min(1.0, (step + 1) / 40)
        row = {
            "learning_rate": 1e-3 * warm * (0.55 + 0.45 * math.cos(math.pi * step / max(steps, 1))),
            "gradient_norm": math.exp(chance.gauss(-0.3, 0.25)) * (1 + 2 * math.exp(-step / 30)),
            "total_loss": level * (1 + chance.gauss(0, noise)),
            "tokens_per_second": 20_000 * math.exp(chance.gauss(0, 0.1)),
            "gpu_total": 24.0,
            "gpu_allocated": 15 + chance.gauss(0, 0.05),
        }
        if step % evaluate_every == evaluate_every - 1:
            row["val_loss"] = (level + 0.08) * (1 + chance.gauss(0, 0.01))
        rows.append(row)
    return rows


def changed(rows: list[Row], first: int, change: Change, last: int | None = None) -> list[Row]:
    """The rows with change(row, steps since first) done to those from first to last."""
    for step in range(first, len(rows) if last is None else last + 1):
        change(rows[step], step - first)
    return rows


def watched(rows: Iterable[Row], monitor: Monitor | None = None, *, start: int = 0) -> list[Alert]:
    """Every alert of a run."""
    monitor = monitor or Monitor()
    return [alert for step, row in enumerate(rows, start) for alert in monitor.update(step, row)]


def opened(alerts: Iterable[Alert]) -> list[tuple[str, float]]:
    """Kind and step of what opened."""
    return [(alert.kind, alert.step) for alert in alerts if alert.state == "opened"]


class Workshop:
    """The functions above as one fixture, because test folders are no packages."""

    healthy = staticmethod(healthy)
    changed = staticmethod(changed)
    watched = staticmethod(watched)
    opened = staticmethod(opened)


@pytest.fixture
def runs() -> type[Workshop]:
    return Workshop
