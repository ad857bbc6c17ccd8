"""Trends of quality for runs that log none, from the score cards that this window makes of their samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from musiclog.human_band import human_band
from musiclog.records import Points, SampleFile
from musiclog.series import Series

from .assessment import Assessment
from .chart_plan import SCORED_HERE, is_quality
from .runs import Changes, RunEntry, RunStore

# A thousand cards may come in a second: trends are drawn anew some times a second.
PERIOD_MS = 250


class _Place(NamedTuple):
    """When a sample was made; what orders samples comes first."""

    order: float
    step: float
    epoch: float
    time: float


class ScoredQuality(QObject):
    """Fills RunEntry.scored and RunEntry.scores. Its metrics have names of their own, never those of logged ones."""

    def __init__(
        self, store: RunStore, assessment: Callable[[str], Assessment | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._assessment = store, assessment
        self._due: set[str] = set()
        self._soon = QTimer(self, singleShot=True, interval=PERIOD_MS)
        self._soon.timeout.connect(self.settle)

    @Slot(object)
    def take(self, assessment: Assessment) -> None:
        """A sample was scored."""
        self._plan(entry.id for entry in self._store.entries() if assessment.path in entry.data.samples)

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        """Samples were replaced, or quality was logged after all."""
        self._plan(
            run_id for run_id, what in changes.items()
            if "samples" in what or ("points" in what and self._is_out_of_date(run_id))
        )  # fmt: skip

    @Slot()
    def settle(self) -> None:
        """Bring the trends up to date now."""
        self._soon.stop()
        due, self._due = self._due, set()
        for run_id in due:
            entry = self._store.entry(run_id)
            if entry is not None:
                self._score(entry)

    def _plan(self, run_ids: Iterator[str]) -> None:
        self._due.update(run_ids)
        if self._due and not self._soon.isActive():
            self._soon.start()

    def _is_out_of_date(self, run_id: str) -> bool:
        entry = self._store.entry(run_id)
        return entry is not None and bool(entry.scored) and _logs_quality(entry)

    def _score(self, entry: RunEntry) -> None:
        scores = {} if _logs_quality(entry) else self._scores(entry)
        if scores != entry.scores:
            entry.scores = scores
            entry.scored = _trends(entry, scores)
            entry.scored_band = human_band(self._measures(scores))
            self._store.touched.emit(entry.id, frozenset({"points"}))

    def _measures(self, paths: Iterable[str]) -> Iterator[dict[str, Any]]:
        """What the samples were measured by, and their bars."""
        for path in paths:
            known = self._assessment(path)
            if known is not None and known.card is not None:
                yield {"calibration": known.card.calibration, "bars": known.card.bars}

    def _scores(self, entry: RunEntry) -> dict[str, Mapping[str, float]]:
        """Path of a sample -> metric -> value."""
        found = {}
        for path in entry.data.samples:
            known = self._assessment(path)
            if known is not None and known.card is not None:
                values = {"overall": known.card.overall} | {
                    name: each.value for name, each in known.card.metrics.items() if name != "overall"
                }
                found[path] = {
                    f"quality/{name}{SCORED_HERE}": float(value) for name, value in values.items() if value is not None
                }
        return found


def _logs_quality(entry: RunEntry) -> bool:
    return any(map(is_quality, entry.data.series))


def _trends(entry: RunEntry, scores: Mapping[str, Mapping[str, float]]) -> dict[str, Series]:
    """The mean over samples that were made together, in the order in which they were made."""
    found: dict[str, dict[_Place, list[float]]] = defaultdict(lambda: defaultdict(list))
    for path, values in scores.items():
        place = _place(entry.data.samples[path])
        for name, value in values.items():
            if place is not None:
                found[name][place].append(value)
    return {name: _series(name, places, entry.data.origin) for name, places in found.items()}


def _place(sample: SampleFile) -> _Place | None:
    known = (sample.step, sample.epoch, sample.time)
    order = next((each for each in known if each is not None), None)
    return None if order is None else _Place(order, *(np.nan if each is None else each for each in known))


def _series(name: str, places: Mapping[_Place, list[float]], origin: float | None) -> Series:
    ordered = sorted(places, key=lambda place: place.order)
    steps, epochs, times = (np.array([getattr(place, part) for place in ordered]) for part in ("step", "epoch", "time"))
    series = Series(name)
    series.origin = origin
    series.append(Points(steps, times, epochs, np.array([fmean(places[place]) for place in ordered])))
    return series
