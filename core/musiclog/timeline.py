"""Where the rows of a metric lie: on the axes of step, epoch and time, also when a run went back and resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .columns import Column, Get, Indices, Put
from .decimate import RAW, column_edges
from .records import Floats, Points

Axis = Literal["step", "epoch", "relative", "wall"]

# A run resumes a few times. More steps back than this (and than one in a hundred rows) are no resumes but rows
# out of order, which are drawn sorted instead.
RESUMES = 64


# What a window was asked for with, and of how many rows with how many turns.
_Key = tuple[float, float, int, float | None, int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of one stretch of x, found once for all metrics that share a timeline.

    pieces: row ranges in the order of x. edges: for each piece the row borders of the pixel columns; None when
    there are so few rows that they are drawn as they are. first, last: x of the outermost rows of each column.
    """

    pieces: tuple[tuple[int, int], ...]
    before: int | None
    after: int | None
    edges: tuple[Indices, ...] | None = None
    first: Floats | None = None
    last: Floats | None = None


class Track:
    """One x of all rows, and which rows are drawn.

    Where x goes back (a resumed run), the rows of the older stretch from there on stay in the column but are drawn
    no more: the newer stretch replaces them. An unknown x (NaN) takes the x before it; a clock that was set back
    (forward_only) stands still until it is overtaken. Rows before the first known x are not drawn.
    """

    __slots__ = ("_cached", "_cached_for", "_forward_only", "_newest", "ranges", "raw", "turns", "x")

    def __init__(self, forward_only: bool = False) -> None:
        self.raw = Column()  # as logged
        self.x = self.raw  # as drawn; a column of its own from the first gap on
        self.ranges: list[tuple[int, int]] = []  # rows drawn, rising in x
        self.turns = 0  # how often x went back
        self._forward_only = forward_only
        self._newest = float("nan")
        self._cached_for: _Key | None = None
        self._cached: Window | None = None

    @property
    def known(self) -> bool:
        """Whether any row has this x."""
        return bool(np.isfinite(self._newest))

    @property
    def scattered(self) -> bool:
        """x went back so often that the rows count as unordered."""
        return self.turns > RESUMES and self.turns * 100 > len(self.raw)

    def kept(self, put: Put) -> dict[str, Any]:
        """Its columns put on a shelf, and what is needed to go on with them."""
        raw = put(self.raw)
        return {
            "raw": raw,
            "x": raw if self.x is self.raw else put(self.x),
            "ranges": self.ranges,
            "turns": self.turns,
            "newest": self._newest if self.known else None,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any], get: Get, *, forward_only: bool = False) -> Track:
        track = cls(forward_only)
        track.raw = track.x = get(kept["raw"])
        if kept["x"] != kept["raw"]:
            track.x = get(kept["x"])
        track.ranges = [(int(start), int(stop)) for start, stop in kept["ranges"]]
        track.turns = int(kept["turns"])
        if kept["newest"] is not None:
            track._newest = float(kept["newest"])
        return track

    def append(self, values: Floats) -> None:
        start = len(self.raw)
        self.raw.append(values)
        filled = self._fill(values)
        if filled is not values and self.x is self.raw:
            self.x = self.raw.fork(start)
        if self.x is not self.raw:
            self.x.append(filled)
        self._draw(filled, start)

    def extent(self) -> tuple[float, float] | None:
        """Lowest and highest x that is drawn."""
        if not self.known:
            return None
        if self.scattered:
            x = self.x.whole
            return float(np.nanmin(x)), float(np.nanmax(x))
        ends = self.x.take(np.array([self.ranges[0][0], self.ranges[-1][1] - 1]))
        return float(ends[0]), float(ends[1])

    def window(self, x0: float, x1: float, columns: int, log_from: float | None = None) -> Window:
        """The drawn rows with x0 <= x <= x1, cut into pixel columns where they are many. Not for scattered rows.

        log_from: as for decimate.column_edges().
        """
        key = (x0, x1, columns, log_from, len(self.raw), self.turns)
        if self._cached is None or self._cached_for != key:
            self._cached, self._cached_for = self._grown(key) or self._find(*key[:4]), key
        return self._cached

    def _fill(self, values: Floats) -> Floats:
        known = np.isfinite(values)
        if known.all() and not self._forward_only:
            return values
        with_newest = np.concatenate(([self._newest], np.where(known, values, np.nan)))
        if self._forward_only:
            filled = np.fmax.accumulate(with_newest)[1:]
        else:
            source = np.where(np.isfinite(with_newest), np.arange(len(with_newest)), 0)
            filled = with_newest[np.maximum.accumulate(source)][1:]
        return values if known.all() and np.array_equal(filled, values) else filled

    def _draw(self, filled: Floats, start: int) -> None:
        """Bring ranges up to date with the rows that begin at start."""
        unknown = int(np.isnan(filled).sum())  # only before the first known x
        if unknown == len(filled):
            return
        x = filled[unknown:]
        row = start + unknown
        turns = (np.flatnonzero(x[1:] < x[:-1]) + 1).tolist()
        went_back = bool(x[0] < self._newest)
        self._newest = float(x[-1])
        self.turns += len(turns) + went_back
        if self.scattered:
            return
        for a, b in zip([0, *turns], [*turns, len(x)], strict=True):
            if a or went_back or not self.ranges:
                self._replace_from(float(x[a]))
                self.ranges.append((row + a, row + b))
            else:
                self.ranges[-1] = (self.ranges[-1][0], row + b)

    def _replace_from(self, x: float) -> None:
        """Draw nothing older from x on."""
        at = np.array([x])
        while self.ranges:
            start, stop = self.ranges.pop()
            kept = int(self.x.search(at, start, stop)[0])
            if kept > start:
                self.ranges.append((start, kept))
                return

    def _grown(self, key: _Key) -> Window | None:
        """The same stretch of x as the last time, which has only got more rows at its end; None where it is another.

        A live chart asks for it with every frame; finding all borders anew took half of it.
        """
        old, x1 = self._cached, key[1]
        if old is None or old.edges is None or self._cached_for is None:
            return None
        if (*self._cached_for[:4], self._cached_for[5]) != (*key[:4], key[5]) or old.pieces[-1][0] < self.ranges[-1][0]:
            return None
        if old.after is not None:
            return old  # what came lies behind it
        (start, before_growth), stop = old.pieces[-1], self.ranges[-1][1]
        end = int(self.x.search(np.array([x1]), before_growth, stop, "right")[0])
        rows = old.edges[-1].copy()
        rows[-1] = before_growth
        open_ = np.flatnonzero(rows == before_growth)
        rows[open_] = self.x.search(column_edges(*key[:4])[open_], before_growth, stop)
        rows[-1] = end
        assert old.first is not None
        assert old.last is not None
        first, last = old.first.copy(), old.last.copy()
        self._mark_ends(rows, first, last, max(int(open_[0]) - 1, 0))
        pieces, edges = (*old.pieces[:-1], (start, end)), (*old.edges[:-1], rows)
        return Window(pieces, old.before, end if end < stop else None, edges, first, last)

    def _mark_ends(self, rows: Indices, first: Floats, last: Floats, begin: int = 0) -> None:
        """Write x of the outermost rows of each column, from a column on, into first and last."""
        some = np.flatnonzero(np.diff(rows[begin:])) + begin
        unset = some[np.isnan(first[some])]
        first[unset] = self.x.take(rows[unset])
        last[some] = self.x.take(rows[some + 1] - 1)

    def _find(self, x0: float, x1: float, columns: int, log_from: float | None) -> Window:
        ends = np.array([x0]), np.array([x1])
        found = [
            (
                start,
                int(self.x.search(ends[0], start, stop)[0]),
                int(self.x.search(ends[1], start, stop, "right")[0]),
                stop,
            )
            for start, stop in self.ranges
        ]
        before = max((a - 1 for start, a, _, _ in found if a > start), default=None)
        after = next((b for _, _, b, stop in found if b < stop), None)
        pieces = tuple((a, b) for _, a, b, _ in found if a < b)
        if sum(b - a for a, b in pieces) <= RAW * columns:
            return Window(pieces, before, after)
        return self._columns(pieces, before, after, column_edges(x0, x1, columns, log_from))

    def _columns(
        self, pieces: tuple[tuple[int, int], ...], before: int | None, after: int | None, borders: Floats
    ) -> Window:
        first, last = np.full(len(borders) - 1, np.nan), np.full(len(borders) - 1, np.nan)
        edges = []
        for start, stop in pieces:
            rows = self.x.search(borders, start, stop)
            rows[0], rows[-1] = start, stop
            self._mark_ends(rows, first, last)
            edges.append(rows)
        return Window(pieces, before, after, tuple(edges), first, last)


