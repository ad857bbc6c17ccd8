"""Structure: phrases of two, four and eight bars, sections that return, bars that lead into one another."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np

from musiclog.quality.piece import Floats, Ints, Piece, run_starts, self_similarity

FEWEST_BARS = 8
LAGS = (2, 4, 8, 16)


def features(piece: Piece) -> dict[str, float]:
    """Needs eight bars on a grid; what it compares with is always the piece's own bars in any other order."""
    found: dict[str, float] = {}
    if piece.bar_count < FEWEST_BARS or not piece.grid.present or len(piece.pitch) < 16:
        return found
    chroma = self_similarity(piece.chroma_table)
    same = (self_similarity(piece.onset_table) + chroma + piece.likeness) / 3
    above, lag = _above_diagonal(len(same))
    pairs = same[above]
    found["hypermetre"] = _hypermetre(np.bincount(lag, weights=pairs)[1:] / np.arange(len(same) - 1, 0, -1))
    found["stripes"] = _stripes(same, float(pairs.sum()) / len(pairs))
    found["flow"] = _ahead_of_chance(chroma[above], lag)
    found["leading"] = _leading(piece)
    found["contrast"] = _spread(pairs)
    return {name: value for name, value in found.items() if math.isfinite(value)}


@lru_cache(maxsize=64)
def _above_diagonal(bars: int) -> tuple[tuple[Ints, Ints], Ints]:
    """Rows and columns of all pairs of bars, and how far apart they are."""
    rows, columns = np.triu_indices(bars, 1)
    return (rows, columns), columns - rows


def _spread(values: Floats) -> float:
    """Standard deviation."""
    centred = values - values.sum() / len(values)
    return math.sqrt(float(centred @ centred) / len(values))


def _hypermetre(diagonal: Floats) -> float:
    """How much more alike bars are at the best of 2, 4, 8, 16 bars' distance than at other distances."""
    length = len(diagonal)
    lags = [lag for lag in LAGS if lag <= length * 3 // 4]
    others = [lag for lag in range(1, length * 3 // 4 + 1) if lag not in LAGS]
    if not lags or not others:
        return float("nan")
    rest = diagonal[np.array(others) - 1]
    return float(max(diagonal[lag - 1] for lag in lags) - rest.sum() / len(rest))


def _stripes(same: Floats, background: float) -> float:
    """How much more alike the three best pairs of 4-bar spans are than bars in general."""
    bars = len(same)
    total = np.zeros((bars - 3, bars - 3))
    for offset in range(4):
        total += same[offset : bars - 3 + offset, offset : bars - 3 + offset]
    above, lag = _above_diagonal(bars - 3)
    spans = total[above][lag >= 4] / 4  # nearer spans share bars
    if not len(spans):
        return float("nan")
    best = np.partition(spans, len(spans) - min(3, len(spans)))[-3:]
    return float(best.sum() / len(best) - background)


def _ahead_of_chance(pairs: Floats, lag: Ints) -> float:
    """How much more alike neighbouring bars are than any two bars, in standard deviations of such a likeness."""
    spread = _spread(pairs)
    if spread < 1e-9:
        return float("nan")
    neighbours = pairs[lag == 1]
    return float((neighbours.sum() / len(neighbours) - pairs.sum() / len(pairs)) / spread)


def _leading(piece: Piece) -> float:
    """How much nearer the first note of a bar is to the last note before it than to the ends of any other bars.

    Every line's own, in standard deviations; 0 for bars in chance order.
    """
    lines = piece.lines
    bar = piece.bar_of(lines.onset)
    key = lines.line * (piece.bar_count + 1) + np.minimum(bar, piece.bar_count)
    first = run_starts(key)
    last = np.append(first[1:], len(key)) - 1
    begins, ends, bars = lines.pitch[first], lines.pitch[last], bar[first]
    edges = np.append(run_starts(lines.line[first]), len(first))
    total, weight = 0.0, 0
    for begin, end in pairwise(edges.tolist()):
        next_to = bars[begin + 1 : end] - bars[begin : end - 1] == 1
        count = int(next_to.sum())
        if count < FEWEST_BARS - 2:
            continue
        distance = np.minimum(np.abs(ends[begin:end, None] - begins[None, begin:end]), 12).astype(np.float64)
        near = float(np.diagonal(distance, 1)[next_to].sum()) / count
        np.fill_diagonal(distance, 0.0)  # the end of a bar and its own beginning are no pair
        pairs = len(distance) * (len(distance) - 1)
        mean = float(distance.sum()) / pairs
        variance = float(np.einsum("ij,ij->", distance, distance)) / pairs - mean * mean
        if variance < 1e-9:
            continue
        total += (mean - near) / math.sqrt(variance) * count
        weight += count
    return total / weight if weight else float("nan")
