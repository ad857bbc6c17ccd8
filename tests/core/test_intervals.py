"""Quantiles against published tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.intervals import median_rank, t_quantile


@pytest.mark.parametrize(
    ("p", "df", "expected"),
    [
        (0.975, 1, 12.70620474), (0.975, 2, 4.30265273), (0.975, 3, 3.18244631), (0.975, 4, 2.77644511),
        (0.975, 9, 2.26215716), (0.975, 29, 2.04522964), (0.975, 120, 1.97993041), (0.95, 5, 2.01504837),
        (0.995, 10, 3.16927267), (0.75, 1, 1.0), (0.5, 7, 0.0), (0.025, 9, -2.26215716),
        (0.975, 1e6, 1.95996636),
    ],
)  # fmt: skip
def test_quantiles_of_students_t(p: float, df: float, expected: float) -> None:
    assert t_quantile(p, df) == pytest.approx(expected, abs=2e-8)


@pytest.mark.parametrize(("p", "df"), [(0.0, 3), (1.0, 3), (0.5, 0)])
def test_what_has_no_quantile_is_refused(p: float, df: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        t_quantile(p, df)


# David & Nagaraja, table of ranks for 95 %.
@pytest.mark.parametrize(
    ("n", "rank"), [(1, None), (5, None), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (20, 6), (25, 8), (50, 18)]
)
def test_ranks_around_the_median(n: int, rank: int | None) -> None:
    assert median_rank(n) == rank


@given(st.integers(6, 400))
def test_ranks_cover_what_they_promise_and_no_smaller_interval_does(n: int) -> None:
    rank = median_rank(n)
    assert rank is not None

    def coverage(r: int) -> float:
        return 1 - 2 * sum(math.comb(n, k) for k in range(r)) / 2**n

    assert coverage(rank) >= 0.95 > coverage(rank + 1)
