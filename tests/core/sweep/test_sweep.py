"""A sweep gives the alerts that the monitor gives row by row, to the last digit, and looks at few rows by itself."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musiclog.anomaly import Monitor
from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.schedule import planned
from musiclog.records import Points
from musiclog.rows import Rows

STEPS, AT = 5_000, 3_001
MOST = 15_000  # recorded rows of an architecture: about ten runs


def spike(run: dict[str, Any]) -> None:
    run["total_loss"][AT : AT + 8] *= 5


def settled_spike(run: dict[str, Any]) -> None:
    run["total_loss"][AT:] *= 4


def explosion(run: dict[str, Any]) -> None:
    run["gradient_norm"][AT : AT + 3] *= 60


def vanishing(run: dict[str, Any]) -> None:
    run["gradient_norm"][AT:] *= 1e-3


def slow_growth(run: dict[str, Any]) -> None:
    run["gradient_norm"][AT:] *= np.exp(np.arange(STEPS - AT) / 150)


def jump_of_the_rate(run: dict[str, Any]) -> None:
    run["learning_rate"][AT:] *= 30
    run["total_loss"][AT + 5 :] *= 3


def dead_rate(run: dict[str, Any]) -> None:
    run["learning_rate"][AT : AT + 50] = 0


def steps_of_decay(run: dict[str, Any]) -> None:
    run["learning_rate"][:] = 1e-3 * 0.1 ** (np.arange(STEPS) // 1_400)


def not_a_number(run: dict[str, Any]) -> None:
    run["total_loss"][AT : AT + 3] = np.nan


def filtered_zero(run: dict[str, Any]) -> None:
    run["total_loss"][AT], run["gradient_norm"][AT] = 0.0, np.nan


def divergence(run: dict[str, Any]) -> None:
    run["total_loss"][AT:] *= 1 + np.arange(STEPS - AT) / 500


def oscillation(run: dict[str, Any]) -> None:
    run["total_loss"][AT : AT + 900] *= 1 + 0.5 * np.sin(np.arange(900) / 5)


def leak(run: dict[str, Any]) -> None:
    run["gpu_allocated"][AT:] += 0.006 * np.arange(STEPS - AT)


def longer_sequences(run: dict[str, Any]) -> None:
    run["gpu_allocated"][AT:] *= 1.3
    run["tokens_per_second"][AT:] *= 0.5


def slow_down(run: dict[str, Any]) -> None:
    run["tokens_per_second"][AT : AT + 300] *= 0.3


def annealed_weight(run: dict[str, Any]) -> None:
    run["kl_weight"] = np.minimum(1, np.arange(STEPS) / 2_500)
    run["loss/kl"] = 0.1 * run["total_loss"]
    run["total_loss"][AT:] *= 1.6


def adversary(run: dict[str, Any]) -> None:
    run["loss/disc"] = 0.5 * run["total_loss"]


def undefined_now_and_then(run: dict[str, Any]) -> None:
    run["accuracy"] = np.where(np.arange(STEPS) % 15 == 9, np.nan, 0.5)
    run["reward"] = np.where(np.arange(STEPS) % 3, np.nan, 0.5)


def undefined_once(run: dict[str, Any]) -> None:
    run["accuracy"] = np.where(np.arange(STEPS) == AT, np.nan, 0.5)


def step_time_only(run: dict[str, Any]) -> None:
    run["step_time"] = 1 / run.pop("tokens_per_second")
    run["step_time"][AT : AT + 200] *= 4


def nothing(run: dict[str, Any]) -> None:
    pass


FAULTS = [
    spike, settled_spike, explosion, vanishing, slow_growth, jump_of_the_rate, dead_rate, steps_of_decay,
    not_a_number, filtered_zero, divergence, oscillation, leak, longer_sequences, slow_down, annealed_weight,
    adversary, undefined_now_and_then, undefined_once, step_time_only, nothing,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("sensitivity", ["normal", "high"])
def test_alerts_are_the_same_to_the_last_digit(runs: Any, fault: Any, sensitivity: str) -> None:
    columns = runs.healthy(STEPS, seed=FAULTS.index(fault))
    fault(columns)
    rows = Rows([{**runs.together(columns), "val_loss": runs.at_steps(*runs.evaluations(columns, 200))}])
    monitor = runs.Watched(sensitivity=sensitivity)
    assert runs.swept(rows, monitor) == runs.one_by_one(rows, sensitivity=sensitivity)
    assert monitor.shown < 0.9 * len(rows)


@pytest.mark.parametrize("name", ["linear", "cosine", "constant"])
@pytest.mark.parametrize("resumed", [False, True])
def test_a_configured_schedule_is_followed_as_online(runs: Any, name: str, resumed: bool) -> None:
    config = {"learning_rate": 1e-3, "lr_scheduler_type": name, "warmup_steps": 200, "max_steps": STEPS}
    schedule = planned(Configuration(config), STEPS)
    columns = runs.healthy(STEPS)
    steps = np.arange(STEPS) - (600 if resumed else 0) * (np.arange(STEPS) > AT)
    columns["learning_rate"] = np.array([schedule.rate(step) for step in steps.tolist()])
    columns["learning_rate"][AT + 900 : AT + 1_000] *= 1.2
    columns["learning_rate"][1_000] *= 1.2
    rows = Rows([runs.together(columns, steps.astype(np.float64))])
    monitor = runs.Watched(config=config)
    alerts = runs.one_by_one(rows, config=config)
    assert runs.swept(rows, monitor) == alerts
    assert any("left its schedule" in alert for alert in alerts)
    assert monitor.shown < 0.9 * len(rows)


def test_metrics_in_files_of_their_own_and_pieces(runs: Any) -> None:
    columns = runs.healthy(STEPS)
    spike(columns)
    pieces = []
    for a, b in ((0, 2_000), (2_000, STEPS)):
        steps = np.arange(a, b, dtype=np.float64)
        pieces.append({name: runs.at_steps(steps.copy(), values[a:b]) for name, values in columns.items()})
    rows = Rows(pieces)
    assert runs.swept(rows, Monitor()) == runs.one_by_one(rows)


def test_runs_that_went_back_to_an_earlier_step(runs: Any) -> None:
    columns = runs.healthy(STEPS)
    slow_down(columns)
    steps = np.arange(STEPS, dtype=np.float64)
    steps[2_500:] -= 700
    rows = Rows([runs.together(columns, steps)])
    assert runs.swept(rows, Monitor()) == runs.one_by_one(rows)


def test_a_metric_that_comes_later_and_is_the_better_loss(runs: Any) -> None:
    columns = runs.healthy(STEPS)
    columns["loss"] = columns.pop("total_loss")
    late = {name: values[3_000:] for name, values in runs.healthy(STEPS, seed=2).items() if name == "total_loss"}
    begun = {name: Points(*(each[:3_000] for each in (p.steps, p.times, p.epochs, p.values)))
             for name, p in runs.together(columns).items()}  # fmt: skip
    shared = runs.together({**{name: values[3_000:] for name, values in columns.items()}, **late})
    rows = Rows([begun, {name: Points(p.steps + 3_000, p.times + 1_500, p.epochs, p.values)
                         for name, p in shared.items()}])  # fmt: skip
    assert runs.swept(rows, Monitor()) == runs.one_by_one(rows)


def test_few_rows_of_a_long_healthy_run_are_looked_at_one_by_one(runs: Any) -> None:
    columns = runs.healthy(60_000)
    monitor = runs.Watched()
    runs.swept(Rows([runs.together(columns)]), monitor)
    assert monitor.shown < 0.1 * 60_000


def test_watches_of_plug_ins_are_shown_every_row(runs: Any) -> None:
    monitor = runs.Watched(roles={"tokens_per_second": "loss"})
    monitor.update(-1, {"tokens_per_second": 1.0})
    monitor._looks["tokens_per_second"] = lambda _value: None
    monitor._plans.clear()
    runs.swept(Rows([runs.together(runs.healthy(2_000))]), monitor)
    assert monitor.shown == 2_001


def test_recorded_runs_one_after_the_other(shared: Path, runs: Any) -> None:
    """All of one architecture as one long run, in which windows are full and every fault occurs."""
    lines: dict[str, list[dict[str, float]]] = defaultdict(list)
    for path in sorted((shared / "data" / "anomaly" / "dev").glob("*/labels.json")):
        recorded = path.with_name("metrics.jsonl").read_text(encoding="utf-8").splitlines()
        lines[json.loads(path.read_text(encoding="utf-8"))["arch"]] += map(json.loads, recorded)
    for architecture, some in lines.items():
        rows = Rows([in_columns(some[:MOST])])
        monitor = runs.Watched()
        assert runs.swept(rows, monitor) == runs.one_by_one(rows), architecture
        assert monitor.shown < len(rows)


def in_columns(lines: list[dict[str, float]]) -> dict[str, Points]:
    """Metrics that are in the same lines share their steps, which are the numbers of the lines here."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        for name, value in line.items():
            if name != "step" and isinstance(value, int | float):
                places[name].append(at)
    known: dict[tuple[int, ...], Any] = {}
    found = {}
    for name, some in places.items():
        steps = known.setdefault(tuple(some), np.array(some, dtype=np.float64))
        blank = known.setdefault((-1, *some), np.full(len(some), np.nan))
        found[name] = Points(steps, blank, blank, np.array([lines[at][name] for at in some], dtype=np.float64))
    return found
