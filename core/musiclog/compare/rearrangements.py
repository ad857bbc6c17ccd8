"""Every way in which chance could have dealt the same values to the groups, or a fixed draw of them where too many."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Floats
from .estimate import SEED

# All of them are looked at up to here, which covers 8 against 7 runs and 13 pairs; beyond, so many are drawn.
EXACT: Final = 10_000
DRAWN: Final = 9_999
# Values in one table of draws: 16 MB. Of a thousand runs only 2,000 draws are looked at.
_MOST: Final = 2_000_000


def drawn(values: int) -> int:
    """How many rearrangements of so many values are drawn where all of them are too many."""
    return min(DRAWN, max(999, _MOST // values))


@lru_cache(maxsize=16)
def splits(n: int, m: int) -> tuple[Floats, bool]:
    """Rows of 0 and 1 (count, n + m): which of the values fall into the first group; the first row is what happened.

    The second value tells whether these are all there are.
    """
    everything = math.comb(n + m, n)
    exact = everything <= EXACT
    rows = np.zeros((everything if exact else drawn(n + m) + 1, n + m))
    if exact:
        for row, chosen in enumerate(itertools.combinations(range(n + m), n)):
            rows[row, list(chosen)] = 1.0
        return rows, True
    rng = np.random.default_rng(SEED)
    rows[0, :n] = 1.0
    rows[1:] = rng.permuted(np.tile(rows[0], (len(rows) - 1, 1)), axis=1)
    return rows, False


@lru_cache(maxsize=16)
def signs(n: int) -> tuple[Floats, bool]:
    """Rows of 1 and -1 (count, n): which pairs are turned round; the first row is what happened."""
    if 2**n <= EXACT:
        return np.array(list(itertools.product((1.0, -1.0), repeat=n))), True
    rows = np.random.default_rng(SEED).choice((1.0, -1.0), (drawn(n) + 1, n))
    rows[0] = 1.0
    return rows, False


@lru_cache(maxsize=8)
def deals(sizes: tuple[int, ...]) -> NDArray[np.intp]:
    """Rows (count, values): orders in which values are dealt to groups of these sizes; the first as it happened.

    All that there are where they are few, as 1,680 of 3, 3 and 3: drawn ones would miss that p is 0.05 there exactly.
    """
    n = sum(sizes)
    if math.factorial(n) // math.prod(map(math.factorial, sizes)) <= EXACT:
        return np.array(list(_dealt(tuple(range(n)), sizes)), dtype=np.intp)
    rows = np.tile(np.arange(n), (drawn(n) + 1, 1))
    rows[1:] = np.random.default_rng(SEED).permuted(rows[1:], axis=1)
    return rows


def _dealt(left: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not sizes:
        yield ()
        return
    for hand in itertools.combinations(left, sizes[0]):
        taken = set(hand)
        for rest in _dealt(tuple(value for value in left if value not in taken), sizes[1:]):
            yield hand + rest


@lru_cache(maxsize=8)
def turns(blocks: int, groups: int) -> tuple[NDArray[np.intp], bool]:
    """Orders (count, blocks, groups) of the groups within every block; the first row is what happened.

    The first block is left as it is where all are listed: turning every block alike changes nothing.
    """
    if math.factorial(groups) ** (blocks - 1) <= EXACT:
        orders = list(itertools.permutations(range(groups)))
        listed = [(orders[0], *rest) for rest in itertools.product(orders, repeat=blocks - 1)]
        return np.array(listed, dtype=np.intp), True
    rows = np.tile(np.arange(groups), (drawn(blocks * groups) + 1, blocks, 1))
    rows[1:] = np.random.default_rng(SEED).permuted(rows[1:], axis=2)
    return rows, False
