"""What every metric of a run did around the moment of an alert, the ones that moved most first."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from musiclog.episodes import AlertEpisode, episodes
from musiclog.run_data import RunData
from musiclog.series import Series

from . import wording
from .chart_plan import ChartPlan, plan

# How much is shown on each side, in points of the alert's own metric; None is the whole run.
REACHES: tuple[int | None, ...] = (50, 150, 500, 2_000, None)
# Points before the moment that tell what is normal, and after it that tell what happened.
BEFORE, AFTER = 100, 20
LEAST_BEFORE = 8  # of fewer points nobody can say how far is far
LATEST = 150  # what is measured rarely tells of the moment up to so many points of the alert's own metric later


@dataclass(frozen=True, slots=True)
class Around:
    """One chart of the moment: values before it and the one after it that lies farthest from them.

    moved is that distance in robust standard deviations of what came before; None where too little is known.
    """

    plan: ChartPlan
    why: str  # "own", "incident" or "" for all others
    before: float | None
    after: float | None
    moved: float | None

    @property
    def words(self) -> str:
        """1.2 → 105 (88×), or what there is of it."""
        if self.before is None or self.after is None:
            return ""
        words = f"{wording.number(self.before)} → {wording.number(self.after)}"
        ratio = self.after / self.before if self.before else math.nan
        return f"{words}  ({ratio:.3g}×)" if math.isfinite(ratio) and (ratio >= 2 or 0 < ratio <= 0.5) else words


def around(data: RunData, episode: AlertEpisode, corrections: dict[str, str] | None = None) -> list[Around]:
    """The charts of all metrics: the alert's own, those of its incident, then the others by how far they moved."""
    step = episode.opened_step
    if step is None:
        return []
    joined = {each.metric for each in episodes(data) if episode.incident and each.incident == episode.incident}
    until = step + LATEST * _spacing(data, episode.metric)
    found = [
        _around(data.series[each.name], each, (step, until), _why(each, episode.metric, joined))
        for each in plan(data.series, corrections)
    ]
    order = {"own": 0, "incident": 1, "": 2}
    return sorted(found, key=lambda each: (order[each.why], -(each.moved or 0.0) if each.why == "" else 0.0))


def window(data: RunData, episode: AlertEpisode, reach: int | None) -> tuple[float, float] | None:
    """First and last step to be shown for a reach in points; None for the whole run."""
    if reach is None or episode.opened_step is None:
        return None
    room = reach * _spacing(data, episode.metric)
    return episode.opened_step - room, episode.opened_step + room


def _why(chart: ChartPlan, own: str, joined: Collection[str]) -> str:
    if own in chart.names:
        return "own"
    return "incident" if not joined.isdisjoint(chart.names) else ""


def _around(series: Series, chart: ChartPlan, span: tuple[float, float], why: str) -> Around:
    values = series.values
    at, end = (int(row) for row in np.searchsorted(series.steps, span))
    before = values[max(at - BEFORE, 0) : at]
    after = values[at : min(at + AFTER, max(end, at))]
    before = before[np.isfinite(before)]
    if not len(before) or not len(after):
        return Around(chart, why, None, None, None)
    middle = float(np.median(before))
    if not np.isfinite(after).all():
        return Around(chart, why, middle, float(after[~np.isfinite(after)][0]), math.inf)
    farthest = float(after[np.argmax(np.abs(after - middle))])
    moved = abs(farthest - middle) / _spread(before, middle) if len(before) >= LEAST_BEFORE else None
    return Around(chart, why, middle, farthest, moved)


def _spread(values: np.ndarray, middle: float) -> float:
    """Half the width of the central 68 %; a constant counts as known to one part in a thousand."""
    low, high = np.quantile(values, (0.16, 0.84))
    return max(float(high - low) / 2, abs(middle) * 1e-3, 1e-12)


def _spacing(data: RunData, metric: str) -> float:
    """Steps from one point of a metric to the next."""
    series = data.series.get(metric) or max(data.series.values(), key=len, default=None)
    gaps = np.diff(series.steps) if series is not None else np.empty(0)
    gaps = gaps[gaps > 0]
    return float(np.median(gaps)) if len(gaps) else 1.0
