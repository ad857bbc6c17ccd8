"""Memory that fills up and throughput that falls, judged in the machine's own terms."""

from __future__ import annotations

from itertools import pairwise

from musiclog.anomaly.baseline import Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_FULL = 0.965  # share of the capacity; an allocator's fragmentation takes the rest
_BLOCK = 20
_BLOCKS = 7
_RECENT = 15
_LASTING_S = 30.0  # a slow-down or its end counts after so long


class CapacityWatch:
    """Remembers the capacity for the rule on used memory."""

    def __init__(self, _metric: str, context: Context) -> None:
        self._context = context

    def look(self, value: float) -> None:
        self._context.memory_capacity = value


class Leak:
    """Growth that is even and beyond the noise over seven blocks of twenty points, every nth of which is looked at."""

    def __init__(self, every: int) -> None:
        self._points = _BLOCK * every
        self._block: list[float] = []
        self._medians: list[float] = []
        self._highest = 0.0  # of the blocks before these
        self.growth: float | None = None  # a point, while it looks like a leak
        self.full_in_points = float("inf")

    def look(self, value: float, capacity: float | None) -> None:
        self._block.append(value)
        if len(self._block) < _BLOCK:
            return
        block = sorted(self._block)
        self._block.clear()
        self._medians.append(block[_BLOCK // 2])
        if len(self._medians) > _BLOCKS:
            self._highest = max(self._highest, self._medians.pop(0))
        self.growth = None
        if len(self._medians) == _BLOCKS and capacity is not None:
            self._judge(capacity, (block[16] - block[3]) / 2)

    def _judge(self, capacity: float, scatter: float) -> None:
        medians = self._medians
        rises = [b - a for a, b in pairwise(medians)]
        rise = (medians[-1] - medians[0]) / len(rises)
        if min(rises) < 0.25 * rise or rise <= 0.002 * medians[-1] or rise < 0.8 * scatter:
            return
        if medians[-1] < 1.01 * self._highest:
            return  # it was as high before and came down again
        growth = (medians[-1] - medians[-4]) / 3 / self._points  # the first blocks may be from before it began
        remaining = (_FULL * capacity - medians[-1]) / growth
        if remaining < 75 * self._points:
            self.growth, self.full_in_points = growth, max(0.0, remaining)


class MemoryWatch:
    """Near the capacity, or rising so steadily that it will get there."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._leaks = (Leak(1), Leak(5))  # a fast one is seen early, a slow one through more noise
        self._recent = Window(5)  # every second point
        self._usual = Window(51)  # every fourth point
        self._level = self._before = 0.0
        self._episode = context.episode("memory_overflow", metric, Rhythm(on=2, off=25, cool=200))

    def look(self, value: float) -> None:
        self._count += 1
        context = self._context
        capacity = context.memory_capacity
        fast, slow = self._leaks
        fast.look(value, capacity)
        if not self._count % 5:
            slow.look(value, capacity)
        full = capacity is not None and value > _FULL * capacity
        self._follow(value)
        if full or self._jumped(capacity) or fast.growth is not None or slow.growth is not None:
            self._tell(value, capacity, full)
        elif self._episode.suspected:
            self._episode.calm(self._count)
        context.memory = value

    def _follow(self, value: float) -> None:
        """Whether the level of the last points differs from the level before: the work per step was changed."""
        recent, usual = self._recent, self._usual
        if self._count & 1:
            recent.push(value)
        elif not self._count & 3:
            usual.push(value)
            if len(usual.ordered) >= 10:
                level, before = recent.median(), usual.median()
                self._level, self._before = level, before
                scatter = max(usual.spread(), 0.01 * before)
                if abs(level - before) > 3 * scatter:
                    self._context.memory_moved_at = self._context.count

    def _full_step(self, leak: Leak) -> float:
        context = self._context
        return float(f"{context.step + leak.full_in_points * context.steps_per_point:.3g}")

    def _jumped(self, capacity: float | None) -> bool:
        """A sudden rise that leaves less than a tenth: the next long sequence will not fit."""
        return capacity is not None and self._level > 0.9 * capacity and self._level > 1.15 * self._before

    def _tell(self, value: float, capacity: float | None, full: bool) -> None:
        context = self._context
        leak = next((each for each in self._leaks if each.growth is not None), None)
        issue = "leak" if leak is not None else "jump" if self._jumped(capacity) else "full"
        self._episode.trouble(
            self._count,
            context.step,
            "critical" if full else "warning",
            lambda: {
                "used": value,
                "capacity": capacity,
                "used_percent": 100 * value / capacity if capacity else None,
                "issue": issue,
                "growth": leak.growth if leak is not None else None,
                "full_in_points": round(leak.full_in_points) if leak is not None else None,
                "full_step": self._full_step(leak) if leak is not None else None,
                "before": self._before or None,
            },
            size=value,
        )


class ThroughputWatch:
    """Compares the recent median with the usual one; one slow step or an epoch's border cannot move it.

    Where times are known a change must also last: a neighbour's short job on the same machine is no news.
    """

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._recent = Window(_RECENT)  # every second point; the others make the usual
        self._usual = Window(101)
        self._best = 0.0
        self._slow_share = 0.62 / context.caution**0.5
        self._is_slow = False
        self._changed_time: float | None = None  # when slow became fast or fast slow
        self._episode = context.episode("throughput_degradation", metric, Rhythm(on=6, off=10, cool=200))

    def look(self, value: float) -> None:
        self._count += 1
        recent, usual = self._recent, self._usual
        if not self._count & 1:
            if not (self._is_slow or self._episode.suspected):
                usual.push(value)
            return
        recent.push(value)
        if len(usual.ordered) < 20:
            return
        rate, normal = recent.median(), usual.median()
        self._best = max(self._best, normal)
        normal = max(normal, 0.85 * self._best)  # a slow decline must not become the usual
        slow = rate < normal * min(self._slow_share, 1 - 5 * usual.spread() / usual.median() / _RECENT**0.5)
        if slow and self._more_work():
            usual.clear()
            self._best = 0.0  # the new pace is the normal one for the new work
            slow = False
        if slow != self._is_slow:
            self._is_slow, self._changed_time = slow, self._context.time
        if slow and self._lasts():
            self._tell(rate, normal)
        elif not slow and self._episode.suspected and self._lasts():
            self._episode.calm(self._count)

    def _lasts(self) -> bool:
        now, since = self._context.time, self._changed_time
        return now is None or since is None or now - since >= _LASTING_S

    def _more_work(self) -> bool:
        """Memory moved together with the rate: steps do more work, which is no fault, unless memory is nearly full."""
        context = self._context
        if context.since(context.memory_moved_at) > 30:
            return False
        return not (context.memory and context.memory_capacity and context.memory > 0.93 * context.memory_capacity)

    def _tell(self, rate: float, normal: float) -> None:
        context = self._context
        share = rate / normal
        self._episode.trouble(
            self._count,
            context.step,
            "critical" if share < 0.3 else "warning",
            lambda: {
                "value": rate,
                "usual": normal,
                "share_percent": 100 * share,
                "slower": normal / rate if rate else None,
            },
            size=-share,
        )


class StepTimeWatch:
    """Seconds a step, for runs that log no rate: the same rule on its inverse."""

    def __init__(self, metric: str, context: Context) -> None:
        self._steps = ThroughputWatch(metric, context)

    def look(self, value: float) -> None:
        if value > 0:
            self._steps.look(1 / value)
