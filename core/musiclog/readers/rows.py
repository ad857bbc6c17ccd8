"""Rows of names and numbers, as JSON lines and tables bring them, to columns."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Indices
from ..records import Floats, Points

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Roles:
    """Which keys of a row are no metrics but say where the row lies."""

    step: str | None = None
    time: str | None = None
    epoch: str | None = None
    batch: str | None = None
    ignored: frozenset[str] = field(default_factory=frozenset)

    @property
    def keys(self) -> frozenset[str]:
        return self.ignored | {key for key in (self.step, self.time, self.epoch, self.batch) if key is not None}


@dataclass(slots=True)
class Table:
    """Columns of rows in the order they came. A column holds values for the rows of its place."""

    length: int
    columns: dict[str, tuple[Floats, int]]  # name -> values, key of its rows in places
    places: list[Indices]  # row numbers, shared by columns that came together

    def full(self, name: str | None) -> Floats:
        """One value for every row, NaN where a row has none."""
        if name not in self.columns:
            return np.full(self.length, np.nan)
        values, place = self.columns[name]
        if len(values) == self.length:
            return values
        found = np.full(self.length, np.nan)
        found[self.places[place]] = values
        return found

    def only(self, kept: NDArray[np.bool_]) -> Table:
        """The rows that are kept."""
        number = np.cumsum(kept) - 1
        inside = [kept[place] for place in self.places]
        columns = {name: (values[inside[place]], place) for name, (values, place) in self.columns.items()}
        places = [number[place[some]] for place, some in zip(self.places, inside, strict=True)]
        return Table(int(kept.sum()), columns, places)


class TableMaker:
    """Takes rows piece by piece and makes columns of them.

    Rows with the same keys, which is nearly all of them, are taken at once. Pieces that fit into the processor's
    cache (some hundred rows) go through two to three times as fast as all rows of a turn in one go.
    """

    def __init__(self) -> None:
        self._length = 0
        self._keys: tuple[str, ...] = ()
        self._plain: dict[tuple[str, ...], list[tuple[Indices, Floats]]] = {}  # row numbers, their values one by one
        self._odd: dict[tuple[str, ...], list[tuple[int, Row]]] = {}  # rows with more than numbers in them

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        start, self._length = self._length, self._length + len(rows)
        if list(chain.from_iterable(rows)) != list(self._keys) * len(rows):
            groups: dict[tuple[str, ...], list[int]] = {}
            for place, keys in enumerate(map(tuple, rows)):
                groups.setdefault(keys, []).append(place)
            for keys, places in groups.items():
                self._add(keys, np.array(places, dtype=np.intp) + start, [rows[place] for place in places])
            self._keys = tuple(rows[-1])
        else:
            self._add(self._keys, np.arange(start, self._length), rows)

    def table(self) -> Table:
        parts: dict[str, list[tuple[int, Floats]]] = {}
        places: list[Indices] = []
        for keys, pieces in self._plain.items():
            place = len(places)
            places.append(np.concatenate([numbers for numbers, _ in pieces]))
            flat = np.concatenate([values for _, values in pieces])
            matrix = np.ascontiguousarray(flat.reshape(-1, len(keys)).T)
            for key, values in zip(keys, matrix, strict=True):
                parts.setdefault(key, []).append((place, values))
        for keys, rows in self._odd.items():
            for key in keys:
                numbered = [(place, value) for place, row in rows if (value := number(row[key])) is not None]
                if numbered:
                    parts.setdefault(key, []).append((len(places), np.array([value for _, value in numbered])))
                    places.append(np.array([place for place, _ in numbered], dtype=np.intp))
        return _merged(self._length, parts, _shared(places))

    def _add(self, keys: tuple[str, ...], numbers: Indices, rows: Sequence[Row]) -> None:
        if not keys:
            return
        values = chain.from_iterable(map(dict.values, rows))
        try:
            flat = np.frombuffer(
                struct.pack(f"{len(keys) * len(rows)}d", *values)
            )  # faster than np.fromiter by a fifth
        except (struct.error, OverflowError):  # None, text, a nested value; a number beyond all floats
            self._odd.setdefault(keys, []).extend(zip(numbers.tolist(), rows, strict=True))
        else:
            self._plain.setdefault(keys, []).append((numbers, flat))


def table(rows: Sequence[Row]) -> Table:
    """Columns of all numeric values.

    Text that names a number ("NaN", "Infinity") is one; None, other text and nested values are left out.
    """
    maker = TableMaker()
    maker.add(rows)
    return maker.table()


def _shared(places: list[Indices]) -> list[Indices]:
    """Equal places become the same object, so that their columns are known to belong together."""
    known: dict[bytes, Indices] = {}
    return [known.setdefault(place.tobytes(), place) for place in places]


def points(rows: Table, steps: Floats, times: Floats, epochs: Floats, roles: Roles) -> dict[str, Points]:
    """Every column that is a metric. Columns of the same rows share their steps, times and epochs."""
    shared: dict[int, tuple[Floats, Floats, Floats]] = {}
    found = {}
    for name, (values, place) in rows.columns.items():
        if name in roles.keys:
            continue
        if place not in shared:
            where = rows.places[place]
            whole = len(where) == rows.length
            shared[place] = (steps, times, epochs) if whole else (steps[where], times[where], epochs[where])
        found[name] = Points(*shared[place], values)
    return found


def number(value: object) -> float | None:
    """value as a float; None where it is none. Text counts where it is a number, NaN and Infinity included."""
    if isinstance(value, (int, float, str)):  # bool is an int
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None


def unix(value: object) -> float | None:
    """A moment as Unix seconds: a number, or ISO 8601 text (local time where it names no zone)."""
    as_number = number(value)
    if as_number is not None:
        # Milliseconds and finer are told by their size: 1e11 s is the year 5138.
        while abs(as_number) > 1e11 and math.isfinite(as_number):
            as_number /= 1000
        return as_number
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _merged(length: int, parts: Mapping[str, list[tuple[int, Floats]]], places: list[Indices]) -> Table:
    """Columns whose rows came in several groups are put in order; the same groups are ordered once."""
    same = {id(place): number for number, place in reversed(list(enumerate(places)))}
    first = [same[id(place)] for place in places]
    orders: dict[tuple[int, ...], tuple[int, Indices]] = {}
    columns: dict[str, tuple[Floats, int]] = {}
    for name, found in parts.items():
        key = tuple(first[place] for place, _ in found)
        if len(key) == 1:
            columns[name] = (found[0][1], key[0])
            continue
        if key not in orders:
            rows = np.concatenate([places[place] for place in key])
            order = np.argsort(rows)
            orders[key] = (len(places), order)
            places.append(rows[order])
        place, order = orders[key]
        columns[name] = (np.concatenate([values for _, values in found])[order], place)
    return Table(length, columns, places)
