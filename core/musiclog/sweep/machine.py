"""The rules on memory and throughput over many values at once."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..anomaly.hardware import _BLOCK, _BLOCKS, _FULL, Leak, MemoryWatch, StepTimeWatch, ThroughputWatch
from ..columns import Indices
from ..records import Floats
from .leap import NOWHERE, Stretch, finite, first, where
from .sliding import Slide, is_full


class ThroughputLeap:
    """Every odd value is recent, every even one makes the usual."""

    def __init__(self, watch: ThroughputWatch) -> None:
        self._watch = watch

    def is_calm(self) -> bool:
        watch = self._watch
        if watch._is_slow or watch._episode.suspected:
            return False
        return is_full(watch._recent) and is_full(watch._usual)

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        watch, values = self._watch, stretch.values
        self._first = watch._count
        odd = (self._first + 1 + np.arange(len(values))) % 2 == 1
        self._judged, self._learnt = where(odd), where(~odd)
        self._recent = Slide(watch._recent, values[self._judged])
        self._usual = Slide(watch._usual, values[self._learnt])
        normal = self._usual.median[(np.cumsum(~odd))[self._judged]]
        self._best = np.maximum.accumulate(np.append(watch._best, normal))
        # The watch also asks for five standard errors, which only lowers this.
        limit = np.maximum(normal, 0.85 * self._best[1:]) * watch._slow_share
        return self._judged[where(self._recent.median[1:] < limit)]

    def leap(self, start: int, stop: int) -> None:  # noqa: ARG002 - what it remembers does not depend on the start
        watch = self._watch
        judged = int(self._judged.searchsorted(stop))
        self._recent.move(judged)
        self._usual.move(int(self._learnt.searchsorted(stop)))
        watch._best = float(self._best[judged])
        watch._count = self._first + stop


class StepTimeLeap:
    def __init__(self, watch: StepTimeWatch) -> None:
        self._steps = ThroughputLeap(watch._steps)

    def is_calm(self) -> bool:
        return self._steps.is_calm()

    def reach(self, values: Floats) -> int:
        return min(finite(values), first(values <= 0))

    def foresee(self, stretch: Stretch) -> Indices:
        return self._steps.foresee(Stretch(1 / stretch.values, stretch.rows, stretch.counts, stretch.steps))

    def leap(self, start: int, stop: int) -> None:
        self._steps.leap(start, stop)


class MemoryLeap:
    def __init__(self, watch: MemoryWatch) -> None:
        self._watch = watch
        self._leaks = [LeakLeap(leak) for leak in watch._leaks]

    def is_calm(self) -> bool:
        watch = self._watch
        if watch._episode.suspected or not all(leak.is_calm() for leak in self._leaks):
            return False
        return is_full(watch._recent) and is_full(watch._usual)

    def reach(self, values: Floats) -> int:
        return finite(values)

    def foresee(self, stretch: Stretch) -> Indices:
        watch, values = self._watch, stretch.values
        self._first, self._values, self._counts = watch._count, values, stretch.counts
        counts = self._first + 1 + np.arange(len(values))
        capacity = watch._context.memory_capacity
        fast, slow = self._leaks
        self._fifths = np.flatnonzero(counts % 5 == 0)
        wrong = [fast.foresee(values, capacity), self._fifths[slow.foresee(values[self._fifths], capacity)]]
        wrong.append(self._follow(values, counts, capacity))
        if capacity is not None:
            wrong.append(np.flatnonzero(values > _FULL * capacity))
        return np.concatenate(wrong)

    def leap(self, start: int, stop: int) -> None:  # noqa: ARG002 - what it remembers does not depend on the start
        watch = self._watch
        fast, slow = self._leaks
        fast.leap(stop)
        slow.leap(int(self._fifths.searchsorted(stop)))
        self._recent.move(int(self._odd.searchsorted(stop)))
        n = int(self._fourths.searchsorted(stop))
        self._usual.move(n)
        if n:
            watch._level, watch._before = float(self._level[n - 1]), float(self._before[n - 1])
        moved = self._moved[: self._moved.searchsorted(stop)]
        if len(moved):
            watch._context.memory_moved_at = int(self._counts[moved[-1]])
        watch._count = self._first + stop
        watch._context.memory = float(self._values[stop - 1])

    def _follow(self, values: Floats, counts: Indices, capacity: float | None) -> Indices:
        """Where the level jumps near to the capacity; remembers where it moved at all."""
        watch = self._watch
        self._odd, self._fourths = np.flatnonzero(counts % 2 == 1), np.flatnonzero(counts % 4 == 0)
        self._recent = Slide(watch._recent, values[self._odd])
        self._usual = Slide(watch._usual, values[self._fourths])
        self._level = level = self._recent.median[self._odd.searchsorted(self._fourths)]
        self._before = before = self._usual.median[1:]
        scatter = np.maximum(self._usual.spread[1:], 0.01 * before)
        self._moved = self._fourths[np.abs(level - before) > 3 * scatter]
        if capacity is None:
            return NOWHERE
        return self._fourths[(level > 0.9 * capacity) & (level > 1.15 * before)]


class LeakLeap:
    """Blocks of twenty values; what completes one that may be a leak's is looked at."""

    def __init__(self, leak: Leak) -> None:
        self._leak = leak

    def is_calm(self) -> bool:
        return len(self._leak._medians) == _BLOCKS and self._leak.growth is None

    def foresee(self, values: Floats, capacity: float | None) -> Indices:
        leak = self._leak
        self._kept = len(leak._block)
        self._whole = np.concatenate([leak._block, values])
        n = len(self._whole) // _BLOCK
        blocks = np.sort(self._whole[: n * _BLOCK].reshape(n, _BLOCK), axis=1)
        self._medians = np.concatenate([leak._medians, blocks[:, _BLOCK // 2]])
        self._highest = np.maximum.accumulate(np.append(leak._highest, self._medians[:n]))
        if capacity is None or not n:
            return NOWHERE
        recent = sliding_window_view(self._medians, _BLOCKS)[1:]
        rise = (recent[:, -1] - recent[:, 0]) / (_BLOCKS - 1)
        even = np.diff(recent, axis=1).min(axis=1) >= 0.25 * rise
        scatter = (blocks[:, 16] - blocks[:, 3]) / 2
        grows = even & (rise > 0.002 * recent[:, -1]) & (rise >= 0.8 * scatter)
        wrong = grows & (recent[:, -1] >= 1.01 * self._highest[1:])
        return np.flatnonzero(wrong) * _BLOCK + (_BLOCK - 1 - self._kept)

    def leap(self, stop: int) -> None:
        leak, seen = self._leak, self._kept + stop
        n = seen // _BLOCK
        leak._block = self._whole[n * _BLOCK : seen].tolist()
        leak._medians = self._medians[n : n + _BLOCKS].tolist()
        leak._highest = float(self._highest[n])
