"""Does quality rise? Evaluations in the order of training, their trend with its interval, and the best of them.

An evaluation is all samples of one step or epoch. Samples of one evaluation share a model, so they are not independent
looks at the trend: an evaluation counts as one value, the mean of its samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from musiclog.intervals import t_quantile

Floats = NDArray[np.float64]

FEWEST_EVALUATIONS = 5  # four values in perfect order happen once in twelve by chance; five once in sixty
EXACT_UP_TO = 40  # evaluations for which the distribution of ranks is counted out; beyond, it is as good as normal
MOST_ECHO = 0.9  # what is more alike from one evaluation to the next is no sample of anything
FEWEST_FREEDOM = 2.0  # however alike the evaluations are


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The qualities of the samples of one step. at: the epoch, or the step where no epochs are counted."""

    at: float
    values: tuple[float, ...]
    checkpoint: str | None = None

    @property
    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Of the mean, by Student's t; None with fewer than two samples."""
        if len(self.values) < 2:
            return None
        half = t_quantile((1 + confidence) / 2, len(self.values) - 1) * math.sqrt(self.error_squared)
        return self.mean - half, self.mean + half

    @property
    def error_squared(self) -> float:
        """The squared standard error of the mean; infinite for one sample, of which nobody knows it."""
        count = len(self.values)
        if count < 2:
            return math.inf
        mean = self.mean
        return math.fsum((value - mean) ** 2 for value in self.values) / (count - 1) / count


class Rated(Protocol):
    """What evaluations are made of: musiclog.records.SampleFile, for one."""

    @property
    def step(self) -> float | None: ...
    @property
    def epoch(self) -> float | None: ...
    @property
    def checkpoint(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Trend:
    """slope: change of quality an epoch (or step), with the bounds of its interval; None with a reason.

    change is the slope over the whole stretch that was seen. sign is unknown where the interval holds zero.
    """

    evaluations: int
    slope: float | None = None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    confidence: float = 0.95
    reason: str | None = None

    @property
    def sign(self) -> Literal["rising", "falling", "unknown"]:
        if self.low is not None and self.low > 0:
            return "rising"
        if self.high is not None and self.high < 0:
            return "falling"
        return "unknown"

    @property
    def text(self) -> str:
        """One sentence for people."""
        if self.slope is None or self.low is None or self.high is None:
            return f"no trend: {self.reason}"
        if not math.isfinite(self.high - self.low):
            return "neither rising nor falling for certain: evaluations are too much like the ones before them"
        bounds = f"{self.confidence:.0%} interval {self.low:+.4f} to {self.high:+.4f}"
        if self.sign == "unknown":
            return f"neither rising nor falling for certain ({bounds} an epoch)"
        return f"{self.sign} by {abs(self.slope):.4f} an epoch ({bounds}), {self.change:+.2f} in all"


@dataclass(frozen=True, slots=True)
class Best:
    """The evaluation with the highest mean, and those that cannot be told from it by their samples."""

    evaluation: Evaluation | None
    interval: tuple[float, float] | None = None
    ties: tuple[Evaluation, ...] = ()
    reason: str | None = None


def evaluations(samples: Iterable[tuple[Rated, float | None]]) -> list[Evaluation]:
    """Samples with their qualities, gathered by epoch, or by step in a run without epochs, in that order.

    Samples without a quality, or without a place in the training, are left out.
    """
    known = [(sample, quality) for sample, quality in samples if quality is not None and math.isfinite(quality)]
    by_epoch = any(sample.epoch is not None for sample, _ in known)
    found: dict[float, list[tuple[Rated, float]]] = {}
    for sample, quality in known:
        at = sample.epoch if by_epoch else sample.step
        if at is not None:
            found.setdefault(float(at), []).append((sample, quality))
    return [
        Evaluation(at, tuple(quality for _, quality in group), next((s.checkpoint for s, _ in group), None))
        for at, group in sorted(found.items())
    ]


def trend_of(points: Sequence[Evaluation] | tuple[Sequence[float], Sequence[float]], confidence: float = 0.95) -> Trend:
    """Theil and Sen's slope (the median of the slopes of all pairs) with its rank-based interval.

    points: evaluations, or places and values as two sequences. Values far out move it little. Evaluations that
    resemble the ones before them count as fewer.
    Source: Sen, JASA 63 (1968) 1379; fewer values for autocorrelation after Santer et al., J. Geophys. Res. 105 (2000)
    7337, with the unbiased autocorrelation.
    """
    at, values = _columns(points)
    count = len(values)
    if len(np.unique(at)) < FEWEST_EVALUATIONS:
        return Trend(
            count,
            confidence=confidence,
            reason=f"not enough samples: {len(np.unique(at))} evaluations, a trend needs {FEWEST_EVALUATIONS}",
        )
    first, second = np.triu_indices(count, 1)
    apart = at[second] != at[first]
    first, second = first[apart], second[apart]
    slopes = np.sort((values[second] - values[first]) / (at[second] - at[first]))
    slope = float(np.median(slopes))
    reach = _reach(at, values, confidence)
    middle = len(slopes) / 2
    lowest, highest = math.floor(middle - reach / 2), math.ceil(middle + reach / 2)
    low = float(slopes[lowest]) if lowest >= 0 else -math.inf
    high = float(slopes[highest - 1]) if highest <= len(slopes) else math.inf
    return Trend(count, slope, low, high, slope * float(at[-1] - at[0]), confidence)


def best_of(found: Sequence[Evaluation], confidence: float = 0.95) -> Best:
    """The best evaluation, its interval, and the others whose difference from it may be chance (Welch's t).

    Being the highest of many is luck in part: the interval is that of its own samples and does not take this off.
    """
    if not found:
        return Best(None, reason="not enough samples: nothing was scored")
    top = max(found, key=lambda evaluation: evaluation.mean)
    if len(top.values) < 2:
        return Best(top, reason="one sample an evaluation: nobody can tell how much of this is chance")
    ties = tuple(other for other in found if other is not top and not _differ(top, other, confidence))
    return Best(top, top.interval(confidence), ties)


def _columns(points: Sequence[Evaluation] | tuple[Sequence[float], Sequence[float]]) -> tuple[Floats, Floats]:
    """Places and values in the order of places, without what is not finite."""
    if isinstance(points, tuple):
        at, values = (np.asarray(column, np.float64) for column in points)
    else:
        at = np.array([each.at for each in points], np.float64)
        values = np.array([each.mean for each in points], np.float64)
    known = np.isfinite(at) & np.isfinite(values)
    order = np.argsort(at[known], kind="stable")
    return at[known][order], values[known][order]


def _reach(at: Floats, values: Floats, confidence: float) -> float:
    """How far from the middle of the sorted slopes the interval goes: a quantile of Kendall's statistic."""
    count = len(values)
    tied = len(np.unique(at)) < count
    echo = _echo(at, values)
    if tied or count > EXACT_UP_TO:
        variance = _ties(count) - sum(_ties(int(size)) for size in np.unique(at, return_counts=True)[1])
        plain = t_quantile((1 + confidence) / 2, 1e6) * math.sqrt(variance / 18)
    else:
        plain = float(_kendall_quantile(count, confidence))
    return plain * _widening(at, echo, confidence) if echo else plain


def _widening(at: Floats, echo: float, confidence: float) -> float:
    """How many times wider an interval is where each evaluation is by so much like the one before.

    The variance of a slope grows by how deviations that are alike add up; and fewer independent values than there are
    evaluations have fewer degrees of freedom.
    """
    count = len(at)
    centred = at - at.mean()
    order = np.arange(count)
    alike = echo ** np.abs(order[:, None] - order[None, :])
    variance = float(centred @ alike @ centred / (centred @ centred))
    independent = count * (1 - echo) / (1 + echo)
    level = (1 + confidence) / 2
    freedom = t_quantile(level, max(independent - 2, FEWEST_FREEDOM)) / t_quantile(level, count - 2)
    return math.sqrt(variance) * freedom


def _ties(size: int) -> float:
    return size * (size - 1) * (2 * size + 5)


def _echo(at: Floats, values: Floats) -> float:
    """How much each value is like the one before, beyond their trend: lag-1 autocorrelation less its bias, up to 0.9.

    Of ranks, so that a course that rises and levels off, or single values far out, do not pass for echo. About a line
    that was fitted to few values it comes out too low by some (2 + 4 echo) / n (Kendall, Biometrika 41 (1954) 403, for
    a mean; the line adds as much); the constants hold the rate of false trends of echoing values at 5 to 7 in 100.
    """
    count = len(values)
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)
    centred, places = ranks - ranks.mean(), at - at.mean()
    rest = centred - float(places @ centred) / float(places @ places) * places
    power = float(rest @ rest)
    if power <= 1e-9 * count:
        return 0.0
    seen = float(rest[1:] @ rest[:-1]) / power
    return min(max((count * seen + 2.5) / max(count - 4.5, 1.0), 0.0), MOST_ECHO)


