"""Every kind of trouble is found in its textbook case, and none in healthy noise."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from musiclog.anomaly import Alert, Monitor

if TYPE_CHECKING:
    from .conftest import Row, Workshop

FAULT = 300  # the step from which a run is wrong


def the(kind: str, alerts: list[Alert]) -> Alert:
    """The one episode of a kind, as it opened."""
    found = [alert for alert in alerts if alert.kind == kind and alert.state == "opened"]
    assert len({alert.id for alert in found}) == 1, [(alert.kind, alert.state, alert.step) for alert in alerts]
    return found[0]


@pytest.mark.parametrize("seed", range(40))
def test_healthy_noise_is_silent(runs: type[Workshop], seed: int):
    noise = 0.01 * 2 ** (seed % 5)  # from 1 % to 16 % of the level
    assert runs.watched(runs.healthy(700, seed, noise=noise)) == []


@pytest.mark.parametrize("seed", range(8))
def test_heavy_tails_are_silent(runs: type[Workshop], seed: int):
    chance = random.Random(seed)

    def heavier(row: Row, _: int) -> None:
        row["total_loss"] *= 1 + 0.1 * chance.expovariate(1)
        row["gradient_norm"] *= math.exp(0.3 * chance.expovariate(1))

    assert runs.opened(runs.watched(runs.changed(runs.healthy(1_000, seed), 0, heavier))) == []


def test_a_jump_of_the_learning_rate_is_told_in_its_own_step(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(learning_rate=25e-3))
    alert = the("learning_rate_issue", runs.watched(rows))
    assert (alert.step, alert.severity) == (FAULT, "critical")
    assert alert.evidence["peak"] == pytest.approx(1e-3, rel=0.1)


def test_a_learning_rate_that_grows_without_end_is_told(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, since: row.update(learning_rate=5e-4 * 1.04**since))
    alert = the("learning_rate_issue", runs.watched(rows))
    assert alert.evidence["issue"] == "growth"
    assert alert.step < FAULT + 60


def test_a_learning_rate_of_zero_is_told_with_the_step_where_it_began(runs: type[Workshop]):
    alerts = runs.watched(runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(learning_rate=0.0)))
    assert the("learning_rate_issue", alerts).opened_step == FAULT


def test_a_learning_rate_that_leaps_is_told(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, since: row.update(learning_rate=(2e-4, 9e-4)[since % 2]))
    assert the("learning_rate_issue", runs.watched(rows)).evidence["issue"] == "jitter"


@pytest.mark.parametrize(
    "schedule",
    [
        lambda step: 1e-3 * min(1, (step + 1) / 100),
        lambda step: 1e-3 * 0.1 ** (step // 150),
        lambda step: 1e-3 * 0.5 * (1.02 + math.cos(math.pi * (step % 150) / 150)),
        lambda step: 1e-3 * min((step + 1) ** -0.5, (step + 1) * 50**-1.5),
        lambda step: 1e-3 * max(0.0, 1 - step / 599),
        lambda step: 1e-3 if step < 200 else 2e-3,
    ],
    ids=["warm-up", "steps", "restarts", "noam", "linear to zero at the end", "doubled by hand"],
)
def test_schedules_are_no_issue(runs: type[Workshop], schedule):
    rows = runs.healthy()
    for step, row in enumerate(rows):
        row["learning_rate"] = schedule(step)
    assert runs.watched(rows, Monitor(total_steps=600)) == []


def test_a_single_huge_gradient_is_an_explosion(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=60.0), last=FAULT)
    alerts = runs.watched(rows)
    alert = the("gradient_explosion", alerts)
    assert alert.step == FAULT
    assert alert.evidence["ratio"] > 50
    assert [each.state for each in alerts] == ["opened", "recovered"]


def test_a_gradient_that_grows_slowly_is_an_explosion_too(runs: type[Workshop]):
    rows = runs.healthy(900)
    runs.changed(rows, FAULT, lambda row, since: row.update(gradient_norm=row["gradient_norm"] * 1.02**since))
    assert the("gradient_explosion", runs.watched(rows)).step < FAULT + 250


def test_gradients_that_fall_to_nothing_vanish(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=row["gradient_norm"] * 1e-4))
    alert = the("gradient_vanishing", runs.watched(rows))
    assert alert.step < FAULT + 30
    assert alert.severity == "critical"


def test_a_memorised_set_needs_no_gradient(runs: type[Workshop]):
    def memorised(row: Row, _: int) -> None:
        row["gradient_norm"] *= 1e-3
        row["total_loss"] *= 1e-3

    alerts = runs.watched(runs.changed(runs.healthy(), FAULT, memorised))
    assert "gradient_vanishing" not in {alert.kind for alert in alerts}


def test_a_damaged_batch_is_a_spike_that_recovers(runs: type[Workshop]):
    def damaged(row: Row, _: int) -> None:
        row["total_loss"] *= 1.8
        row["gradient_norm"] *= 8

    alerts = runs.watched(runs.changed(runs.healthy(), FAULT, damaged, last=FAULT + 1))
    alert = the("loss_spike", alerts)
    assert (alert.step, alert.severity) == (FAULT, "info")
    assert [each.state for each in alerts if each.kind == "loss_spike"] == ["opened", "recovered"]


def test_a_spike_without_gradient_norms_is_found_by_the_loss_alone(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(total_loss=row["total_loss"] * 3), last=FAULT)
    for row in rows:
        del row["gradient_norm"]
    assert the("loss_spike", runs.watched(rows)).step == FAULT


def test_a_spike_names_the_part_that_moved(runs: type[Workshop]):
    rows = runs.healthy()
    for row in rows:
        row["loss/pitch"] = row["total_loss"] * 0.6
        row["loss/rhythm"] = row["total_loss"] * 0.4

    def damaged(row: Row, _: int) -> None:
        row["loss/rhythm"] += 5
        row["total_loss"] += 5
        row["gradient_norm"] *= 8

    alert = the("loss_spike", runs.watched(runs.changed(rows, FAULT, damaged, last=FAULT)))
    assert alert.evidence["part"] == "loss/rhythm"


def test_a_loss_that_drifts_up_for_long_is_a_divergence(runs: type[Workshop]):
    rows = runs.changed(
        runs.healthy(), FAULT, lambda row, since: row.update(total_loss=row["total_loss"] + min(0.012 * since, 2.5))
    )
    alert = the("training_divergence", runs.watched(rows))
    assert alert.severity == "critical"
    assert alert.evidence["best_step"] <= FAULT + 30


def test_a_level_that_shifts_and_stays_is_settled(runs: type[Workshop]):
    def shifted(row: Row, since: int) -> None:
        row["total_loss"] *= 1.3
        row["gradient_norm"] *= 6 if since == 0 else 1

    alerts = [
        alert for alert in runs.watched(runs.changed(runs.healthy(), FAULT, shifted)) if alert.kind == "loss_spike"
    ]
    assert [alert.state for alert in alerts if alert.state != "escalated"] == ["opened", "settled"]


def test_a_frozen_optimiser_is_a_plateau_with_its_reason(runs: type[Workshop]):
    rows = runs.healthy()
    for row in rows[FAULT:]:
        row["total_loss"] = rows[FAULT]["total_loss"] * (row["total_loss"] / 1.6 * 0.02 + 0.98)
        if "val_loss" in row:
            row["val_loss"] = 2.345
    alert = the("loss_plateau", runs.watched(rows))
    assert alert.evidence["frozen"] is True


def test_a_loss_that_stands_still_is_a_plateau_without_any_validation(runs: type[Workshop]):
    chance = random.Random(3)
    rows = [{"loss": (4 - 2 * min(1, step / 200)) * (1 + chance.gauss(0, 0.02)), "lr": 1e-3} for step in range(1_200)]
    assert the("loss_plateau", runs.watched(rows)).step < 900


def test_data_in_the_order_of_its_source_makes_the_loss_swing(runs: type[Workshop]):
    def swings(row: Row, since: int) -> None:
        row["total_loss"] *= 1 + 0.35 * math.sin(2 * math.pi * since / 32)

    alert = the("loss_oscillation", runs.watched(runs.changed(runs.healthy(900), FAULT, swings)))
    assert alert.evidence["period_points"] == pytest.approx(32, abs=4)


def test_memory_that_is_full_is_told_at_once(runs: type[Workshop]):
    alert = the(
        "memory_overflow",
        runs.watched(runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gpu_allocated=23.9))),
    )
    assert alert.step <= FAULT + 2
    assert alert.severity == "critical"


def test_a_leak_is_told_before_memory_is_full_with_the_step_where_it_will_be(runs: type[Workshop]):
    rows = runs.healthy(900)
    runs.changed(rows, FAULT, lambda row, since: row.update(gpu_allocated=row["gpu_allocated"] + 0.02 * since))
    alert = the("memory_overflow", runs.watched(rows))
    assert alert.evidence["issue"] == "leak"
    assert alert.evidence["full_step"] == pytest.approx(FAULT + (0.965 * 24 - 15) / 0.02, rel=0.05)


def test_the_peak_of_memory_is_no_capacity(runs: type[Workshop]):
    rows = runs.healthy()
    for row in rows:
        row["gpu_max_allocated"] = row["gpu_allocated"]
        del row["gpu_total"]
    assert runs.watched(rows) == []


def test_a_throttled_device_is_told(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(tokens_per_second=9_000.0))
    alert = the("throughput_degradation", runs.watched(rows))
    assert alert.step < FAULT + 40
    assert alert.evidence["share_percent"] == pytest.approx(45, abs=5)


def test_longer_sequences_are_no_slow_down(runs: type[Workshop]):
    def longer(row: Row, _: int) -> None:
        row["tokens_per_second"] *= 0.4
        row["gpu_allocated"] += 3

    assert runs.watched(runs.changed(runs.healthy(), FAULT, longer)) == []


def test_a_short_slow_down_is_no_news_where_times_are_known(runs: type[Workshop]):
    monitor, alerts = Monitor(), []
    for step, row in enumerate(runs.healthy()):
        slow = FAULT <= step < FAULT + 100
        values = row | ({"tokens_per_second": 8_000.0} if slow else {})
        alerts += monitor.update(step, values, time=1_000_000 + 0.02 * step)
    assert alerts == []


def test_validation_that_rises_while_training_falls_is_overfitting(runs: type[Workshop]):
    def by_heart(row: Row, since: int) -> None:
        row["total_loss"] *= math.exp(-since / 200)
        if "val_loss" in row:
            row["val_loss"] *= 1 + since / 500

    alert = the("overfitting", runs.watched(runs.changed(runs.healthy(900), FAULT, by_heart)))
    assert alert.step < FAULT + 300
    assert alert.evidence["best_step"] <= FAULT + 50


def test_a_loss_that_hardly_falls_is_underfitting(runs: type[Workshop]):
    rows = runs.healthy(700)
    for step, row in enumerate(rows):
        row["total_loss"] = 4.5 * (1 - 0.0001 * step) * (row["total_loss"] / 2 * 0.02 + 0.98)
    alert = the("underfitting", runs.watched(rows))
    assert alert.evidence["learnt_percent"] < 22


def test_moving_kl_weights_are_no_divergence(runs: type[Workshop]):
    rows = runs.healthy(900)
    for step, row in enumerate(rows):
        row["kl_weight"] = min(1.0, max(0.0, (step - 200) / 500))
        row["total_loss"] += 4 * row["kl_weight"]
    assert runs.watched(rows) == []


def test_a_drifting_adversarial_total_is_no_divergence(runs: type[Workshop]):
    rows = runs.healthy(900)
    for step, row in enumerate(rows):
        row["generator_loss"] = 0.7 + step / 500
        row["discriminator_loss"] = 1.2
        row["total_loss"] = (row["generator_loss"] + row["discriminator_loss"]) * (row["total_loss"] / 2 * 0.03 + 0.97)
    assert runs.watched(rows) == []
