"""How strong contenders are, from answers to pairs: the Bradley–Terry model with ties, and how far it may be off.

Davidson's form: of i and j with log strengths a and b, i is preferred in proportion to exp((a - b) / 2), j to
exp((b - a) / 2), and neither to a constant. It is a multinomial logistic model, so its likelihood has one peak, which
Newton's steps reach in five or six; the information matrix they need gives the intervals for nothing. Hunter's MM
algorithm climbs to the same peak in hundreds of steps and gives none.

Sources: Davidson, JASA 65 (1970) 317; Hunter, Annals of Statistics 32 (2004) 384; Firth, Biometrika 80 (1993) 27 and
Gart, Biometrika 53 (1966) 179 for the half answers that are added. benchmarks/listening.py shows how often the
intervals hold the truth, beside those of a bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .answers import Answer

Z95: Final = 1.959963984540054
_STEPS: Final = 100
_CLOSE: Final = 1e-10
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """wins[i, j]: how often i was preferred to j. ties[i, j] = ties[j, i]: how often neither was."""

    wins: Matrix
    ties: Matrix

    @property
    def decided(self) -> int:
        return int(self.wins.sum())

    @property
    def tied(self) -> int:
        return int(self.ties.sum()) // 2


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log strengths (k), their sum 0, and the covariance (k, k) of their errors."""

    log: Matrix
    covariance: Matrix
    log_tie: float  # of two equals, a tie comes in proportion to its exponential against 2

    def interval(self, i: int) -> tuple[float, float]:
        """95 % interval of a log strength against the mean of all."""
        reach = Z95 * math.sqrt(max(float(self.covariance[i, i]), 0.0))
        return float(self.log[i]) - reach, float(self.log[i]) + reach

    def difference(self, i: int, j: int) -> tuple[float, float]:
        """The log odds that i is preferred to j where one of them is, and their standard error."""
        c = self.covariance
        spread = float(c[i, i] + c[j, j] - 2 * c[i, j])
        return float(self.log[i] - self.log[j]), math.sqrt(max(spread, 0.0))

    def preference(self, i: int, j: int) -> tuple[float, float, float]:
        """The share of decided answers in which i is preferred to j, with its 95 % interval."""
        middle, error = self.difference(i, j)
        low, high = middle - Z95 * error, middle + Z95 * error
        return share(middle), share(low), share(high)


def share(log_odds: float) -> float:
    """A probability from its log odds."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0


def count(answers: Iterable[Answer], names: Sequence[str]) -> Counts:
    """Answers between these contenders; others are passed over."""
    place = {name: number for number, name in enumerate(names)}
    wins, ties = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)))
    for answer in answers:
        i, j = place.get(answer.first_of), place.get(answer.second_of)
        if i is None or j is None:
            continue
        if answer.choice == "tie":
            ties[i, j] += 1
            ties[j, i] += 1
        else:
            wins[(i, j) if answer.choice == "first" else (j, i)] += 1
    return Counts(wins, ties)


def fit(counts: Counts) -> Strengths:
    """The most likely strengths, with half an answer a free strength spread evenly over all pairs and both sides.

    That keeps the strengths of a contender finite that was always preferred, takes away the first-order bias of few
    answers, and joins contenders that never met. With two it is the common half answer to each side.
    """
    k = len(counts.wins)
    first, second = np.triu_indices(k, 1)
    a, b = counts.wins[first, second] + 1 / k, counts.wins[second, first] + 1 / k
    ties = counts.ties[first, second] + 0.5 / len(first)
    design = np.zeros((len(first), k))
    design[np.arange(len(first)), first], design[np.arange(len(first)), second] = 1.0, -1.0
    place = np.zeros(k + 1)
    place[k] = math.log(2 * ties.sum() / (a + b).sum())
    height, slope, information = _look(place, a, b, ties, design)
    for _ in range(_STEPS):
        step = np.linalg.solve(information, slope)
        length = 1.0
        least = height - 1e-9 * abs(height)  # rounding must not look like a step too far
        while (found := _look(place + length * step, a, b, ties, design))[0] < least and length > 1e-6:
            length /= 2
        place = place + length * step
        height, slope, information = found
        if float(np.abs(step).max()) < _CLOSE:
            break
    covariance = np.asarray(
        np.linalg.inv(information)[:k, :k] - 1 / k**2, np.float64
    )  # without the part that holds the mean at 0
    return Strengths(place[:k] - place[:k].mean(), covariance, float(place[k]))


def _look(place: Matrix, a: Matrix, b: Matrix, ties: Matrix, design: Matrix) -> tuple[float, Matrix, Matrix]:
    """Log likelihood, its slope (k + 1) and the information (k + 1, k + 1) at strengths and a log tie weight."""
    k = design.shape[1]
    half, tie = design @ place[:k] / 2, place[k]
    logits = np.stack((half, -half, np.full_like(half, tie)))
    logits -= np.logaddexp.reduce(logits, axis=0)
    p = np.exp(logits)
    n = a + b + ties
    mean = (p[0] - p[1]) / 2  # of the half difference that an outcome carries
    along = n * ((p[0] + p[1]) / 4 - mean**2)
    across = -n * mean * p[2]
    information = np.empty((k + 1, k + 1))
    information[:k, :k] = (design.T * along) @ design + 1.0  # + 1: holds the mean at 0
    information[:k, k] = information[k, :k] = design.T @ across
    information[k, k] = (n * p[2] * (1 - p[2])).sum()
    slope = np.empty(k + 1)
    slope[:k] = design.T @ ((a - b) / 2 - n * mean) - place[:k].sum()
    slope[k] = (ties - n * p[2]).sum()
    height = float(a @ logits[0] + b @ logits[1] + ties @ logits[2]) - float(place[:k].sum()) ** 2 / 2
    return height, slope, information
