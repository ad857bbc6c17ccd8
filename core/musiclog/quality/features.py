"""All numbers that scores are made of, by metric."""

from __future__ import annotations

from musiclog.quality import density, dynamics, harmony, melody, repetition, rhythm, structure
from musiclog.quality.piece import Piece
from musiclog.quality.tables import Tables


def measure(piece: Piece, tables: Tables) -> dict[str, float]:
    """Feature name -> value; a feature that is undefined for this piece is not there."""
    found: dict[str, float] = {}
    found.update(rhythm.features(piece, tables))
    found.update(harmony.features(piece, tables))
    found.update(melody.features(piece, tables))
    found.update(dynamics.features(piece))
    found.update(density.density(piece))
    found.update(density.pitch_range(piece))
    found.update(repetition.features(piece))
    found.update(structure.features(piece))
    return found
