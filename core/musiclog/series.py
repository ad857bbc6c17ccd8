"""One metric of a run: columns that only grow, and any window of them thinned to the pixels of a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .columns import Column, Get, Indices, Put
from .decimate import Pyramid, thin, weave, with_neighbours
from .records import Floats, Points
from .timeline import Axis, Timeline, Track, Window


class Series:
    """The points of one metric in the order they were logged.

    Axes: "step" as logged; "epoch" as logged (readers add the part of an epoch where they know it); "relative",
    seconds since the run's origin; "wall", Unix seconds. Where x goes back, see timeline.Track. What is drawn is
    always finite; NaN and infinity are told by marks().
    """

    __slots__ = ("_odd", "_pyramid", "_reduced", "_sorted", "_timeline", "_values", "name", "origin")

    def __init__(self, name: str, timeline: Timeline | None = None) -> None:
        self.name = name
        self.origin: float | None = None  # Unix seconds at which relative time begins; None: at the first point
        self._timeline = Timeline() if timeline is None else timeline
        self._values = Column()
        self._pyramid = Pyramid(self._values)
        self._odd = Column()  # rows that hold NaN or infinity
        self._sorted: tuple[Track, int, Floats, Floats] | None = None
        self._reduced: tuple[Indices, Floats, Floats] | None = None  # row borders, lowest, highest of the last window

    def __len__(self) -> int:
        return len(self._values)

    @property
    def steps(self) -> Floats:
        return self._timeline.step.raw.whole[: len(self)]

    @property
    def times(self) -> Floats:
        return self._timeline.time.raw.whole[: len(self)]

    @property
    def epochs(self) -> Floats:
        return self._timeline.epoch.raw.whole[: len(self)]

    @property
    def values(self) -> Floats:
        return self._values.whole

    @property
    def timeline(self) -> Timeline:
        return self._timeline

    @property
    def last(self) -> tuple[float, float] | None:
        """Step and value of the newest point."""
        if not len(self):
            return None
        row = np.array([len(self) - 1])
        return float(self._timeline.step.raw.take(row)[0]), float(self._values.take(row)[0])

    def kept(self, put: Put) -> dict[str, Any]:
        """Its columns put on a shelf, without the timeline, and what is needed to go on with them."""
        return {"values": put(self._values), "odd": put(self._odd), "pyramid": self._pyramid.kept(put)}

    @classmethod
    def of(cls, name: str, timeline: Timeline, kept: Mapping[str, Any], get: Get) -> Series:
        series = cls(name, timeline)
        series._values, series._odd = get(kept["values"]), get(kept["odd"])
        series._pyramid = Pyramid.of(series._values, kept["pyramid"], get)
        return series

    def append(self, points: Points) -> None:
        timeline = self._timeline
        if not (timeline.ends_with(points) and len(timeline) == len(self) + len(points)):
            self.leave_together()
            self._timeline.append(points)
        self.extend(points.values)

    def extend(self, values: Floats) -> None:
        """Append values for rows that the shared timeline has already: a curve calculated from another one."""
        start = len(self)
        self._values.append(values)
        finite = np.isfinite(values)
        if not finite.all():
            self._odd.append((np.flatnonzero(~finite) + start).astype(np.float64))
        self._pyramid.grow()

    def since(self, row: int) -> Floats:
        """The values from a row on, also of points that are drawn no more."""
        return self._values.slice(row, len(self))

    def x_since(self, axis: Axis, row: int) -> Floats:
        """The x of the same points, as they are drawn; NaN before the first that is known."""
        return self._timeline.track(axis).x.slice(row, len(self)) - self._shift(axis)

    def leave_together(self) -> None:
        """Take a timeline of its own when the shared one went on without this metric."""
        if len(self._timeline) != len(self):
            self._timeline = self._timeline.fork(len(self))

    def has(self, axis: Axis) -> bool:
        """Whether any point is known on this axis."""
        return self._timeline.track(axis).known

    def extent(self, axis: Axis) -> tuple[float, float] | None:
        """Lowest and highest x that is drawn; None where the axis is unknown."""
        extent = self._timeline.track(axis).extent()
        shift = self._shift(axis)
        return None if extent is None else (extent[0] - shift, extent[1] - shift)

    def thin(self, axis: Axis, x0: float, x1: float, columns: int, *, log: bool = False) -> tuple[Floats, Floats]:
        """x and y of the window [x0, x1] for a chart that is columns pixels wide; log: a logarithmic one, x0 > 0.

        In every pixel column lowest and highest value are those of the drawn points; one point on each side of the
        window is kept, so that lines run to its border. All finite.
        """
        track, shift = self._timeline.track(axis), self._shift(axis)
        if not track.known or columns < 1 or not x0 <= x1:
            return np.empty(0), np.empty(0)
        log_from = shift if log else None
        if track.scattered:
            x, y = thin(*self._in_order(track), x0 + shift, x1 + shift, columns, log_from=log_from)
        else:
            window = track.window(x0 + shift, x1 + shift, columns, log_from)
            x, y = self._as_it_is(track, window) if window.edges is None else self._by_columns(track, window)
        return (x - shift if shift else x), y

    def drawn(self, axis: Axis) -> tuple[Floats, Floats]:
        """Every drawn point of the whole series, finite values only: what smoothing and exports work on."""
        track = self._timeline.track(axis)
        if not track.known:
            return np.empty(0), np.empty(0)
        if track.scattered:
            x, y = self._in_order(track)
        else:
            x = np.concatenate([track.x.slice(a, b) for a, b in track.ranges])
            y = np.concatenate([self._values.slice(a, b) for a, b in track.ranges])
        finite = np.isfinite(y)
        if not finite.all():
            x, y = x[finite], y[finite]
        return x - self._shift(axis), y

    def marks(self, axis: Axis, x0: float, x1: float, columns: int) -> tuple[Floats, Floats]:
        """x and value of the drawn NaN and infinite points in the window, at most one for each pixel column."""
        track, shift = self._timeline.track(axis), self._shift(axis)
        if not len(self._odd) or not track.known or not x1 > x0:
            return np.empty(0), np.empty(0)
        rows = self._odd.whole.astype(np.intp)
        if not track.scattered:
            rows = rows[_within(rows, track.ranges)]
        x = track.x.take(rows) - shift
        inside = (x >= x0) & (x <= x1)
        x, rows = x[inside], rows[inside]
        _, newest = np.unique(((x - x0) / (x1 - x0) * columns).astype(np.intp), return_index=True)
        newest.sort()
        return x[newest], self._values.take(rows[newest])

    def nearest(self, axis: Axis, x: float) -> tuple[float, float] | None:
        """x and value of the drawn point closest to x; its value may be NaN or infinite."""
        track, shift = self._timeline.track(axis), self._shift(axis)
        if not track.known:
            return None
        if track.scattered:
            xs, ys = self._in_order(track)
        else:
            rows = _around(track, x + shift)
            xs, ys = track.x.take(rows), self._values.take(rows)
        best = int(np.abs(xs - (x + shift)).argmin())
        return float(xs[best] - shift), float(ys[best])

    def translate(self, x: float, source: Axis, target: Axis) -> float | None:
        """Where the point closest to x on one axis lies on another; None where that is unknown."""
        found = float(self.translated(np.array([x]), source, target)[0])
        return found if np.isfinite(found) else None

    def translated(self, xs: Floats, source: Axis, target: Axis) -> Floats:
        """The same of many x, which must not fall; NaN where it is unknown."""
        track = self._timeline.track(source)
        if not track.known or not self.has(target):
            return np.full(len(xs), np.nan)
        at = xs + self._shift(source)
        rows = _closest_of_all(track, at) if track.scattered else _closest(track, at)
        order = np.argsort(rows)
        found = np.empty(len(xs))
        found[order] = self._timeline.track(target).x.take(rows[order]) - self._shift(target)
        return found

    def _shift(self, axis: Axis) -> float:
        if axis != "relative":
            return 0.0
        if self.origin is not None:
            return self.origin
        extent = self._timeline.time.extent()
        return 0.0 if extent is None else extent[0]

    def _as_it_is(self, track: Track, window: Window) -> tuple[Floats, Floats]:
        pieces = list(window.pieces)
        if window.before is not None:
            pieces.insert(0, (window.before, window.before + 1))
        if window.after is not None:
            pieces.append((window.after, window.after + 1))
        if not pieces:
            return np.empty(0), np.empty(0)
        x = np.concatenate([track.x.slice(a, b) for a, b in pieces])
        y = np.concatenate([self._values.slice(a, b) for a, b in pieces])
        finite = np.isfinite(y)
        return (x, y) if finite.all() else (x[finite], y[finite])

    def _by_columns(self, track: Track, window: Window) -> tuple[Floats, Floats]:
        assert window.edges is not None
        assert window.first is not None
        assert window.last is not None
        low, high = self._extremes(window.edges[-1])
        for edges in window.edges[:-1]:
            low_here, high_here = self._pyramid.extremes(edges[:-1], edges[1:])
            low, high = np.minimum(low, low_here), np.maximum(high, high_here)
        curve = weave(window.first, window.last, low, high)
        before, after = _row(window.before), _row(window.after)
        return with_neighbours(self._points(track, before), curve, self._points(track, after))

    def _extremes(self, edges: Indices) -> tuple[Floats, Floats]:
        """Of the columns between these rows. Rows never change, so columns that stand since the last time are kept."""
        known, start = self._reduced, 0
        low, high = np.empty(len(edges) - 1), np.empty(len(edges) - 1)
        if known is not None and len(known[0]) == len(edges):
            other = np.flatnonzero(known[0] != edges)
            start = max(int(other[0]) - 1, 0) if len(other) else len(low)
            low[:start], high[:start] = known[1][:start], known[2][:start]
        if start < len(low):
            low[start:], high[start:] = self._pyramid.extremes(edges[start:-1], edges[start + 1 :])
        self._reduced = edges, low, high
        return low, high

    def _points(self, track: Track, rows: Indices) -> tuple[Floats, Floats]:
        return track.x.take(rows), self._values.take(rows)

    def _in_order(self, track: Track) -> tuple[Floats, Floats]:
        """All points sorted by x, for rows that were logged in no order; kept until there are more."""
        if self._sorted is None or self._sorted[0] is not track or self._sorted[1] != len(self):
            x = track.x.whole
            order = np.argsort(x, kind="stable")[: len(x) - int(np.isnan(x).sum())]
            self._sorted = (track, len(self), x[order], self.values[order])
        return self._sorted[2], self._sorted[3]


def _row(row: int | None) -> Indices:
    return np.array([] if row is None else [row], dtype=np.intp)


def _within(rows: Indices, ranges: list[tuple[int, int]]) -> Indices:
    """Which of rows (rising) lie in the ranges (rising)."""
    starts, stops = np.array(ranges, dtype=np.intp).T
    place = starts.searchsorted(rows, side="right") - 1
    return np.flatnonzero((place >= 0) & (rows < stops[np.maximum(place, 0)]))


def _closest_of_all(track: Track, at: Floats) -> Indices:
    x = track.x.whole
    return np.array([int(np.nanargmin(np.abs(x - each))) for each in at], dtype=np.intp)


def _closest(track: Track, at: Floats) -> Indices:
    """The drawn row that lies closest to each x (not falling)."""
    found = np.zeros(len(at), dtype=np.intp)
    distance = np.full(len(at), np.inf)
    for start, stop in track.ranges:
        behind = track.x.search(at, start, stop)
        for rows in (np.maximum(behind - 1, start), np.minimum(behind, stop - 1)):
            off = np.abs(track.x.take(rows) - at)
            nearer = off < distance
            found[nearer], distance[nearer] = rows[nearer], off[nearer]
    return found


def _around(track: Track, x: float) -> Indices:
    """The drawn rows on both sides of x."""
    rows: set[int] = set()
    for start, stop in track.ranges:
        at = int(track.x.search(np.array([x]), start, stop)[0])
        rows.update(row for row in (at - 1, at) if start <= row < stop)
    return np.array(sorted(rows), dtype=np.intp)
