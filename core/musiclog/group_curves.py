"""Many curves as one: what a group of runs did on average, and how far its runs lie apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .intervals import median_rank, t_quantile
from .records import Floats

Curve = tuple[Floats, Floats]
Middle = Literal["mean", "median"]
Spread = Literal["range", "deviation", "error", "confidence"]

# Values that are looked at together: 2**20, 8 MB, so that twenty runs of a million points need no gigabyte.
_TOGETHER: Final = 1 << 20
# The standard deviation of a normal distribution in units of its median absolute deviation, and the standard error
# of its median in units of that of its mean. Source: Rousseeuw & Croux, JASA 1993; Kendall & Stuart, section 10.10.
_DEVIATIONS: Final = 1.482602218505602
_MEDIAN_ERROR: Final = 1.2533141373155003

# What a band shows and where its formula comes from, in the words of a tool tip.
SOURCES: Final[dict[tuple[Middle, Spread], str]] = {
    ("mean", "range"): "lowest to highest run",
    ("median", "range"): "lowest to highest run",
    ("mean", "deviation"): "mean ± standard deviation of the runs (n − 1)",
    ("median", "deviation"): "median ± 1.4826 × median absolute deviation (Rousseeuw & Croux 1993)",
    ("mean", "error"): "mean ± standard error (standard deviation / √n)",
    ("median", "error"): "median ± 1.2533 × robust deviation / √n (as for a normal distribution)",
    ("mean", "confidence"): "95 % interval of the mean (Student's t, n − 1 degrees of freedom)",
    (
        "median",
        "confidence",
    ): "at least 95 % interval of the median (order statistics, any distribution; 6 runs or more)",
}


@dataclass(frozen=True, slots=True)
class GroupCurve:
    """A group's middle and band over x, five arrays of equal length.

    n: how many runs contribute at each x. low and high are NaN where so few runs give no band: a deviation needs two,
    an interval of the median six.
    """

    x: Floats
    middle: Floats
    low: Floats
    high: Floats
    n: NDArray[np.intp]
    source: str  # what the band shows, in words
    left_out: int = 0  # points that are NaN or infinite

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class RunColumns:
    """One run in the columns between edges: its mean, lowest and highest value in each, NaN where it says nothing."""

    mean: Floats
    low: Floats
    high: Floats
    left_out: int = 0  # points that are NaN or infinite


@dataclass(frozen=True, slots=True)
class Aligned:
    """Curves on a common x: values (runs, x), NaN outside of a run's own range."""

    x: Floats
    values: Floats

    @property
    def n(self) -> NDArray[np.intp]:
        return _count(self.values)


def align(curves: Sequence[Curve], x: Floats | None = None) -> Aligned:
    """Every curve at every x that any of them has (or at the given, rising x).

    Between its own points a run is interpolated, outside of them it says nothing; nothing is cut to the shortest run.
    NaN and infinite values are left out as if they had not been logged; of several at the same x the last one counts.
    """
    clean = [_tidy(curve) for curve in curves]
    at = _union(clean) if x is None else x
    return Aligned(at, _on(clean, at))