class Timeline:
    """The steps, times and epochs of rows; metrics that are logged together share one."""

    __slots__ = ("_newest", "epoch", "step", "time")

    def __init__(self) -> None:
        self.step, self.epoch, self.time = Track(), Track(), Track(forward_only=True)
        self._newest: Floats | None = None

    def __len__(self) -> int:
        return len(self.step.raw)

    def kept(self, put: Put) -> dict[str, Any]:
        return {"step": self.step.kept(put), "epoch": self.epoch.kept(put), "time": self.time.kept(put)}

    @classmethod
    def of(cls, kept: Mapping[str, Any], get: Get) -> Timeline:
        timeline = cls()
        timeline.step, timeline.epoch = Track.of(kept["step"], get), Track.of(kept["epoch"], get)
        timeline.time = Track.of(kept["time"], get, forward_only=True)
        return timeline

    def append(self, points: Points) -> None:
        self.step.append(points.steps)
        self.epoch.append(points.epochs)
        self.time.append(points.times)
        self._newest = points.steps

    def ends_with(self, points: Points) -> bool:
        """Whether the newest rows are these very points, brought by another metric."""
        return self._newest is points.steps

    def track(self, axis: Axis) -> Track:
        if axis == "step":
            return self.step
        return self.epoch if axis == "epoch" else self.time

    def fork(self, length: int) -> Timeline:
        """The first rows as a timeline of their own, for a metric that is no longer logged with the others."""
        other = Timeline()
        steps, times, epochs = (t.raw.slice(0, length) for t in (self.step, self.time, self.epoch))
        other.append(Points(steps, times, epochs, steps))
        return other
