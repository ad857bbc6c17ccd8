"""What is hidden is counted, and what is no outlier is not hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.outliers import clip

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf"), 1e30, -1e30]), max_size=60)


def test_spikes_are_hidden_and_counted() -> None:
    values = np.random.default_rng(1).normal(2, 0.1, 1000)
    values[[10, 500]] = 1e6
    values[700] = -50
    found = clip([values])
    assert found is not None
    assert (found.above, found.below, found.total) == (2, 1, 1000)
    assert 1 < found.low < found.high < 3
    assert str(found) == "3 of 1,000 points hidden: 2 above, 1 below"


def test_a_curve_without_outliers_is_shown_whole() -> None:
    values = np.random.default_rng(2).normal(size=500)
    found = clip([values])
    assert found is not None
    assert (found.low, found.high, str(found)) == (values.min(), values.max(), "")


def test_a_loss_that_falls_for_a_while_is_no_outlier() -> None:
    found = clip([1 + 7 * np.exp(-np.arange(2000) / 300)])
    assert found is not None
    assert found.hidden == 0


def test_a_constant_with_a_step_is_shown_whole() -> None:
    found = clip([np.array([1.0] * 1000 + [3.0])])
    assert found is not None
    assert (found.low, found.high) == (1.0, 3.0)


def test_a_short_run_has_its_say_beside_a_long_one() -> None:
    found = clip([np.linspace(0, 1, 100_000), np.linspace(50, 51, 100)])
    assert found is not None
    assert found.hidden == 0


def test_nothing_finite_has_no_range() -> None:
    assert clip([]) is None
    assert clip([np.array([np.nan, np.inf])]) is None


@given(st.lists(VALUES, max_size=4), st.sampled_from([0.0, 0.02, 0.1]), st.sampled_from([0.0, 1.5]))
def test_every_finite_point_is_shown_or_counted(lists: list[list[float]], share: float, reach: float) -> None:
    curves = [np.array(values, dtype=float) for values in lists]
    found = clip(curves, share, reach)
    finite = [v for values in lists for v in values if np.isfinite(v)]
    if not finite:
        assert found is None
        return
    assert found is not None
    assert found.total == len(finite)
    assert found.below == sum(v < found.low for v in finite)
    assert found.above == sum(v > found.high for v in finite)
    assert {found.low, found.high} <= {*finite}
    assert found.hidden == pytest.approx(len(finite) - sum(found.low <= v <= found.high for v in finite))
