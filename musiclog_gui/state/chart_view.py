"""How the Live page shows its charts, and where the moments of a run lie on the chosen axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from musiclog.records import Event
from musiclog.run_data import RunData
from musiclog.timeline import Axis

AXIS_TITLES: dict[Axis, str] = {"step": "Step", "epoch": "Epoch", "relative": "Relative time", "wall": "Wall time"}
LARGEST_FACTOR = 0.9999


@dataclass(frozen=True, slots=True)
class ChartView:
    """What all charts of the page have in common."""

    axis: Axis = "step"
    smoothing: float = 0.6  # factor in [0, 1); 0 shows the values as logged
    log_y: bool = False
    marks: bool = True  # alerts, samples, checkpoints, resumes
    linked: bool = False  # a stretch of x that is chosen in one chart is shown in all


def slider_to_factor(position: float) -> float:
    """A slider's position in [0, 1] to a smoothing factor: even steps for the eye, where 1 - f shrinks tenfold.

    0 gives 0, then 0.6 near one sixth, 0.9 at a quarter, 0.99 at a half, LARGEST_FACTOR at the end.
    """
    return 0.0 if position <= 0 else min(1 - 10 ** (-4 * position), LARGEST_FACTOR)


def factor_to_slider(factor: float) -> float:
    return 0.0 if factor <= 0 else min(-math.log10(1 - min(factor, LARGEST_FACTOR)) / 4, 1.0)


def factor_text(factor: float) -> str:
    """0.6, 0.95, 0.995: as many digits as tell it from 1."""
    if factor <= 0:
        return "off"
    digits = max(2, math.ceil(round(-math.log10(1 - factor), 6)))
    return f"{factor:.{digits}f}"


def event_x(data: RunData, event: Event, axis: Axis) -> float | None:
    """Where an event lies on the axis; None where neither it nor the curves tell."""
    return moment_x(data, axis, event.step, event.epoch, event.time)


def moment_x(
    data: RunData, axis: Axis, step: float | None, epoch: float | None = None, time: float | None = None
) -> float | None:
    """A moment that is known by step, epoch or Unix time, on the axis."""
    if axis == "step" and step is not None:
        return step
    if axis == "epoch" and epoch is not None:
        return epoch
    if axis == "wall" and time is not None:
        return time
    if axis == "relative" and time is not None and data.origin is not None:
        return time - data.origin
    longest = max(data.series.values(), key=len, default=None)
    return None if step is None or longest is None else longest.translate(step, "step", axis)
