"""Structure: phrases of two, four and eight bars, sections that return, bars that lead into one another."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import Floats, Piece
from musiclog.quality.repetition import self_similarity

FEWEST_BARS = 8
LAGS = (2, 4, 8, 16)


def features(piece: Piece) -> dict[str, float]:
    """Needs eight bars on a grid; what it compares with is always the piece's own bars in any other order."""
    found: dict[str, float] = {}
    if piece.bar_count < FEWEST_BARS or not piece.grid.present or len(piece.pitch) < 16:
        return found
    onset, chroma, pattern = (
        self_similarity(table) for table in (piece.onset_table, piece.chroma_table, piece.pattern_table)
    )
    same = (onset + chroma + pattern) / 3
    diagonal = np.array([np.diag(same, lag).mean() for lag in range(1, len(same))])
    found["hypermetre"] = _hypermetre(diagonal)
    found["stripes"] = _stripes(same)
    found["flow"] = _ahead_of_chance(chroma)
    found["leading"] = _leading(piece)
    found["contrast"] = float(np.std(same[np.triu_indices(len(same), 1)]))
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _hypermetre(diagonal: Floats) -> float:
    """How much more alike bars are at the best of 2, 4, 8, 16 bars' distance than at other distances."""
    length = len(diagonal)
    lags = [lag for lag in LAGS if lag <= length * 3 // 4]
    others = [lag for lag in range(1, length * 3 // 4 + 1) if lag not in LAGS]
    if not lags or not others:
        return float("nan")
    return float(max(diagonal[lag - 1] for lag in lags) - np.mean(diagonal[np.array(others) - 1]))


def _stripes(same: Floats) -> float:
    """How much more alike the three best pairs of 4-bar spans are than bars in general."""
    bars = len(same)
    total = np.zeros((bars - 3, bars - 3))
    for offset in range(4):
        total += same[offset : bars - 3 + offset, offset : bars - 3 + offset]
    rows, columns = np.triu_indices(bars - 3, 4)
    if not len(rows):
        return float("nan")
    spans = total[rows, columns] / 4
    best = np.partition(spans, len(spans) - min(3, len(spans)))[-3:]
    background = same[np.triu_indices(bars, 1)].mean()
    return float(best.mean() - background)


def _ahead_of_chance(same: Floats) -> float:
    """How much more alike neighbouring bars are than any two bars, in standard deviations of such a mean."""
    pairs = same[np.triu_indices(len(same), 1)]
    spread = float(pairs.std())
    if spread < 1e-9:
        return float("nan")
    return float((np.diag(same, 1).mean() - pairs.mean()) / spread)


def _leading(piece: Piece) -> float:
    """How much nearer the first note of a bar is to the last note before it than to the ends of any other bars.

    Every line's own, in standard deviations; 0 for bars in chance order.
    """
    lines = piece.lines
    bar = piece.bar_of(lines.onset)
    key = lines.line * (piece.bar_count + 1) + np.minimum(bar, piece.bar_count)
    change = np.flatnonzero(np.diff(key)) + 1
    first = np.concatenate([[0], change])
    last = np.concatenate([change, [len(key)]]) - 1
    joined = np.diff(lines.line[first]) == 0
    joined &= np.diff(bar[first]) == 1
    total, weight = 0.0, 0
    for line in range(lines.count):
        mine = lines.line[first] == line
        ends, begins = lines.pitch[last[mine]], lines.pitch[first[mine]]
        next_to = joined[np.flatnonzero(mine)[:-1]] if mine.sum() > 1 else np.empty(0, np.bool_)
        if next_to.sum() < FEWEST_BARS - 2:
            continue
        distance = np.minimum(np.abs(ends[:, None] - begins[None, :]), 12).astype(np.float64)
        off = distance[~np.eye(len(distance), dtype=bool)]
        spread = off.std()
        if spread < 1e-9:
            continue
        near = np.diag(distance, 1)[next_to]
        total += float((off.mean() - near.mean()) / spread) * len(near)
        weight += len(near)
    return total / weight if weight else float("nan")
