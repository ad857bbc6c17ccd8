"""How far a run is and when it will be done: robust to slow starts, pauses and resumed runs, honest about doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MIN_INTERVALS = 8  # fewer say nothing about the spread, and the first steps compile and fill caches
_MAX_MARKS = 512
_WINDOW = 1 / 3  # the pace of the latest third counts: a slow first epoch is forgotten half an epoch later
_PAUSE = 6.0  # an interval this many times slower than the median is a pause, or an evaluation if it returns
_RECURS = 3  # so many long intervals in the window are part of the work, not pauses
_BLOCKS = 8
_DOUBT = 2.0  # standard errors on each side: about 95 % for steady runs
_LEAST_SPREAD = 0.03  # no machine keeps its pace closer than this for hours


@dataclass(frozen=True, slots=True)
class Estimate:
    """fraction in [0, 1]; eta_s with its interval in seconds. None where it cannot be said; reason then says why."""

    fraction: float | None
    eta_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    reason: str | None = None

    def __str__(self) -> str:
        share = "unknown" if self.fraction is None else f"{self.fraction:.0%}"
        if self.eta_s is None or self.low_s is None or self.high_s is None:
            return f"{share}; no ETA: {self.reason}"
        return f"{share}; {duration(self.eta_s)} left ({duration(self.low_s)} to {duration(self.high_s)})"


class Interval(NamedTuple):
    """The time between two looks at the counter: units done (steps or epochs) in seconds."""

    units: float
    seconds: float

    @property
    def pace(self) -> float:
        return self.seconds / self.units


class Progress:
    """Counts a run forward. Give total_steps or total_epochs; without either there is no fraction and no ETA.

    update() takes what is logged, in time order; a step that goes back (a resume) starts a new stretch, and the
    hole between two stretches is not counted as work.
    """

    def __init__(self, *, total_steps: float | None = None, total_epochs: float | None = None) -> None:
        self._total_steps = total_steps
        self._total_epochs = total_epochs
        self._first_epoch: float | None = None
        self._epoch: float | None = None
        self._epoch_step: float | None = None  # the first step of the current epoch
        self._epoch_whole = False  # the current epoch was seen from its start
        self._steps_per_epoch: float | None = None
        self._batches: float | None = None
        self._step: float | None = None
        self._done: float | None = None
        self._mark: tuple[float, float] | None = None  # time, units done
        self._fresh = True  # the next interval begins a stretch
        self._intervals: list[Interval] = []
        self._grain_s = 0.0

    @property
    def total(self) -> float | None:
        """In steps when their number is planned, else in epochs."""
        return self._total_steps or self._total_epochs or None

    @property
    def first_epoch(self) -> float | None:
        """0 or 1, as the trainer counts; a resumed run must know it from before."""
        return self._first_epoch

    def epoch_start(self, epoch: float, batches: float | None = None) -> None:
        if batches:
            self._batches = float(batches)
        self._enter(epoch, self._step)

    def resume(self, first_epoch: float | None = None) -> None:
        """A new stretch begins: the time since the last step was not work."""
        self._mark, self._fresh, self._step = None, True, None
        if first_epoch is not None:
            self._first_epoch = first_epoch

    def update(self, time: float, step: float, epoch: float | None = None, batch: float | None = None) -> None:
        """Note that step was reached at time (Unix seconds, or any clock that estimate() uses too)."""
        if self._step is not None and step < self._step:
            self.resume()
        if epoch is not None and epoch != self._epoch:
            self._enter(epoch, step)
        self._step = step
        if self._epoch_step is None:
            self._epoch_step = step
        done = self._position(step, epoch, batch)
        if done is None:
            return
        self._done = done
        self._tick(time, done)

    def estimate(self, now: float) -> Estimate:
        """The state at now. Time that has passed since the last step is taken off, one interval at most."""
        total = self.total
        if total is None:
            return Estimate(None, reason="neither total_steps nor total_epochs is known")
        if self._done is None:
            return Estimate(None, reason="no steps yet")
        fraction = min(max(self._done / total, 0.0), 1.0)
        left = max(total - self._done, 0.0)
        if left == 0.0:
            return Estimate(1.0, 0.0, 0.0, 0.0)
        if len(self._intervals) < MIN_INTERVALS:
            return Estimate(fraction, reason="too few steps yet")
        pace, relative_doubt = pace_and_doubt(self._intervals, left)
        waited = min(max(now - self._mark[0], 0.0), pace * self._intervals[-1].units) if self._mark else 0.0
        eta = max(left * pace - waited, 0.0)
        return Estimate(fraction, eta, eta * max(1 - relative_doubt, 0.0), eta * (1 + relative_doubt))

    def _enter(self, epoch: float, step: float | None) -> None:
        if epoch == self._epoch:
            return
        if self._first_epoch is None:
            self._first_epoch = 0.0 if epoch == 0 else 1.0
        if self._epoch is not None and epoch > self._epoch:
            self._learn_epoch_length(epoch, step)
            self._epoch_whole = True
        else:
            self._epoch_whole = self._epoch is None and epoch == self._first_epoch
        self._epoch, self._epoch_step = epoch, step

    def _learn_epoch_length(self, epoch: float, step: float | None) -> None:
        if self._epoch_whole and self._epoch is not None and self._epoch_step is not None and step is not None:
            length = (step - self._epoch_step) / (epoch - self._epoch)
            self._steps_per_epoch = length if length > 0 else self._steps_per_epoch

    def _position(self, step: float, epoch: float | None, batch: float | None) -> float | None:
        """Units done: steps, or epochs with the part of the current one that is known."""
        if self._total_steps:
            return step
        epoch = self._epoch if epoch is None else epoch
        if not self._total_epochs or epoch is None or self._first_epoch is None:
            return None
        begun = epoch - self._first_epoch
        if batch is not None and self._batches:
            return begun + min(batch / self._batches, 1.0)
        length = self._batches or self._steps_per_epoch
        if length and self._epoch_step is not None:
            return begun + min((step - self._epoch_step) / length, 1.0)
        return begun

    def _tick(self, time: float, done: float) -> None:
        if self._mark is None:
            self._mark = (time, done)
            return
        since, before = self._mark
        if done <= before or time - since < self._grain_s or time <= since:
            return
        self._mark = (time, done)
        if self._fresh:  # the first step of a stretch compiles, warms up and fills caches
            self._fresh = False
            return
        self._intervals.append(Interval(done - before, time - since))
        if len(self._intervals) > _MAX_MARKS:
            self._thin()

    def _thin(self) -> None:
        """Join neighbours in the older half, so that memory stays constant and the past stays known."""
        half = len(self._intervals) // 2 & ~1
        pairs = zip(self._intervals[0:half:2], self._intervals[1:half:2], strict=True)
        older = [Interval(a.units + b.units, a.seconds + b.seconds) for a, b in pairs]
        self._intervals = older + self._intervals[half:]
        # Later intervals need not be finer than a thousandth of what has been seen.
        self._grain_s = sum(interval.seconds for interval in self._intervals) / 1000


def pace_and_doubt(intervals: Sequence[Interval], left: float) -> tuple[float, float]:
    """Seconds a unit over the latest third of the work, and the relative half-width of its interval for what is left.

    Doubt: the spread s of the paces of B equal blocks gives the mean an error of s/sqrt(B), and R blocks to come
    vary by s/sqrt(R) around it.
    """
    recent = _without_pauses(_latest(intervals))
    units = sum(interval.units for interval in recent)
    pace = sum(interval.seconds for interval in recent) / units
    blocks = _blocks(recent)
    if len(blocks) < 2:
        return pace, 1.0
    mean = sum(blocks) / len(blocks)
    spread = math.sqrt(sum((block - mean) ** 2 for block in blocks) / (len(blocks) - 1)) / mean
    to_come = max(left / (units / len(blocks)), 1.0)
    return pace, max(_DOUBT * spread * math.sqrt(1 / len(blocks) + 1 / to_come), _LEAST_SPREAD)


def replay(
    steps: Sequence[float],
    times: Sequence[float],
    epochs: Sequence[float] | None = None,
    *,
    total_steps: float | None = None,
    total_epochs: float | None = None,
) -> Progress:
    """A Progress from a whole logged series (Unix seconds; NaN epochs are unknown), 1,000 points of it at most."""
    progress = Progress(total_steps=total_steps, total_epochs=total_epochs)
    stride = max(len(steps) // 1000, 1)
    for i in range(0, len(steps), stride):
        _feed(progress, float(steps[i]), float(times[i]), None if epochs is None else float(epochs[i]))
    if len(steps) and (len(steps) - 1) % stride:
        _feed(progress, float(steps[-1]), float(times[-1]), None if epochs is None else float(epochs[-1]))
    return progress


def duration(seconds: float) -> str:
    """3 h 05 min, 4 min 10 s, 8 s: two units are as exact as an estimate deserves."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"


