"""Rows of names and numbers, as JSON lines and tables bring them, to columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np

from ..columns import Indices
from ..records import Floats, Points

Row = dict[str, Any]
Columns = dict[str, tuple[Floats, Indices | None]]  # name -> values, and which rows have one (None: all)


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
        found = np.full(self.length, np.nan)
        if name in self.columns:
            values, place = self.columns[name]
            found[self.places[place]] = values
        return found


def table(rows: Sequence[Row]) -> Table:
    """Columns of all numeric values. Rows with the same keys, which is nearly all of them, are taken at once.

    Text that names a number ("NaN", "Infinity") is one; None, other text and nested values are left out.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, keys in enumerate(map(tuple, rows)):
        groups.setdefault(keys, []).append(number)
    parts: dict[str, list[tuple[int, Floats]]] = {}
    places: list[Indices] = []
    for keys, numbers in groups.items():
        same = rows if len(numbers) == len(rows) else [rows[number] for number in numbers]
        place = len(places)
        places.append(np.array(numbers, dtype=np.intp))
        for name, (values, kept) in _columns(keys, same).items():
            if kept is None:
                parts.setdefault(name, []).append((place, values))
            else:
                parts.setdefault(name, []).append((len(places), values))
                places.append(places[place][kept])
    return _merged(len(rows), parts, places)


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


def _columns(keys: tuple[str, ...], rows: Sequence[Row]) -> Columns:
    if not keys:
        return {}
    try:
        flat = np.fromiter(chain.from_iterable(map(dict.values, rows)), np.float64, len(keys) * len(rows))
    except (TypeError, ValueError, OverflowError):  # something else than numbers among the values
        flat = None
    if flat is not None:
        matrix = np.ascontiguousarray(flat.reshape(len(rows), len(keys)).T)
        known = np.logical_and.reduce(np.isfinite(matrix), axis=1)  # NaN may be a None, which is no value
        found: Columns = {key: (matrix[i], None) for i, key in enumerate(keys) if known[i]}
        return found | _one_by_one([key for i, key in enumerate(keys) if not known[i]], rows)
    return _one_by_one(keys, rows)


def _one_by_one(keys: Iterable[str], rows: Sequence[Row]) -> Columns:
    found: Columns = {}
    for key in keys:
        numbers = [number(row[key]) for row in rows]
        kept = [i for i, value in enumerate(numbers) if value is not None]
        if not kept:
            continue
        values = np.array([numbers[i] for i in kept], dtype=np.float64)
        found[key] = (values, None if len(kept) == len(rows) else np.array(kept, dtype=np.intp))
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


def _merged(
    length: int, parts: Mapping[str, list[tuple[int, Floats]]], places: list[Indices]
) -> Table:
    """Columns whose rows came in several groups are put in order; the same groups are ordered once."""
    orders: dict[tuple[int, ...], tuple[int, Indices]] = {}
    columns: dict[str, tuple[Floats, int]] = {}
    for name, found in parts.items():
        if len(found) == 1:
            columns[name] = (found[0][1], found[0][0])
            continue
        key = tuple(place for place, _ in found)
        if key not in orders:
            rows = np.concatenate([places[place] for place in key])
            order = np.argsort(rows)
            orders[key] = (len(places), order)
            places.append(rows[order])
        place, order = orders[key]
        columns[name] = (np.concatenate([values for _, values in found])[order], place)
    return Table(length, columns, places)
