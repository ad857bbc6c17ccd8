"""The monitor takes what trackers give it, says things once, and stays small."""

from __future__ import annotations

import gc
import json
import sys
from typing import TYPE_CHECKING

import pytest

from musiclog.anomaly import Monitor
from musiclog.anomaly.alert import severity_rank

if TYPE_CHECKING:
    from .conftest import Row, Workshop

FAULT = 300
NAN = float("nan")


def a_wrong_rate(row: Row, since: int) -> None:
    row["learning_rate"] = 25e-3
    row["total_loss"] += min(3.0, 0.1 * since)
    row["gradient_norm"] *= 10


def test_consequences_are_told_under_their_cause(runs: type[Workshop]):
    alerts = [
        alert for alert in runs.watched(runs.changed(runs.healthy(), FAULT, a_wrong_rate)) if alert.state == "opened"
    ]
    cause = alerts[0]
    assert cause.kind == "learning_rate_issue"
    assert {alert.kind for alert in alerts} >= {"gradient_explosion", "loss_spike", "training_divergence"}
    assert {alert.incident for alert in alerts} == {cause.incident}
    assert {alert.cause for alert in alerts[1:]} == {cause.id}
    assert cause.cause is None


def test_what_does_not_belong_together_is_not_joined(runs: type[Workshop]):
    def two_faults(row: Row, _: int) -> None:
        row["gpu_allocated"] = 23.9
        row["learning_rate"] = 25e-3

    alerts = runs.watched(runs.changed(runs.healthy(), FAULT, two_faults))
    assert len({alert.incident for alert in alerts if alert.state == "opened"}) == 2


def test_nan_does_not_poison_what_comes_after(runs: type[Workshop]):
    def broken(row: Row, _: int) -> None:
        row.update(total_loss=NAN, gradient_norm=NAN)

    rows = runs.changed(runs.healthy(), 200, broken, last=201)
    runs.changed(rows, FAULT, lambda row, _: row.update(gradient_norm=60.0), last=FAULT)
    alerts = runs.watched(rows)
    assert runs.opened(alerts) == [("nan_values", 200), ("gradient_explosion", FAULT)]
    assert [alert.state for alert in alerts if alert.kind == "nan_values"] == ["opened", "recovered"]


def test_three_broken_losses_in_a_row_are_fatal(runs: type[Workshop]):
    alerts = runs.watched(runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(total_loss=NAN)))
    assert [(alert.state, alert.severity) for alert in alerts] == [("opened", "critical"), ("escalated", "fatal")]


def test_what_ends_in_nan_becomes_fatal(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=60.0))
    runs.changed(rows, FAULT + 3, lambda row, _: row.update(total_loss=float("inf"), gradient_norm=NAN))
    alerts = runs.watched(rows)
    assert ("gradient_explosion", "fatal") in {(alert.kind, alert.severity) for alert in alerts}


def test_a_gradient_scaler_that_skips_a_step_is_information(runs: type[Workshop]):
    rows = runs.healthy()
    for row in rows:
        row["loss_scale"] = 65_536.0
    alerts = runs.watched(runs.changed(rows, FAULT, lambda row, _: row.update(gradient_norm=float("inf")), last=FAULT))
    assert {alert.severity for alert in alerts} == {"info"}
    assert "Nothing to do" in alerts[0].suggestions[0].text


def test_the_mean_of_an_epoch_with_a_nan_in_it_is_no_second_alert(runs: type[Workshop]):
    rows = runs.healthy()
    rows[FAULT]["total_loss"] = NAN
    rows[FAULT + 100]["train_loss"] = NAN
    assert runs.opened(runs.watched(rows)) == [("nan_values", FAULT)]


def test_a_metric_that_is_undefined_from_the_start_is_none_of_our_business(runs: type[Workshop]):
    rows = runs.healthy()
    for step, row in enumerate(rows):
        row["quality/repetition"] = NAN if step % 5 else 0.4
    assert runs.watched(rows) == []


def test_a_loss_of_zero_with_a_broken_gradient_is_not_learnt_from(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(total_loss=0.0, gradient_norm=NAN), last=FAULT)
    assert runs.opened(runs.watched(rows)) == [("nan_values", FAULT)]


def test_a_resumed_run_is_given_time_to_find_its_level(runs: type[Workshop]):
    def shaken(row: Row, since: int) -> None:
        row["total_loss"] *= 1.25 if since < 15 else 1
        row["gradient_norm"] *= 4 if since < 15 else 1

    rows = runs.healthy(400)
    monitor = Monitor()
    alerts = runs.watched(rows, monitor)
    monitor.event("resume", 350, {})
    alerts += runs.watched(runs.changed(runs.healthy(400, seed=2), 350, shaken)[350:], monitor, start=350)
    assert alerts == []


