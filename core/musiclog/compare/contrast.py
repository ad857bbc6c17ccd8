"""Two groups of runs: how far apart, how sure, how large beside the spread between runs.

Which test is used depends on the numbers of runs alone, never on their values. These are the ones that keep an error
rate of 3 to 7 % at 5 % for three to ten runs, also where one group spreads three times as much as the other
(benchmarks/comparison.py prints the table).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..records import Floats
from .analysis import load
from .estimate import Middle, cut, trimmed
from .rearrangements import EXACT, drawn, signs, splits

LEVEL: Final = 0.05
# p values of permutation tests come in steps. Where the steps would leave less than this share of the level (3.6 % of
# 5 % at 3 against 5 runs, 3.1 % with 6 pairs, nothing at 3 against 3, where the least p is 0.1) a t test is taken.
_USED_SHARE: Final = 0.75
PERMUTATION: Final = "studentised permutation test"
WELCH: Final = "Welch's t test"
PAIRED_T: Final = "Student's paired t test"


@dataclass(frozen=True, slots=True)
class Contrast:
    """First minus second. Intervals are 95 %; those of the difference agree with p: 0 lies outside when p <= 0.05.

    effect: the difference in standard deviations between runs (Hedges' g; of the pairs' differences where paired).
    superiority: the chance that a run of the first is above one of the second, ties counted half.
    p is None where the runs give none (see why).
    """

    difference: float
    low: float | None
    high: float | None
    p: float | None
    test: str
    n: tuple[int, int]
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    superiority: float
    paired_by: str | None = None
    why: str | None = None
    p_corrected: float | None = None  # by Holm, where several pairs were compared

    @property
    def sure(self) -> bool:
        """Whether this difference is more than chance at the 5 % level, corrected where several were looked at."""
        p = self.p if self.p_corrected is None else self.p_corrected
        return p is not None and p <= LEVEL


def contrast(
    one: Sequence[float] | Floats, other: Sequence[float] | Floats, looks: int = 1, middle: Middle = "mean"
) -> Contrast:
    """Compare two groups of independent runs. looks: how many comparisons will share the 5 %.

    Groups of equal size, from 5 against 5: permutation of the studentised difference, exact where runs may be exchanged
    under the null, and close to it also where only the means are equal and the spreads are not (Janssen, Stat. Probab.
    Lett. 36, 1997; Chung & Romano, Ann. Stat. 41, 2013); simulated size 4.7 to 6.8 %.
    Up to 4 against 4 and at 3 against 5, where the arrangements are too few for 5 %: Welch's t, which assumes normal
    values; simulated size 3.0 to 5.7 % at equal numbers, to 7.2 % at 3 against 5.
    Other unequal numbers: the larger p of both. Where the smaller group spreads three times as much, permutation alone
    claims a difference that is not there in up to 12.5 % of cases (3 against 10), both together in up to 7.1 %; where
    the larger group does, in as few as 1.7 %. The interval holds every shift that the tests do not refuse.
    middle "iqm": likewise of interquartile means with Winsorised errors (Yuen, Biometrika 61, 1974); the effect is that
    of the means all the same.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    sizes = (len(a), len(b))
    if min(sizes) < 2:
        return _untold(a, b, "a group with fewer than two runs has no spread to measure a difference by")
    spread = _pooled(a, b)
    if not spread:
        return _untold(a, b, "the runs of each group give exactly the same value, so their spread tells nothing")
    (first, u), (second, v) = (trimmed(each, middle) for each in (a, b))
    difference, error = float(first - second), math.sqrt(float(u + v))
    if not error > 0:
        return _untold(a, b, "the inner half of each group gives exactly the same value, so its spread tells nothing")
    found = [_student(difference, error, welch_df(a, b, middle))] if _by_welch(sizes, looks) else []
    if _by_permutation(sizes, looks):
        ends = _inverted(lambda shift: permutation_p(a - shift, b, middle), difference, error)
        found.append((permutation_p(a, b, middle), *ends))
    p, low, high = (choose(each) for choose, each in zip((max, min, max), zip(*found, strict=True), strict=True))
    test = name_of_test(sizes, looks)
    effect = _hedges(float(a.mean() - b.mean()) / spread, sum(sizes) - 2, sizes[0] * sizes[1] / sum(sizes))
    return Contrast(difference, low, high, p, test, sizes, *effect, superiority(a, b))


