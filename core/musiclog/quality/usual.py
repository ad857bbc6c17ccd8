"""What the music of a corpus itself scores: the band behind a curve of quality."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from musiclog.quality.bands import LENGTHS, WHOLE, class_name
from musiclog.quality.distance import single_distance
from musiclog.quality.recipe import FEATURES
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import quality_of

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Usual:
    """80 of 100 excerpts of about that length score from low to high."""

    low: float
    typical: float
    high: float
    length: str  # such as "8 bars"
    excerpts: int


def usual_quality(reference: Reference, length: int) -> Usual:
    """Of the corpus's excerpts of one length class, each against the corpus as samples are.

    An excerpt takes part in the bands that it is measured with; of a few hundred that moves nothing.
    """
    bars = LENGTHS[length] if length < len(LENGTHS) else WHOLE
    qualities = []
    for row in reference.features[length]:
        measured = {name: float(value) for name, value in zip(FEATURES, row, strict=True) if not math.isnan(value)}
        distance = single_distance(measured, bars, reference.stacked, reference.weights)
        qualities.append(quality_of(distance))
    low, typical, high = np.quantile(qualities, QUANTILES).tolist()
    return Usual(low, typical, high, class_name(length), len(qualities))