def _feed(progress: Progress, step: float, time: float, epoch: float | None) -> None:
    if math.isfinite(time) and math.isfinite(step):
        progress.update(time, step, epoch if epoch is not None and math.isfinite(epoch) else None)


def _latest(intervals: Sequence[Interval]) -> Sequence[Interval]:
    wanted = _WINDOW * sum(interval.units for interval in intervals)
    start, units = len(intervals), 0.0
    while start > 0 and (units < wanted or len(intervals) - start < MIN_INTERVALS):
        start -= 1
        units += intervals[start].units
    return intervals[start:]


def _without_pauses(intervals: Sequence[Interval]) -> list[Interval]:
    """Single long gaps (a suspended laptop, a debugger) shrink to the usual pace; those that return stay."""
    usual = sorted(interval.pace for interval in intervals)[len(intervals) // 2]
    long_paces = sorted(interval.pace for interval in intervals if interval.pace > _PAUSE * usual)
    cap = 2 * long_paces[len(long_paces) // 2] if len(long_paces) >= _RECURS else _PAUSE * usual
    return [Interval(one.units, one.units * usual) if one.pace > cap else one for one in intervals]


def _blocks(intervals: Sequence[Interval]) -> list[float]:
    """Paces of at most 8 neighbouring groups with about equal work."""
    size = sum(interval.units for interval in intervals) / _BLOCKS
    paces, units, seconds = [], 0.0, 0.0
    for interval in intervals:
        units += interval.units
        seconds += interval.seconds
        if units >= size * 0.999:
            paces.append(seconds / units)
            units = seconds = 0.0
    return paces
