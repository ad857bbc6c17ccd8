"""Repetition: bars that come back, and bars that bring something new."""

from __future__ import annotations

import numpy as np

from musiclog.quality.melody import interval_classes
from musiclog.quality.piece import Piece
from musiclog.quality.rhythm import ioi_classes

NEW_BAR = 0.97  # a bar whose best match among earlier ones stays under this cosine is new
FEWEST_BARS = 4


def features(piece: Piece) -> dict[str, float]:
    """How much returns and how much is new; needs four bars for bars, 12 notes for motifs."""
    found = _motifs(piece)
    if piece.bar_count < FEWEST_BARS or not piece.grid.present or len(piece.pitch) < 8:
        return found
    same = piece.likeness
    sounding = np.diagonal(same) > 0
    if not sounding.all():
        same = same[np.ix_(sounding, sounding)]
    bars = len(same)
    if bars < FEWEST_BARS:
        return found
    earlier = np.tril(same, -1).max(axis=1)[1:]
    found["returning"] = float(earlier.sum()) / (bars - 1)
    found["new_bars"] = float((earlier < NEW_BAR).sum()) / (bars - 1)
    found["next_bar"] = float(np.diagonal(same, 1).sum()) / (bars - 1)
    return found


def _motifs(piece: Piece) -> dict[str, float]:
    """Share of three-step motifs (interval and length class) in lines that were heard before, anywhere in the piece."""
    lines = piece.lines
    if len(lines.pitch) < 12:
        return {}
    step = interval_classes(lines.pitch[1:] - lines.pitch[:-1])
    length = ioi_classes(np.maximum(lines.onset[1:] - lines.onset[:-1], 1e-2))
    token = step * 12 + length
    follows = lines.follows[1:]
    whole = follows[2:] & follows[1:-1] & follows[:-2]
    motifs = ((token[:-2] * 324 + token[1:-1]) * 324 + token[2:])[whole]
    if len(motifs) < 8:
        return {}
    motifs.sort()
    distinct = 1 + int((motifs[1:] != motifs[:-1]).sum())
    return {"motifs": 1 - distinct / len(motifs)}
