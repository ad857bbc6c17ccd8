"""Which stretch each chart shows, and the way back to what was shown before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

LIMIT = 200  # views that are remembered
# Notches of a wheel and moves of a drag that follow so closely are one change: undone one by one they would be none.
ONE_GESTURE_S = 0.7

Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zoom:
    """What the user chose to see of a chart, in the units of its axes. y None: whatever lies in that stretch of x."""

    x: Stretch
    y: Stretch | None = None


@dataclass(frozen=True, slots=True)
class Zooms:
    """The zooms of all charts: one that they have in common, and those of single ones. None: everything."""

    common: Zoom | None = None
    own: Mapping[str, Zoom | None] = field(default_factory=dict)

    def of(self, chart: str) -> Zoom | None:
        return self.own.get(chart, self.common)

    def after(self, chart: str, zoom: Zoom | None, *, linked: bool) -> Zooms:
        """One chart was zoomed; linked ones show the same x."""
        if not linked:
            return Zooms(self.common, {**self.own, chart: zoom})
        return Zooms() if zoom is None else Zooms(Zoom(zoom.x), {chart: zoom})

    def without_y(self) -> Zooms:
        """For another kind of y axis."""
        own = {chart: zoom and Zoom(zoom.x) for chart, zoom in self.own.items()}
        return Zooms(self.common and Zoom(self.common.x), own)


class ViewHistory:
    """Zooms as they followed one another; undo and redo walk among them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew: a stretch of steps is no stretch of hours."""
        self._past: list[Zooms] = [Zooms()]
        self._future: list[Zooms] = []
        self._gesture: tuple[str, float] = ("", 0.0)

    @property
    def current(self) -> Zooms:
        return self._past[-1]

    @property
    def can_undo(self) -> bool:
        return len(self._past) > 1

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def go(self, zooms: Zooms, gesture: str = "", at: float | None = None) -> None:
        """The user came to another view. Changes by one gesture, such as turning a wheel over a chart, are one."""
        now = time.monotonic() if at is None else at
        goes_on = bool(gesture) and gesture == self._gesture[0] and now - self._gesture[1] < ONE_GESTURE_S
        self._gesture = (gesture, now)
        if zooms == self.current:
            return
        self._future.clear()
        if goes_on and self.can_undo:
            self._past[-1] = zooms
        else:
            self._past.append(zooms)
            del self._past[:-LIMIT]

    def undo(self) -> Zooms:
        if self.can_undo:
            self._future.append(self._past.pop())
        self._gesture = ("", 0.0)
        return self.current

    def redo(self) -> Zooms:
        if self._future:
            self._past.append(self._future.pop())
        self._gesture = ("", 0.0)
        return self.current
