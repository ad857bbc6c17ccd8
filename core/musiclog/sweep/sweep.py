"""Show the rows of a run to a monitor: one by one where something may be wrong, by the thousand where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..anomaly import Alert, Monitor
from ..anomaly.evaluation import TrainingMean, ValidationWatch
from ..anomaly.gradient import GradientWatch
from ..anomaly.hardware import CapacityWatch, MemoryWatch, StepTimeWatch, ThroughputWatch
from ..anomaly.learning_rate import LearningRateWatch
from ..anomaly.loss import LossWatch, PartLossWatch
from ..anomaly.nonfinite import _USUALLY_FINITE, FiniteRun
from ..anomaly.objective import LossScaleWatch, WeightWatch
from ..columns import Indices
from ..rows import Rows
from .chunk import Chunk
from .gradient import GradientLeap
from .leap import Leap, Stretch
from .learning_rate import LearningRateLeap
from .loss import LossLeap
from .machine import MemoryLeap, StepTimeLeap, ThroughputLeap
from .plain import CapacityLeap, FiniteLeap, LastLeap, PartLeap, ValidationLeap, WeightChanges, WeightLeap

# Rows that are foreseen together: 4,096 of four metrics take 6 ms.
CHUNK = 4_096
# Stops in one go; at the beginning of a run there are many, and a turn should not last.
STOPS = 48
# Rows that are shown one by one before it is asked again whether all is calm: about 1 ms.
ONE_BY_ONE = 64
# A leap costs as much as this many rows one by one.
WORTH = 16

Found = tuple[Alert, float | None]  # an alert and the time of the row that caused it
Hear = Callable[[int], list[Found]]


def _hear_nothing(_place: int) -> list[Found]:
    return []


class Sweep:
    """The same alerts as Monitor.update() gives for every row; about ten times as fast while nothing is wrong.

    hear(place) is called before the row at a place is shown to the monitor by itself, so that the monitor can be told
    what happened until then; stops are places at which that must not be put off.
    """

    def __init__(
        self, monitor: Monitor, rows: Rows, *, hear: Hear = _hear_nothing, stops: Indices | None = None
    ) -> None:
        self._monitor, self._rows, self._hear = monitor, rows, hear
        self._stops = np.empty(0, np.intp) if stops is None else np.unique(stops)
        self._leaps: dict[str, tuple[Any, Leap | None]] = {}  # metric -> its watch and how that leaps
        self._changes = WeightChanges()
        self._awaited: list[Leap] = []  # those that were not calm when it was asked last
        self.place = 0

    @property
    def done(self) -> bool:
        return self.place >= len(self._rows)

    def some(self) -> list[Found]:
        """Look at the next rows, some thousand at most."""
        stop = min(self.place + CHUNK, len(self._rows))
        if stop - self.place < WORTH:
            return self._show(stop)
        if not self._is_calm(self._awaited):
            return self._show(min(stop, self.place + ONE_BY_ONE))
        chunk = Chunk(self._monitor, self._rows, self.place, stop)
        leaps = self._leaps_of(chunk) if chunk.length >= WORTH else None
        if leaps is None or not self._is_calm(leaps.values()):
            return self._show(min(stop, self.place + ONE_BY_ONE))
        stretches = self._stretches(chunk, leaps)
        if chunk.length < WORTH:
            return self._show(min(stop, self.place + chunk.length + 1))
        return self._leap_through(chunk, leaps, stretches)

    def _show(self, stop: int) -> list[Found]:
        """Show the rows up to a place one by one."""
        found: list[Found] = []
        update = self._monitor.update
        for place, (step, at, epoch, values) in enumerate(self._rows.between(self.place, stop), self.place):
            found += self._hear(place)
            found += [(alert, at) for alert in update(step, values, epoch=epoch, time=at)]
        self.place = stop
        return found

    def _stretches(self, chunk: Chunk, leaps: dict[str, Leap]) -> dict[str, Stretch]:
        """What each metric brings; shortens the chunk to what can be foreseen of all of them."""
        values = chunk.values()
        for name, leap in leaps.items():
            places, mine = values[name]
            reach = leap.reach(mine)
            if reach < len(places):
                chunk.length = min(chunk.length, int(places[reach]))
        return {name: chunk.stretch(*values[name]) for name in leaps}

    def _leap_through(self, chunk: Chunk, leaps: dict[str, Leap], stretches: dict[str, Stretch]) -> list[Found]:
        found: list[Found] = []
        begin, at = self.place, 0
        for stop in [*self._stops_in(chunk, leaps, stretches), chunk.length][:STOPS]:
            if stop - at >= WORTH:
                for name, leap in leaps.items():
                    a, b = stretches[name].rows.searchsorted((at, stop)).tolist()
                    if b > a:
                        leap.leap(a, b)
                chunk.move_context(at, stop)
                self.place = begin + stop
            elif stop > at:
                found += self._show(begin + stop)
            at = stop + 1
            if stop == chunk.length:
                break
            found += self._show(begin + at)
            if not self._is_calm(leaps.values()):
                break
        return found

    def _stops_in(self, chunk: Chunk, leaps: dict[str, Leap], stretches: dict[str, Stretch]) -> list[int]:
        """Places from the chunk's start at which somebody wants to look."""
        self._changes.clear()
        a, b = self._stops.searchsorted((self.place, self.place + chunk.length))
        stops = [self._stops[a:b] - self.place]
        for name, leap in leaps.items():
            stretch = stretches[name]
            stops.append(stretch.rows[leap.foresee(stretch)])
        return [int(stop) for stop in np.unique(np.concatenate(stops))]

    def _is_calm(self, leaps: Iterable[Leap]) -> bool:
        self._awaited = [leap for leap in leaps if not leap.is_calm()]
        return not self._awaited and not self._monitor._nonfinite.first

    def _leaps_of(self, chunk: Chunk) -> dict[str, Leap] | None:
        """How each watched metric leaps, weights of the objective first; None when one of them cannot."""
        found: dict[str, Leap] = {}
        for name in sorted(chunk.names, key=lambda name: self._monitor.roles.get(name) != "objective_weight"):
            if not self._monitor.roles.get(name):
                continue  # a counter, or not met yet, in rows beyond those that are foreseen
            leap = self._leap_of(name)
            if leap is None:
                return None
            found[name] = leap
        return found

    def _leap_of(self, name: str) -> Leap | None:
        watch = getattr(self._monitor._looks[name], "__self__", None)
        kept = self._leaps.get(name)
        if kept is None or kept[0] is not watch:
            kept = self._leaps[name] = (watch, _leap(watch, self._changes))
        return kept[1]


def _leap(watch: object, changes: WeightChanges) -> Leap | None:  # noqa: PLR0911 - one line a watch
    """How a watch leaps; None for those of plug-ins, which are shown every row."""
    match watch:
        case LossWatch():
            return LossLeap(watch, changes)
        case GradientWatch():
            return GradientLeap(watch)
        case LearningRateWatch():
            return LearningRateLeap(watch)
        case ThroughputWatch():
            return ThroughputLeap(watch)
        case StepTimeWatch():
            return StepTimeLeap(watch)
        case MemoryWatch():
            return MemoryLeap(watch)
        case CapacityWatch():
            return CapacityLeap(watch)
        case ValidationWatch():
            return ValidationLeap(watch)
        case WeightWatch():
            return WeightLeap(watch, changes)
        case LossScaleWatch() | TrainingMean():
            return LastLeap(watch)
        case PartLossWatch():
            return PartLeap(watch)
        case FiniteRun():
            return FiniteLeap(watch, _USUALLY_FINITE)
    return None
