"""How often each training file was used, and how it was changed: added up record by record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from musiclog.run_data import RunData


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
    """The sums of one run, kept up to date with a share of the new records at a time."""

    def __init__(self, data: RunData) -> None:
        self._records = data.data_usage
        self.files: dict[str, FileUse] = {}
        self.uses = self.augmented = self.cache_hits = self.cache_known = 0

    def belongs_to(self, data: RunData) -> bool:
        """False when the run was read anew: its records began again."""
        return self._records is data.data_usage

    def pending(self) -> int:
        return len(self._records) - self.uses

    def take(self, most: int) -> list[FileUse]:
        """Add up to so many new records; gives the files that they changed, each once."""
        changed: dict[str, FileUse] = {}
        for record in islice(self._records, self.uses, self.uses + most):
            name = str(record.get("name") or record.get("file_name") or "(no name)")
            use = self.files.get(name)
            if use is None:
                use = self.files[name] = FileUse(name, (name.casefold(), name))
            self._add(use, record)
            changed[name] = use
        return list(changed.values())

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
