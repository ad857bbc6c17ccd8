"""How far a mean or a median of few runs may be off: quantiles without a statistics library."""

from __future__ import annotations

import math
from functools import lru_cache

_EPSILON = 1e-15


@lru_cache(maxsize=1024)
def t_quantile(p: float, df: float) -> float:
    """The quantile of Student's t at p in (0, 1) with df > 0 degrees of freedom, to ten digits.

    Found by halving on the distribution function, which is a regularised incomplete beta function: for t >= 0,
    1 - F(t) = I(df / (df + t²); df/2, 1/2) / 2. Source: Abramowitz & Stegun 26.7.1.
    """
    if not 0 < p < 1 or not df > 0:
        raise ValueError(f"no quantile of Student's t at p={p}, df={df}")
    if p < 0.5:
        return -t_quantile(1 - p, df)
    low, high = 0.0, 1.0
    while _above(high, df) > 1 - p:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _above(middle, df) > 1 - p else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=1024)
def median_rank(n: int, confidence: float = 0.95) -> int | None:
    """r so that the r-th lowest and r-th highest of n values enclose the median of what they were drawn from.

    Holds with at least this confidence for any distribution. None where even the extremes do not suffice (n < 6 at
    95 %). Source: David & Nagaraja, Order Statistics, 2003, section 7.1: the coverage is 1 - 2 P(B < r), B binomial
    with n tries at 1/2.
    """
    spare, below, rank = (1 - confidence) / 2, 0.0, 0
    while rank < n:
        below += math.exp(math.lgamma(n + 1) - math.lgamma(rank + 1) - math.lgamma(n - rank + 1) - n * math.log(2))
        if below > spare:
            break
        rank += 1
    return rank or None


def _above(t: float, df: float) -> float:
    """The probability of more than t >= 0."""
    return _incomplete_beta(df / (df + t * t), df / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised, for x in [0, 1]. Source: Abramowitz & Stegun 26.5.8, evaluated by Lentz's method."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            d = 1 / (1 + factor * d)
            c = 1 + factor / c
            result *= c * d
        if abs(c * d - 1) < _EPSILON * 10:
            return result
    raise ArithmeticError(f"no incomplete beta function at {x}, {a}, {b}")
