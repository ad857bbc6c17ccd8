"""Settings as numbers that statistics can read, and which of them were only ever changed together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..config_diff import MISSING, differences, same
from ..grouping import incidental
from ..records import Floats
from ..run_data import RunData
from .groups import is_seed

# Positive values over two orders of ten or more are steps of a factor (rates, decays, sizes).
_LOG_SPAN: Final = 100.0
# Beyond, and where it is NaN, a number is a word: nothing can be calculated with it.
_LARGEST: Final = 1e150
# In so few runs, all unlike, nothing can be told apart anyway.
FEW: Final = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """One key in which the runs differ. values: as told, a run each; numbers: (runs,), log10 where log is true.

    levels: the words of a setting that is none of numbers, numbers being places among them. Runs that tell no
    configuration at all have MISSING as value and NaN as number: they are no evidence for anything.
    """

    key: str
    values: tuple[Any, ...]
    numbers: Floats
    log: bool = False
    levels: tuple[str, ...] | None = None

    @property
    def numeric(self) -> bool:
        return self.levels is None


@dataclass(frozen=True, slots=True)
class Confounded:
    """Settings that always changed together, so that no statistics can tell their effects apart."""

    keys: tuple[str, ...]
    values: int  # how many different values they took together

    def __str__(self) -> str:
        listed = f"{', '.join(self.keys[:-1])} and {self.keys[-1]}"
        return f"{listed} always changed together: what one of them did cannot be told from what the others did."


def settings_of(runs: Sequence[RunData]) -> tuple[Setting, ...]:
    """The keys that differ between the runs, without seeds and names, and without those that are unlike in every run.

    A text that is another one in every run (a comment, a date) is a name, not a setting.
    """
    told = [place for place, data in enumerate(runs) if data.config]
    found = []
    for each in differences([runs[place].config for place in told]):
        if incidental(each.key) or is_seed(each.key):
            continue
        setting = _setting(each.key, each.values)
        if setting.numeric or len(setting.levels or ()) < len(told) or len(told) <= 2:
            found.append(_spread_out(setting, told, len(runs)))
    return tuple(found)


def confounded(settings: Sequence[Setting]) -> tuple[Confounded, ...]:
    """Settings whose values determine each other over all runs."""
    left = list(settings)
    found = []
    while left:
        first, *others = left
        together = [first, *(each for each in others if _determine(first, each))]
        if len(together) > 1:
            keys = tuple(each.key for each in together)
            found.append(Confounded(keys, len(_codes(first)[1])))
        left = [each for each in others if each not in together]
    return tuple(found)


def _spread_out(setting: Setting, places: Sequence[int], runs: int) -> Setting:
    values: list[Any] = [MISSING] * runs
    numbers = np.full(runs, math.nan)
    numbers[places] = setting.numbers
    for place, value in zip(places, setting.values, strict=True):
        values[place] = value
    return Setting(setting.key, tuple(values), numbers, setting.log, setting.levels)


def _setting(key: str, values: tuple[Any, ...]) -> Setting:
    if all(_is_number(value) for value in values):
        numbers = np.array([float(value) for value in values])
        log = bool(numbers.min() > 0 and numbers.max() / numbers.min() >= _LOG_SPAN)
        return Setting(key, values, np.log10(numbers) if log else numbers, log)
    kinds: list[Any] = []
    places = []
    for value in values:
        place = next((at for at, kind in enumerate(kinds) if _same(kind, value)), None)
        if place is None:
            place = len(kinds)
            kinds.append(value)
        places.append(float(place))
    levels = tuple("—" if kind is MISSING else str(kind) for kind in kinds)
    return Setting(key, values, np.array(places), levels=levels)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _same(one: Any, other: Any) -> bool:
    return one is other if MISSING in (one, other) else same(one, other)


def _codes(setting: Setting) -> tuple[Floats, Floats]:
    values, places = np.unique(setting.numbers[np.isfinite(setting.numbers)], return_inverse=True)
    return places.astype(np.float64), values


def _determine(one: Setting, other: Setting) -> bool:
    (a, kinds), (b, others) = _codes(one), _codes(other)
    together = set(zip(a.tolist(), b.tolist(), strict=True))
    if not len(together) == len(kinds) == len(others):
        return False
    if len(kinds) < len(a) or len(a) <= FEW:
        return True
    # Values drawn at random are unlike in every run and so determine each other; only a common order is no chance.
    return one.numeric and other.numeric and (bool((a == b).all()) or bool((a == len(a) - 1 - b).all()))
