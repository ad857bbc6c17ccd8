"""Many points to few, keeping the lowest and the highest value of every pixel column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .columns import WIDEST_BLOCK, Column, Get, Indices, Put
from .records import Floats

# Rows a block, and blocks a block of the next level: two arrays of 1/16 + 1/256 + ... add 13 % to a column.
BLOCK = WIDEST_BLOCK

# Below this many rows a column the level at hand is reduced directly; above it the next level is cheaper.
DIRECT = 128

# Up to so many points a pixel column, a window is handed out as it is: thinning would not save a line.
RAW = 4

Curve = tuple[Floats, Floats]  # x and y


class Pyramid:
    """Lowest and highest value of every block of a column, of every block of blocks, and so on.

    It grows with the column: only blocks that became full are calculated. NaN and infinity count as absent.
    """

    __slots__ = ("_column", "_levels", "all_finite")

    def __init__(self, column: Column) -> None:
        self._column = column
        self._levels: list[tuple[Column, Column]] = []
        self.all_finite = True
        self.grow()

    def kept(self, put: Put) -> dict[str, Any]:
        """Its levels put on a shelf, and what is needed to find them."""
        return {"levels": [[put(lows), put(highs)] for lows, highs in self._levels], "all_finite": self.all_finite}

    @classmethod
    def of(cls, column: Column, kept: Mapping[str, Any], get: Get) -> Pyramid:
        pyramid = cls(Column())
        pyramid._column, pyramid.all_finite = column, kept["all_finite"]
        pyramid._levels = [(get(lows), get(highs)) for lows, highs in kept["levels"]]
        return pyramid

    def grow(self) -> None:
        """Take in what was appended to the column."""
        low_below = high_below = self._column
        level = 0
        while len(low_below) // BLOCK > (len(self._levels[level][0]) if level < len(self._levels) else 0):
            if level == len(self._levels):
                self._levels.append((Column(), Column()))
            lows, highs = self._levels[level]
            start, stop = len(lows) * BLOCK, len(low_below) // BLOCK * BLOCK
            low, high = low_below.slice(start, stop), high_below.slice(start, stop)
            if level == 0:
                low, high = self._finite(low)
            lying = _lying(low)
            lows.append(lying.min(axis=0))
            highs.append((lying if high is low else _lying(high)).max(axis=0))
            low_below, high_below, level = lows, highs, level + 1

    def extremes(self, starts: Indices, stops: Indices) -> tuple[Floats, Floats]:
        """The lowest and highest value of each row range starts[i]..stops[i].

        The ranges follow one another. An empty range, or one without a finite value, gives (inf, -inf).
        """
        found = np.full(len(starts), np.inf), np.full(len(starts), -np.inf)
        self._look_at_tail()
        below = self._column, self._column
        for level in self._levels:
            if stops[-1] - starts[0] <= DIRECT * len(starts):
                break
            starts, stops = self._cut(below, starts, stops, found)
            below = level
        self._reduce(below, starts, stops, found)
        return found

    def _look_at_tail(self) -> None:
        """NaN may hide in the rows after the last full block, which no level has seen."""
        if self.all_finite:
            done = len(self._levels[0][0]) * BLOCK if self._levels else 0
            self.all_finite = bool(np.isfinite(self._column.slice(done, len(self._column))).all())

    def _finite(self, values: Floats) -> tuple[Floats, Floats]:
        finite = np.isfinite(values)
        if finite.all():
            return values, values
        self.all_finite = False
        return np.where(finite, values, np.inf), np.where(finite, values, -np.inf)

    def _cut(
        self, level: tuple[Column, Column], starts: Indices, stops: Indices, found: tuple[Floats, Floats]
    ) -> tuple[Indices, Indices]:
        """Reduce the block that each border of a range cuts; the full blocks between are left to the next level.

        Both borders go through one gather, shape (BLOCK, 2 * ranges): the work is in the number of calls.
        """
        lows, highs = level
        borders = np.empty(2 * len(starts), dtype=np.intp)
        borders[0::2], borders[1::2] = starts, stops
        ids = borders // BLOCK
        place = borders - ids * BLOCK
        first, last = ids[0::2], ids[1::2]
        one_block = last <= first
        begin, end = np.zeros_like(place), np.full_like(place, BLOCK)
        begin[0::2], end[0::2] = place[0::2], np.where(one_block, place[1::2], BLOCK)
        end[1::2] = np.where(one_block, 0, place[1::2])
        position = np.arange(BLOCK)[:, None]
        inside = (position >= begin) & (position < end)
        values = lows.blocks(ids, BLOCK).T
        if lows is highs and not self.all_finite:
            inside &= np.isfinite(values)
        low = np.where(inside, values, np.inf).min(axis=0)
        high = np.where(inside, values if lows is highs else highs.blocks(ids, BLOCK).T, -np.inf).max(axis=0)
        _join(found, low[0::2], high[0::2])
        _join(found, low[1::2], high[1::2])
        return first + 1, np.maximum(last, first + 1)

    def _reduce(
        self, level: tuple[Column, Column], starts: Indices, stops: Indices, found: tuple[Floats, Floats]
    ) -> None:
        """Reduce whole ranges at this level."""
        some = np.flatnonzero(stops > starts)
        if not len(some):
            return
        begin, end = int(starts[some[0]]), int(stops[some[-1]])
        low_values, high_values = level[0].slice(begin, end), level[1].slice(begin, end)
        if level[0] is level[1] and not self.all_finite:
            low_values, high_values = self._finite(low_values)
        # reduceat takes pairs (start, stop), of which every second result is a gap; the last stop must exist
        pairs = np.empty(2 * len(some), dtype=np.intp)
        pairs[0::2], pairs[1::2] = starts[some] - begin, stops[some] - begin
        low, high = found[0][some], found[1][some]
        _join(
            (low, high),
            np.minimum.reduceat(np.append(low_values, np.inf), pairs)[0::2],
            np.maximum.reduceat(np.append(high_values, -np.inf), pairs)[0::2],
        )
        found[0][some], found[1][some] = low, high


def _lying(values: Floats) -> Floats:
    """Blocks as columns, shape (BLOCK, blocks): reducing rows of 16 one by one takes three times as long."""
    return np.ascontiguousarray(values.reshape(-1, BLOCK).T)


def _join(found: tuple[Floats, Floats], low: Floats, high: Floats) -> None:
    np.minimum(found[0], low, out=found[0])
    np.maximum(found[1], high, out=found[1])


def weave(first: Floats, last: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Two points for every column that holds a value: its extremes at its first and its last x.

    A column that lies lower than the one before is drawn from its top, so that a falling curve does not zigzag.
    """
    some = low <= high
    first, last, low, high = first[some], last[some], low[some], high[some]
    middle = low + high
    falling = np.empty(len(middle), dtype=bool)
    falling[:1] = False
    np.less(middle[1:], middle[:-1], out=falling[1:])
    x, y = np.empty(2 * len(low)), np.empty(2 * len(low))
    x[0::2], x[1::2] = first, last
    y[0::2], y[1::2] = np.where(falling, high, low), np.where(falling, low, high)
    return x, y


