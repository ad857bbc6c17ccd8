"""Metrics that other packages bring: named on the card beside the ten, and no part of overall, which is calibrated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points

from musiclog.notes import Notes
from musiclog.quality.card import Metric
from musiclog.quality.recipe import METRICS

GROUP = "musiclog.metrics"  # entry points: functions of Notes that return a number, or None where there is none

Measure = Callable[[Notes], float | None]


def measure_extra(notes: Notes) -> dict[str, Metric]:
    """Each by the name of its entry point; one that raises is undefined, with what it said as the reason."""
    return {name: _measured(measure, notes) for name, measure in extra_metrics()[0].items()}


@cache
def extra_metrics() -> tuple[Mapping[str, Measure], tuple[str, ...]]:
    """The functions by name, found once a process, and a sentence for each that cannot be used."""
    found: dict[str, Measure] = {}
    problems = []
    for point in entry_points(group=GROUP):
        try:
            if point.name in METRICS or point.name == "overall":
                raise ValueError("it has the name of a built-in metric")
            measure = point.load()
            if not callable(measure):
                raise TypeError("it is no function")
        except Exception as error:  # noqa: BLE001 - a foreign package may raise anything; the score must come
            problems.append(f"metric {point.name} ({point.value}) cannot be used: {error}")
            continue
        found[point.name] = measure
    return found, tuple(problems)


def identity() -> str:
    """Says which extra metrics these are, for caches: another version may measure otherwise."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return " ".join(f"{point.name}={point.value}@{point.dist.version if point.dist else ''}" for point in points)


def _measured(measure: Measure, notes: Notes) -> Metric:
    try:
        value = measure(notes)
    except Exception as error:  # noqa: BLE001 - as above
        return Metric(None, None, f"{type(error).__name__}: {error}")
    if value is None or not math.isfinite(value):
        return Metric(None, None, "undefined for this piece")
    return Metric(float(value))
