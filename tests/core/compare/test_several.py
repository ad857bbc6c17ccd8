"""Three groups or more: against scipy where groups are large, honest where they are small."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from musiclog.compare.several import friedman, holm_p, kruskal, pairs, ranking

from .test_estimate import least_and_most

ROUNDS = 300


def test_statistics_are_those_of_the_books() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(shift, 1, 30).round(1) for shift in (0, 0.2, 0.6)]
    found, book = kruskal(groups), stats.kruskal(*groups)
    assert found.statistic == pytest.approx(book.statistic)
    assert found.p == pytest.approx(book.pvalue, abs=0.01)
    blocks = rng.normal(size=(20, 4)) + np.array([0, 0.2, 0.4, 0.8])
    block_book = stats.friedmanchisquare(*blocks.T)
    assert friedman(blocks, "seed").statistic == pytest.approx(block_book.statistic)
    assert friedman(blocks, "seed").p == pytest.approx(block_book.pvalue, abs=0.01)


@pytest.mark.parametrize(("groups", "n"), [(3, 3), (5, 4)])
def test_groups_that_do_not_differ_are_claimed_to_in_3_to_7_percent(groups: int, n: int) -> None:
    rng = np.random.default_rng(groups)
    drawn = rng.normal(size=(ROUNDS, groups, n))
    for p in ([kruskal(each).p for each in drawn], [friedman(each.T, "seed").p for each in drawn]):
        rate = float(np.mean(np.array(p, dtype=float) <= 0.05))
        assert least_and_most(0.03, ROUNDS)[0] <= rate <= least_and_most(0.07, ROUNDS)[1]


def test_holm_corrects_for_those_that_were_looked_at_and_not_told() -> None:
    assert holm_p([0.01, 0.04]) == pytest.approx([0.02, 0.04])
    assert holm_p([0.01], total=10) == pytest.approx([0.1])
    assert holm_p([]) == []


def test_pairs_name_the_group_that_is_apart() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.normal(0, 1, 6), rng.normal(0, 1, 6), rng.normal(6, 1, 6)]
    found = pairs(groups, best=0)
    assert [pair for pair, each in found.items() if each.sure] == [(0, 2), (1, 2)]
    ranks = ranking(groups, found, blocked=False)
    assert ranks.ranks[2] == max(ranks.ranks)
    assert [set(clique) for clique in ranks.cliques] == [{0, 1}]


def test_of_very_many_groups_each_is_compared_with_the_best_only() -> None:
    rng = np.random.default_rng(4)
    groups = list(rng.normal(size=(20, 3)))
    found = pairs(groups, best=7)
    assert len(found) == 19
    assert all(7 in pair for pair in found)
    assert all(each.p_corrected >= each.p for each in found.values())


def test_the_critical_difference_is_demsars() -> None:
    """Demsar 2006, table 5: q = 2.569 for four classifiers; 14 data sets give 1.25."""
    blocks = np.random.default_rng(1).normal(size=(14, 4))
    found = ranking(list(blocks.T), pairs(list(blocks.T), 0, "seed"), blocked=True)
    assert found.critical == pytest.approx(1.25, abs=0.01)


def test_values_that_are_all_the_same_differ_in_nothing() -> None:
    assert kruskal([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]).p is None
    assert kruskal([[1.0], [1.0, 2.0], [2.0, 3.0]]).p is None
    assert friedman(np.ones((3, 3)), "seed").p is None
