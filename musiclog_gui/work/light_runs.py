"""Runs made light enough to travel to a worker process: all points of short curves, the telling ones of long ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclog.records import Floats, News, Points, RunRef
from musiclog.run_data import RunData
from musiclog.series import Series

Rows = NDArray[np.intp]
# All curves of all runs together travel with at most so many points: 4M values are 32 MB and take 40 ms.
MOST_POINTS = 1_000_000
LEAST_ROWS, MOST_ROWS = 512, 20_000
FIELDS = ("steps", "times", "epochs", "values")


@dataclass(slots=True)
class _Sketch:
    """Points of a long curve that were picked already: rows never change, so only new blocks are looked at."""

    series: Series
    block: int
    upto: int = 0
    picked: list[Points] = field(default_factory=list)


class LightRuns:
    """Makes runs light; what was picked of a long curve is kept for the next time."""

    def __init__(self) -> None:
        self._sketches: dict[tuple[str, str], _Sketch] = {}

    def of(self, runs: Iterable[RunData]) -> tuple[tuple[RunRef, News], ...]:
        """What RunData(ref).absorb(news) makes a run of again; a curve keeps its ends and its extremes."""
        known = list(runs)
        curves = sum(len(data.series) for data in known)
        most = min(MOST_ROWS, max(LEAST_ROWS, MOST_POINTS // max(curves, 1)))
        return tuple((data.ref, self._news(data, most)) for data in known)

    def thinned(self, runs: Iterable[RunData]) -> int:
        """How many of the runs have a curve of which not all points travel."""
        paths = {path for path, _ in self._sketches}
        return sum(data.ref.path in paths for data in runs)

    def _news(self, data: RunData, most: int) -> News:
        shared: dict[int, Points] = {}
        points = {name: self._points(data.ref.path, series, most, shared) for name, series in data.series.items()}
        alerts = tuple(event for event in data.events if event.kind == "alert")
        samples = tuple(replace(file, card=_overall(file.card)) for file in data.samples.values())
        return News(points=points, config=data.config, info=data.info, samples=samples, events=alerts)

    def _points(self, path: str, series: Series, most: int, shared: dict[int, Points]) -> Points:
        key, count = (path, series.name), len(series)
        if count <= most:
            self._sketches.pop(key, None)
            first = shared.get(id(series.timeline))
            if first is not None and len(first.steps) == count:  # one array of steps for metrics logged together
                return Points(first.steps, first.times, first.epochs, series.values)
            found = shared[id(series.timeline)] = Points(series.steps, series.times, series.epochs, series.values)
            return found
        pieces = self._picked(key, series, most)
        return Points(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in FIELDS))

    def _picked(self, key: tuple[str, str], series: Series, most: int) -> list[Points]:
        block = 1 << max(2, int(np.ceil(np.log2(4 * len(series) / most))))
        known = self._sketches.get(key)
        if known is None or known.series is not series or known.block != block or known.upto > len(series):
            known = self._sketches[key] = _Sketch(series, block)
        fresh = series.since(known.upto)
        whole = len(fresh) // block * block
        start, known.upto = known.upto, known.upto + whole
        if whole:
            known.picked.append(_of_blocks(series, start, fresh[:whole], block))
        if whole == len(fresh):
            return known.picked
        return [*known.picked, _of_blocks(series, known.upto, fresh[whole:], len(fresh) - whole)]


def _of_blocks(series: Series, start: int, values: Floats, block: int) -> Points:
    rows, line = _telling(values, block), series.timeline
    steps, times, epochs = (track.raw.take(rows + start) for track in (line.step, line.time, line.epoch))
    return Points(steps, times, epochs, values[rows])


def _overall(card: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Of a score card what a comparison reads: its findings and features are a hundred times as much."""
    return None if card is None else {"overall": card.get("overall")}


def _telling(values: Floats, block: int) -> Rows:
    """Of every block of rows the first, the lowest, the highest and the last, and one that is no number."""
    table = values.reshape(-1, block)
    starts = np.arange(len(table)) * block
    ends = [np.zeros(len(table), dtype=np.intp), np.full(len(table), block - 1)]
    finite = np.isfinite(table)
    if finite.all():
        picked = [*ends, table.argmin(axis=1), table.argmax(axis=1)]
    else:
        low, high = np.where(finite, table, np.inf).argmin(axis=1), np.where(finite, table, -np.inf).argmax(axis=1)
        picked = [*ends, low, high, finite.argmin(axis=1)]
    return np.unique((np.stack(picked, axis=1) + starts[:, None]).ravel())
