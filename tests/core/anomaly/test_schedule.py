"""A rate that leaves its configured schedule is told; where the schedule is in doubt nothing is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from musiclog.anomaly import Alert, Monitor
from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.schedule import planned

STEPS, PEAK, WARMUP = 2_000, 1e-3, 100
COSINE = {"learning_rate": PEAK, "lr_scheduler_type": "cosine", "warmup_steps": WARMUP, "max_steps": STEPS}


def cosine(step: float) -> float:
    done = max(0.0, (step - WARMUP) / (STEPS - WARMUP))
    return PEAK * min(1.0, step / WARMUP) * 0.5 * (1 + math.cos(math.pi * done))


def watched(rate: Callable[[int], float], config: dict[str, Any], event: tuple[int, dict[str, Any]] | None = None,
            steps: int = STEPS) -> list[Alert]:  # fmt: skip
    monitor, alerts = Monitor(config=config), []
    for step in range(steps):
        if event is not None and step == event[0]:
            alerts += monitor.event("resume", step, event[1])
        alerts += monitor.update(step, {"lr": rate(step)})
    return [alert for alert in alerts if alert.state == "opened"]


def frozen(step: int) -> float:
    """The scheduler is not stepped any more after step 900."""
    return cosine(min(step, 900))


def test_a_rate_that_stands_still_instead_of_falling_is_told_once_with_both_figures():
    [alert] = watched(frozen, COSINE)
    assert (alert.kind, alert.severity, alert.evidence["issue"]) == ("learning_rate_issue", "warning", "schedule")
    assert 900 < alert.opened_step < 930
    assert alert.evidence["expected"] == pytest.approx(cosine(alert.step), rel=1e-6)
    assert "left its schedule" in alert.title


@pytest.mark.parametrize("name", ["cosine", "linear", "constant", "constant_with_warmup"])
@pytest.mark.parametrize("late", [0, 1], ids=["before the step", "after it"])
def test_a_rate_on_its_schedule_is_silent(name: str, late: int):
    config = COSINE | {"lr_scheduler_type": name}
    schedule = planned(Configuration(config), STEPS)
    assert watched(lambda step: schedule.rate(step + late), config, steps=STEPS + 50) == []


def test_a_schedule_without_warm_up_begins_at_its_peak():
    config = COSINE | {"warmup_steps": 0}
    schedule = planned(Configuration(config), STEPS)
    assert schedule.rate(-1) == schedule.rate(0) == PEAK
    assert watched(schedule.rate, config) == []


def test_a_scaler_that_skipped_some_steps_is_silent():
    assert watched(lambda step: cosine(max(0, step - 3)), COSINE) == []


@pytest.mark.parametrize("config", [
    COSINE | {"lr_scheduler_type": "CosineAnnealingLR"},
    COSINE | {"lr_scheduler_type": "cosine_with_restarts"},
    COSINE | {"lr_scheduler_kwargs": {"min_lr": 1e-5}},
    COSINE | {"warmup_steps": 0.05},
    COSINE | {"max_steps": -1},
    COSINE | {"learning_rate": None},
    COSINE | {"lr_scheduler_type": None},
])  # fmt: skip
def test_what_leaves_anything_open_is_no_schedule(config: dict[str, Any]):
    assert planned(Configuration(config), Configuration(config).number("total_steps")) is None
    assert watched(frozen, config) == []


@pytest.mark.parametrize("rate", [
    lambda step: 0.5 * cosine(step),
    lambda step: cosine(step / 4),
    lambda _step: PEAK,
    lambda step: PEAK / math.sqrt(max(step, WARMUP) / WARMUP),
], ids=["another peak", "other steps", "constant", "another curve"])  # fmt: skip
def test_a_run_that_never_followed_the_configured_schedule_has_another(rate: Callable[[int], float]):
    assert watched(rate, COSINE) == []


def test_a_resume_with_a_changed_configuration_ends_the_comparison():
    assert watched(frozen, COSINE, (880, {"config_changed": {"max_steps": [1_000, 2_000]}})) == []
    assert watched(frozen, COSINE, (880, {"config_changed": {}})) != []


def test_a_jump_is_told_by_its_own_name_and_not_twice():
    alerts = watched(lambda step: cosine(step) * (20 if 1_000 <= step < 1_200 else 1), COSINE)
    assert [alert.evidence["issue"] for alert in alerts] == ["jump"]