def thin(
    x: Floats, y: Floats, x0: float, x1: float, columns: int, *, log_from: float | None = None
) -> tuple[Floats, Floats]:
    """Plain arrays thinned to the window [x0, x1] cut into the columns of column_edges().

    x must not fall; y may hold NaN and infinity, which are left out. One point on each side of the window is kept,
    so that lines run to its border. In every column lowest and highest value are those of the data.
    """
    start, stop = int(x.searchsorted(x0)), int(x.searchsorted(x1, side="right"))
    before, after = max(start - 1, 0), min(stop + 1, len(x))
    if stop - start <= RAW * columns:
        finite = np.isfinite(y[before:after])
        return x[before:after][finite], y[before:after][finite]
    edges = x.searchsorted(column_edges(x0, x1, columns, log_from)).astype(np.intp)
    edges[0], edges[-1] = start, stop
    finite = np.isfinite(y[start:stop])
    low_y, high_y = np.where(finite, y[start:stop], np.inf), np.where(finite, y[start:stop], -np.inf)
    some = np.flatnonzero(np.diff(edges))
    low = np.minimum.reduceat(low_y, edges[some] - start)
    high = np.maximum.reduceat(high_y, edges[some] - start)
    thinned = weave(x[edges[some]], x[edges[some + 1] - 1], low, high)
    return with_neighbours((x[before:start], y[before:start]), thinned, (x[stop:after], y[stop:after]))


def column_edges(x0: float, x1: float, columns: int, log_from: float | None = None) -> Floats:
    """The columns + 1 borders of the pixel columns; a column holds its left border, the last one both.

    Columns are equally wide in x, or in the logarithm of its distance from log_from, which lies below x0.
    """
    if log_from is None:
        return np.linspace(x0, x1, columns + 1)
    edges: Floats = log_from + np.geomspace(x0 - log_from, x1 - log_from, columns + 1)
    edges[0], edges[-1] = x0, x1
    return edges


def with_neighbours(before: Curve, curve: Curve, after: Curve) -> Curve:
    """The thinned window and the finite points beside it."""
    known = [np.isfinite(y) for _, y in (before, after)]
    return (
        np.concatenate((before[0][known[0]], curve[0], after[0][known[1]])),
        np.concatenate((before[1][known[0]], curve[1], after[1][known[1]])),
    )
