"""What is usual for each feature: low, typical and high, for short samples and for whole pieces."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclog.quality.recipe import FEATURES

Floats = NDArray[np.float64]

LENGTHS = (2, 8, 32)  # bars of the excerpts that are measured, besides whole pieces
WHOLE = 100  # bars at which a piece is taken for whole
QUANTILES = (0.02, 0.5, 0.98)
FEWEST = 5  # values that make a band; with fewer the feature does not count
_POSITION = [math.log2(bars) for bars in (*LENGTHS, WHOLE)]


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """values: (length classes, 3, features) of low, typical, high; NaN where too few pieces have the feature."""

    values: Floats

    @classmethod
    def measure(cls, classes: Sequence[Sequence[Mapping[str, float]]]) -> Bands:
        """From the features of many excerpts, a list for each length class, shortest first."""
        return cls(np.array([_quantiles(excerpts) for excerpts in classes]))

    @classmethod
    def from_lists(cls, data: Mapping[str, Sequence[Sequence[float | None]]]) -> Bands:
        values = np.full((len(LENGTHS) + 1, 3, len(FEATURES)), np.nan)
        for column, feature in enumerate(FEATURES):
            if feature in data:
                values[:, :, column] = np.array(data[feature], np.float64)
        return cls(values)

    def to_lists(self) -> dict[str, list[list[float | None]]]:
        """Feature -> for each length class [low, typical, high], null where unknown."""
        return {feature: _rounded(self.values[:, :, column]) for column, feature in enumerate(FEATURES)}


def stack(bands: Sequence[Bands]) -> Floats:
    """(length classes, sets, 3, features) of several sets of bands, for one pass over all of them.

    Where a length class does not know a feature (four bars have no phrases), its neighbour's band stands in.
    """
    values = np.stack([each.values for each in bands], axis=1)
    for order in (range(1, len(values)), range(len(values) - 2, -1, -1)):
        for index in order:
            neighbour = values[index - order.step]
            values[index] = np.where(np.isnan(values[index]), neighbour, values[index])
    return values


def at_length(stacked: Floats, bars: int) -> Floats:
    """(sets, 3, features), or what else is given for each length class, for a piece of so many bars.

    Between the length classes by the logarithm of bars.
    """
    place = min(max(math.log2(max(bars, 1)), _POSITION[0]), _POSITION[-1])
    below = min(bisect_right(_POSITION, place) - 1, len(_POSITION) - 2)
    share = (place - _POSITION[below]) / (_POSITION[below + 1] - _POSITION[below])
    mixed: Floats = stacked[below] * (1 - share) + stacked[below + 1] * share
    return mixed


def deviations(values: Floats, bands: Floats) -> Floats:
    """(sets, features) distance from typical, 1 at the edge of the band; NaN where either is unknown.

    A band without width (a corpus of one velocity, say) counts any difference by a hundredth of the feature's scale.
    """
    low, typical, high = bands[:, 0], bands[:, 1], bands[:, 2]
    offset = values - typical
    width = np.where(offset > 0, high - typical, typical - low)
    return np.asarray(offset / np.maximum(width, 0.02 * np.abs(typical) + 1e-3), np.float64)


def length_class(bars: Sequence[int]) -> int:
    """The excerpts nearest to the median of these lengths, by the logarithm of bars; past 64 bars whole pieces."""
    median = max(1.0, float(np.median(bars)))
    if median > 2 * LENGTHS[-1]:
        return len(LENGTHS)
    return int(np.argmin([abs(np.log2(median / length)) for length in LENGTHS]))


def class_name(index: int) -> str:
    return f"{LENGTHS[index]} bars" if index < len(LENGTHS) else "whole pieces"


def _quantiles(excerpts: Sequence[Mapping[str, float]]) -> Floats:
    result = np.full((3, len(FEATURES)), np.nan)
    for column, feature in enumerate(FEATURES):
        known = [excerpt[feature] for excerpt in excerpts if feature in excerpt]
        if len(known) >= FEWEST:
            result[:, column] = np.quantile(known, QUANTILES)
    return result


def _rounded(values: Any) -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(f"{value:.4g}") for value in row] for row in values]
