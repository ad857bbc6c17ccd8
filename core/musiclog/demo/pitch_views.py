"""Score a pitch three ways at once: as a key of the keyboard, as an interval, as a degree of the scale.

A network that only knows keys learns every tune twelve times over; people hear intervals and degrees. The three
scores of a pitch are added, so the network may use whichever explains most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .gru import Array
from .melody import FEATURES, LOWEST, PITCHES, TARGETS

WIDEST = 12  # semitones; wider intervals, rests and the end share the last column
INTERVALS, DEGREES = 2 * WIDEST + 2, 12 + 1
ANSWERS = {**TARGETS, "interval": INTERVALS, "degree": DEGREES}
_BEFORE, _TONIC = (list(FEATURES).index(name) for name in ("pitch", "tonic"))
_SCORES = sum(TARGETS.values())
_PITCH = slice(TARGETS["pitch"])  # the first of them
_INTERVAL = slice(_SCORES, _SCORES + INTERVALS)
_DEGREE = slice(_SCORES + INTERVALS, _SCORES + INTERVALS + DEGREES)

_pitches = np.arange(TARGETS["pitch"])
_from = np.arange(FEATURES["pitch"])[:, None]
_both_sound = (_from < PITCHES) & (_pitches < PITCHES)
_near = abs(_pitches - _from) <= WIDEST
_interval_columns = np.where(_both_sound & _near, _pitches - _from + WIDEST, INTERVALS - 1)
_degree_columns = np.where(_pitches < PITCHES, (_pitches + LOWEST - np.arange(12)[:, None]) % 12, DEGREES - 1)
# For each pitch before, and for each tonic: which column every pitch takes its score from, as 0 and 1.
_INTERVAL_OF = (_interval_columns[..., None] == np.arange(INTERVALS)).astype(np.float32)
_DEGREE_OF = (_degree_columns[..., None] == np.arange(DEGREES)).astype(np.float32)


def join(answers: Array, read: NDArray[np.int64]) -> Array:
    """Scores (steps, batch, TARGETS) from the network's answers (steps, batch, ANSWERS)."""
    scores: Array = answers[..., :_SCORES].copy()
    scores[..., _PITCH] += (_INTERVAL_OF[read[..., _BEFORE]] @ answers[..., _INTERVAL, None])[..., 0]
    scores[..., _PITCH] += (_DEGREE_OF[read[..., _TONIC]] @ answers[..., _DEGREE, None])[..., 0]
    return scores


def spread(slope: Array, read: NDArray[np.int64]) -> Array:
    """The loss's slope at the answers, given its slope at the scores: join, backwards."""
    at_pitches = slope[..., None, _PITCH]
    at_intervals = (at_pitches @ _INTERVAL_OF[read[..., _BEFORE]])[..., 0, :]
    at_degrees = (at_pitches @ _DEGREE_OF[read[..., _TONIC]])[..., 0, :]
    return np.concatenate((slope, at_intervals, at_degrees), axis=-1)
