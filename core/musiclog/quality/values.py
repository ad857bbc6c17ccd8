"""The nine metrics in their own units, each None with a reason where it is undefined."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from musiclog.quality.card import Metric
from musiclog.quality.density import notes_per_beat
from musiclog.quality.dynamics import WIDE
from musiclog.quality.piece import Piece

_Value = tuple[float | None, str | None]


def metric_values(
    piece: Piece, measured: Mapping[str, float], closeness: Mapping[str, float | None]
) -> dict[str, Metric]:
    """Metric name -> value, closeness and reason."""
    no_phrases = "fewer than 8 bars" if piece.grid.present else "no metrical grid"
    values: dict[str, _Value] = {
        "rhythm_consistency": _rhythm_consistency(piece, measured),
        "rhythm_diversity": _known(measured, "ioi_entropy", "fewer than 8 onsets"),
        "harmonic_coherence": _harmonic_coherence(piece, measured),
        "melodic_contour": _melodic_contour(piece, measured),
        "dynamic_range": _dynamic_range(piece, measured),
        "note_density": (notes_per_beat(piece), None) if len(piece.all_onsets) > 1 else (None, "fewer than 2 notes"),
        "pitch_range": (float(np.ptp(piece.pitch)), None) if len(piece.pitch) else (None, "only drums"),
        "repetition": _from_closeness(closeness["repetition"], "fewer than 4 bars and no line of 12 notes"),
        "structural_coherence": _from_closeness(closeness["structural_coherence"], no_phrases),
    }
    return {
        name: Metric(value, None if value is None else closeness[name], reason)
        for name, (value, reason) in values.items()
    }


def _known(measured: Mapping[str, float], feature: str, reason: str) -> _Value:
    return (measured[feature], None) if feature in measured else (None, reason)


def _from_closeness(closeness: float | None, reason: str) -> _Value:
    """Too little and too much are both wrong here, so the value is how near to usual it is."""
    return (None, reason) if closeness is None else (closeness, None)


def _rhythm_consistency(piece: Piece, measured: Mapping[str, float]) -> _Value:
    """sqrt(concentration on the grid × likeness of neighbouring bars); one bar: the grid alone."""
    if "grid" not in measured:
        return None, "fewer than 8 onsets"
    concentration = (piece.grid.beat + piece.grid.eighth + piece.grid.strength) / 3
    groove = measured.get("groove")
    return (concentration if groove is None else float(np.sqrt(concentration * groove))), None


def _harmonic_coherence(piece: Piece, measured: Mapping[str, float]) -> _Value:
    """Mean of key clarity, scale consistency, chord fit and, where notes sound together, consonance."""
    if not len(piece.pitch):
        return None, "only drums"
    if "key_clarity" not in measured:
        return None, "fewer than 8 notes"
    parts = [measured[name] for name in ("key_clarity", "scale", "chord_fit", "consonance") if name in measured]
    return float(np.clip(np.mean(parts), 0.0, 1.0)), None


def _melodic_contour(piece: Piece, measured: Mapping[str, float]) -> _Value:
    if not len(piece.pitch):
        return None, "only drums"
    if "proximity" not in measured:
        return None, "no line of five notes that moves"
    return float(np.clip(measured["proximity"], 0.0, 1.0)), None


def _dynamic_range(piece: Piece, measured: Mapping[str, float]) -> _Value:
    """Width of velocities times the order in them; velocities drawn by lot earn nothing, nor does one velocity."""
    if len(piece.velocity) < 8:
        return None, "fewer than 8 notes"
    if "velocity_spread" not in measured:
        return 0.0, None
    order = max(0.0, measured.get("velocity_order", 0.0))
    return float(min(1.0, measured["velocity_spread"] / WIDE) * np.sqrt(order)), None
