"""Density and range: how much sounds, how evenly, how high and how low."""

from __future__ import annotations

import math

import numpy as np

from musiclog.quality.piece import SAME_ONSET_BEATS, Piece


def density(piece: Piece) -> dict[str, float]:
    """Notes and moments a beat and voices that sound, in octaves of number; how the bars differ."""
    found: dict[str, float] = {}
    onsets = piece.all_onsets
    if len(onsets) < 2:
        return found
    found["notes_per_beat"] = math.log2(notes_per_beat(piece))
    moments = 1 + int((onsets[1:] - onsets[:-1] > SAME_ONSET_BEATS).sum())
    found["moments_per_beat"] = math.log2(moments / _span_beats(piece))
    if piece.bar_count >= 4:
        per_bar = np.bincount(piece.all_bars[piece.all_bars < piece.bar_count], minlength=piece.bar_count)
        mean = per_bar.sum() / len(per_bar)
        found["bar_contrast"] = math.sqrt(max(0.0, float(per_bar @ per_bar) / len(per_bar) - mean * mean)) / mean
        found["empty_bars"] = float((per_bar == 0).sum()) / len(per_bar)
    if len(piece.onset):
        table, gap = piece.sounding
        voices = table.sum(axis=1)
        total = float(gap.sum())
        if total > 0:
            found["voices"] = math.log2(max(float(voices @ gap) / total, 0.5))
    return found


def notes_per_beat(piece: Piece) -> float:
    """Onsets a beat from the first to the last one, drums too."""
    return len(piece.all_onsets) / _span_beats(piece)


def _span_beats(piece: Piece) -> float:
    return max(float(piece.all_onsets[-1] - piece.all_onsets[0]), 1.0)


def pitch_range(piece: Piece) -> dict[str, float]:
    """Semitones from the lowest to the highest note, without and with the outermost fortieths."""
    if len(piece.pitch) < 2:
        return {}
    heights = np.bincount(piece.pitch, minlength=128)
    used = np.flatnonzero(heights)
    span = int(used[-1] - used[0])
    below = np.cumsum(heights) / len(piece.pitch)
    inner = int(np.searchsorted(below, 0.975) - np.searchsorted(below, 0.025, side="right"))
    return {
        "pitch_span": float(span),
        "inner_span": float(inner),
        "distinct_pitches": math.log2(len(used)),
        "line_span": _line_span(piece),
        "span_filled": len(used) / (span + 1),
    }


def _line_span(piece: Piece) -> float:
    """Mean standard deviation of pitch in a track: the range that one player uses."""
    count = np.bincount(piece.track)
    pitch = piece.pitch.astype(np.float64)
    mean = np.bincount(piece.track, weights=pitch) / np.maximum(count, 1)
    variance = np.bincount(piece.track, weights=(pitch - mean[piece.track]) ** 2) / np.maximum(count, 1)
    return float(np.sqrt(variance) @ count) / len(pitch)
