"""How common steps and sonorities are in human music: three small tables of bits, learned once and shipped as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

RATIO_CLASSES = 17  # steps between neighbouring lengths, -4 to +4 octaves in halves
INTERVAL_CLASSES = 27  # melodic steps of -13 (or more) to +13 (or more) semitones
SONORITIES = 4096  # pitch-class sets as bits, the bass being bit 0


@dataclass(frozen=True, eq=False)
class Tables:
    """Bits of surprise: of the next ratio of lengths, of the next interval, of a sonority among those of its size."""

    ratio_bits: NDArray[np.float64]  # (ratio before, ratio)
    interval_bits: NDArray[np.float64]  # (interval before, interval)
    sonority_bits: NDArray[np.float64]  # (pitch-class set,)
    step_bits: NDArray[np.float64]  # (size of interval,)

    @cached_property
    def pitch_step_bits(self) -> NDArray[np.float64]:
        """(128, 128) bits of the step between any two pitches."""
        apart = np.abs(np.subtract.outer(np.arange(128), np.arange(128)))
        return np.asarray(self.step_bits[np.minimum(apart, len(self.step_bits) - 1)], np.float64)


def bits(counts: NDArray[np.float64], prior: float = 0.5) -> NDArray[np.float64]:
    """Surprise of each column given its row, every cell counted `prior` times before looking."""
    filled = counts + prior
    return np.asarray(-np.log2(filled / filled.sum(axis=-1, keepdims=True)), np.float64)


def sonority_bits(counts: NDArray[np.float64], prior: float = 0.5) -> NDArray[np.float64]:
    """Surprise of each pitch-class set among all sets with as many members, per member."""
    size = np.array([bin(index).count("1") for index in range(SONORITIES)])
    result = np.zeros(SONORITIES)
    for members in range(1, 13):
        these = (size == members) & (np.arange(SONORITIES) % 2 == 1)
        result[these] = bits(counts[these][None, :], prior)[0] - np.log2(max(1, these.sum()))
    return result
