"""Two groups: known p values, honest error rates, intervals that agree with the test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from musiclog.compare.contrast import (
    PAIRED_T,
    WELCH,
    contrast,
    difference_p,
    flip_p,
    paired_contrast,
    permutation_p,
    welch_df,
)
from musiclog.compare.several import kruskal

from .test_estimate import least_and_most

ROUNDS = 1000


def test_the_exact_test_counts_every_split() -> None:
    a, b = np.array([1.0, 2.0, 3.5, 4.0, 7.0]), np.array([5.0, 6.0, 6.5, 8.0, 9.0])

    def t(x: np.ndarray, y: np.ndarray) -> float:
        return abs(stats.ttest_ind(x, y, equal_var=False).statistic)

    pool = np.concatenate((a, b))
    splits = [(pool[list(rows)], np.delete(pool, rows)) for rows in itertools.combinations(range(10), 5)]
    expected = np.mean([t(x, y) >= t(a, b) - 1e-9 for x, y in splits])
    assert permutation_p(a, b) == pytest.approx(expected)
    assert contrast(a, b).test == "studentised permutation test (exact)"


def test_pairs_are_turned_in_every_way() -> None:
    d = np.array([1.0, 2.0, -0.5, 3.0, 1.5, 2.5])
    expected = np.mean([abs(np.dot(s, d)) >= d.sum() - 1e-9 for s in itertools.product((1, -1), repeat=6)])
    assert flip_p(d) == pytest.approx(expected)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (4, 4), (3, 4), (3, 5)])
def test_so_few_runs_that_no_permutation_reaches_5_percent_are_tested_by_welchs_t(n: int, m: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=n), rng.normal(2, 1, m)
    found = contrast(a, b)
    assert found.test == WELCH
    usual = stats.ttest_ind(a, b, equal_var=False)
    assert usual.df < welch_df(a, b) < n + m - 2
    assert found.p == pytest.approx(2 * stats.t.sf(abs(usual.statistic), welch_df(a, b)))


def test_groups_of_unequal_size_have_to_convince_both_tests() -> None:
    rng = np.random.default_rng(3)
    a, b = 3 * rng.normal(2, 1, 4), rng.normal(0, 1, 8)
    found = contrast(a, b)
    assert "the larger p" in found.test
    assert found.p >= permutation_p(a, b)
    assert found.p >= stats.ttest_ind(a, b, equal_var=False).pvalue * 0.9
    assert found.p == pytest.approx(difference_p(a, b))


def test_many_comparisons_need_finer_steps_of_p() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=5), rng.normal(size=5)
    assert contrast(a, b, looks=60).test == WELCH
    assert "permutation" in paired_contrast(a.repeat(2), b.repeat(2) + rng.normal(size=10), "seed", looks=3).test


@pytest.mark.parametrize(("n", "m"), [(3, 3), (4, 4), (5, 5), (10, 10), (3, 5), (4, 6), (3, 10)])
@pytest.mark.parametrize(("shape", "spread"), [("normal", 1.0), ("normal", 3.0), ("lognormal", 1.0)])
def test_a_difference_that_is_not_there_is_claimed_in_3_to_7_percent(n: int, m: int, shape: str, spread: float) -> None:
    """spread: how many times as much the first group, which is the smaller one, varies."""
    rng = np.random.default_rng(1000 * n + m)
    draw = rng.normal if shape == "normal" else lambda size: rng.lognormal(0, 0.5, size)
    claimed = sum(difference_p(spread * draw(size=n), draw(size=m)) <= 0.05 for _ in range(ROUNDS))
    assert least_and_most(0.03, ROUNDS)[0] <= claimed / ROUNDS <= least_and_most(0.07, ROUNDS)[1]


@pytest.mark.parametrize("n", [3, 5, 6, 10])
def test_pairs_that_do_not_differ_are_claimed_to_in_3_to_7_percent(n: int) -> None:
    rng = np.random.default_rng(n)
    drawn = rng.normal(size=(ROUNDS, n))
    p = [flip_p(each) for each in drawn] if n > 6 else stats.ttest_1samp(drawn, 0, axis=1).pvalue
    rate = float(np.mean(np.asarray(p) <= 0.05))
    assert least_and_most(0.03, ROUNDS)[0] <= rate <= 0.07


def test_the_test_with_pairs_is_the_one_that_the_rates_are_of() -> None:
    rng = np.random.default_rng(0)
    for n in (3, 5, 6, 10):
        a, b = rng.normal(size=n), rng.normal(size=n)
        expected = flip_p(a - b) if n > 6 else stats.ttest_rel(a, b).pvalue
        found = paired_contrast(a, b, "seed")
        assert (found.test == PAIRED_T) == (n <= 6)
        assert found.p == pytest.approx(expected)


@pytest.mark.parametrize("n", [3, 6])
def test_intervals_of_difference_and_effect_cover(n: int) -> None:
    rng, rounds = np.random.default_rng(n), 200
    found = [contrast(rng.normal(1, 1, n), rng.normal(0, 1, n)) for _ in range(rounds)]
    low = least_and_most(0.95, rounds)[0]
    assert np.mean([each.low <= 1 <= each.high for each in found]) >= low
    assert np.mean([each.effect_low <= 1 <= each.effect_high for each in found]) >= low


def test_interval_and_p_never_contradict_each_other() -> None:
    rng = np.random.default_rng(5)
    for n in (3, 5, 7):
        for gap in rng.uniform(0, 3, 12):
            found = contrast(rng.normal(gap, 1, n), rng.normal(0, 1, n))
            assert (found.p <= 0.05) == (not found.low <= 0 <= found.high)


def test_groups_that_tell_nothing_of_chance_get_no_p_and_a_reason() -> None:
    assert contrast([1.0], [2.0, 3.0]).p is None
    same = contrast([1.0, 1.0, 1.0], [2.0, 2.0, 2.0])
    assert (same.p, same.sure, same.difference) == (None, False, -1.0)
    assert "exactly the same" in (same.why or "")
    assert paired_contrast([1.0, 2.0], [2.0, 3.0], "seed").p is None


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=6), rng.normal(1, 1, 6)
    one, other = contrast(a, b), contrast(a * 1e-9 + 1e-3, b * 1e-9 + 1e-3)
    assert other.p == pytest.approx(one.p)
    assert other.effect == pytest.approx(one.effect, rel=1e-3)


def test_three_groups_of_three_reach_5_percent_where_all_arrangements_are_counted() -> None:
    """As the tables of the test say; drawn arrangements would miss that p is 0.05 exactly."""
    found = kruskal([[7, 8, 9], [3, 4, 5], [1, 2, 6]])
    assert (found.statistic, found.p) == pytest.approx((5.6, 0.05))
    assert found.sure
    assert kruskal([[7, 8, 9], [4, 5, 6], [1, 2, 3]]).p == pytest.approx(6 / 1680)


def test_a_run_that_went_astray_does_not_move_interquartile_means() -> None:
    rng = np.random.default_rng(8)
    a, b = rng.normal(0, 1, 8), rng.normal(5, 1, 8)
    strayed = np.append(a[:-1], 100.0)
    assert contrast(strayed, b).p > 0.05
    found = contrast(strayed, b, 1, "iqm")
    assert found.sure
    assert found.difference == pytest.approx(contrast(a, b, 1, "iqm").difference, abs=1)
    unstrayed = paired_contrast(a, b, "seed", 1, "iqm").difference
    assert paired_contrast(strayed, b, "seed", 1, "iqm").difference == pytest.approx(unstrayed, abs=1)


def test_of_few_runs_nothing_is_trimmed() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=4), rng.normal(size=4)
    assert contrast(a, b, 1, "iqm") == contrast(a, b)


def test_interquartile_means_that_do_not_differ_are_claimed_to_as_seldom() -> None:
    rng, rounds = np.random.default_rng(10), 500
    p = [difference_p(rng.standard_t(3, 5), rng.standard_t(3, 5), "iqm") for _ in range(rounds)]
    assert least_and_most(0.03, rounds)[0] <= np.mean(np.array(p) <= 0.05) <= least_and_most(0.07, rounds)[1]
