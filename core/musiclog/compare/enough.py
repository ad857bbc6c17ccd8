"""How much these runs could have shown, and how many more it would take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

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
    power = load("statsmodels.stats.power")
    solver = power.TTestPower() if paired else power.TTestIndPower()
    visible = None if n < 2 or not spread > 0 else _visible(solver, n, paired) * spread
    return Enough(n, visible, _needed(solver, abs(difference) / spread, paired) if spread > 0 else None)


def _visible(solver: object, n: int, paired: bool) -> float:
    """The effect at which power is reached, by halving: statsmodels' own search fails at two runs."""
    low, high = 0.0, 64.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _power(solver, middle, n, paired) < POWER else (low, middle)
    return high


def _needed(solver: object, effect: float, paired: bool) -> int | None:
    if not math.isfinite(effect) or _power(solver, effect, MOST_RUNS, paired) < POWER:
        return None
    low, high = 1, MOST_RUNS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _power(solver, effect, middle, paired) < POWER else (low, middle)
    return max(high, 3)


def _power(solver: object, effect: float, n: int, paired: bool) -> float:
    if effect > 60:
        return 1.0  # beyond what the noncentral t can be calculated for
    arguments = {"nobs": n} if paired else {"nobs1": n, "ratio": 1.0}
    return float(solver.power(effect_size=effect, alpha=LEVEL, **arguments))  # type: ignore[attr-defined]
