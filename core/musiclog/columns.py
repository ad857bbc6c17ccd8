"""Columns that grow in chunks, so that appending never copies what is already there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .records import Floats

Indices = NDArray[np.intp]

# Just under 4 MB: of larger arrays numpy asks for huge pages (NUMPY_MADVISE_HUGEPAGE), and twelve columns that came to
# their next 2 MB together held the caller for 30 ms while the system cleared them. 22 chunks hold ten million rows.
CHUNK = (1 << 19) - 1024
FIRST = 256
# The first chunk grows by copying up to 2**17 rows, 0.2 ms at most; then each chunk is as long as all before it, up
# to CHUNK. The metrics of a run reach a size in the same moment: grown by copying up to CHUNK, fifteen columns held
# the caller for 110 ms. Of smaller chunks there would be more to ask at every frame.
COPIED = 1 << 17
# Blocks that are gathered may have up to so many rows; no block lies across two chunks.
WIDEST_BLOCK = 16


class Column:
    """A float64 column that is appended to in place. Rows are addressed by their position from 0.

    kept: rows that are there already, such as those of a file mapped into memory; they are neither copied nor
    written to, and appended rows follow in chunks of their own.
    """

    __slots__ = ("_base", "_chunks", "_length", "_starts", "_whole")

    def __init__(self, kept: Floats | None = None) -> None:
        self._base = 0 if kept is None else len(kept) // WIDEST_BLOCK * WIDEST_BLOCK  # rows of the first chunk, if kept
        self._chunks: list[Floats] = []
        self._starts: list[int] = []  # the row with which each chunk begins
        if kept is not None and self._base:
            self._open(0, kept[: self._base])
        self._open(self._base, np.empty(FIRST))
        self._length = self._base
        self._whole: Floats | None = None
        if kept is not None:
            self.append(kept[self._base :])
            self._whole = kept

    def __len__(self) -> int:
        return self._length

    def append(self, values: Floats) -> None:
        at, chunk = self._length - self._starts[-1], self._chunks[-1]
        end = at + len(values)
        if end <= len(chunk):  # a few rows of a live run
            chunk[at:end] = values
            self._length += len(values)
        else:
            self._append_beyond(values)

    def fork(self, length: int) -> Column:
        """The first rows as a column of its own; full chunks are shared, since they never change."""
        if length <= self._base:
            return Column(self._chunks[0][:length])
        other = Column()
        last = self._chunk_of(length - 1)
        other._base, other._starts = self._base, self._starts[: last + 1]
        other._chunks = [*self._chunks[:last], self._chunks[last].copy()]
        other._length = length
        return other

    @property
    def whole(self) -> Floats:
        """All rows as one array; kept until the column grows."""
        if self._whole is None or len(self._whole) != self._length:
            self._whole = self.slice(0, self._length)
        return self._whole

    def parts(self) -> Iterator[Floats]:
        """All rows, a chunk at a time, without copying."""
        for start, chunk in zip(self._starts, self._chunks, strict=True):
            if self._length > start:
                yield chunk[: self._length - start]

    def slice(self, start: int, stop: int) -> Floats:
        """Rows from start up to stop: a view where they lie in one chunk, else a copy."""
        start, stop = max(0, start), min(stop, self._length)
        if stop <= start:
            return np.empty(0)
        first, last = self._chunk_of(start), self._chunk_of(stop - 1)
        starts = self._starts
        if first == last:
            view = self._chunks[first][start - starts[first] : stop - starts[first]]
            view.flags.writeable = False
            return view
        parts = [self._chunks[i][max(start - starts[i], 0) : stop - starts[i]] for i in range(first, last)]
        return np.concatenate([*parts, self._chunks[last][: stop - starts[last]]])

    def take(self, rows: Indices) -> Floats:
        """The values at rows, which must not fall."""
        if len(self._chunks) == 1:
            return self._chunks[0].take(rows)
        out = np.empty(len(rows))
        for chunk, start, a, b in self._shares(rows):
            out[a:b] = chunk.take(rows[a:b] - start)
        return out

    def blocks(self, ids: Indices, size: int) -> Floats:
        """The rows [id * size, id * size + size) for every id, which must not fall: shape (ids, size).

        size divides WIDEST_BLOCK. Rows at and after the end of the column are whatever memory holds.
        """
        out = np.empty((len(ids), size))
        for chunk, start, a, b in self._shares(ids * size):
            whole = len(chunk) // size * size
            chunk[:whole].reshape(-1, size).take(ids[a:b] - start // size, axis=0, out=out[a:b], mode="clip")
        return out

    def search(self, values: Floats, start: int, stop: int, side: Literal["left", "right"] = "left") -> Indices:
        """Where values (not falling) would be inserted in the rows start..stop, which must not fall."""
        out = np.full(len(values), start, dtype=np.intp)
        if stop <= start:
            return out
        for i in range(self._chunk_of(start), self._chunk_of(stop - 1) + 1):
            first = self._starts[i]
            part = self._chunks[i][max(start - first, 0) : min(stop, self._end_of(i)) - first]
            low, high = values.searchsorted(part[0]), values.searchsorted(part[-1], side="right")
            out[low:high] += part.searchsorted(values[low:high], side=side)
            out[high:] += len(part)
        return out

    def _shares(self, rows: Indices) -> Iterator[tuple[Floats, int, int, int]]:
        """Chunks with their first row, and from where to where in rows (not falling) they are asked."""
        cuts = np.searchsorted(rows, self._starts[1:]).tolist()
        for chunk, start, a, b in zip(self._chunks, self._starts, [0, *cuts], [*cuts, len(rows)], strict=True):
            if a < b:
                yield chunk, start, a, b

    def _chunk_of(self, row: int) -> int:
        return bisect_right(self._starts, row) - 1

    def _end_of(self, chunk: int) -> int:
        return self._starts[chunk + 1] if chunk + 1 < len(self._starts) else self._length

    def _open(self, start: int, chunk: Floats) -> None:
        self._starts.append(start)
        self._chunks.append(chunk)

    def _append_beyond(self, values: Floats) -> None:
        """Append what needs more room than the last chunk has."""
        done = 0
        while done < len(values):
            at = self._length - self._starts[-1]
            if at == len(self._chunks[-1]) >= COPIED:
                self._open(self._length, np.empty(min(self._length - self._base, CHUNK)))
                at = 0
            room = self._room(at, len(values) - done)
            take = min(len(room), len(values) - done)
            room[:take] = values[done : done + take]
            done += take
            self._length += take

    def _room(self, at: int, wanted: int) -> Floats:
        chunk = self._chunks[-1]
        if len(chunk) < COPIED and at + wanted > len(chunk):
            size = min(COPIED, 1 << (at + wanted - 1).bit_length())
            grown = np.empty(size)
            grown[:at] = chunk[:at]
            self._chunks[-1] = chunk = grown
        return chunk[at:]


# How columns are put on a shelf, such as a file, and found there again by the number that was given for them.
Put = Callable[[Column], int]
Get = Callable[[int], Column]
