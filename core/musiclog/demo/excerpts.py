"""Melodies cut into excerpts of equal length and stacked into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .melody import FEATURES, TARGETS, Melody, features, targets


@dataclass(frozen=True, slots=True)
class Batch:
    read: NDArray[np.int64]  # (steps, batch, len(FEATURES))
    wanted: NDArray[np.int64]  # (steps, batch, len(TARGETS)), -1 where nothing is asked

    @property
    def tokens(self) -> int:
        return int((self.wanted[..., 0] >= 0).sum())


def excerpts(melody: Melody, events: int) -> list[Batch]:
    """Half-overlapping excerpts of so many events, each a batch of one; the last is filled up with silence."""
    read, wanted = features(melody), targets(melody)
    last = max(0, len(read) - events)
    starts = [*range(0, last, events // 2), last]
    return [_filled(read[start:start + events], wanted[start:start + events], events) for start in starts]


def batches(melodies: Sequence[Melody], events: int, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All excerpts of all melodies once, shuffled."""
    all_excerpts = [excerpt for melody in melodies for excerpt in excerpts(melody, events)]
    order = rng.permutation(len(all_excerpts))
    for start in range(0, len(order), size):
        chosen = [all_excerpts[i] for i in order[start:start + size]]
        read, wanted = [e.read for e in chosen], [e.wanted for e in chosen]
        yield Batch(np.concatenate(read, axis=1), np.concatenate(wanted, axis=1))


def _filled(read: NDArray[np.int64], wanted: NDArray[np.int64], events: int) -> Batch:
    full_read = np.zeros((events, 1, len(FEATURES)), np.int64)
    full_wanted = np.full((events, 1, len(TARGETS)), -1)
    full_read[:len(read), 0] = read
    full_wanted[:len(wanted), 0] = wanted
    return Batch(full_read, full_wanted)