def group_curve(
    curves: Sequence[Curve], middle: Middle = "mean", spread: Spread = "range", x: Floats | None = None
) -> GroupCurve:
    """The middle of the curves and a band around it, at every x that any of them has (or at the given, rising x).

    Curves are aligned as align() does. Costs curves x points; for points without number thin the curves before, or
    summarise them by columns(), or give x.
    """
    clean = [_tidy(curve) for curve in curves]
    left_out = sum(int((~np.isfinite(y)).sum()) for _, y in curves)
    at = _union(clean) if x is None else np.asarray(x, dtype=np.float64)
    out = np.full((3, len(at)), np.nan)
    n = np.zeros(len(at), dtype=np.intp)
    step = max(1, _TOGETHER // max(1, len(clean)))
    for start in range(0, len(at), step):
        part = slice(start, start + step)
        out[:, part], n[part] = summary(_on(clean, at[part]), middle, spread)
    return GroupCurve(at, out[0], out[1], out[2], n, SOURCES[middle, spread], left_out)


def columns(curves: Sequence[Curve], edges: Floats, middle: Middle = "mean", spread: Spread = "range") -> GroupCurve:
    """Likewise for the columns of pixels between edges (rising), at their centres: for long runs in narrow charts.

    A run stands in a column with the mean of its points there, interpolated where it has none but has some on both
    sides; the band "range" goes from the lowest to the highest point itself, so that no peak is lost.
    """
    return columns_together([in_columns(curve, edges) for curve in curves], edges, middle, spread)


def in_columns(curve: Curve, edges: Floats) -> RunColumns:
    """One run's share of columns(), which can be kept while other runs grow."""
    x, y = _tidy(curve)
    mean = _interpolated(x, y, _centres(edges))
    low, high = np.full((2, len(mean)), np.nan)
    places = x.searchsorted(edges)
    places[-1] = x.searchsorted(edges[-1], side="right")
    some = np.flatnonzero(np.diff(places))
    if len(some):
        inside, starts = y[places[0] : places[-1]], places[some] - places[0]
        mean[some] = _means(inside, starts)
        low[some] = np.minimum.reduceat(inside, starts)
        high[some] = np.maximum.reduceat(inside, starts)
    return RunColumns(mean, low, high, int((~np.isfinite(curve[1])).sum()))


def columns_together(
    runs: Sequence[RunColumns], edges: Floats, middle: Middle = "mean", spread: Spread = "range"
) -> GroupCurve:
    """The middle and the band of runs that stand in columns() with the same edges."""
    means, lows, highs = (
        np.array([getattr(run, part) for run in runs]).reshape(len(runs), len(edges) - 1)
        for part in ("mean", "low", "high")
    )
    (centre, low, high), n = summary(means, middle, spread)
    if spread == "range":
        low, high = np.fmin(low, _extreme(np.fmin, lows)), np.fmax(high, _extreme(np.fmax, highs))
    left_out = sum(run.left_out for run in runs)
    return GroupCurve(_centres(edges), centre, low, high, n, SOURCES[middle, spread], left_out)


def summary(values: Floats, middle: Middle, spread: Spread) -> tuple[Floats, NDArray[np.intp]]:
    """Middle, low and high as rows (3, x) of values (runs, x), and the number of runs at each x. NaN: no run there."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # runs that blew up reach 1e308
        return _summary(values, middle, spread)


def _summary(values: Floats, middle: Middle, spread: Spread) -> tuple[Floats, NDArray[np.intp]]:
    order = np.sort(values, axis=0)  # NaN last
    n = _count(values)
    centre = _mean(order, n) if middle == "mean" else _median(order, n)
    if not len(order):
        return np.full((3, values.shape[1]), np.nan), n
    if spread == "range":
        low, high = order[0], _row(order, n - 1)
    elif spread == "confidence" and middle == "median":
        low, high = _rank_band(order, n)
    else:
        reach = _deviation(order, centre, n, middle) * _reaches(n, middle, spread)
        low, high = centre - reach, centre + reach
    return np.stack((centre, low, high)), n


def _tidy(curve: Curve) -> Curve:
    """Finite points with rising x, of equal x the last."""
    x, y = curve
    known = np.isfinite(x) & np.isfinite(y)
    if not known.all():
        x, y = x[known], y[known]
    if len(x) < 2 or (np.diff(x) > 0).all():
        return x, y
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    last = np.append(x[1:] != x[:-1], True)
    return x[last], y[last]


def _centres(edges: Floats) -> Floats:
    return (edges[:-1] + edges[1:]) / 2


def _union(curves: Sequence[Curve]) -> Floats:
    if not curves:
        return np.empty(0)
    first = curves[0][0]
    if all(x is first or np.array_equal(x, first) for x, _ in curves):
        return first
    return np.unique(np.concatenate([x for x, _ in curves]))


def _on(curves: Sequence[Curve], at: Floats) -> Floats:
    values = np.empty((len(curves), len(at)))
    for row, (x, y) in enumerate(curves):
        values[row] = _interpolated(x, y, at)
    return values


def _interpolated(x: Floats, y: Floats, at: Floats) -> Floats:
    if not len(x):
        return np.full(len(at), np.nan)
    return np.interp(at, x, y, left=np.nan, right=np.nan)


def _means(values: Floats, starts: NDArray[np.intp]) -> Floats:
    counts = np.diff(np.append(starts, len(values)))
    result: Floats = np.add.reduceat(values, starts) / counts
    return result


def _extreme(choose: np.ufunc, values: Floats) -> Floats:
    result: Floats = choose.reduce(values, axis=0, initial=np.nan)
    return result


def _mean(order: Floats, n: NDArray[np.intp]) -> Floats:
    """Shifted by the lowest run, so that large values with small differences keep their digits."""
    if not len(order):
        return np.full(order.shape[1], np.nan)
    lowest = order[0]
    above = np.where(np.isfinite(order), order - lowest, 0.0).sum(axis=0)
    result: Floats = lowest + above / n
    return result


def _median(order: Floats, n: NDArray[np.intp]) -> Floats:
    low, high = _row(order, (n - 1) // 2), _row(order, n // 2)
    return low + (high - low) / 2


def _row(order: Floats, rows: NDArray[np.intp]) -> Floats:
    """order[rows[i], i]; NaN where the row is negative."""
    if not len(order):
        return np.full(order.shape[1], np.nan)
    found = np.take_along_axis(order, np.clip(rows, 0, len(order) - 1)[None], axis=0)[0]
    return np.where(rows >= 0, found, np.nan)


def _deviation(order: Floats, centre: Floats, n: NDArray[np.intp], middle: Middle) -> Floats:
    away = np.abs(order - centre)
    if middle == "median":
        return np.where(n > 1, _DEVIATIONS * _median(np.sort(away, axis=0), n), np.nan)
    squares = np.where(np.isfinite(away), away, 0.0) ** 2
    result: Floats = np.sqrt(np.where(n > 1, squares.sum(axis=0) / (n - 1), np.nan))
    return result


def _reaches(n: NDArray[np.intp], middle: Middle, spread: Spread) -> Floats:
    """How many deviations the band goes to each side, for every number of runs."""
    return _by_count(n, lambda count: _reach(count, middle, spread))


def _reach(n: int, middle: Middle, spread: Spread) -> float:
    if n < 2:
        return float("nan")
    if spread == "deviation":
        return 1.0
    error = 1 / math.sqrt(n)
    if middle == "median":
        return error * _MEDIAN_ERROR
    return error if spread == "error" else error * t_quantile(0.975, n - 1)


def _rank_band(order: Floats, n: NDArray[np.intp]) -> Curve:
    ranks = _by_count(n, lambda count: median_rank(count) or 0).astype(np.intp)
    return _row(order, ranks - 1), np.where(ranks > 0, _row(order, n - ranks), np.nan)


def _count(values: Floats) -> NDArray[np.intp]:
    result: NDArray[np.intp] = np.isfinite(values).sum(axis=0)
    return result


def _by_count(n: NDArray[np.intp], calculate: Callable[[int], float]) -> Floats:
    table = np.array([calculate(count) for count in range(int(n.max(initial=0)) + 1)])
    result: Floats = table[n]
    return result
