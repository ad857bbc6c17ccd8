"""Density and range: how much sounds, how evenly, how high and how low."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import SAME_ONSET_BEATS, Piece


def density(piece: Piece) -> dict[str, float]:
    """Notes and moments a beat and voices that sound, in octaves of number; how the bars differ."""
    found: dict[str, float] = {}
    onsets = piece.all_onsets
    if len(onsets) < 2:
        return found
    found["notes_per_beat"] = float(np.log2(notes_per_beat(piece)))
    moments = 1 + int((np.diff(onsets) > SAME_ONSET_BEATS).sum())
    found["moments_per_beat"] = float(np.log2(moments / _span_beats(piece)))
    if piece.bar_count >= 4:
        per_bar = np.bincount(piece.all_bars[piece.all_bars < piece.bar_count], minlength=piece.bar_count)
        found["bar_contrast"] = float(per_bar.std() / per_bar.mean())
        found["empty_bars"] = float(np.mean(per_bar == 0))
    if len(piece.onset):
        table, gap = piece.sounding
        voices = table.sum(axis=1)
        total = float(gap.sum())
        if total > 0:
            found["voices"] = float(np.log2(max(float((voices * gap).sum()) / total, 0.5)))
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
    low, high = np.percentile(piece.pitch, (2.5, 97.5))
    distinct = len(np.unique(piece.pitch))
    return {
        "pitch_span": float(np.ptp(piece.pitch)),
        "inner_span": float(high - low),
        "distinct_pitches": float(np.log2(distinct)),
        "line_span": _line_span(piece),
        "span_filled": distinct / (float(np.ptp(piece.pitch)) + 1),
    }


def _line_span(piece: Piece) -> float:
    """Mean standard deviation of pitch in a track: the range that one player uses."""
    count = np.bincount(piece.track)
    pitch = piece.pitch.astype(np.float64)
    mean = np.bincount(piece.track, weights=pitch) / np.maximum(count, 1)
    variance = np.bincount(piece.track, weights=(pitch - mean[piece.track]) ** 2) / np.maximum(count, 1)
    return float(np.average(np.sqrt(variance), weights=count))
