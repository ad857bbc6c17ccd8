"""What the configurations of runs differ in: nested keys joined by dots, missing told apart from null."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Missing(Enum):
    """A key that a configuration does not have; None is a value that it has."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Difference:
    """One key in which the runs differ; values in the order the runs were given, MISSING where there is none."""

    key: str
    values: tuple[Any, ...]


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, their keys joined by dots. Lists and empty mappings are values."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, f"{key}."))
        else:
            flat[key] = value
    return flat


def differences(configs: Sequence[Mapping[str, Any]]) -> tuple[Difference, ...]:
    """The keys whose values are not the same in all configurations, in the order they are first met."""
    flats = [flatten(config) for config in configs]
    keys = dict.fromkeys(key for flat in flats for key in flat)
    rows = (Difference(key, tuple(flat.get(key, MISSING) for flat in flats)) for key in keys)
    return tuple(row for row in rows if not all(same(row.values[0], value) for value in row.values[1:]))


def same(one: Any, other: Any) -> bool:
    """Equal as configuration values: 1 is 1.0 but not true, NaN is NaN, sequences by their items."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
