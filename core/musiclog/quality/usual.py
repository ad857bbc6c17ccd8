"""What human music, or the music of a corpus, itself scores: the band behind a curve of quality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from musiclog.quality.bands import LENGTHS, WHOLE, Floats, class_name
from musiclog.quality.calibration import human
from musiclog.quality.distance import Distance, single_distance
from musiclog.quality.recipe import FEATURES, METRICS
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import SHARPNESS, quality_of

QUANTILES = (0.1, 0.5, 0.9)
HUMAN = "human music of several styles"


@dataclass(frozen=True, slots=True)
class Usual:
    """80 of 100 excerpts of about that length score from low to high; metrics: likewise each closeness, or NaN."""

    low: float
    typical: float
    high: float
    length: str  # such as "8 bars"
    source: str  # whose music
    metrics: Mapping[str, tuple[float, float, float]]


def usual_quality(reference: Reference | None, length: int) -> Usual:
    """Of excerpts of one length class, each against the measure that samples have: the corpus, or human music.

    An excerpt takes part in the bands that it is measured with; of a few hundred that moves nothing.
    """
    if reference is None:
        table, source = human().usual[length], HUMAN
    else:
        table, source = (
            spread([_against(reference, row, length) for row in reference.features[length]]),
            reference.version,
        )
    (low, typical, high), *rows = table.tolist()
    metrics = {name: (row[0], row[1], row[2]) for name, row in zip(METRICS, rows, strict=True)}
    return Usual(low, typical, high, class_name(length), source, metrics)


def spread(distances: Sequence[Distance]) -> Floats:
    """(1 + metrics, 3) low, typical and high of quality and of each metric's closeness; NaN where there are none."""
    found = np.full((1 + len(METRICS), len(QUANTILES)), np.nan)
    if distances:
        found[0] = np.quantile([quality_of(distance) for distance in distances], QUANTILES)
    for metric in range(len(METRICS)):
        parts = [distance.by_metric[metric] for distance in distances if not math.isnan(distance.by_metric[metric])]
        if parts:
            found[1 + metric] = np.quantile(np.exp(-SHARPNESS * np.array(parts)), QUANTILES)
    return found


def _against(reference: Reference, row: Floats, length: int) -> Distance:
    measured = {name: float(value) for name, value in zip(FEATURES, row, strict=True) if not math.isnan(value)}
    return single_distance(measured, bars_of_class(length), reference.stacked, reference.weights)


def bars_of_class(length: int) -> int:
    """How many bars the excerpts of a length class have."""
    return LENGTHS[length] if length < len(LENGTHS) else WHOLE
