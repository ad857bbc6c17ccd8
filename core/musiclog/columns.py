"""Columns that grow in chunks, so that appending never copies what is already there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .records import Floats

Indices = NDArray[np.intp]

# 2**20 rows, 8 MB: ten chunks hold ten million rows, and the only copy ever made (the first chunk growing up to
# this size) costs 4 ms. One column grown by doubling would hold the caller for 40 ms at that size.
CHUNK = 1 << 20
FIRST = 256


class Column:
    """A float64 column that is appended to in place. Rows are addressed by their position from 0."""

    __slots__ = ("_chunks", "_length", "_whole")

    def __init__(self) -> None:
        self._chunks: list[Floats] = [np.empty(FIRST)]
        self._length = 0
        self._whole: Floats | None = None

    def __len__(self) -> int:
        return self._length

    def append(self, values: Floats) -> None:
        done = 0
        while done < len(values):
            at = self._length % CHUNK
            if at == 0 and self._length:
                self._chunks.append(np.empty(CHUNK))
            room = self._room(at, len(values) - done)
            take = min(len(room), len(values) - done)
            room[:take] = values[done : done + take]
            done += take
            self._length += take

    def fork(self, length: int) -> Column:
        """The first rows as a column of its own; full chunks are shared, since they never change."""
        other = Column()
        full, rest = divmod(length, CHUNK)
        other._chunks = self._chunks[:full]
        other._length = length
        if rest or not full:
            other._chunks.append(self._chunks[full].copy() if rest else np.empty(FIRST))
        return other

    @property
    def whole(self) -> Floats:
        """All rows as one array; kept until the column grows."""
        if self._whole is None or len(self._whole) != self._length:
            self._whole = self.slice(0, self._length)
        return self._whole

    def slice(self, start: int, stop: int) -> Floats:
        """Rows from start up to stop: a view where they lie in one chunk, else a copy."""
        start, stop = max(0, start), min(stop, self._length)
        if stop <= start:
            return np.empty(0)
        first, last = start // CHUNK, (stop - 1) // CHUNK
        if first == last:
            view = self._chunks[first][start - first * CHUNK : stop - first * CHUNK]
            view.flags.writeable = False
            return view
        parts = [self._chunks[i][max(start - i * CHUNK, 0) : stop - i * CHUNK] for i in range(first, last + 1)]
        return np.concatenate(parts)

    def take(self, rows: Indices) -> Floats:
        """The values at rows, which must not fall."""
        if self._length <= CHUNK:
            return self._chunks[0].take(rows)
        out = np.empty(len(rows))
        cuts = np.searchsorted(rows, np.arange(1, len(self._chunks)) * CHUNK).tolist()
        for i, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
            if a < b:
                out[a:b] = self._chunks[i].take(rows[a:b] - i * CHUNK)
        return out

    def blocks(self, ids: Indices, size: int) -> Floats:
        """The rows [id * size, id * size + size) for every id, which must not fall: shape (ids, size).

        size divides every chunk. Rows at and after the end of the column are whatever memory holds.
        """
        out = np.empty((len(ids), size))
        per_chunk = CHUNK // size
        cuts = np.searchsorted(ids, np.arange(1, len(self._chunks)) * per_chunk).tolist()
        for i, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(ids)], strict=True)):
            if a < b:
                blocks = self._chunks[i].reshape(-1, size)
                blocks.take(ids[a:b] - i * per_chunk, axis=0, out=out[a:b], mode="clip")
        return out

    def search(self, values: Floats, start: int, stop: int, side: Literal["left", "right"] = "left") -> Indices:
        """Where values (not falling) would be inserted in the rows start..stop, which must not fall."""
        out = np.full(len(values), start, dtype=np.intp)
        for i in range(start // CHUNK, -(-stop // CHUNK)):
            a, b = max(start - i * CHUNK, 0), min(stop - i * CHUNK, CHUNK)
            part = self._chunks[i][a:b]
            low, high = values.searchsorted(part[0]), values.searchsorted(part[-1], side="right")
            out[low:high] += part.searchsorted(values[low:high], side=side)
            out[high:] += len(part)
        return out

    def _room(self, at: int, wanted: int) -> Floats:
        chunk = self._chunks[-1]
        if at >= len(chunk) or (len(chunk) < CHUNK and at + wanted > len(chunk)):
            size = min(CHUNK, max(2 * len(chunk), 1 << (at + wanted - 1).bit_length()))
            grown = np.empty(size)
            grown[:at] = chunk[:at]
            self._chunks[-1] = chunk = grown
        return chunk[at:]