def test_other_step_axes_are_no_resume(runs: type[Workshop]):
    monitor, alerts = Monitor(), []
    for step, row in enumerate(
        runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(total_loss=9.0), last=FAULT)
    ):
        alerts += monitor.update(step, row)
        if step % 20 == 0:
            alerts += monitor.update(step // 20, {"epoch/accuracy": 0.5})
    assert [alert.step for alert in alerts if alert.state == "opened"] == [FAULT]


def test_rows_of_one_step_may_come_in_pieces(runs: type[Workshop]):
    monitor, alerts = Monitor(), []
    for step, row in enumerate(runs.changed(runs.healthy(), FAULT, a_wrong_rate)):
        for name, value in row.items():
            alerts += monitor.update(step, {name: value})
    whole = runs.watched(runs.changed(runs.healthy(), FAULT, a_wrong_rate))
    assert {kind for kind, _ in runs.opened(alerts)} == {kind for kind, _ in runs.opened(whole)}


def test_points_count_where_only_every_fiftieth_step_is_logged(runs: type[Workshop]):
    monitor = Monitor()
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=60.0), last=FAULT)
    alerts = [alert for point, row in enumerate(rows) for alert in monitor.update(50 * point, row)]
    assert runs.opened(alerts) == [("gradient_explosion", 50 * FAULT)]


def test_odd_values_are_passed_over(runs: type[Workshop]):
    monitor = Monitor()
    for step, row in enumerate(runs.healthy(100)):
        odd = {"flag": True, "text": "x", "none": None, "list": [1], "huge": 10**400, "whole": 3}
        assert monitor.update(step, row | odd) == []
    assert "text" not in monitor.roles
    assert monitor.roles["whole"] == "other"


def test_the_end_of_the_run_closes_what_is_open(runs: type[Workshop]):
    monitor = Monitor()
    runs.watched(runs.changed(runs.healthy(), FAULT, a_wrong_rate), monitor)
    ends = monitor.finish()
    assert {alert.state for alert in ends} == {"settled"}
    assert {alert.evidence["ended"] for alert in ends} == {"the run ended"}
    assert monitor.finish() == []


def test_advice_speaks_of_this_run(runs: type[Workshop]):
    monitor = Monitor(config={"training": {"learning_rate": 1e-3, "batch_size": 16}}, total_steps=600)
    rows = runs.changed(runs.healthy(), FAULT, a_wrong_rate)
    alerts = runs.watched(rows[:FAULT], monitor)
    monitor.event("checkpoint", 250, {"path": "checkpoints/epoch_0005.npz"})
    monitor.event("checkpoint", FAULT, {"path": "checkpoints/too_late.npz"})
    alerts += runs.watched(rows[FAULT:], monitor, start=FAULT)
    first = alerts[0].suggestions[0]
    assert "checkpoints/epoch_0005.npz (step 250)" in first.text
    assert first.patch == {"training.learning_rate": pytest.approx(1e-3, rel=0.05)}


def test_clipping_is_not_advised_where_it_clips_already_and_the_loss_did_not_move(runs: type[Workshop]):
    monitor = Monitor(config={"max_grad_norm": 1.0})
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=60.0), last=FAULT)
    texts = [suggestion.text for suggestion in runs.watched(rows, monitor)[0].suggestions]
    assert texts[0].startswith("Nothing to do: clipping at 1")
    assert not any(text.startswith("Clip the gradient") for text in texts)


def test_files_of_the_step_are_named(runs: type[Workshop]):
    monitor, alerts = Monitor(), []
    for step, row in enumerate(runs.healthy()):
        monitor.event("data_usage", step, {"name": f"tune_{step}.mid"})
        bad = {"total_loss": 9.0, "gradient_norm": 40.0} if step == FAULT else {}
        alerts += monitor.update(step, row | bad)
    spike = next(alert for alert in alerts if alert.kind == "loss_spike")
    assert f"tune_{FAULT}.mid" in spike.suggestions[0].text


def test_alerts_are_json_and_severities_only_rise(runs: type[Workshop]):
    worst: dict[str, int] = {}
    for alert in runs.watched(runs.changed(runs.healthy(), FAULT, a_wrong_rate)):
        json.dumps(alert.as_dict(), allow_nan=False)
        assert severity_rank(alert.severity) >= worst.get(alert.id, 0)
        worst[alert.id] = severity_rank(alert.severity)


def test_a_lower_sensitivity_says_less(runs: type[Workshop]):
    rows = runs.changed(runs.healthy(), FAULT, lambda row, _: row.update(gradient_norm=7.5), last=FAULT)
    assert runs.opened(runs.watched(rows, Monitor(sensitivity="high"))) == [("gradient_explosion", FAULT)]
    assert runs.watched(rows, Monitor(sensitivity="low")) == []


def test_memory_is_constant(runs: type[Workshop]):
    def size_after(steps: int) -> int:
        monitor = Monitor()
        rows = runs.healthy(500)
        for step in range(steps):
            monitor.event("data_usage", step, {"name": f"tune_{step % 40}.mid"})
            monitor.update(step, rows[step % 500])
        return deep_size(monitor)

    assert size_after(12_000) < 1.1 * size_after(4_000)


def deep_size(thing: object) -> int:
    """Bytes of everything that is reached from a thing, modules and classes left out."""
    seen: set[int] = set()
    waiting: list[object] = [thing]
    total = 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | type(sys)):
            continue
        seen.add(id(each))
        if not callable(each):
            total += sys.getsizeof(each)
        referents = gc.get_referents(each)
        waiting += [one for one in referents if not (isinstance(one, dict) and "__builtins__" in one)]
    return total
