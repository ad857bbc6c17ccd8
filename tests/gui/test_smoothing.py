"""A smoothed twin that grows with its curve is what smoothing the whole curve gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.records import Points
from musiclog.series import Series
from musiclog.smoothing import smoothed
from musiclog_gui.state.smoothing import SmoothedSeries


def points(steps: np.ndarray, values: np.ndarray) -> Points:
    return Points(steps, np.full(len(steps), np.nan), np.full(len(steps), np.nan), values)


@pytest.mark.parametrize(("kind", "amount"), [("exponential", 0.9), ("gaussian", 3.0), ("running mean", 4.0)])
@given(cuts=st.lists(st.integers(0, 300), max_size=4))
def test_a_growing_series_is_smoothed_as_if_it_had_come_at_once(kind: Any, amount: float, cuts: list[int]) -> None:
    steps, values = np.arange(300.0), np.random.default_rng(2).normal(size=300)
    values[[7, 150]] = np.nan
    series = Series("loss")
    twin = SmoothedSeries(series, "step", kind, amount)
    for start, stop in itertools.pairwise([0, *sorted(cuts), 300]):
        series.append(points(steps[start:stop], values[start:stop]))
        twin.current()
    x, y = twin.current().drawn("step")
    np.testing.assert_array_equal(x, steps[np.isfinite(values)])
    np.testing.assert_allclose(y, smoothed(values, kind, amount)[np.isfinite(values)], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("kind", "amount"), [("exponential", 0.9), ("gaussian", 1.0), ("running mean", 2.0)])
def test_what_a_resume_replaced_does_not_pull_at_the_newer_stretch(kind: Any, amount: float) -> None:
    series = Series("loss")
    series.append(points(np.arange(10.0), np.array([1.0] * 5 + [100.0] * 5)))
    twin = SmoothedSeries(series, "step", kind, amount)
    twin.current()
    series.append(points(np.arange(5.0, 8.0), np.ones(3)))
    x, y = twin.current().drawn("step")
    np.testing.assert_array_equal(x, np.arange(8.0))
    np.testing.assert_allclose(y, np.ones(8))
    series.append(points(np.arange(8.0, 20.0), np.ones(12)))
    x, y = twin.current().drawn("step")
    np.testing.assert_array_equal(x, np.arange(20.0))
    np.testing.assert_allclose(y, np.ones(20))


@given(cut=st.floats(-5, 310), width=st.floats(0, 310))
def test_a_window_of_a_curve_that_looks_both_ways_is_that_of_the_whole(cut: float, width: float) -> None:
    series = Series("loss")
    series.append(points(np.arange(300.0), np.arange(300.0)))
    curve = SmoothedSeries(series, "step", "running mean", 20.0).current()
    x, _ = curve.thin("step", cut, cut + width, 2_000)
    inside = (x >= cut) & (x <= cut + width)
    assert x[inside].tolist() == [at for at in range(300) if cut <= at <= cut + width]
    assert (np.diff(x) > 0).all()
