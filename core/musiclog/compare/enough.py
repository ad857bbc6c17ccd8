"""How much these runs could have shown, and how many more it would take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..intervals import t_quantile
from .analysis import load
from .contrast import LEVEL

POWER: Final = 0.8
# Nobody trains more than this for one answer; beyond, it is said that the difference is too small to find.
MOST_RUNS: Final = 200


@dataclass(frozen=True, slots=True)
class Enough:
    """What n runs a group can show at 5 % with 80 % power, for normal values with this spread between runs.

    visible: the smallest true difference that would be found as often as that. needed: runs a group to find a true
    difference as large as the one seen; None where that would be more than 200. A difference that was seen is itself
    uncertain, so needed is an order of size, no promise. Source: Cohen, Statistical Power Analysis, 1988.
    """

    n: int
    visible: float | None
    needed: int | None


def enough(n: int, spread: float, difference: float, paired: bool = False) -> Enough:
    """n: runs in the smaller group (or pairs); spread between runs (of the pairs' differences where paired)."""
    visible = None if n < 2 or not spread > 0 else _visible(n, paired) * spread
    return Enough(n, visible, _needed(abs(difference) / spread, paired) if spread > 0 else None)


def power(effect: float, n: int, paired: bool) -> float:
    """The chance that a t test at 5 % finds a difference of effect standard deviations with n runs a group, or pairs.

    By the noncentral t, for normal values with equal spread.
    """
    free, away = (n - 1, effect * math.sqrt(n)) if paired else (2 * n - 2, effect * math.sqrt(n / 2))
    if effect > 60:
        return 1.0  # beyond what the noncentral t can be calculated for
    reach = t_quantile(1 - LEVEL / 2, free)
    noncentral = load("scipy.special").nctdtr
    missed, turned = (float(noncentral(free, away, end)) for end in (reach, -reach))
    # So far in the tail that scipy has no number, NaN, there is nothing left.
    return 1 - (0.0 if math.isnan(missed) else missed) + (0.0 if math.isnan(turned) else turned)


@lru_cache(maxsize=256)
def _visible(n: int, paired: bool) -> float:
    """The effect at which power is reached, in standard deviations, by halving."""
    low, high = 0.0, 64.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, n, paired) < POWER else (low, middle)
    return high


def _needed(effect: float, paired: bool) -> int | None:
    if not math.isfinite(effect) or power(effect, MOST_RUNS, paired) < POWER:
        return None
    low, high = 1, MOST_RUNS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power(effect, middle, paired) < POWER else (low, middle)
    return max(high, 3)
