"""What is normal for a metric: a robust centre and spread of its recent past, at the cost of a bisection."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque


class Window:
    """The last `size` values, in order of arrival and sorted, so that every quantile is an index away."""

    __slots__ = ("arrived", "ordered", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.arrived: deque[float] = deque()
        self.ordered: list[float] = []

    def __len__(self) -> int:
        return len(self.ordered)

    def push(self, value: float) -> None:
        ordered = self.ordered
        arrived = self.arrived
        if len(arrived) == self.size:
            del ordered[bisect_left(ordered, arrived.popleft())]
        arrived.append(value)
        insort(ordered, value)

    def clear(self) -> None:
        self.arrived.clear()
        self.ordered.clear()

    def median(self) -> float:
        return self.ordered[len(self.ordered) >> 1]

    def quantile(self, share: float) -> float:
        """The value at that share of the sorted window, share in [0, 1]."""
        return self.ordered[min(len(self.ordered) - 1, int(share * len(self.ordered)))]

    def spread(self) -> float:
        """Half of the central 68 %: a standard deviation that a tenth of wild values does not move."""
        ordered = self.ordered
        n = len(ordered)
        return (ordered[(n * 27) >> 5] - ordered[(n * 5) >> 5]) * 0.5

    def scatter_above(self) -> float:
        """The standard deviation that the upper tenth suggests; larger than spread() where the upper tail is heavy."""
        ordered = self.ordered
        n = len(ordered)
        return (ordered[(n * 9) // 10] - ordered[n >> 1]) / 1.2816


class Largest:
    """The largest of the last `size` values (a falling queue: amortised constant time)."""

    __slots__ = ("_count", "_falling", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._count = 0
        self._falling: deque[tuple[int, float]] = deque()

    def push(self, value: float) -> None:
        falling = self._falling
        while falling and falling[-1][1] <= value:
            falling.pop()
        self._count += 1
        falling.append((self._count, value))
        if falling[0][0] <= self._count - self.size:
            falling.popleft()

    def value(self) -> float | None:
        return self._falling[0][1] if self._falling else None

    def clear(self) -> None:
        self._falling.clear()
