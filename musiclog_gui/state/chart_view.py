"""How the Live page shows its charts, and where the moments of a run lie on the chosen axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from musiclog.group_curves import Middle, Spread
from musiclog.records import Event
from musiclog.run_data import RunData
from musiclog.smoothing import Kind
from musiclog.timeline import Axis

from .laid_series import METRIC, x_at
from .y_scale import LOG, PLAIN, YScale

AXIS_TITLES: dict[Axis, str] = {"step": "Step", "epoch": "Epoch", "relative": "Relative time", "wall": "Wall time"}
MARK_TITLES = {
    "alert": "Alerts", "epoch": "Epochs", "checkpoint": "Checkpoints", "sample": "Samples", "resume": "Resumes",
    "missing": "NaN and infinity", "corpus": "What the corpus has",
}  # fmt: skip
MIDDLE_TITLES: dict[Middle, str] = {"mean": "Mean", "median": "Median"}
SPREAD_TITLES: dict[Spread, str] = {
    "range": "Lowest to highest", "deviation": "Standard deviation", "error": "Standard error",
    "confidence": "95 % interval",
}  # fmt: skip
COUNTER_TITLES = {"tokens": "Tokens seen", "files": "Files seen"}
LARGEST_FACTOR = 0.9999


@dataclass(frozen=True, slots=True)
class ChartView:
    """What all charts of the page have in common."""

    axis: str = "step"  # one of AXIS_TITLES or COUNTER_TITLES, or METRIC and the name of any metric
    smoothing: float = 0.6  # factor in [0, 1) of the exponential one; 0 shows the values as logged
    log_y: bool = False
    marks: bool = True  # whatever of MARK_TITLES is not in unmarked
    linked: bool = False  # a stretch of x that is chosen in one chart is shown in all
    kind: Kind = "exponential"  # of smoothing; the others smooth as strongly as this factor would
    clip: bool = False  # show the bulk of the values and say how many lie outside
    middle: Middle = "mean"  # of the runs of a group
    spread: Spread = "range"
    unmarked: frozenset[str] = frozenset({"epoch"})
    log_x: bool = False

    def marked(self, kind: str) -> bool:
        return self.marks and kind not in self.unmarked

    @property
    def base(self) -> Axis:
        """The axis of what is drawn: points over a counter have it in the place of their steps."""
        return cast(Axis, self.axis) if self.axis in AXIS_TITLES else "step"

    @property
    def across(self) -> YScale:
        """How x becomes a place from left to right. The time of day has no logarithm."""
        return LOG if self.log_x and self.axis != "wall" else PLAIN

    @property
    def axis_words(self) -> str:
        known = {**AXIS_TITLES, **COUNTER_TITLES}.get(self.axis)
        return known.lower() if known else self.axis.removeprefix(METRIC)

    @property
    def smoothing_words(self) -> str:
        """How strong, in the unit of its kind: "0.95", "± 19 rows", "σ 11 rows"."""
        if self.smoothing <= 0 or self.kind == "exponential":
            return factor_text(self.smoothing)
        amount = smoothing_amount(self.kind, self.smoothing)
        return f"σ {amount:.3g} rows" if self.kind == "gaussian" else f"± {amount:.0f} rows"


def smoothing_amount(kind: Kind, factor: float) -> float:
    """What calms noise as much as exponential smoothing by this factor, in the unit of the kind.

    The variance of white noise shrinks to (1 - f) / (1 + f), to 1 / (2 reach + 1), to 1 / (2 sigma sqrt(pi)).
    """
    width = (1 + factor) / (1 - factor)
    if kind == "exponential":
        return factor
    return width / (2 * math.sqrt(math.pi)) if kind == "gaussian" else max(round((width - 1) / 2), 1)


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


def event_x(data: RunData, event: Event, axis: str) -> float | None:
    """Where an event lies on the axis; None where neither it nor the curves tell."""
    return moment_x(data, axis, event.step, event.epoch, event.time)


def moment_x(
    data: RunData, axis: str, step: float | None, epoch: float | None = None, time: float | None = None
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
    return None if step is None else _x_of_step(data, axis, step)


def _x_of_step(data: RunData, axis: str, step: float) -> float | None:
    if axis not in AXIS_TITLES:
        return x_at(data, axis, step)
    longest = max(data.series.values(), key=len, default=None)
    return None if longest is None else longest.translate(step, "step", cast(Axis, axis))