@lru_cache(maxsize=256)
def _kendall_quantile(count: int, confidence: float) -> int:
    """The smallest k with P(|S| >= k) <= 1 - confidence, S being concordant less discordant pairs of a random order.

    The number of orders with so many inversions is counted out: adding the m-th value makes 0 to m - 1 new ones.
    Source: Kendall, Rank Correlation Methods, 1948, section 5.2.
    """
    orders = np.ones(1)
    for size in range(2, count + 1):
        orders = np.convolve(orders, np.full(size, 1 / size))
    pairs = count * (count - 1) // 2
    upper = np.cumsum(orders[::-1])  # P(S >= pairs - 2 i)
    allowed = np.flatnonzero(upper <= (1 - confidence) / 2)
    return int(pairs - 2 * allowed[-1]) - 1 if len(allowed) else pairs + 1


def _differ(one: Evaluation, other: Evaluation, confidence: float) -> bool:
    """Whether their means differ beyond chance. An evaluation of one sample is never told apart."""
    spreads = one.error_squared, other.error_squared
    if not all(map(math.isfinite, spreads)):
        return False
    total = sum(spreads)
    if total == 0:
        return one.mean != other.mean
    parts = ((spread**2 / (len(each.values) - 1)) for spread, each in zip(spreads, (one, other), strict=True))
    freedom = total**2 / sum(parts)
    return abs(one.mean - other.mean) > t_quantile((1 + confidence) / 2, freedom) * math.sqrt(total)
