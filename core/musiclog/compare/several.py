"""Three groups of runs or more: does anything differ at all, which pairs do, and who ranks where."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..records import Floats
from .analysis import load
from .contrast import LEVEL, Contrast, contrast, paired_contrast
from .estimate import Middle
from .rearrangements import deals, turns

# Of so few arrangements within blocks none or too few reach 5 % (3 groups in 3 blocks: 36, so 2.8 % at most).
_LEAST_TURNS: Final = 200
# More groups have too many pairs to look at one by one: each is compared with the best one only.
ALL_PAIRS: Final = 12


@dataclass(frozen=True, slots=True)
class Omnibus:
    """Whether the groups differ at all. p is None where the runs give none (see why)."""

    test: str
    statistic: float | None
    p: float | None
    groups: int
    n: int
    paired_by: str | None = None
    why: str | None = None

    @property
    def sure(self) -> bool:
        return self.p is not None and self.p <= LEVEL


@dataclass(frozen=True, slots=True)
class Ranks:
    """For the picture of critical differences. ranks: mean rank a group, 1 the lowest value.

    cliques: groups (places) that the pairwise tests with Holm's correction do not tell apart, longest runs of
    neighbours in the ranking. critical: Nemenyi's critical difference for comparison, None where groups are no blocks.
    Sources: Demsar, JMLR 7, 2006; why pairs and not mean ranks decide: Benavoli, Corani & Mangili, JMLR 17, 2016.
    """

    ranks: tuple[float, ...]
    cliques: tuple[tuple[int, ...], ...]
    critical: float | None


def kruskal(groups: Sequence[Sequence[float]]) -> Omnibus:
    """Kruskal and Wallis' H on ranks; p by permutation, since chi-squared is off for groups below 5 runs.

    Assumes independent runs that may be exchanged when nothing differs. Source: Kruskal & Wallis, JASA 47, 1952.
    """
    name = "Kruskal-Wallis test (permutation)"
    sizes = tuple(len(group) for group in groups)
    if min(sizes) < 2:
        return Omnibus(name, None, None, len(sizes), sum(sizes), why="a group has fewer than two runs")
    ranks = _ranks(np.concatenate([np.asarray(group, dtype=np.float64) for group in groups]))
    n = len(ranks)
    dealt = ranks[deals(sizes)]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    sums = np.add.reduceat(dealt, starts, axis=1)
    h = 12 / (n * (n + 1)) * (sums**2 / np.array(sizes)).sum(axis=1) - 3 * (n + 1)
    ties = 1 - _tied(ranks) / (n**3 - n)
    if not ties:
        return Omnibus(name, None, None, len(sizes), n, why="all values are the same")
    return Omnibus(name, float(h[0] / ties), _share(h), len(sizes), n)


def friedman(blocks: Floats, paired_by: str) -> Omnibus:
    """Friedman's test of blocks (blocks, groups): the same seeds or prompts in every group.

    p by permutation within blocks; with so few blocks that 5 % cannot be reached so (3 groups with the same 3 seeds),
    the F test of randomised blocks, which assumes normal values with equal spread and correlation.
    Sources: Friedman, JASA 32, 1937; Fisher, The Design of Experiments, 1935.
    """
    count, groups = blocks.shape
    if count < 2:
        return Omnibus("Friedman test (permutation)", None, None, groups, count, paired_by, "there is one block only")
    if math.factorial(groups) ** (count - 1) < _LEAST_TURNS:
        return _block_f(blocks, paired_by)
    ranks = np.apply_along_axis(_ranks, 1, blocks)
    orders, _ = turns(count, groups)
    sums = np.take_along_axis(ranks[None], orders, axis=2).sum(axis=1)
    s = ((sums - count * (groups + 1) / 2) ** 2).sum(axis=1)
    return Omnibus("Friedman test (permutation)", float(12 * s[0] / (count * groups * (groups + 1))), _share(s),
                   groups, count, paired_by)  # fmt: skip


def pairs(
    groups: Sequence[Sequence[float]], best: int, paired_by: str | None = None, middle: Middle = "mean"
) -> dict[tuple[int, int], Contrast]:
    """Every pair of groups compared (of many groups: each with the best one), p corrected by Holm for all pairs.

    Where only the pairs with the best one are looked at, the correction is that for all pairs, since which one is best
    was seen in the same values. Source: Holm, Scand. J. Stat. 6, 1979.
    """
    places = range(len(groups))
    wanted = list(itertools.combinations(places, 2))
    total = len(wanted)
    if len(groups) > ALL_PAIRS:
        wanted = [(min(best, other), max(best, other)) for other in places if other != best]
    found = {
        (a, b): contrast(groups[a], groups[b], total, middle)
        if paired_by is None
        else paired_contrast(groups[a], groups[b], paired_by, total, middle)
        for a, b in wanted
    }
    return holm(found, total)


def holm(found: Mapping[tuple[int, int], Contrast], total: int | None = None) -> dict[tuple[int, int], Contrast]:
    """The same contrasts with p_corrected. total: how many were looked at, where these are only some of them."""
    tested = [(key, each.p) for key, each in found.items() if each.p is not None]
    corrected = holm_p([p for _, p in tested], total)
    p_of = {key: p for (key, _), p in zip(tested, corrected, strict=True)}
    return {key: replace(each, p_corrected=p_of.get(key)) for key, each in found.items()}


def holm_p(p_values: Sequence[float], total: int | None = None) -> list[float]:
    """Holm's correction, in the order given. total: the number of all hypotheses; those not given have larger p.

    Source: Holm, Scand. J. Stat. 6, 1979. statsmodels has it too, with a garbage collection of 0.1 s at every call.
    """
    left, largest = max(total or 0, len(p_values)), 0.0
    corrected = [1.0] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (left - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def ranking(groups: Sequence[Sequence[float]], found: Mapping[tuple[int, int], Contrast], blocked: bool) -> Ranks:
    """Mean ranks and who is not told apart. blocked: all groups have their values in the same order of seeds."""
    if blocked:
        ranks = np.apply_along_axis(_ranks, 1, np.array(groups, dtype=np.float64).T).mean(axis=0)
    else:
        sizes = [len(group) for group in groups]
        everything = _ranks(np.concatenate([np.asarray(group, dtype=np.float64) for group in groups]))
        ranks = np.array([part.mean() for part in np.split(everything, np.cumsum(sizes)[:-1])])
    means = tuple(float(rank) for rank in ranks)
    return Ranks(means, _cliques(means, found), _nemenyi(len(groups), len(groups[0])) if blocked else None)


def _cliques(ranks: Sequence[float], found: Mapping[tuple[int, int], Contrast]) -> tuple[tuple[int, ...], ...]:
    order = sorted(range(len(ranks)), key=lambda place: ranks[place])
    position = {place: at for at, place in enumerate(order)}
    barrier = [-1] * len(order)  # for each position in the ranking the nearest one before it that is told apart
    for pair, each in found.items():
        if each.sure:
            before, after = sorted(position[place] for place in pair)
            barrier[after] = max(barrier[after], before)
    joined: list[tuple[int, ...]] = []
    reached = 0
    for first in range(len(order)):
        last = max(first, reached)
        while last + 1 < len(order) and barrier[last + 1] < first:
            last += 1
        if last > first and (not joined or last > reached):
            joined.append(tuple(order[first : last + 1]))
        reached = last
    return tuple(joined)


def _nemenyi(groups: int, blocks: int) -> float:
    quantile = float(load("scipy.stats").studentized_range.ppf(1 - LEVEL, groups, np.inf)) / math.sqrt(2)
    return quantile * math.sqrt(groups * (groups + 1) / (6 * blocks))


def _block_f(blocks: Floats, paired_by: str) -> Omnibus:
    count, groups = blocks.shape
    name = "F test of randomised blocks"
    centre = blocks.mean()
    between = count * float(((blocks.mean(axis=0) - centre) ** 2).sum())
    rest = blocks - blocks.mean(axis=0) - blocks.mean(axis=1, keepdims=True) + centre
    within = float((rest**2).sum())
    free = (groups - 1) * (count - 1)
    if not within > 1e-20 * float((blocks**2).sum()):
        return Omnibus(name, None, None, groups, count, paired_by, "the blocks differ by exactly the same")
    f = between / (groups - 1) / (within / free)
    return Omnibus(name, f, float(load("scipy.stats").f.sf(f, groups - 1, free)), groups, count, paired_by)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, ties share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    result: Floats = (ends - (counts - 1) / 2)[place]
    return result


def _tied(ranks: Floats) -> float:
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return float((counts**3 - counts).sum())


def _share(statistic: Floats) -> float:
    return float(np.mean(statistic >= statistic[0] - 1e-9 * abs(statistic[0])))
