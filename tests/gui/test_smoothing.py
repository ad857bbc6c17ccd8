"""Smoothing gives exactly what its formula says, in any number of pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.records import Points
from musiclog.series import Series
from musiclog_gui.state.smoothing import SmoothedSeries, Smoother

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf")]), max_size=200)


def by_formula(values: list[float], factor: float) -> list[float]:
    biased, count, result = 0.0, 0, []
    for value in values:
        if not np.isfinite(value):
            result.append(np.nan)
            continue
        biased, count = factor * biased + (1 - factor) * value, count + 1
        result.append(biased / (1 - factor**count))
    return result


@given(VALUES, st.sampled_from([0.01, 0.3, 0.6, 0.9, 0.99, 0.999]), st.integers(0, 200))
def test_smoothing_in_two_pieces_is_the_formula(values: list[float], factor: float, cut: int) -> None:
    smoother = Smoother(factor)
    array = np.array(values, dtype=float)
    found = np.concatenate([smoother.take(array[:cut]), smoother.take(array[cut:])])
    scale = max((abs(value) for value in values if np.isfinite(value)), default=1.0)
    np.testing.assert_allclose(found, by_formula(values, factor), rtol=1e-9, atol=1e-9 * scale)


def test_a_long_curve_over_many_blocks_is_the_formula() -> None:
    values = np.random.default_rng(1).normal(5, 1, 20_000)
    np.testing.assert_allclose(Smoother(0.9).take(values), by_formula(values.tolist(), 0.9), rtol=1e-12)


def test_factor_0_leaves_the_values_as_they_are() -> None:
    values = np.array([1.0, 5.0, 2.0])
    np.testing.assert_array_equal(Smoother(0.0).take(values), values)


def test_the_first_smoothed_value_is_the_first_value() -> None:
    assert Smoother(0.99).take(np.array([4.0]))[0] == pytest.approx(4.0)


def points(steps: np.ndarray, values: np.ndarray) -> Points:
    return Points(steps, np.full(len(steps), np.nan), np.full(len(steps), np.nan), values)


def test_a_growing_series_is_smoothed_as_if_it_had_come_at_once() -> None:
    steps, values = np.arange(500.0), np.random.default_rng(2).normal(size=500)
    series = Series("loss")
    series.append(points(steps[:100], values[:100]))
    smoothed = SmoothedSeries(series, "step", 0.9)
    smoothed.current()
    series.append(points(steps[100:], values[100:]))
    np.testing.assert_allclose(smoothed.current().values, by_formula(values.tolist(), 0.9), rtol=1e-12)


def test_what_a_resume_replaced_does_not_pull_at_the_newer_stretch() -> None:
    series = Series("loss")
    series.append(points(np.arange(10.0), np.array([1.0] * 5 + [100.0] * 5)))
    smoothed = SmoothedSeries(series, "step", 0.9)
    smoothed.current()
    series.append(points(np.arange(5.0, 8.0), np.ones(3)))
    x, y = smoothed.current().drawn("step")
    np.testing.assert_array_equal(x, np.arange(8.0))
    np.testing.assert_allclose(y, np.ones(8))
