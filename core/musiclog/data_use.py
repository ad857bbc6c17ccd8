"""How often each training file was used, and how it was changed: added up record by record.

A day of training tells of millions of uses. What is kept is a line of sums a file, the time of each use, and the
newest records.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .columns import Column

# Records that are kept as they are; older ones are in the file and in the sums.
NEWEST = 1_000


@dataclass(slots=True)
class FileUse:
    """One training file. Lengths are those of its latest use, in the trainer's own unit."""

    name: str
    by_name: tuple[str, str] = ("", "")  # what orders it among the others, whatever its case
    uses: int = 0
    augmented: int = 0
    transposition: tuple[float, float] | None = None  # lowest and highest, semitones
    stretch: tuple[float, float] | None = None
    original_length: float | None = None
    processed_length: float | None = None
    cache_hits: int = 0
    cache_known: int = 0  # uses of which the record says whether the cache had it
    last_use: int = 0  # its number among all uses of the run, from 1
    last_time: float | None = None  # Unix seconds

    def add(self, record: Mapping[str, Any], number: int) -> None:
        self.uses += 1
        self.augmented += was_augmented(record)
        self.transposition = _widen(self.transposition, record.get("transposition"))
        self.stretch = _widen(self.stretch, record.get("time_stretch"))
        self.original_length = _number(record.get("original_length"), self.original_length)
        self.processed_length = _number(record.get("processed_length"), self.processed_length)
        hit = record.get("cache_hit")
        self.cache_known += hit is not None
        self.cache_hits += bool(hit)
        self.last_use = number
        self.last_time = _number(record.get("t"), self.last_time)


class DataUse:
    """The sums of one run. times: Unix seconds of each use, in the order of the file, NaN where it was not told."""

    def __init__(self) -> None:
        self.files: dict[str, FileUse] = {}  # in the order in which they were met
        self.newest: deque[Mapping[str, Any]] = deque(maxlen=NEWEST)
        self.times = Column()
        self.uses = self.augmented = self.cache_hits = self.cache_known = 0

    @property
    def left_out(self) -> int:
        """How many records are older than the newest."""
        return self.uses - len(self.newest)

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        for record in records:
            name = str(record.get("name") or record.get("file_name") or "(no name)")
            use = self.files.get(name)
            if use is None:
                use = self.files[name] = FileUse(name, (name.casefold(), name))
            self._add(use, record)
        self.newest.extend(records)
        self.times.append(np.array([_time_of(record) for record in records], dtype=np.float64))

    def _add(self, use: FileUse, record: Mapping[str, Any]) -> None:
        self.uses += 1
        augmented, hits, known = use.augmented, use.cache_hits, use.cache_known
        use.add(record, self.uses)
        self.augmented += use.augmented - augmented
        self.cache_hits += use.cache_hits - hits
        self.cache_known += use.cache_known - known


def was_augmented(record: Mapping[str, Any]) -> bool:
    """What the record says of augmentation; where it says nothing, whether the notes were moved or stretched."""
    told = record.get("augmentation", record.get("augmentation_applied"))
    if isinstance(told, Mapping):
        return any(told.values())
    if told is not None:
        return bool(told)
    return record.get("transposition") not in (None, 0) or record.get("time_stretch") not in (None, 1)


def _widen(bounds: tuple[float, float] | None, value: object) -> tuple[float, float] | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return bounds
    if bounds is None:
        return value, value
    low, high = bounds
    return (value if value < low else low), (value if value > high else high)


def _number(value: object, before: float | None) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else before


def _time_of(record: Mapping[str, Any]) -> float:
    try:
        return float(record["t"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return math.nan
