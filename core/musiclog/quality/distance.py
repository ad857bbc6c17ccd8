"""How far a piece is from what is usual: one number, and its share of every metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from musiclog.quality.bands import Floats, at_length, deviations
from musiclog.quality.recipe import FEATURES, GROUP_WEIGHT, HIGH, LOW, MEMBERSHIP

WORST = 4.0  # no feature counts for more than two half-widths of its band, so that no single oddity damns a piece
STYLE_SHARE = 0.5  # of the distance to the nearest style; the rest is the distance to all music
STYLE_WIDENING = 1.5  # a style's bands are narrow: what is outside may be another style's virtue
# What says how thick and wide a piece is written, and nothing of how well.
TEXTURE = ("pitch_span", "notes_per_beat", "voices")


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """total is the weighted mean over by_metric, which is NaN where a metric is undefined."""

    total: float
    by_metric: Floats  # (metrics,)
    coverage: float  # share of the weights of all metrics that is defined


def single_distance(measured: Mapping[str, float], bars: int, stacked: Floats, weights: Floats) -> Distance:
    """Against one set of bands, stacked as (length classes, 1, 3, features)."""
    totals, by_metric, coverage = _distances(measured, bars, stacked, weights)
    return Distance(float(totals[0]), by_metric[0], float(coverage[0]))


def mixed_distance(
    measured: Mapping[str, float], bars: int, stacked: Floats, weights: Floats, texture: Floats, *, metrical: bool
) -> Distance:
    """Against music of all styles and the nearest single style; a piece without a grid also against performances.

    stacked: (length classes, 1 + styles + 1, 3, features): all styles together, each style, performances. texture: as
    in texture_allowance.
    """
    found = _mixed(measured, bars, stacked, weights, metrical=metrical)
    return replace(found, total=max(found.total - texture_allowance(measured, bars, texture), 0.0))


def texture_allowance(measured: Mapping[str, float], bars: int, texture: Floats) -> float:
    """How much further from typical human music of this texture lies than human music on the whole.

    A sonata for ten fingers is further from the middle of all music than a folk tune, and no worse for it. texture:
    (length classes, 4, TEXTURE): low, middle and high of each property, and what it adds for every unit of it; beyond
    low and high nothing is added, so that no texture excuses what is not music.
    """
    low, middle, high, slope = at_length(texture, bars)
    values = np.array([measured.get(name, np.nan) for name in TEXTURE])
    values = np.clip(np.where(np.isnan(values), middle, values), low, high)
    return float((values - middle) @ slope)


def _mixed(measured: Mapping[str, float], bars: int, stacked: Floats, weights: Floats, *, metrical: bool) -> Distance:
    totals, by_metric, coverage = _distances(measured, bars, stacked, weights)
    nearest = 1 + int(np.argmin(totals[1:-1]))
    total = (1 - STYLE_SHARE) * totals[0] + STYLE_SHARE * totals[nearest] / STYLE_WIDENING
    if not metrical and totals[-1] < total:
        return Distance(float(totals[-1]), by_metric[-1], float(coverage[-1]))
    parts = (1 - STYLE_SHARE) * by_metric[0] + STYLE_SHARE * by_metric[nearest] / STYLE_WIDENING
    return Distance(float(total), np.where(np.isnan(parts), by_metric[0], parts), float(coverage[0]))


def _distances(
    measured: Mapping[str, float], bars: int, stacked: Floats, weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """For each set of bands: total, (sets, metrics), coverage."""
    values = np.array([measured.get(feature, np.nan) for feature in FEATURES])
    offset = deviations(values, at_length(stacked, bars))
    squares = np.minimum(offset * offset, WORST) * np.where(offset > 0, HIGH, LOW)
    known = ~np.isnan(offset)
    counted = weights * known
    weight = counted @ MEMBERSHIP
    with np.errstate(invalid="ignore", divide="ignore"):
        by_metric = (np.where(known, squares, 0.0) * counted) @ MEMBERSHIP / weight
    heard = GROUP_WEIGHT * (weight > 0)
    total = np.nansum(by_metric * heard, axis=1) / np.maximum(heard.sum(axis=1), 1e-9)
    total = np.where(heard.sum(axis=1) > 0, total, np.inf)
    return total, by_metric, heard.sum(axis=1) / GROUP_WEIGHT.sum()
