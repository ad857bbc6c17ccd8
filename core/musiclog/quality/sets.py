"""Compare a set of samples with a corpus: feature by feature, and as one distance beside what chance would give.

Overlapping area and Kullback-Leibler divergence after Yang & Lerch (Neural Computing and Applications 32, 2020), both
densities on one common grid; Fréchet distance of the features as Gaussians, always with the distance that two halves
of the corpus of the same size have, because it grows as sets shrink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from musiclog.quality.bands import class_name, length_class
from musiclog.quality.card import ScoreCard
from musiclog.quality.piece import Bools, Floats
from musiclog.quality.recipe import FEATURES
from musiclog.quality.reference import Reference, feature_table

GRID = 256  # points of the common grid
EPSILON = 1e-9
SHRINKAGE = 0.1  # of a covariance towards a multiple of the identity
NULLS = 20  # pairs of halves
FEWEST = 8  # samples that make a set
FLAT = 1e-9  # a feature that varies less in the corpus cannot be measured in its deviations
FEWEST_FEATURES = 5  # of which a distance is made; fewer say nothing of the music
KNOWN_SHARE = 0.9  # of samples that must have a feature for it to count in the distance


@dataclass(frozen=True, slots=True)
class Overlap:
    """How two densities of one feature meet: area in common (0 to 1), divergence of the samples from the corpus."""

    area: float
    divergence: float


@dataclass(frozen=True, slots=True)
class SetComparison:
    """frechet is None with a reason where the sets are too small.

    null and null_high: median and 95th percentile between halves of the corpus as large as the set; a distance under
    null_high cannot be told from the corpus, one far under null points at copying.
    """

    samples: int
    length_class: str
    overlaps: Mapping[str, Overlap]
    frechet: float | None
    null: float | None
    null_high: float | None
    reason: str | None = None

    @property
    def mean_overlap(self) -> float | None:
        areas = [overlap.area for overlap in self.overlaps.values()]
        return float(np.mean(areas)) if areas else None

    @property
    def mean_divergence(self) -> float | None:
        divergences = [overlap.divergence for overlap in self.overlaps.values()]
        return float(np.mean(divergences)) if divergences else None


def compare_sets(cards: Sequence[ScoreCard], reference: Reference) -> SetComparison:
    """Samples by their score cards against the corpus's excerpts of about their length."""
    samples = feature_table([card.features for card in cards])
    index = length_class([card.bars for card in cards])
    corpus = reference.features[index]
    label = class_name(index)
    overlaps = {
        feature: overlap
        for column, feature in enumerate(FEATURES)
        if (overlap := overlapping(samples[:, column], corpus[:, column])) is not None
    }
    if min(len(samples), len(corpus) // 2) < FEWEST:
        reason = f"needs {FEWEST} samples and {2 * FEWEST} corpus excerpts"
        return SetComparison(len(samples), label, overlaps, None, None, None, reason)
    known = _known(samples) & _known(corpus)
    known[known] = np.nanstd(corpus[:, known], axis=0) > FLAT
    if known.sum() < FEWEST_FEATURES:
        reason = f"samples and corpus share {known.sum()} features; a distance needs {FEWEST_FEATURES}"
        return SetComparison(len(samples), label, overlaps, None, None, None, reason)
    distance, null = _distances(samples[:, known], corpus[:, known])
    return SetComparison(
        len(samples), label, overlaps, distance, float(np.median(null)), float(np.quantile(null, 0.95))
    )


def overlapping(samples: Floats, corpus: Floats) -> Overlap | None:
    """Of one feature, undefined values left out; None with fewer than eight values on either side."""
    samples, corpus = samples[~np.isnan(samples)], corpus[~np.isnan(corpus)]
    if min(len(samples), len(corpus)) < FEWEST:
        return None
    low, high = min(samples.min(), corpus.min()), max(samples.max(), corpus.max())
    margin = 0.2 * (high - low) or 1.0
    grid = np.linspace(low - margin, high + margin, GRID)
    ours, theirs = _density(samples, grid), _density(corpus, grid)
    area = float(np.minimum(ours, theirs).sum())
    divergence = float((ours * np.log((ours + EPSILON) / (theirs + EPSILON))).sum())
    return Overlap(min(1.0, area), max(0.0, divergence))


def frechet(first: Floats, second: Floats) -> float:
    """Squared Fréchet distance of two Gaussians fitted to (pieces, features) tables without gaps."""
    one, two = _covariance(first), _covariance(second)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two @ root), 0)).sum()
    apart = first.mean(axis=0) - second.mean(axis=0)
    return float(apart @ apart + np.trace(one) + np.trace(two) - 2 * cross)


def _known(table: Floats) -> Bools:
    """(features,) which features next to all rows have."""
    known: Bools = np.isnan(table).mean(axis=0) <= 1 - KNOWN_SHARE
    return known


def _distances(samples: Floats, corpus: Floats) -> tuple[float, Floats]:
    """Distance of the samples from a half of the corpus, and between pairs of halves, all sets of one size."""
    mean, spread = np.nanmean(corpus, axis=0), np.nanstd(corpus, axis=0)
    ours, theirs = (np.nan_to_num((table - mean) / spread, nan=0.0) for table in (samples, corpus))
    size = min(len(ours), len(theirs) // 2)
    chance = np.random.default_rng(0)
    distances, null = [], []
    for _ in range(NULLS):
        order = chance.permutation(len(theirs))
        half, other = theirs[order[:size]], theirs[order[size : 2 * size]]
        null.append(frechet(half, other))
        distances.append(frechet(ours[chance.permutation(len(ours))[:size]], half))
    return float(np.median(distances)), np.array(null)


def _covariance(table: Floats) -> Floats:
    """Sample covariance, shrunk so that few pieces with many features still give a full rank."""
    plain = np.cov(table, rowvar=False).reshape(table.shape[1], table.shape[1])
    size = np.trace(plain) / len(plain)
    shrunk: Floats = (1 - SHRINKAGE) * plain + SHRINKAGE * size * np.eye(len(plain))
    return shrunk


def _density(values: Floats, grid: Floats) -> Floats:
    """Gaussian kernel density on the grid, summing to 1; a single bin where all values are one."""
    spread = float(values.std())
    if spread < 1e-12:
        density = np.zeros(len(grid))
        density[int(np.argmin(np.abs(grid - values[0])))] = 1.0
        return density
    width = 1.06 * spread * len(values) ** -0.2  # Silverman's rule
    width = max(width, float(grid[1] - grid[0]))
    density = np.exp(-0.5 * ((grid[:, None] - values[None, :]) / width) ** 2).sum(axis=1)
    normal: Floats = density / density.sum()
    return normal
