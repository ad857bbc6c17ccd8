"""What a group of runs did on average, at every x that any of them has."""

from __future__ import annotations

import math
import statistics
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.group_curves import Middle, Spread, align, columns, group_curve, summary

NAN = float("nan")


def curve(x: list[float], y: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(x, dtype=float), np.array(y, dtype=float)


ONE, LONG = curve([0, 2, 4], [0, 2, 4]), curve([1, 3, 9], [1, 5, 11])


def test_runs_are_interpolated_inside_their_own_range_and_nothing_is_cut() -> None:
    found = align([ONE, LONG])
    np.testing.assert_array_equal(found.x, [0, 1, 2, 3, 4, 9])
    np.testing.assert_array_equal(found.values[0], [0, 1, 2, 3, 4, NAN])
    np.testing.assert_array_equal(found.values[1], [NAN, 1, 3, 5, 6, 11])
    np.testing.assert_array_equal(found.n, [1, 2, 2, 2, 2, 1])


def test_the_mean_says_how_many_runs_it_is_of() -> None:
    found = group_curve([ONE, LONG])
    np.testing.assert_array_equal(found.middle, [0, 1, 2.5, 4, 5, 11])
    np.testing.assert_array_equal(found.low, [0, 1, 2, 3, 4, 11])
    np.testing.assert_array_equal(found.high, [0, 1, 3, 5, 6, 11])
    np.testing.assert_array_equal(found.n, [1, 2, 2, 2, 2, 1])


def test_known_answers_of_every_band() -> None:
    runs = [curve([0], [value]) for value in (2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0)]

    def band(middle: Middle, spread: Spread) -> tuple[float, float]:
        found = group_curve(runs, middle, spread)
        return float(found.low[0]), float(found.high[0])

    deviation = statistics.stdev([2, 4, 4, 4, 5, 5, 7, 9])
    assert band("mean", "range") == (2, 9)
    assert band("mean", "deviation") == pytest.approx((5 - deviation, 5 + deviation))
    assert band("mean", "error") == pytest.approx((5 - deviation / 8**0.5, 5 + deviation / 8**0.5))
    t7 = 2.36462425  # Student's t, 7 degrees of freedom, 0.975
    assert band("mean", "confidence") == pytest.approx((5 - t7 * deviation / 8**0.5, 5 + t7 * deviation / 8**0.5))
    assert band("median", "confidence") == (2, 9)
    assert group_curve(runs, "median").middle[0] == 4.5
    robust = 1.482602218505602 * 0.5  # distances from 4.5: six of 0.5, then 2.5 and 4.5
    assert band("median", "deviation") == pytest.approx((4.5 - robust, 4.5 + robust))


def test_too_few_runs_give_no_band_instead_of_a_narrow_one() -> None:
    one, two = group_curve([ONE], "mean", "confidence"), group_curve([ONE, ONE], "median", "confidence")
    assert np.isnan(one.low).all()
    assert np.isnan(two.high).all()
    np.testing.assert_array_equal(one.middle, ONE[1])


def test_values_that_are_not_finite_are_left_out_and_counted() -> None:
    found = group_curve([curve([0, 1, 2], [1, NAN, 3]), curve([0, 1, 2], [1, 2, float("inf")])])
    np.testing.assert_array_equal(found.middle, [1, 2, 3])
    np.testing.assert_array_equal(found.n, [2, 2, 1])
    assert found.left_out == 2


def test_unordered_and_repeated_x_count_with_their_last_value() -> None:
    found = align([curve([3, 1, 1, 2], [30, 10, 11, 20])])
    np.testing.assert_array_equal(found.x, [1, 2, 3])
    np.testing.assert_array_equal(found.values[0], [11, 20, 30])


def test_no_runs_and_empty_runs_give_nothing() -> None:
    assert len(group_curve([])) == 0
    assert len(group_curve([curve([], [])])) == 0
    np.testing.assert_array_equal(group_curve([ONE, curve([], [])]).n, [1, 1, 1])


def test_a_given_x_is_kept() -> None:
    found = group_curve([ONE, LONG], x=np.array([-1.0, 2.0]))
    np.testing.assert_array_equal(found.n, [0, 2])
    np.testing.assert_array_equal(found.middle, [NAN, 2.5])


def test_many_points_are_worked_off_in_parts_as_if_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    runs = [(np.sort(random.random(500)), random.normal(size=500)) for _ in range(7)]
    whole = group_curve(runs, "median", "confidence")
    monkeypatch.setattr("musiclog.group_curves._TOGETHER", 100)
    parts = group_curve(runs, "median", "confidence")
    for name in ("x", "middle", "low", "high", "n"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_columns_keep_every_peak_and_average_the_rest() -> None:
    x = np.arange(1000.0)
    spiky = np.zeros(1000)
    spiky[503] = 50.0
    found = columns([(x, spiky), (x[:600], np.ones(600))], np.linspace(0, 1000, 11))
    np.testing.assert_array_equal(found.n, [2] * 6 + [1] * 4)
    assert found.high.max() == 50.0
    assert found.middle[5] == pytest.approx((0.5 + 1) / 2)
    np.testing.assert_allclose(found.middle[:5], 0.5)
    np.testing.assert_allclose(found.middle[6:], 0.0)


def test_sparse_runs_are_interpolated_across_columns() -> None:
    found = columns([curve([0, 10], [0, 10])], np.linspace(0, 10, 6))
    np.testing.assert_allclose(found.middle, [0, 3, 5, 7, 10])
    np.testing.assert_array_equal(found.n, [1] * 5)


POINTS = st.lists(st.tuples(st.integers(0, 20), st.floats(-1e6, 1e6) | st.just(NAN)), max_size=15)


@settings(deadline=None)
@given(st.lists(POINTS, max_size=8), st.sampled_from(get_args(Middle)), st.sampled_from(get_args(Spread)))
def test_the_band_encloses_the_middle_and_all_runs_count(
    lists: list[list[tuple[int, float]]], middle: Middle, spread: Spread
) -> None:
    runs = [curve([x for x, _ in points], [y for _, y in points]) for points in lists]
    found = group_curve(runs, middle, spread)
    assert set(found.x) == {x for points in lists for x, y in points if not math.isnan(y)}
    assert (found.n >= 1).all()
    assert np.isfinite(found.middle).all()
    known = np.isfinite(found.low)
    slack = 1e-9 * (1 + np.abs(found.middle[known]))
    assert (found.low[known] <= found.middle[known] + slack).all()
    assert (found.high[known] >= found.middle[known] - slack).all()


@given(st.lists(st.lists(st.floats(-1e6, 1e6) | st.just(NAN), min_size=4, max_size=4), min_size=1, max_size=9))
def test_middles_are_those_of_the_standard_library(rows: list[list[float]]) -> None:
    values = np.array(rows)
    for middle, formula in (("mean", statistics.fmean), ("median", statistics.median)):
        (found, _, _), _ = summary(values, middle, "range")
        for place, column in enumerate(values.T):
            told = [value for value in column.tolist() if not math.isnan(value)]
            expected = formula(told) if told else NAN
            assert found[place] == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-6)