def difference_p(a: Floats, b: Floats, middle: Middle = "mean") -> float:
    """What contrast() gives as p for a single look, without the intervals, which take most of its time."""
    sizes, found = (len(a), len(b)), []
    if _by_welch(sizes, 1):
        (first, u), (second, v) = (trimmed(each, middle) for each in (a, b))
        found.append(_student(float(first - second), math.sqrt(float(u + v)), welch_df(a, b, middle))[0])
    if _by_permutation(sizes, 1):
        found.append(permutation_p(a, b, middle))
    return max(found)


def name_of_test(sizes: tuple[int, int], looks: int = 1) -> str:
    """The name of the test that so many runs are compared by."""
    if not _by_permutation(sizes, looks):
        return WELCH
    permuted = f"{PERMUTATION} ({'exact' if splits(*sizes)[1] else 'drawn'})"
    return f"{permuted} and {WELCH}, the larger p" if _by_welch(sizes, looks) else permuted


def welch_df(a: Floats, b: Floats, middle: Middle = "mean") -> float:
    """Degrees of freedom midway between the two formulas of Welch, Biometrika 34, 1947, within what is possible.

    With three runs the usual one (Satterthwaite's) is too careful and the other, with n + 1 and -2, too bold.
    """
    n, m = (len(each) - 2 * cut(len(each), middle) for each in (a, b))
    u, v = (float(trimmed(each, middle)[1]) for each in (a, b))
    u, v = u / (u + v), v / (u + v)
    usual = 1 / (u * u / (n - 1) + v * v / (m - 1))
    other = 1 / (u * u / (n + 1) + v * v / (m + 1)) - 2
    return (usual + min(max(other, min(n, m) - 1), n + m - 2)) / 2


def paired_contrast(
    one: Sequence[float] | Floats,
    other: Sequence[float] | Floats,
    paired_by: str,
    looks: int = 1,
    middle: Middle = "mean",
) -> Contrast:
    """Compare two groups pair by pair: runs with the same seed, or samples of the same prompt.

    Sign-flip permutation of the mean difference (Fisher, The Design of Experiments, 1935, section 21), from 7 pairs
    on; exact where the differences are symmetric around their mean under the null. Below: Student's paired t, exact
    for normal differences.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    each, n = a - b, len(a)
    if n < 2:
        return _untold(a, b, "one pair has no spread to measure a difference by", paired_by)
    spread = float(each.std(ddof=1))
    if not spread > 1e-12 * float(np.abs(np.concatenate((a, b))).max()):
        return _untold(a, b, "all pairs differ by exactly the same, so their spread tells nothing", paired_by)
    centre, squared = trimmed(each, middle)
    difference, error = float(centre), math.sqrt(float(squared))
    if not error > 0:
        return _untold(a, b, "the inner half of the pairs differs by exactly the same", paired_by)
    if _fine_enough(2**n, True, looks, n):
        p = flip_p(each, middle)
        low, high = _inverted(lambda shift: flip_p(each - shift, middle), difference, error)
        test = f"paired permutation test ({'exact' if signs(n)[1] else 'drawn'})"
    else:
        p, low, high = _student(difference, error, n - 2 * cut(n, middle) - 1)
        test = PAIRED_T
    effect = _hedges(float(each.mean()) / spread, n - 1, n)
    return Contrast(difference, low, high, p, test, (n, n), *effect, superiority(a, b), paired_by)


def permutation_p(a: Floats, b: Floats, middle: Middle = "mean") -> float:
    """Two-sided, of the difference of means (or interquartile means) over its unpooled standard error."""
    n, m = len(a), len(b)
    rows, _ = splits(n, m)
    if cut(n, middle) or cut(m, middle):
        return _permuted_trimmed(a, b, rows)
    pool = np.concatenate((a, b))
    pool = pool - pool.mean()  # so that large values with small differences keep their digits
    squares = pool * pool
    first, first_squares = rows @ pool, rows @ squares
    mean_a, mean_b = first / n, (pool.sum() - first) / m
    variance_a = (first_squares / n - mean_a**2) / (n - 1)
    variance_b = ((squares.sum() - first_squares) / m - mean_b**2) / (m - 1)
    floor = 1e-12 * float(squares.max())
    t = (mean_a - mean_b) ** 2 / np.maximum(variance_a + variance_b, floor or 1.0)
    return _share(t)


def flip_p(differences: Floats, middle: Middle = "mean") -> float:
    """Two-sided, of the mean (or interquartile mean) of differences whose signs chance may turn."""
    rows, _ = signs(len(differences))
    if cut(len(differences), middle):
        return _share(np.abs(trimmed(rows * differences, middle)[0]))
    return _share(np.abs(rows @ differences))


def superiority(a: Floats, b: Floats) -> float:
    """The chance that a value of a is above one of b, ties half. Source: Vargha & Delaney, JEBS 25, 2000."""
    over = a[:, None] - b[None, :]
    return float(((over > 0) + 0.5 * (over == 0)).mean())


def in_words(effect: float | None) -> str:
    """Cohen's words (1988) for an effect in standard deviations."""
    if effect is None:
        return "of unknown size"
    size = abs(effect)
    return "negligible" if size < 0.2 else "small" if size < 0.5 else "medium" if size < 0.8 else "large"


