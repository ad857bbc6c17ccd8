"""Which features make which metric, what counts as too little or too much of each, and how much each weighs.

Weights are round numbers. They were set by how well scores still tell music from its broken copies in a style that the
calibration has never seen: consonance against chance, order in time and phrases weigh more than range and density,
which mostly tell styles apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

METRICS = (
    "rhythm_consistency",
    "rhythm_diversity",
    "harmonic_coherence",
    "melodic_contour",
    "dynamic_range",
    "note_density",
    "pitch_range",
    "repetition",
    "structural_coherence",
)
METRIC_WEIGHT = {
    "rhythm_consistency": 1.0,
    "rhythm_diversity": 1.5,
    "harmonic_coherence": 2.5,
    "melodic_contour": 2.0,
    "dynamic_range": 0.75,
    "note_density": 0.5,
    "pitch_range": 0.5,
    "repetition": 1.0,
    "structural_coherence": 2.5,  # averaged in equally, phrases drown among nine metrics
}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One feature of a metric. low and high say how much it counts to lie under or over what is typical."""

    metric: str
    feature: str
    weight: float = 1.0
    low: float = 1.0
    high: float = 1.0


def _both(metric: str, **weights: float) -> list[Ingredient]:
    return [Ingredient(metric, feature, weight) for feature, weight in weights.items()]


def _more(metric: str, **weights: float) -> list[Ingredient]:
    """Features of which there cannot be too much."""
    return [Ingredient(metric, feature, weight, high=0.0) for feature, weight in weights.items()]


def _less(metric: str, **weights: float) -> list[Ingredient]:
    """Features of which there cannot be too little."""
    return [Ingredient(metric, feature, weight, low=0.0) for feature, weight in weights.items()]


def _room(metric: str, **weights: float) -> list[Ingredient]:
    """Features whose lack is dull and whose plenty is forgiven: an ensemble has more of them than a pianist."""
    return [Ingredient(metric, feature, weight, high=0.3) for feature, weight in weights.items()]


INGREDIENTS: tuple[Ingredient, ...] = (
    *_more("rhythm_consistency", grid=2, pulse=1, ends_meet=1),
    *_both("rhythm_consistency", groove=1),
    *_less("rhythm_consistency", place_entropy=1),
    *_both("rhythm_diversity", ioi_entropy=1, ioi_surprise=2, ioi_order=1, npvi=1, ratio_surprise=2, length_entropy=1),
    *_more("harmonic_coherence", key_clarity=1, scale=1, local_key=1, local_scale=1, consonance_gain=4),
    *_both("harmonic_coherence", chord_fit=1, consonance=2, sonority=2),
    *_both("harmonic_coherence", chord_change=1, local_focus=1, pitch_class_entropy=1),
    *_both("melodic_contour", proximity=2, mean_interval=1, leaps=1, held_notes=1, turns=1),
    *_both("melodic_contour", interval_surprise=2, interval_entropy=1),
    *_less("melodic_contour", octave_leaps=3),
    *_more("melodic_contour", order_gain=2),
    *_more("dynamic_range", velocity_order=1),
    *_both("dynamic_range", velocity_spread=1),
    *_room("note_density", notes_per_beat=1, moments_per_beat=1, bar_contrast=1, voices=1),
    *_less("note_density", empty_bars=1),
    *_room("pitch_range", pitch_span=1, inner_span=1, distinct_pitches=1, line_span=1),
    *_both("pitch_range", span_filled=1),
    *_both("repetition", motifs=1, returning=1, new_bars=1, next_bar=1),
    *_more("structural_coherence", hypermetre=1, stripes=1, flow=1, leading=2),
    *_both("structural_coherence", contrast=1),
)
FEATURES = tuple(ingredient.feature for ingredient in INGREDIENTS)


def _row(values: list[float]) -> NDArray[np.float64]:
    return np.array(values, np.float64)


LOW = _row([ingredient.low for ingredient in INGREDIENTS])
HIGH = _row([ingredient.high for ingredient in INGREDIENTS])
WEIGHT = _row([ingredient.weight for ingredient in INGREDIENTS])
GROUP_WEIGHT = _row([METRIC_WEIGHT[metric] for metric in METRICS])
# (features, metrics): 1 where a feature belongs to a metric
MEMBERSHIP = np.array([[float(i.metric == metric) for metric in METRICS] for i in INGREDIENTS])
