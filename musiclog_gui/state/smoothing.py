"""A curve's smoothed twin that grows with it, without calculating anything twice."""

from __future__ import annotations

import numpy as np

from musiclog.records import Floats, Points
from musiclog.series import Series
from musiclog.smoothing import Kind, smoother
from musiclog.timeline import Axis


class SmoothedCurve:
    """What is drawn of a smoothed series: rows that stand, and the newest ones that may still change."""

    def __init__(self, settled: Series, newest: Series | None) -> None:
        self.settled, self.newest = settled, newest

    def thin(self, axis: Axis, x0: float, x1: float, columns: int, *, log: bool = False) -> tuple[Floats, Floats]:
        """As Series.thin()."""
        x, y = self.settled.thin(axis, x0, x1, columns, log=log)
        if self.newest is None:
            return x, y
        tail_x, tail_y = self.newest.thin(axis, x0, x1, columns, log=log)
        return np.concatenate((x, tail_x)), np.concatenate((y, tail_y))

    def nearest(self, axis: Axis, x: float) -> tuple[float, float] | None:
        found = [one for part in (self.settled, self.newest) if part is not None and (one := part.nearest(axis, x))]
        return min(found, key=lambda each: abs(each[0] - x), default=None)

    def drawn(self, axis: Axis) -> tuple[Floats, Floats]:
        """As Series.drawn()."""
        x, y = self.settled.drawn(axis)
        if self.newest is None:
            return x, y
        tail_x, tail_y = self.newest.drawn(axis)
        return np.concatenate((x, tail_x)), np.concatenate((y, tail_y))


class SmoothedSeries:
    """A series' smoothed twin on one axis; only new rows are calculated.

    Exponential smoothing looks back only: its twin shares the timeline. The others look both ways: settled rows go to
    a timeline of the twin's own, and the newest are told anew each time.
    """

    def __init__(self, source: Series, axis: Axis, kind: Kind, amount: float) -> None:
        self.source, self.axis, self.kind, self.amount = source, axis, kind, amount
        self._start()

    def current(self) -> SmoothedCurve:
        """The twin, brought up to date."""
        track = self.source.timeline.track(self.axis)
        if self._timeline is not self.source.timeline or self._turns != track.turns:
            self._start()
        if self._taken < len(self.source):
            values = self.source.since(self._taken)
            self._taken = len(self.source)
            self._settle(self._smoother.take(values))
        self._twin.origin = self.source.origin
        return SmoothedCurve(self._twin, self._newest())

    def _start(self) -> None:
        """Begin anew. Rows that a resume replaced are drawn no more, so they must not pull at the newer stretch."""
        self._timeline, track = self.source.timeline, self.source.timeline.track(self.axis)
        self._looks_back = self.kind == "exponential"
        self._twin = Series(self.source.name, self._timeline if self._looks_back else None)
        self._smoother, self._turns, self._taken = smoother(self.kind, self.amount), track.turns, 0
        self._drawn: list[tuple[int, int]] | None = None  # rows that were drawn at a resume; None while there is none
        if not track.turns or track.scattered:
            return
        values = self.source.since(0)
        self._taken = len(values)
        ranges = [(start, min(stop, len(values))) for start, stop in track.ranges]
        if not self._looks_back:
            self._drawn = ranges
            self._settle(self._smoother.take(np.concatenate([values[a:b] for a, b in ranges])))
            return
        smooth = np.full(len(values), np.nan)
        for start, stop in ranges:
            smooth[start:stop] = self._smoother.take(values[start:stop])
        self._twin.extend(smooth)

    def _settle(self, smooth: Floats) -> None:
        if self._looks_back:
            self._twin.extend(smooth)
        elif len(smooth):
            self._twin.append(self._points(len(self._twin), smooth))

    def _newest(self) -> Series | None:
        tail = self._smoother.tail()
        if not len(tail):
            return None
        newest = Series(self.source.name)
        newest.origin = self.source.origin
        newest.append(self._points(len(self._twin), tail))
        return newest

    def _points(self, row: int, values: Floats) -> Points:
        """Smoothed values with the x of the rows that they belong to."""
        rows = self._source_rows(row, row + len(values))
        steps, times, epochs = (
            track.raw.take(rows) for track in (self._timeline.step, self._timeline.time, self._timeline.epoch)
        )
        return Points(steps, times, epochs, values)

    def _source_rows(self, start: int, stop: int) -> np.ndarray:
        if self._drawn is None:
            return np.arange(start, stop, dtype=np.intp)
        kept = np.concatenate([np.arange(a, b, dtype=np.intp) for a, b in self._drawn])
        grown = np.arange(self._drawn[-1][1], self._drawn[-1][1] + max(stop - len(kept), 0), dtype=np.intp)
        return np.concatenate((kept, grown))[start:stop]
