"""What one run came to: values of its metrics up to an alignment, how it got there, how calm it was, what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..records import Floats
from ..run_data import RunData
from .alignment import Alignment, points, tokens_seen
from .direction import Direction

# A run has converged once it is within this share of its whole improvement from its best value.
CONVERGED_SHARE: Final = 0.05
# A jump to the worse by so many robust standard deviations of the metric's usual changes is a spike. Source of the
# factor 1.4826: Rousseeuw & Croux, JASA 1993.
SPIKE_DEVIATIONS: Final = 10 * 1.4826


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """One metric of one run up to an alignment. x is steps, seconds or tokens, as the alignment counts.

    final: the newest value, NaN and infinity included. best: the best finite one. area: the mean height of the curve
    over its finite points (area under it / its width), which rewards who is early. converged_x: from where on the
    best value so far was within 5 % of the whole improvement from its best. None: not defined for this run.
    """

    final: float
    x: float
    best: float | None
    best_x: float | None
    area: float | None
    converged_x: float | None


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What a run came to beside its metrics. Seconds; tokens as the run counts them; None where it does not tell."""

    steps: float | None
    seconds: float | None
    tokens: float | None
    gpu_hours: float | None
    steps_per_second: float | None
    tokens_per_second: float | None
    alerts: int | None
    spikes: int
    not_finite: int  # values of the main metric that are NaN or infinite


def metric_figures(data: RunData, metric: str, better: Direction | None, alignment: Alignment) -> MetricFigures | None:
    """None where the run has no point of the metric by then."""
    curve = alignment.curve(data, metric)
    if curve is None:
        return None
    x, y = curve
    finite = np.isfinite(y)
    fx, fy = x[finite], y[finite]
    best = None if better is None or not len(fy) else int((np.argmin if better == "lower" else np.argmax)(fy))
    return MetricFigures(
        final=float(y[-1]),
        x=float(x[-1]),
        best=None if best is None else float(fy[best]),
        best_x=None if best is None else float(fx[best]),
        area=_mean_height(fx, fy),
        converged_x=None if best is None or better is None else _converged(fx, fy, better),
    )


def reached(data: RunData, metric: str, target: float, better: Direction) -> tuple[float | None, float | None]:
    """Step and seconds at which a metric first was at the target or better; None where it never was or is not told."""
    found: list[float | None] = []
    for curve in (points(data, metric, "step"), points(data, metric, "time")):
        hits = np.empty(0) if curve is None else np.flatnonzero(_not_worse(curve[1], target, better))
        found.append(None if curve is None or not len(hits) else float(curve[0][hits[0]]))
    return found[0], found[1]


def run_figures(data: RunData, metric: str | None, better: Direction | None) -> RunFigures:
    """metric: the one in which spikes and values that are not finite are counted."""
    values = data.series[metric].values if metric in data.series else np.empty(0)
    seconds, gpus = _seconds(data), _gpus(data.info.environment)
    counted = tokens_seen(data)
    tokens = None if counted is None or counted.last is None else counted.last[1]
    return RunFigures(
        steps=data.last_step,
        seconds=seconds,
        tokens=tokens,
        gpu_hours=None if seconds is None or gpus is None else gpus * seconds / 3600,
        steps_per_second=_pace(data),
        tokens_per_second=tokens / seconds if tokens is not None and seconds else None,
        alerts=_alerts(data),
        spikes=_spikes(values, better),
        not_finite=int((~np.isfinite(values)).sum()),
    )


def _mean_height(x: Floats, y: Floats) -> float | None:
    if len(x) < 2 or not x[-1] > x[0]:
        return None
    with np.errstate(over="ignore"):
        area = float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())
    height = area / float(x[-1] - x[0])
    return height if math.isfinite(height) else None


def _converged(x: Floats, y: Floats, better: Direction) -> float | None:
    sofar = np.minimum.accumulate(y) if better == "lower" else np.maximum.accumulate(y)
    gain = abs(float(sofar[-1] - sofar[0]))
    if not gain:
        return None
    return float(x[int(np.argmax(np.abs(sofar - sofar[-1]) <= CONVERGED_SHARE * gain))])


def _not_worse(values: Floats, target: float, better: Direction) -> Any:
    return values <= target if better == "lower" else values >= target


def _spikes(values: Floats, better: Direction | None) -> int:
    finite = values[np.isfinite(values)]
    if len(finite) < 20 or better is None:
        return 0
    with np.errstate(over="ignore"):
        worse = np.diff(finite) if better == "lower" else -np.diff(finite)
    usual = float(np.median(np.abs(worse - np.median(worse))))
    return int((worse > SPIKE_DEVIATIONS * usual).sum()) if usual > 0 else 0


def _seconds(data: RunData) -> float | None:
    """Up to the newest sign of life: some formats know the end only by the age of a file, which copying changes."""
    begun = data.info.started if data.info.started is not None else data.origin
    seen = data.newest_time if data.newest_time is not None else data.info.ended
    return None if begun is None or seen is None else max(0.0, seen - begun)


def _pace(data: RunData) -> float | None:
    """Median steps a second between neighbouring points of the longest series; pauses do not count."""
    longest = max(data.series.values(), key=len, default=None)
    if longest is None or len(longest) < 2:
        return None
    steps, seconds = np.diff(longest.steps), np.diff(longest.times)
    moving = (steps > 0) & (seconds > 0)
    return float(np.median(steps[moving] / seconds[moving])) if moving.any() else None


def _alerts(data: RunData) -> int | None:
    """None where nobody watched: no alert is no sign of calm then."""
    told = {_alert_name(event.data) for event in data.events if event.kind == "alert"}
    return len(told) if told or data.info.watches_itself else None


def _gpus(environment: Mapping[str, Any]) -> float | None:
    count = environment.get("gpu_count", environment.get("num_gpus"))
    if isinstance(count, int | float) and not isinstance(count, bool) and count > 0:
        return float(count)
    return 1.0 if environment.get("cuda") else None  # the run says that it used one, not that it had more


def _alert_name(data: Mapping[str, Any]) -> str:
    return str(data.get("id") or f"{data.get('kind')}:{data.get('metric')}:{data.get('opened_step')}")
