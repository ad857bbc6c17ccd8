"""The middle of a group of runs and how far it may be off, by methods that hold for three to ten runs.

Chosen by simulation (benchmarks/comparison.py prints the table): at three runs a percentile bootstrap, as it is usual
in reports, covers in 66 to 76 % of all cases what it claims to cover in 95 %; Student's t covers in 92 to 97 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..intervals import t_quantile
from ..records import Floats

Middle = Literal["mean", "iqm"]
RESAMPLES: Final = 2000
LEAST_TRIMMED: Final = 4
SEED: Final = 20_240_501  # of every resampling: the same runs give the same figures


@dataclass(frozen=True, slots=True)
class Estimate:
    """A group's middle with its 95 % interval; low and high are None where so few values give none."""

    middle: float
    low: float | None
    high: float | None
    n: int
    spread: float | None  # standard deviation between the values
    method: str
    unit: str = "run"  # what was counted as independent

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.middle:.4g}"
        return f"{self.middle:.4g} ({self.low:.4g} to {self.high:.4g})"


def mean_interval(values: Sequence[float] | Floats) -> Estimate | None:
    """Mean with Student's t interval; None without values.

    Assumes independent runs. Exact for normally distributed values; for skewed ones (lognormal, sigma 0.5) it covers
    in 91 to 92 %. Source: Student, Biometrika 6, 1908.
    """
    known = np.asarray(values, dtype=np.float64)
    n = len(known)
    if not n:
        return None
    mean = float(known.mean())
    if n < 2:
        return Estimate(mean, None, None, n, None, "one run: no interval")
    spread = float(known.std(ddof=1))
    if not spread:
        return Estimate(mean, None, None, n, 0.0, "all values are the same: no interval")
    reach = t_quantile(0.975, n - 1) * spread / math.sqrt(n)
    return Estimate(mean, mean - reach, mean + reach, n, spread, "mean, Student's t")


def iqm_interval(values: Sequence[float] | Floats) -> Estimate | None:
    """Interquartile mean (25 % trimmed at both ends) with the t interval on Winsorised variance.

    For runs of which one may have gone astray. Below five runs nothing is trimmed: it is the mean then.
    Assumes independent runs. Source: Tukey & McLaughlin, Sankhya A 25, 1963.
    """
    known = np.asarray(values, dtype=np.float64)
    n = len(known)
    if not cut(n, "iqm"):
        return mean_interval(known)
    middle, squared = (float(each) for each in trimmed(known, "iqm"))
    reach = t_quantile(0.975, n - 2 * cut(n, "iqm") - 1) * math.sqrt(squared)
    method = "interquartile mean, Tukey-McLaughlin"
    return Estimate(middle, middle - reach, middle + reach, n, float(known.std(ddof=1)), method)


def cut(n: int, middle: Middle) -> int:
    """How many of n values are left out at either end. Of four, two would be left, whose spread says nothing."""
    return n // 4 if middle == "iqm" and n > LEAST_TRIMMED else 0


def trimmed(values: Floats, middle: Middle) -> tuple[Floats, Floats]:
    """Middle and its squared standard error along the last axis of (..., n) values; Winsorised where it is trimmed."""
    n = values.shape[-1]
    out = cut(n, middle)
    if not out:
        return values.mean(axis=-1), values.var(axis=-1, ddof=1) / n
    kept, order = n - 2 * out, np.sort(values, axis=-1)
    winsorised = np.clip(order, order[..., out : out + 1], order[..., n - out - 1 : n - out])
    error = winsorised.var(axis=-1, ddof=1) * (n - 1) / (kept * (kept - 1))
    return order[..., out : n - out].mean(axis=-1), error


def hierarchical_interval(samples: Sequence[Mapping[str, Sequence[float]]], middle: Middle = "mean") -> Estimate | None:
    """The middle of what runs generated, with an interval that does not take the samples of a run for runs.

    samples: for every run the values of its samples by prompt (one key where there are no prompts).
    Two runs or more: runs are resampled whole, and the bootstrap's standard error, freed of its factor
    sqrt((n - 1) / n), is used with Student's t on n - 1. Resampling samples within the runs as well counts the
    spread within runs twice (Davison & Hinkley, Bootstrap Methods, 1997, section 3.8). One run: its samples are
    resampled within their prompts, and the interval holds for this run only, as unit "sample" says.
    """
    runs = [{prompt: np.asarray(values) for prompt, values in run.items() if len(values)} for run in samples]
    runs = [run for run in runs if run]
    if not runs:
        return None
    wholes = [np.concatenate(list(run.values())) for run in runs]
    if len(runs) == 1:
        return _within(runs[0], middle)
    heights = np.array([_middle(whole, middle) for whole in wholes])
    rng = np.random.default_rng(SEED)
    drawn = heights[rng.integers(0, len(heights), (RESAMPLES, len(heights)))].mean(axis=1)
    n = len(heights)
    error = float(drawn.std(ddof=1)) * math.sqrt(n / (n - 1))
    reach, centre = t_quantile(0.975, n - 1) * error, float(heights.mean())
    name = "mean" if middle == "mean" else "interquartile mean"
    return Estimate(centre, centre - reach, centre + reach, n, float(heights.std(ddof=1)),
                    f"{name} of samples, hierarchical bootstrap over runs")  # fmt: skip


def _within(run: Mapping[str, Floats], middle: Middle) -> Estimate:
    """Resampled within prompts: prompts differ in how hard they are, and all of them were asked for."""
    whole = np.concatenate(list(run.values()))
    centre, n = _middle(whole, middle), len(whole)
    free = n - len(run)
    if free < 2:  # one sample a prompt: the prompts themselves are what varies
        one = mean_interval(whole)
        assert one is not None
        return Estimate(one.middle, one.low, one.high, n, one.spread, "mean of samples, Student's t", "sample")
    rng = np.random.default_rng(SEED)
    drawn = np.concatenate(
        [values[rng.integers(0, len(values), (RESAMPLES, len(values)))] for values in run.values()], axis=1
    )
    middles = drawn.mean(axis=1) if middle == "mean" else np.array([_middle(row, middle) for row in drawn])
    reach = t_quantile(0.975, free) * float(middles.std(ddof=1)) * math.sqrt(n / free)
    return Estimate(centre, centre - reach, centre + reach, n, float(whole.std(ddof=1)),
                    "mean of samples, bootstrap within prompts", "sample")  # fmt: skip


def _middle(values: Floats, middle: Middle) -> float:
    return float(trimmed(values, middle)[0]) if len(values) > 1 else float(values.mean())
