"""Memory that fills up and throughput that falls, judged in the machine's own terms."""

from __future__ import annotations

from musiclog.anomaly.baseline import Window
from musiclog.anomaly.context import LONG_AGO, Context
from musiclog.anomaly.episodes import Rhythm

_FULL = 0.965  # share of the capacity; an allocator's fragmentation takes the rest
_BLOCK = 20  # points
_BLOCKS = 7


class CapacityWatch:
    """Remembers the capacity for the rule on used memory."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context

    def look(self, value: float) -> None:
        self._context.memory_capacity = value


class MemoryWatch:
    """Near the capacity, or rising so steadily that it will get there."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._block: list[float] = []
        self._medians: list[float] = []
        self._scatter = 0.0
        self._recent = Window(5)
        self._usual = Window(51)  # every fourth point
        self._level = self._before = 0.0
        self._leak: tuple[float, float] | None = None  # growth a point, points until full
        self._leak_at = LONG_AGO
        self._episode = context.episode("memory_overflow", metric, Rhythm(on=2, off=25, cool=200))

    def look(self, value: float) -> None:
        self._count += 1
        context = self._context
        capacity = context.memory_capacity
        block = self._block
        block.append(value)
        if len(block) == _BLOCK:
            self._close_block(capacity)
        full = capacity is not None and value > _FULL * capacity
        self._follow(value)
        if full or self._jumped(capacity) or self._leak is not None:
            self._tell(value, capacity, full)
        elif self._episode.suspected:
            self._episode.calm(self._count)
        context.memory = value

    def _follow(self, value: float) -> None:
        """Whether the level of the last points differs from the level before: the work per step was changed."""
        recent, usual = self._recent, self._usual
        recent.push(value)
        if not self._count & 3:
            usual.push(value)
            if len(usual) >= 10:
                level, before = recent.median(), usual.median()
                self._level, self._before = level, before
                scatter = max(usual.spread(), 0.01 * before)
                if abs(level - before) > 3 * scatter:
                    self._context.memory_moved_at = self._context.count

    def _jumped(self, capacity: float | None) -> bool:
        """A sudden rise that leaves less than a tenth: the next long sequence will not fit."""
        return capacity is not None and self._level > 0.9 * capacity and self._level > 1.15 * self._before

    def _close_block(self, capacity: float | None) -> None:
        block = sorted(self._block)
        self._block.clear()
        self._scatter = (block[16] - block[3]) / 2
        self._medians.append(block[_BLOCK // 2])
        del self._medians[:-_BLOCKS]
        self._leak = self._find_leak(capacity)

    def _find_leak(self, capacity: float | None) -> tuple[float, float] | None:
        """Growth a point and the points until the memory is full, when it grows like a leak: evenly, beyond noise."""
        medians = self._medians
        if len(medians) < _BLOCKS or capacity is None:
            return None
        rises = [b - a for a, b in zip(medians, medians[1:], strict=False)]
        growth = (medians[-1] - medians[0]) / len(rises)
        if min(rises) < 0.25 * growth or growth <= 0.002 * medians[-1] or growth < 0.8 * self._scatter:
            return None
        remaining = (_FULL * capacity - medians[-1]) / (growth / _BLOCK)
        return (growth / _BLOCK, remaining) if remaining < 1500 else None

    def _tell(self, value: float, capacity: float | None, full: bool) -> None:
        context = self._context
        growth, remaining = self._leak if self._leak is not None else (None, None)
        self._episode.trouble(
            self._count,
            context.step,
            "critical" if full else "warning",
            lambda: {
                "used": value,
                "capacity": capacity,
                "used_percent": 100 * value / capacity if capacity else None,
                "growth": growth,
                "full_in_points": max(0.0, remaining) if remaining is not None else None,
                "issue": "leak" if growth is not None else "jump" if self._jumped(capacity) else "full",
                "before": self._before or None,
            },
            size=value,
        )


class ThroughputWatch:
    """Compares the recent median with the usual one; one slow step or an epoch's border cannot move it."""

    def __init__(self, metric: str, context: Context, *, inverted: bool = False) -> None:
        self._context = context
        self._inverted = inverted
        self._count = 0
        self._recent = Window(15)
        self._usual = Window(101)  # every second point
        self._memory_before: float | None = None
        self._slow_since: float | None = None
        self._episode = context.episode("throughput_degradation", metric, Rhythm(on=12, off=20, cool=200))

    def look(self, value: float) -> None:
        if self._inverted:
            value = 1 / value if value > 0 else 0.0
        self._count += 1
        recent, usual = self._recent, self._usual
        recent.push(value)
        if len(usual) >= 20:
            rate, normal = recent.median(), usual.median()
            if rate < 0.62 * normal and self._more_work():
                usual.clear()  # the new pace is the normal one for the new work
            elif rate < 0.62 * normal:
                self._tell(rate, normal)
            elif self._episode.suspected:
                self._episode.calm(self._count)
        if not self._count & 1 and not self._episode.suspected:
            usual.push(value)

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
            lambda: {"value": rate, "usual": normal, "share_percent": 100 * share, "slower": normal / rate if rate else None},
            size=-share,
        )
