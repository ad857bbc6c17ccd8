"""A logarithmic axis that goes through zero, and where its ticks stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .outliers import some_of
from .records import Floats


@dataclass(frozen=True, slots=True)
class Symlog:
    """v -> sign(v) log10(1 + |v| / linear): a logarithmic axis that goes through zero, smooth everywhere.

    Around zero, up to about linear, it is a plain axis; beyond, every factor of ten is as long as the next.
    Source: Webber, A bi-symmetric log transformation for wide-range data, Meas. Sci. Technol. 2013.
    """

    linear: float = 1.0

    def forward(self, values: Floats) -> Floats:
        result: Floats = np.copysign(np.log1p(np.abs(values) / self.linear) / math.log(10), values)
        return result

    def back(self, places: Floats) -> Floats:
        result: Floats = np.copysign(np.expm1(np.abs(places) * math.log(10)) * self.linear, places)
        return result

    def ticks(self, low: float, high: float, most: int = 9) -> list[float]:
        """Values for ticks between low and high (values too): zero and powers of ten, thinned to at most this many.

        A window within one factor of ten, away from zero, has round values instead.
        """
        if not low < high or most < 1:
            return []
        if low > 0 or high < 0:
            ends = sorted((abs(low), abs(high)))
            if ends[1] < 10 * ends[0]:
                return _round_values(low, high, most)
        if max(abs(low), abs(high)) <= self.linear:
            return _round_values(low, high, most)
        first = math.floor(math.log10(self.linear))
        last = math.floor(math.log10(max(abs(low), abs(high))) + 1e-12)
        for every in range(1, last - first + 2):
            powers = [10.0**power for power in range(last, first - 1, -every)]
            found = sorted(v for v in (*(-p for p in powers), 0.0, *powers) if low <= v <= high)
            if len(found) <= most:
                return found if len(found) > 1 else _round_values(low, high, most)
        return [value for value in (0.0,) if low <= value <= high]


def symlog_for(curves: Sequence[Floats]) -> Symlog:
    """The transform that shows these values well: a power of ten below nineteen in twenty of their sizes.

    At most nine powers below the largest size, so that rounding noise around zero gets no decades of its own.
    """
    sizes = np.concatenate([np.empty(0), *(np.abs(some_of(values)) for values in curves)])
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(sizes):
        return Symlog()
    small, largest = float(np.quantile(sizes, 0.05)), float(sizes.max())
    power = max(math.floor(math.log10(small)), math.floor(math.log10(largest)) - 9, -300)
    return Symlog(10.0**power)


def _round_values(low: float, high: float, most: int) -> list[float]:
    """As many as there may be, 1, 2 or 5 times a power of ten apart."""
    if (high - low) / most < 1e-290:  # beyond what a float can be divided into
        return []
    power = 10 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20, 50):
        spacing = power * factor
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        if last - first < most:
            return [each * spacing for each in range(first, last + 1)]
    return []
