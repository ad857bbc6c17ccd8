"""Final and best of one series, also where training went wrong or began again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from musiclog.compare import direction, metric_values


def test_the_final_value_is_the_last_one_logged() -> None:
    found = metric_values(np.array([1.0, 2, 3]), np.array([3.0, 1, 2]), "lower")
    assert found is not None
    assert (found.final, found.final_step, found.best, found.best_step) == (2.0, 3.0, 1.0, 2.0)


def test_the_best_value_passes_over_values_that_are_not_finite() -> None:
    found = metric_values(np.arange(4.0), np.array([0.5, math.inf, 0.9, math.nan]), "higher")
    assert found is not None
    assert found.best == 0.9
    assert math.isnan(found.final)


def test_a_best_value_that_came_twice_stands_where_it_was_first_reached() -> None:
    found = metric_values(np.arange(3.0), np.array([1.0, 0.5, 0.5]), "lower")
    assert found is not None
    assert found.best_step == 1.0


def test_a_metric_without_a_better_direction_has_no_best() -> None:
    found = metric_values(np.arange(2.0), np.array([1.0, 2.0]), None)
    assert found is not None
    assert (found.best, found.best_step) == (None, None)


def test_a_series_without_finite_values_has_no_best() -> None:
    found = metric_values(np.arange(2.0), np.array([math.nan, math.nan]), "lower")
    assert found is not None
    assert found.best is None


def test_a_series_without_points_came_to_nothing() -> None:
    assert metric_values(np.empty(0), np.empty(0), "lower") is None


def test_after_a_resume_the_newer_stretch_replaces_the_older() -> None:
    steps = np.array([1.0, 2, 3, 4, 2, 3])
    values = np.array([9.0, 8, 0.1, 0.2, 7, 6])  # 3 and 4 were lost with the crash
    found = metric_values(steps, values, "lower")
    assert found is not None
    assert (found.points, found.best, found.final_step) == (3, 6.0, 3.0)


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("total_loss", "lower"), ("val/total_loss", "lower"), ("losses/recon", "lower"), ("perplexity", "lower"),
        ("eval/nll", "lower"), ("quality/overall", "higher"), ("val/accuracy", "higher"), ("grammar_score", "higher"),
        ("throughput/samples_per_second", "higher"), ("tokens_per_sec", "higher"), ("learning_rate", None),
        ("optim/lr", None), ("gradient_norm", None), ("memory/gpu_allocated", None), ("loss_scale", None),
        ("kl_weight", None), ("something_else", None), ("epoch", None),
    ],
)  # fmt: skip
def test_the_name_tells_which_way_is_better(name: str, better: str | None) -> None:
    assert direction(name) == better
