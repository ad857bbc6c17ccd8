"""Repetition: bars that come back, and bars that bring something new."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import Floats, Piece
from musiclog.quality.rhythm import ioi_classes

NEW_BAR = 0.97  # a bar whose best match among earlier ones stays under this cosine is new
FEWEST_BARS = 4


def features(piece: Piece) -> dict[str, float]:
    """How much returns and how much is new; needs four bars for bars, 12 notes for motifs."""
    found = _motifs(piece)
    if piece.bar_count < FEWEST_BARS or not piece.grid.present or len(piece.pitch) < 8:
        return found
    same = self_similarity(piece.pattern_table)
    sounding = np.diag(same) > 0
    same = same[np.ix_(sounding, sounding)]
    if len(same) < FEWEST_BARS:
        return found
    earlier = np.where(np.tril(np.ones_like(same), -1) > 0, same, 0.0).max(axis=1)[1:]
    found["returning"] = float(earlier.mean())
    found["new_bars"] = float(np.mean(earlier < NEW_BAR))
    found["next_bar"] = float(np.diag(same, 1).mean())
    return found


def self_similarity(table: Floats) -> Floats:
    """(bars, bars) cosine similarity of the rows; silent rows are 0 everywhere."""
    size = np.sqrt((table * table).sum(axis=1, keepdims=True))
    unit = table / np.maximum(size, 1e-12)
    return np.asarray(unit @ unit.T, np.float64)


def _motifs(piece: Piece) -> dict[str, float]:
    """Share of three-step motifs (interval and length class) in lines that were heard before, anywhere in the piece."""
    lines = piece.lines
    if len(lines.pitch) < 12:
        return {}
    step = np.clip(np.diff(lines.pitch), -13, 13) + 13
    length = ioi_classes(np.maximum(np.diff(lines.onset), 1e-2))
    token = step * 12 + length
    follows = lines.follows[1:]
    whole = follows[2:] & follows[1:-1] & follows[:-2]
    if whole.sum() < 8:
        return {}
    motifs = (token[:-2] * 324 + token[1:-1]) * 324 + token[2:]
    kept = motifs[whole]
    return {"motifs": 1 - len(np.unique(kept)) / len(kept)}
