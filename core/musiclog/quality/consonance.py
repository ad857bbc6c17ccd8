"""How much two pitch classes rub: the table behind consonance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Dissonance of an interval class, 0 to 1, after Huron's aggregate dyadic consonance (Music Perception 11, 1994).
DISSONANCE_OF_CLASS = np.array([0.0, 1.0, 0.6, 0.2, 0.15, 0.0, 0.65])
_APART = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
PAIR_DISSONANCE = DISSONANCE_OF_CLASS[np.minimum(_APART, 12 - _APART)]  # (12, 12)


def roughness(sounding: NDArray[np.float64]) -> NDArray[np.float64]:
    """(moments,) mean dissonance of all pairs of notes that sound together.

    sounding: (moments, 12) how many notes of each pitch class sound. A note alone is as smooth as can be: 0.
    """
    count = sounding.sum(axis=1)
    pairs = np.maximum(count * (count - 1) / 2, 1)
    rub: NDArray[np.float64] = np.einsum("ij,ij->i", sounding @ PAIR_DISSONANCE, sounding) / 2 / pairs
    return rub
