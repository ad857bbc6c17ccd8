"""The rows of a run in the order in which they were logged, whatever files their metrics stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .columns import Indices
from .records import Floats, Points

Row = tuple[float, float | None, float | None, dict[str, float]]  # step, time, epoch, values


@dataclass(frozen=True, slots=True)
class Part:
    """Metrics that were logged together: one column each, all of the same length."""

    names: tuple[str, ...]
    columns: tuple[Floats, ...]


class Rows:
    """Rows in the order of time, or of steps where a time is unknown; one part alone stays in its file's order.

    part and row say for every place where its values stand: parts[part[i]].columns[k][row[i]].
    """

    def __init__(self, batches: Sequence[Mapping[str, Points]] = ()) -> None:
        for _ in self.fill(batches):
            continue

    def fill(self, batches: Sequence[Mapping[str, Points]]) -> Iterator[None]:
        """Hold the rows of these, joined a column a turn: all fifteen columns of a long run take a quarter second."""
        pieces = _together(batches)
        self.parts: list[Part] = []
        for names, some in pieces.items():
            columns = []
            for name in names:
                columns.append(_joined([named[name].values for _, named in some]))
                yield
            self.parts.append(Part(names, tuple(columns)))
        lengths = [sum(len(points) for points, _ in some) for some in pieces.values()]
        heads = [points for some in pieces.values() for points, _ in some]
        self.part: Indices = np.repeat(np.arange(len(lengths)), lengths)
        self.row: Indices = np.concatenate([np.arange(length) for length in lengths] or [np.empty(0, np.intp)])
        yield
        self.steps = _joined([points.steps for points in heads])
        yield
        self.times = _joined([points.times for points in heads])
        yield
        self.epochs = _joined([points.epochs for points in heads])
        self._by_time = bool(np.isfinite(self.times).all())
        if len(self.parts) > 1:
            order = np.lexsort((self.part, self.times if self._by_time else self.steps))
            self.part, self.row = self.part[order], self.row[order]
            self.steps, self.times, self.epochs = self.steps[order], self.times[order], self.epochs[order]

    def __len__(self) -> int:
        return len(self.part)

    def between(self, start: int, stop: int) -> Iterator[Row]:
        """The rows at places start to stop."""
        part = self.part[start:stop]
        cuts = (np.flatnonzero(np.diff(part)) + 1).tolist()
        for a, b in zip([0, *cuts], [*cuts, len(part)], strict=True):
            if a < b:
                yield from self._of_one_part(start + a, start + b)

    def places(self, times: Floats, steps: Floats) -> Indices:
        """How many rows come before what happened at these times, or at these steps where a time is unknown."""
        by_step = np.maximum.accumulate(self.steps).searchsorted(steps, side="right")
        by_step[np.isnan(steps)] = 0
        if not self._by_time:
            return by_step
        by_time = np.maximum.accumulate(self.times).searchsorted(times, side="right")
        return np.where(np.isnan(times), by_step, by_time)

    def _of_one_part(self, start: int, stop: int) -> Iterator[Row]:
        part = self.parts[int(self.part[start])]
        some = self.row[start:stop]
        values = np.column_stack([column[some] for column in part.columns]).tolist()
        heads = (each[start:stop].tolist() for each in (self.steps, self.times, self.epochs))
        for step, at, epoch, row in zip(*heads, values, strict=True):
            yield step, known(at), known(epoch), dict(zip(part.names, row, strict=True))


def known(value: float) -> float | None:
    """The value of a column in which NaN stands for unknown."""
    return None if value != value else value  # noqa: PLR0124 - only NaN differs from itself


_Piece = tuple[Points, Mapping[str, Points]]


def _together(batches: Sequence[Mapping[str, Points]]) -> dict[tuple[str, ...], list[_Piece]]:
    """Names that were logged together -> their pieces; metrics of one line share the array of their steps."""
    pieces: dict[tuple[str, ...], list[_Piece]] = {}
    for batch in batches:
        groups: dict[int, dict[str, Points]] = {}
        for name, points in batch.items():
            groups.setdefault(id(points.steps), {})[name] = points
        for group in groups.values():
            pieces.setdefault(tuple(group), []).append((next(iter(group.values())), group))
    return pieces


def _joined(arrays: list[Floats]) -> Floats:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else np.empty(0)