def _by_permutation(sizes: tuple[int, int], looks: int) -> bool:
    return _fine_enough(math.comb(sum(sizes), sizes[0]), sizes[0] == sizes[1], looks, sum(sizes))


def _by_welch(sizes: tuple[int, int], looks: int) -> bool:
    return sizes[0] != sizes[1] or not _by_permutation(sizes, looks)


def _fine_enough(arrangements: int, mirrored: bool, looks: int, values: int) -> bool:
    """Whether the steps of p reach the level. mirrored: every arrangement has a twin that is as extreme."""
    step = (2 if mirrored else 1) / arrangements if arrangements <= EXACT else 1 / (drawn(values) + 1)
    level = LEVEL / looks
    return math.floor(level / step + 1e-9) * step >= _USED_SHARE * level


def _share(statistic: Floats) -> float:
    """How many arrangements are as extreme as what happened, which is the first row or among the rows."""
    return float(np.mean(statistic >= statistic[0] * (1 - 1e-9)))


def _permuted_trimmed(a: Floats, b: Floats, rows: Floats) -> float:
    pool = np.concatenate((a, b))
    chosen = rows > 0
    every = np.broadcast_to(pool, rows.shape)
    (one, u), (other, v) = (trimmed(every[kind].reshape(len(rows), -1), "iqm") for kind in (chosen, ~chosen))
    floor = 1e-12 * float(np.square(pool - pool.mean()).max())
    return _share(np.square(one - other) / np.maximum(u + v, floor or 1.0))


def _student(difference: float, error: float, free: float) -> tuple[float, float, float]:
    t = load("scipy.stats").t
    reach = float(t.ppf(1 - LEVEL / 2, free)) * error
    return float(2 * t.sf(abs(difference) / error, free)), difference - reach, difference + reach


def _inverted(p_of: Callable[[float], float], centre: float, error: float) -> tuple[float, float]:
    """The ends of the shifts around centre that are not refused, found by halving to 1 % of a standard error."""
    return _end(p_of, centre, -error), _end(p_of, centre, error)


def _end(p_of: Callable[[float], float], centre: float, error: float) -> float:
    inside, outside = 0.0, 2.0
    while p_of(centre + outside * error) > LEVEL and outside < 1e4:
        inside, outside = outside, 2 * outside
    while outside - inside > 0.01:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_of(centre + middle * error) > LEVEL else (inside, middle)
    shift = centre + inside * error
    # Where the test does not refuse zero, the last 1 % must not either.
    return 0.0 if min(shift, centre + outside * error) <= 0 <= max(shift, centre + outside * error) else shift


def _hedges(d: float, free: int, n_effective: float) -> tuple[float | None, float | None, float | None]:
    """Hedges' g and its interval from the noncentral t; None with one degree of freedom, where g has no correction.

    Exact for normal values with equal spread. Source: Hedges, J. Educ. Stat. 6, 1981; Steiger & Fouladi 1997.
    """
    if free < 2:
        return None, None, None
    shrink = 1 - 3 / (4 * free - 1)
    root = math.sqrt(n_effective)
    low, high = (_noncentrality(d * root, free, share) / root for share in (0.975, 0.025))
    return d * shrink, low * shrink, high * shrink


def _noncentrality(t: float, free: int, share: float) -> float:
    """The noncentrality at which t is the given quantile."""
    below = load("scipy.special").nctdtr
    low, high = t - 10 - 2 * abs(t), t + 10 + 2 * abs(t)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(free, middle, t) > share else (low, middle)
    return float((low + high) / 2)


def _pooled(a: Floats, b: Floats) -> float:
    squares = float(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum())
    spread = math.sqrt(squares / (len(a) + len(b) - 2))
    return spread if spread > 1e-12 * float(np.abs(np.concatenate((a, b))).max()) else 0.0


def _untold(a: Floats, b: Floats, why: str, paired_by: str | None = None) -> Contrast:
    difference = float(a.mean() - b.mean()) if len(a) and len(b) else math.nan
    above = superiority(a, b) if len(a) and len(b) else 0.5
    return Contrast(difference, None, None, None, "none", (len(a), len(b)), None, None, None, above, paired_by, why)
