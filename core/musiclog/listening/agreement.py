"""How well a metric agrees with these ears: the rank correlation over the pairs that were heard, and its interval.

Of every pair in which the metric says a difference: +1 where the ear preferred the piece with the higher value, -1
where the other, 0 at a tie. The mean is Kendall's rank correlation over these pairs (Somers' D of the answer given the
metric): 1 always agrees, 0 knows nothing, -1 prefers the opposite. No model of strengths stands between.

Pairs that share a piece are not independent: a piece with an odd score drags all its pairs along. So the variance sums
over all pairs of answers that share a piece (dyadic clusters: Fafchamps & Gubert, J. Development Economics 83 (2007)
326), and the interval is Wilson's for as many independent answers as that variance is worth (Korn & Graubard, Survey
Methodology 24 (1998) 193).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .answers import Answer
from .bradley_terry import Z95

# Below so many pairs an interval covers almost everything.
LEAST: Final = 5
_SAME: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Agreement:
    """correlation, low and high in [-1, 1]; None with a reason where too few pairs say anything."""

    metric: str
    pairs: int
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def agreement(metric: str, answers: Sequence[Answer], scores: Mapping[str, Mapping[str, float]]) -> Agreement:
    """scores: piece id to metric to value, higher meant to be better."""
    said: list[float] = []
    pieces: list[tuple[str, str]] = []
    for answer in answers:
        one, other = (scores.get(piece, {}).get(metric) for piece in (answer.first, answer.second))
        if one is None or other is None or abs(one - other) < _SAME or not math.isfinite(one - other):
            continue
        ear = {"first": 1.0, "second": -1.0, "tie": 0.0}[answer.choice]
        said.append(ear if one > other else -ear)
        pieces.append((answer.first, answer.second))
    if len(said) < LEAST:
        return Agreement(metric, len(said), reason=f"only {len(said)} pairs differ in it")
    mean = float(np.mean(said))
    low, high = _wilson((mean + 1) / 2, _worth(np.array(said), pieces))
    return Agreement(metric, len(said), mean, 2 * low - 1, 2 * high - 1)


def agreements(
    answers: Sequence[Answer], scores: Mapping[str, Mapping[str, float]], metrics: Sequence[str] = ()
) -> list[Agreement]:
    """All metrics that are known, or these; the one that agrees best first."""
    names = metrics or sorted({name for known in scores.values() for name in known})
    found = [agreement(name, answers, scores) for name in names]
    return sorted(found, key=lambda each: -2.0 if each.correlation is None else each.correlation, reverse=True)


def _worth(said: np.ndarray[tuple[int], np.dtype[np.float64]], pieces: Sequence[tuple[str, str]]) -> float:
    """How many independent answers these are worth: at most as many as they are."""
    rest = said - said.mean()
    alone = float(rest @ rest)
    if not alone:
        return float(len(said))
    by_piece: dict[str, float] = {}
    by_pair: dict[frozenset[str], float] = {}
    for value, (one, other) in zip(rest, pieces, strict=True):
        for piece in (one, other):
            by_piece[piece] = by_piece.get(piece, 0.0) + float(value)
        pair = frozenset((one, other))
        by_pair[pair] = by_pair.get(pair, 0.0) + float(value)
    # Squares of the sums at every piece count answers to the same two pieces twice.
    together = sum(v**2 for v in by_piece.values()) - sum(v**2 for v in by_pair.values())
    return len(said) * min(1.0, alone / together) if together > 0 else float(len(said))


def _wilson(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share. Source: Wilson, JASA 22 (1927) 209."""
    z2 = Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z95 / (1 + z2 / n) * math.sqrt(max(share * (1 - share) / n + z2 / (4 * n * n), 0.0))
    return max(0.0, middle - reach), min(1.0, middle + reach)
