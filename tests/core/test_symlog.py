"""A logarithmic axis through zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.symlog import Symlog, symlog_for

SIZES = st.floats(-1e12, 1e12)


def test_zero_stays_and_factors_of_ten_are_equally_long() -> None:
    places = Symlog(0.01).forward(np.array([-100.0, -1.0, 0.0, 1.0, 100.0, 10_000.0]))
    assert places[2] == 0
    np.testing.assert_allclose(places[:2], -places[[4, 3]])
    assert places[5] - places[4] == pytest.approx(2.0, abs=1e-3)


@given(st.lists(SIZES, max_size=30), st.sampled_from([1e-6, 0.1, 1.0, 1000.0]))
def test_there_and_back_again(values: list[float], linear: float) -> None:
    scale = Symlog(linear)
    array = np.array(values, dtype=float)
    np.testing.assert_allclose(scale.back(scale.forward(array)), array, rtol=1e-9, atol=linear * 1e-9)
    assert (np.diff(scale.forward(np.sort(array))) >= 0).all()


@pytest.mark.parametrize(
    ("linear", "low", "high", "most", "expected"),
    [
        (1.0, -100, 1000, 9, [-100, -10, -1, 0, 1, 10, 100, 1000]),
        (1.0, -1000, 1000, 5, [-1000, -10, 0, 10, 1000]),
        (1e-3, -0.5, 2, 9, [-0.1, -0.01, -0.001, 0, 0.001, 0.01, 0.1, 1]),
        (1.0, 3, 7, 4, [4, 6]),
        (1.0, -0.5, 0.5, 5, [-0.4, -0.2, 0, 0.2, 0.4]),
        (1.0, 5, 5, 9, []),
    ],
)
def test_ticks_stand_at_zero_and_at_powers(
    linear: float, low: float, high: float, most: int, expected: list[float]
) -> None:
    assert Symlog(linear).ticks(low, high, most) == pytest.approx(expected)


@given(SIZES, SIZES, st.integers(1, 12), st.sampled_from([1e-6, 0.1, 1.0, 1000.0]))
def test_ticks_are_few_rising_and_inside(one: float, other: float, most: int, linear: float) -> None:
    low, high = sorted((one, other))
    ticks = Symlog(linear).ticks(low, high, most)
    assert len(ticks) <= most
    assert ticks == sorted(set(ticks))
    assert all(low - 1e-6 * abs(low) <= tick <= high + 1e-6 * abs(high) for tick in ticks)


def test_the_linear_part_is_as_small_as_the_small_values() -> None:
    values = np.concatenate((-np.geomspace(1e-4, 1, 100), np.geomspace(1e-4, 100, 100)))
    assert symlog_for([values]).linear == pytest.approx(1e-4)
    assert symlog_for([np.array([0.0, np.nan])]).linear == 1.0
    assert symlog_for([np.array([1e-30] * 50 + [1.0])]).linear == pytest.approx(1e-9)
