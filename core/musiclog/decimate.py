"""Many points to few, keeping the lowest and the highest value of every pixel column."""

from __future__ import annotations

import numpy as np

from .columns import Column, Indices
from .records import Floats

# Rows a block, and blocks a block of the next level: two arrays of 1/16 + 1/256 + ... add 13 % to a column.
BLOCK = 16

# Below this many rows a column the level at hand is reduced directly; above it the next level is cheaper.
DIRECT = 64

# Up to so many points a pixel column, a window is handed out as it is: thinning would not save a line.
RAW = 4


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
            lows.append(low.reshape(-1, BLOCK).min(axis=1))
            highs.append(high.reshape(-1, BLOCK).max(axis=1))
            low_below, high_below, level = lows, highs, level + 1

    def extremes(self, starts: Indices, stops: Indices) -> tuple[Floats, Floats]:
        """The lowest and highest value of each row range starts[i]..stops[i], both not falling.

        An empty range, or one without a finite value, gives (inf, -inf).
        """
        low, high = np.full(len(starts), np.inf), np.full(len(starts), -np.inf)
        self._note_tail()
        lows = highs = self._column
        for level in range(len(self._levels) + 1):
            if level:
                lows, highs = self._levels[level - 1]
            if level == len(self._levels) or stops[-1] - starts[0] <= DIRECT * len(starts):
                self._reduce(lows, highs, starts, stops, low, high)
                break
            starts, stops = self._cut(lows, highs, starts, stops, low, high)
        return low, high

    def _note_tail(self) -> None:
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
        self, lows: Column, highs: Column, starts: Indices, stops: Indices, low: Floats, high: Floats
    ) -> tuple[Indices, Indices]:
        """Reduce the cut blocks at both ends of every range; the full blocks between are left to the next level."""
        first, last = starts // BLOCK, stops // BLOCK
        start_in, stop_in = starts - first * BLOCK, stops - last * BLOCK
        narrow = last <= first
        self._reduce_blocks(lows, highs, first, start_in, np.where(narrow, stop_in, BLOCK), low, high)
        self._reduce_blocks(lows, highs, last, np.zeros_like(first), np.where(narrow, 0, stop_in), low, high)
        return first + 1, np.maximum(last, first + 1)

    def _reduce_blocks(
        self, lows: Column, highs: Column, ids: Indices, start_in: Indices, stop_in: Indices, low: Floats, high: Floats
    ) -> None:
        """Reduce positions start_in..stop_in of one block for every range, over all ranges at once."""
        position = np.arange(BLOCK)[:, None]
        inside = (position >= start_in) & (position < stop_in)
        values = lows.blocks(ids, BLOCK).T
        if lows is highs and not self.all_finite:
            inside &= np.isfinite(values)
        np.minimum(low, np.where(inside, values, np.inf).min(axis=0), out=low)
        if lows is not highs:
            values = highs.blocks(ids, BLOCK).T
        np.maximum(high, np.where(inside, values, -np.inf).max(axis=0), out=high)

    def _reduce(
        self, lows: Column, highs: Column, starts: Indices, stops: Indices, low: Floats, high: Floats
    ) -> None:
        """Reduce whole ranges at this level."""
        some = np.flatnonzero(stops > starts)
        if not len(some):
            return
        begin, end = int(starts[some[0]]), int(stops[some[-1]])
        low_values, high_values = lows.slice(begin, end), highs.slice(begin, end)
        if lows is highs and not self.all_finite:
            low_values, high_values = self._finite(low_values)
        # reduceat takes pairs (start, stop), of which every second result is a gap; the last stop must exist
        pairs = np.empty(2 * len(some), dtype=np.intp)
        pairs[0::2], pairs[1::2] = starts[some] - begin, stops[some] - begin
        low_values, high_values = np.append(low_values, np.inf), np.append(high_values, -np.inf)
        low[some] = np.minimum(low[some], np.minimum.reduceat(low_values, pairs)[0::2])
        high[some] = np.maximum(high[some], np.maximum.reduceat(high_values, pairs)[0::2])


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


def thin(x: Floats, y: Floats, x0: float, x1: float, columns: int) -> tuple[Floats, Floats]:
    """Plain arrays thinned to the window [x0, x1] cut into columns of equal width.

    x must not fall; y may hold NaN and infinity, which are left out. One point on each side of the window is kept,
    so that lines run to its border. In every column lowest and highest value are those of the data.
    """
    start, stop = int(x.searchsorted(x0)), int(x.searchsorted(x1, side="right"))
    before, after = max(start - 1, 0), min(stop + 1, len(x))
    if stop - start <= RAW * columns:
        finite = np.isfinite(y[before:after])
        return x[before:after][finite], y[before:after][finite]
    edges = x.searchsorted(column_edges(x0, x1, columns)).astype(np.intp)
    edges[0], edges[-1] = start, stop
    finite = np.isfinite(y[start:stop])
    low_y, high_y = np.where(finite, y[start:stop], np.inf), np.where(finite, y[start:stop], -np.inf)
    some = np.flatnonzero(np.diff(edges))
    low = np.minimum.reduceat(low_y, edges[some] - start)
    high = np.maximum.reduceat(high_y, edges[some] - start)
    thin_x, thin_y = weave(x[edges[some]], x[edges[some + 1] - 1], low, high)
    return with_neighbours(thin_x, thin_y, x[before:start], y[before:start], x[stop:after], y[stop:after])


def column_edges(x0: float, x1: float, columns: int) -> Floats:
    """The columns + 1 borders of the pixel columns; a column holds its left border, the last one both."""
    return np.linspace(x0, x1, columns + 1)


def with_neighbours(
    x: Floats, y: Floats, x_before: Floats, y_before: Floats, x_after: Floats, y_after: Floats
) -> tuple[Floats, Floats]:
    """The thinned window and the finite points beside it."""
    before, after = np.isfinite(y_before), np.isfinite(y_after)
    return (
        np.concatenate((x_before[before], x, x_after[after])),
        np.concatenate((y_before[before], y, y_after[after])),
    )
