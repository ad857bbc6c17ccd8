"""Which metrics make which charts."""

from __future__ import annotations

import pytest

from musiclog_gui.state.chart_plan import ChartPlan, plan


def sections(*names: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for chart in plan(names):
        found.setdefault(chart.section, []).append(chart.name)
    return found


def test_metrics_stand_in_the_section_of_their_role() -> None:
    assert sections(
        "memory/gpu_allocated", "kl_loss", "learning_rate", "total_loss", "throughput/samples_per_second",
        "gradient_norm", "quality/overall", "quality/repetition", "embedding/norm", "temperature_of_room",
    ) == {
        "Losses": ["total_loss", "kl_loss"],
        "Optimiser": ["learning_rate", "gradient_norm"],
        "Musical quality": ["quality/overall", "quality/repetition"],
        "Throughput": ["throughput/samples_per_second"],
        "Embedding": ["embedding/norm"],
        "Other metrics": ["temperature_of_room"],
        "System": ["memory/gpu_allocated"],
    }  # fmt: skip


def test_a_validation_metric_joins_its_training_twin() -> None:
    (chart,) = plan(["total_loss", "val/total_loss"])
    assert (chart.name, chart.validation) == ("total_loss", "val/total_loss")


def test_a_validation_metric_without_a_twin_has_a_chart_of_its_own() -> None:
    (chart,) = plan(["val/accuracy"])
    assert (chart.name, chart.validation) == ("val/accuracy", None)


def test_counters_have_no_chart() -> None:
    assert plan(["step", "epoch", "timestamp"]) == []


def test_units_are_told_by_the_name() -> None:
    assert ChartPlan("Throughput", "tokens_per_second").unit == "1/s"
    assert ChartPlan("Losses", "total_loss").unit == ""


@pytest.mark.parametrize(("name", "unit"), [
    ("system.gpu.0.powerWatts", "W"), ("system.gpu.0.temp", "°C"), ("system.gpu.0.gpu", "%"), ("system.memory", "%"),
    ("system.proc.memory.rssMB", "MB"), ("memory/gpu_allocated", ""), ("system/cpu_percent", "%"),
    ("disk/free_gb", "GB"), ("gpu_utilization", "%"), ("rss_bytes", "bytes"), ("gpu.1.memoryAllocatedBytes", "bytes"),
])  # fmt: skip
def test_what_machines_do_is_a_section_of_its_own_with_units(name: str, unit: str) -> None:
    (chart,) = plan([name])
    assert (chart.section, chart.unit) == ("System", unit)


def test_other_words_that_begin_like_machines_make_no_system_metric() -> None:
    assert "System" not in sections("network/weights", "program/length", "memorable/themes", "gpute")


@pytest.mark.parametrize("name", ["val/rhythm_loss", "val_rhythm_loss", "val/loss/rhythm", "val/loss_rhythm"])
def test_a_part_of_the_validation_loss_lies_over_its_training_part(name: str) -> None:
    (chart,) = plan(["loss/rhythm", name])
    assert (chart.name, chart.validation) == ("loss/rhythm", name)


def test_what_was_scored_here_has_a_chart_of_its_own_beside_what_was_logged() -> None:
    logged, scored = plan(["quality/overall", "quality/overall · scored here"])
    assert (logged.section, scored.section) == ("Musical quality", "Musical quality")
    assert (logged.scored_here, scored.scored_here) == (False, True)


def test_a_schedule_is_not_smoothed() -> None:
    assert not ChartPlan("Optimiser", "learning_rate", role="learning_rate").measured


def test_numbers_in_names_sort_as_numbers() -> None:
    assert [chart.name for chart in plan(["layer10/norm_x", "layer2/norm_x"])] == ["layer2/norm_x", "layer10/norm_x"]
