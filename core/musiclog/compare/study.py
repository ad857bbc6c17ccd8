"""One column of the frame put to the test: groups with intervals, what differs, and what that took to see."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .contrast import Contrast, contrast, paired_contrast
from .enough import Enough, enough
from .estimate import Estimate, Middle
from .frame import Column, Frame, finite
from .groups import matched
from .quality import prompt_means
from .several import Omnibus, Ranks, friedman, kruskal, pairs, ranking

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Study:
    """What the runs say about one column. Groups are places in frame.groups; contrasts are first minus second.

    tested: groups with two finite values or more; no test says anything of the others. best: the tested group (of all,
    where none is tested) with the best middle. omnibus: from three tested groups on. paired_by: what the pairs share.
    """

    column: Column
    estimates: tuple[Estimate | None, ...]
    tested: tuple[int, ...]
    best: int | None
    contrasts: Mapping[Pair, Contrast] = field(default_factory=dict)
    omnibus: Omnibus | None = None
    ranks: Ranks | None = None  # of the tested groups, in their order
    enough: Mapping[Pair, Enough] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()  # rows whose value is not finite
    paired_by: str | None = None
    within_runs: bool = False  # samples were compared: it holds for these runs, not for their settings

    def contrast(self, one: int, other: int) -> Contrast | None:
        """Of two groups in the order of their places; see Pair."""
        return self.contrasts.get((min(one, other), max(one, other)))

    @property
    def p(self) -> float | None:
        """Of the question whether anything differs at all."""
        if self.omnibus is not None:
            return self.omnibus.p
        return next((each.p for each in self.contrasts.values()), None)

    def ties(self) -> frozenset[int]:
        """The best group and all that cannot be told from it, for a table's marks; empty where no test is possible."""
        if self.best is None or self.p is None:
            return frozenset()
        apart = self.omnibus is None or self.omnibus.sure
        return frozenset(
            group for group in range(len(self.estimates))
            if self.estimates[group] is not None
            and (group == self.best
                 or not (apart and (found := self.contrast(group, self.best)) is not None and found.sure))
        )  # fmt: skip


def study(frame: Frame, key: str) -> Study:
    """Test a column of the frame. Raises KeyError for an unknown one, ExtraMissing without the analysis extra."""
    column = frame.column(key)
    groups = frame.grouped(key)
    estimates = tuple(frame.estimate(group, key) for group in range(len(groups)))
    tested = tuple(group for group, values in enumerate(groups) if len(values) > 1)
    left_out = tuple(frame.left_out(key))
    best = _best(column, estimates, tested or range(len(groups)))
    if len(tested) < 2:
        found = _by_prompt(frame) if key == "quality" else None
        contrasts = {(0, 1): found} if found is not None else {}
        return Study(column, estimates, tested, best, contrasts, left_out=left_out,
                     paired_by="prompt" if found else None, within_runs=found is not None)  # fmt: skip
    paired = _paired(frame, key, tested)
    values = [groups[group] for group in tested] if paired is None else paired
    by = None if paired is None else "seed"
    contrasts, omnibus, ranks = _tested(values, tested.index(best) if best in tested else 0, by, frame.middle)
    placed = {(tested[a], tested[b]): each for (a, b), each in contrasts.items()}
    needs = {(tested[a], tested[b]): _enough(values[a], values[b], each) for (a, b), each in contrasts.items()}
    return Study(column, estimates, tested, best, placed, omnibus, ranks, needs, left_out, by)


def _tested(
    values: Sequence[Sequence[float]], best: int, by: str | None, middle: Middle
) -> tuple[dict[Pair, Contrast], Omnibus | None, Ranks | None]:
    if len(values) == 2:
        one, other = values
        found = contrast(one, other, 1, middle) if by is None else paired_contrast(one, other, by, 1, middle)
        return {(0, 1): found}, None, None
    omnibus = kruskal(values) if by is None else friedman(np.array(values, dtype=np.float64).T, by)
    each = pairs(values, best, by, middle)
    return each, omnibus, ranking(values, each, by is not None)


def _paired(frame: Frame, key: str, tested: Sequence[int]) -> list[list[float]] | None:
    """The values of every tested group in one order of seeds, without seeds at which one of them has no number.

    Whether runs are paired is decided by their seeds alone. Three pairs or more: with two, half of what little could
    be learnt of the spread would be given away.
    """
    orders = matched([frame.groups[group] for group in tested])
    if orders is None:
        return None
    kept = [place for place in range(len(orders[0])) if all(_known(frame, order[place], key) for order in orders)]
    if len(kept) < 3:
        return None
    return [[float(frame.value(order[place], key) or 0.0) for place in kept] for order in orders]


def _known(frame: Frame, row: int, key: str) -> bool:
    return finite(frame.value(row, key))


def _by_prompt(frame: Frame) -> Contrast | None:
    """Two single runs that were given the same prompts: their samples, prompt by prompt."""
    if len(frame.groups) != 2 or any(len(group) != 1 for group in frame.groups):
        return None
    one, other = (prompt_means(frame.rows[group.members[0]].samples) for group in frame.groups)
    shared = [prompt for prompt in one if prompt in other]
    if len(shared) < 3:
        return None
    return paired_contrast([one[prompt] for prompt in shared], [other[prompt] for prompt in shared], "prompt")


def _enough(one: Sequence[float], other: Sequence[float], found: Contrast) -> Enough:
    a, b = np.asarray(one), np.asarray(other)
    if found.paired_by:
        return enough(len(a), float((a - b).std(ddof=1)), found.difference, paired=True)
    free = len(a) + len(b) - 2
    spread = math.sqrt((float(a.var()) * len(a) + float(b.var()) * len(b)) / free)
    return enough(min(len(a), len(b)), spread, found.difference)


def _best(column: Column, estimates: Sequence[Estimate | None], among: Sequence[int]) -> int | None:
    known = {group: estimate.middle for group in among if (estimate := estimates[group]) is not None}
    if column.better is None or len(known) < 2:
        return None
    return (min if column.better == "lower" else max)(known, key=lambda group: known[group])
