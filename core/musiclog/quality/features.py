"""All numbers that scores are made of, by metric."""

from __future__ import annotations

from musiclog.quality import density, dynamics, harmony, melody, repetition, rhythm, structure
from musiclog.quality.piece import Piece
from musiclog.quality.tables import Tables


def measure(piece: Piece, tables: Tables) -> dict[str, float]:
    """Feature name -> value; a feature that is undefined for this piece is not there."""
    groups = (
        rhythm.features(piece, tables),
        harmony.features(piece, tables),
        melody.features(piece, tables),
        dynamics.features(piece),
        density.density(piece),
        density.pitch_range(piece),
        repetition.features(piece),
        structure.features(piece),
    )
    return {name: float(value) for group in groups for name, value in group.items()}
