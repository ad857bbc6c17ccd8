"""Dynamics: how wide, and whether loudness moves in waves rather than by dice."""

from __future__ import annotations

import math

import numpy as np

from musiclog.quality.piece import Floats, Piece

LAGS = (1, 2, 3, 4)  # chords
WIDE = 64.0  # velocity units between the softest and the loudest twentieth that count as full range


def features(piece: Piece) -> dict[str, float]:
    """What dynamics are measured by; left out where all notes have one velocity, which the card flags instead."""
    if len(piece.velocity) < 8 or np.ptp(piece.velocity) == 0:
        return {}
    loudness = np.sort(piece.velocity)
    low, high = loudness[int(0.05 * (len(loudness) - 1))], loudness[int(0.95 * (len(loudness) - 1))]
    found = {"velocity_spread": float(high - low)}
    order = velocity_order(piece)
    if order is not None:
        found["velocity_order"] = order
    return found


def velocity_order(piece: Piece) -> float | None:
    """Greatest autocorrelation, one to four chords apart, of each track's mean velocity of a chord.

    One apart hears swells, two to four hear accents that come back. About 0 for velocities drawn by lot, whose
    greatest of four is corrected by its standard error.
    """
    key = piece.track * (int(piece.moment[-1]) + 1) + piece.moment
    _, chord = np.unique(key, return_inverse=True)
    loudness: Floats = np.bincount(chord, weights=piece.velocity.astype(np.float64)) / np.bincount(chord)
    track = np.zeros(len(loudness), np.int64)
    track[chord] = piece.track
    count = np.bincount(track)
    centred = loudness - (np.bincount(track, weights=loudness) / np.maximum(count, 1))[track]
    power = float((centred * centred).sum())
    if len(loudness) < 8 or power < 1e-9:
        return None
    found = [float((centred[lag:] * centred[:-lag])[track[lag:] == track[:-lag]].sum()) for lag in LAGS]
    return max(found) / power - 1 / math.sqrt(len(loudness))
