"""Rhythm: does it keep a pulse, do bars groove alike, and is there order in what follows what."""

from __future__ import annotations

import math

import numpy as np

from musiclog.quality.piece import SAME_ONSET_BEATS, Floats, Ints, Piece, entropy
from musiclog.quality.tables import RATIO_CLASSES, Tables

IOI_CLASSES = 12  # of half an octave each: 1/16 of a beat to 4 beats
BITS_OF_CLASSES = math.log2(IOI_CLASSES)
LONGEST_IOI_BEATS = 8.0  # a longer gap is a rest between phrases, not a rhythm


def features(piece: Piece, tables: Tables) -> dict[str, float]:
    """What rhythm is measured by; what cannot be known is left out."""
    found: dict[str, float] = {}
    if len(piece.all_onsets) < 8:
        return found
    grid = piece.grid
    found["grid"] = grid.strength
    found["pulse"] = (grid.beat + grid.eighth) / 2
    if grid.present and piece.bar_count >= 2:
        groove = nested_grooving_similarity(piece.onset_table)
        if groove is not None:
            found["groove"] = groove
        found["place_entropy"] = _place_entropy(piece.onset_table)
    ioi = inter_onset_intervals(piece.all_onsets)
    if len(ioi) >= 6:
        classes = ioi_classes(ioi)
        found["ioi_entropy"] = entropy(np.bincount(classes, minlength=IOI_CLASSES)) / BITS_OF_CLASSES
        found["ioi_surprise"] = conditional_entropy(classes, IOI_CLASSES)
        found["npvi"] = npvi(ioi)
        found["ioi_order"] = found["ioi_entropy"] * BITS_OF_CLASSES - found["ioi_surprise"]
    ratios = ratio_surprise(piece, tables)
    if ratios is not None:
        found["ratio_surprise"] = ratios
    if len(piece.onset) >= 8:
        found["ends_meet"] = _ends_meet(piece)
        found["length_entropy"] = _length_entropy(piece)
    return found


def nested_grooving_similarity(onsets: Floats) -> float | None:
    """Mean cosine similarity of neighbouring bars' onset vectors.

    onsets: (bars, positions) counts. Returns a share in [0, 1], or None with fewer than two sounding bars.
    Source: Wu & Yang, ISMIR 2020, with cosine in place of Hamming, which saturates on fine grids.
    """
    size = np.sqrt(np.einsum("ij,ij->i", onsets, onsets))
    sounding = size > 0
    unit = onsets[sounding] / size[sounding, None]
    if len(unit) < 2:
        return None
    return float(np.einsum("ij,ij->", unit[1:], unit[:-1])) / (len(unit) - 1)


def inter_onset_intervals(onsets: Floats) -> Floats:
    """Distances in beats between moments at which something begins; gaps of two bars are rests and left out."""
    fresh = np.ones(len(onsets), np.bool_)
    np.greater(onsets[1:] - onsets[:-1], SAME_ONSET_BEATS, out=fresh[1:])
    moments = onsets[fresh]
    ioi: Floats = moments[1:] - moments[:-1]
    return ioi[ioi <= LONGEST_IOI_BEATS]


def ioi_classes(ioi: Floats) -> Ints:
    """Half-octave classes of length, 0 for a 1/16 beat or less."""
    classes: Ints = np.minimum(np.maximum(np.rint(2 * np.log2(ioi)) + 8, 0), IOI_CLASSES - 1).astype(np.int64)
    return classes


def npvi(ioi: Floats) -> float:
    """Normalised pairwise variability index: mean contrast of neighbouring lengths, 0 to 200.

    Source: Grabe & Low 2002; on music Patel & Daniele 2003.
    """
    contrast = np.abs(ioi[1:] - ioi[:-1]) / (ioi[1:] + ioi[:-1])
    return float(200 * contrast.sum() / len(contrast))


def conditional_entropy(classes: Ints, count: int) -> float:
    """Bits of surprise in the next class when this one is known."""
    pairs = np.bincount(classes[:-1] * count + classes[1:], minlength=count * count)
    return entropy(pairs) - entropy(np.bincount(classes[:-1]))


def ratio_surprise(piece: Piece, tables: Tables) -> float | None:
    """Mean bits of each step between lengths, after the step before, in a model learned from human lines.

    Free of tempo and grid, so it also reads performances.
    """
    before, after = ratio_pairs(piece)
    if len(before) < 6:
        return None
    return float(tables.ratio_bits[before, after].sum()) / len(before)


def ratio_pairs(piece: Piece) -> tuple[Ints, Ints]:
    """Classes of neighbouring steps between lengths in all lines: half octaves from -8 to 8, counted from 0."""
    lines = piece.lines
    gaps = lines.onset[1:] - lines.onset[:-1]
    if len(gaps) < 3:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    whole = lines.follows[1:] & (gaps > SAME_ONSET_BEATS)
    octaves = np.log2(np.maximum(gaps, SAME_ONSET_BEATS))
    middle = RATIO_CLASSES // 2
    steps = np.rint(2 * (octaves[1:] - octaves[:-1]))
    classes = (np.minimum(np.maximum(steps, -middle), middle) + middle).astype(np.int64)
    pair = whole[1:] & whole[:-1]
    triple = pair[1:] & pair[:-1]
    return classes[:-1][triple], classes[1:][triple]


def _place_entropy(onsets: Floats) -> float:
    """Entropy of places in the bar, a share of its highest: what a meter concentrates."""
    return entropy(onsets.sum(axis=0)) / float(np.log2(max(2, onsets.shape[1])))


def _ends_meet(piece: Piece) -> float:
    """Share of notes that end where another begins: voices hand over, noise does not."""
    ends = piece.onset + piece.duration
    moments = piece.moment_onset
    after = np.minimum(np.searchsorted(moments, ends), len(moments) - 1)
    before = np.maximum(after - 1, 0)
    distance = np.minimum(np.abs(moments[after] - ends), np.abs(moments[before] - ends))
    return float((distance < 2 * SAME_ONSET_BEATS).sum()) / len(distance)


def _length_entropy(piece: Piece) -> float:
    classes = ioi_classes(np.maximum(piece.duration, 1e-3))
    return entropy(np.bincount(classes, minlength=IOI_CLASSES)) / BITS_OF_CLASSES
