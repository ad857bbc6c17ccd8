"""What human music, or the music of a corpus, itself scores: the band behind a curve of quality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musiclog.quality.bands import LENGTHS, WHOLE, class_name
from musiclog.quality.calibration import human
from musiclog.quality.distance import Distance, single_distance
from musiclog.quality.recipe import FEATURES
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import quality_of

QUANTILES = (0.1, 0.5, 0.9)
HUMAN = "human music of several styles"


@dataclass(frozen=True, slots=True)
class Usual:
    """80 of 100 excerpts of about that length score from low to high."""

    low: float
    typical: float
    high: float
    length: str  # such as "8 bars"
    source: str  # whose music


def usual_quality(reference: Reference | None, length: int) -> Usual:
    """Of excerpts of one length class, each against the measure that samples have: the corpus, or human music.

    An excerpt takes part in the bands that it is measured with; of a few hundred that moves nothing.
    """
    if reference is None:
        return Usual(*human().usual[length].tolist(), class_name(length), HUMAN)
    distances = [
        single_distance(
            {name: float(value) for name, value in zip(FEATURES, row, strict=True) if not math.isnan(value)},
            bars_of_class(length), reference.stacked, reference.weights,
        )
        for row in reference.features[length]
    ]  # fmt: skip
    return Usual(*spread(distances), class_name(length), reference.version)


def spread(distances: Sequence[Distance]) -> list[float]:
    """Low, typical and high quality at these distances; NaN where there are none."""
    if not distances:
        return [math.nan] * len(QUANTILES)
    found: list[float] = np.quantile([quality_of(distance) for distance in distances], QUANTILES).tolist()
    return found


def bars_of_class(length: int) -> int:
    """How many bars the excerpts of a length class have."""
    return LENGTHS[length] if length < len(LENGTHS) else WHOLE
