"""Plain words for what is special about a piece, beside its score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from musiclog.quality.piece import Piece

# Bounds of EleutherAI's aria filters for training data: what lies outside is rarely music.
SPARSE_NOTES_PER_S, DENSE_NOTES_PER_S = 1.5, 30.0
LONG_SILENCE_S = 20.0
FEW_PITCHES = 5


def flags_of(piece: Piece, measured: Mapping[str, float]) -> tuple[str, ...]:
    """Names of what holds for this piece."""
    notes = piece.notes
    pitched = len(piece.pitch)
    length_s = max(notes.length_s, 1e-9)
    holds = {
        "one_note": len(notes) == 1,
        "short": piece.bar_count < 4,
        "drums_only": pitched == 0,
        "no_tempo": not notes.tempos,
        "no_grid": not piece.grid.present,
        "flat_dynamics": pitched >= 8 and "velocity_spread" not in measured,
        "few_pitches": pitched >= 8 and int((np.bincount(piece.pitch) > 0).sum()) < FEW_PITCHES,
        "sparse": len(notes) / length_s < SPARSE_NOTES_PER_S,
        "dense": len(notes) >= 16 and len(notes) / length_s > DENSE_NOTES_PER_S,
        "long_silence": any(silences(piece, LONG_SILENCE_S)),
    }
    return tuple(name for name, true in holds.items() if true)


def silences(piece: Piece, longer_than_s: float) -> Iterator[tuple[float, float, float]]:
    """(start, end in beats, seconds) of every gap of at least so many seconds in which nothing sounds."""
    notes = piece.notes
    if len(notes) < 2:
        return
    gap_s = notes.onset_s[1:] - np.maximum.accumulate(notes.end_s)[:-1]
    rows = np.flatnonzero(gap_s >= longer_than_s)
    if not len(rows):
        return
    heard_until = np.maximum.accumulate(notes.end)
    for row in rows:
        yield float(heard_until[row]), float(notes.onset[row + 1]), float(gap_s[row])
