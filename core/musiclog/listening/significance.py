"""Whether a preference can be chance, and how many more answers would settle it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

LEVEL: Final = 0.05
POWER: Final = 0.8
# Nobody answers more pairs than this to tell two models apart.
MOST: Final = 2_000


def binomial_p(wins: int, losses: int) -> float:
    """How often two equals would give a result at least this uneven: exact, two-sided; ties are left out before.

    Source: the sign test, Conover, Practical Nonparametric Statistics, 1999, section 3.4.
    """
    n, most = wins + losses, max(wins, losses)
    return min(1.0, 2 * sum(_at(k, n, 0.5) for k in range(most, n + 1))) if n else 1.0


def normal_p(z: float) -> float:
    """Two-sided probability of a standard normal value this far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def decisions_needed(preference: float) -> int | None:
    """Decided answers after which the exact test finds this preference in four tests of five; None beyond 2,000."""
    p = max(preference, 1 - preference)
    if p >= 1:
        return 6  # 2 / 2**6 is the first below 5 %
    # The normal formula says where to look; from there the exact power decides.
    rough = 0 if p <= 0.5 else ((1.96 * 0.5 + 0.84 * math.sqrt(p * (1 - p))) / (p - 0.5)) ** 2
    if rough == 0 or rough > MOST:
        return None
    n = max(6, int(rough * 0.6))
    while n <= MOST:
        if _power(n, p) >= POWER:
            return n
        n += 1
    return None


def answers_needed(difference: float, error: float, answers: int) -> int | None:
    """Answers in all after which a difference of strengths stands out; its error shrinks with their square root."""
    if not error or not difference or not answers:
        return None
    whole = answers * ((1.96 + 0.84) * error / difference) ** 2
    return math.ceil(whole) if whole <= MOST else None


def _power(n: int, p: float) -> float:
    least = _least_wins(n)
    return sum(_at(k, n, p) for k in range(least, n + 1))


@lru_cache(maxsize=4096)
def _least_wins(n: int) -> int:
    """Wins of n from which the test calls it more than chance."""
    tail, wins = 0.0, n + 1
    while wins > 0 and 2 * (tail + _at(wins - 1, n, 0.5)) <= LEVEL:
        wins -= 1
        tail += _at(wins, n, 0.5)
    return wins


def _at(k: int, n: int, p: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))
