"""Melody: lines of their own, near to where they were, with leaps that mean something."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import Ints, Piece
from musiclog.quality.tables import Tables

FEWEST_NOTES = 5
_WIDEST = 13


def features(piece: Piece, tables: Tables) -> dict[str, float]:
    """What lines are measured by, each track's own; left out where no line has five notes."""
    found: dict[str, float] = {}
    lines = piece.lines
    step = np.diff(lines.pitch)
    follows = lines.follows[1:]
    taken = step[follows]
    if len(taken) < FEWEST_NOTES - 1:
        return found
    smooth = pitch_proximity(piece)
    if smooth is not None:
        found["proximity"] = smooth
    size = np.abs(taken)
    found["mean_interval"] = float(size.mean())
    found["leaps"] = float(np.mean(size > 7))
    found["octave_leaps"] = float(np.mean(size > 12))
    found["held_notes"] = float(np.mean(size == 0))
    found["turns"] = _turns(step, follows)
    surprise = interval_surprise(piece, tables)
    if surprise is not None:
        found["interval_surprise"] = surprise
        found["order_gain"] = _order_gain(piece, tables, taken)
        found["interval_entropy"] = _entropy(np.bincount(interval_classes(taken)))
    return found


def pitch_proximity(piece: Piece) -> float | None:
    """1 - half the von Neumann ratio of each line, weighted by notes: how near a note stays to the one before,
    against the line's own range. About 0 for notes in any chance order. None where all lines stand on one pitch.

    Source: von Neumann 1941; pitch proximity: von Hippel & Huron, Music Perception 18 (2000).
    """
    lines = piece.lines
    pitch = lines.pitch.astype(np.float64)
    count = np.bincount(lines.line)
    mean = np.bincount(lines.line, weights=pitch) / count
    variance = np.bincount(lines.line, weights=(pitch - mean[lines.line]) ** 2) / count
    same_line = np.diff(lines.line) == 0
    squares = np.bincount(lines.line[1:][same_line], weights=np.diff(pitch)[same_line] ** 2, minlength=len(count))
    counted = (count >= FEWEST_NOTES) & (variance > 1e-9)
    if not counted.any():
        return None
    ratio = squares[counted] / (count[counted] - 1) / variance[counted]
    return float(np.average(1 - ratio / 2, weights=count[counted]))


def interval_classes(step: Ints) -> Ints:
    """Semitones -13 (or more) to 13 (or more) as 0 to 26."""
    return np.clip(step, -_WIDEST, _WIDEST) + _WIDEST


def interval_surprise(piece: Piece, tables: Tables) -> float | None:
    """Mean bits of each interval after the one before it, in a model learned from human lines."""
    lines = piece.lines
    step = interval_classes(np.diff(lines.pitch))
    pair = lines.follows[2:] & lines.follows[1:-1]
    if pair.sum() < FEWEST_NOTES:
        return None
    return float(tables.interval_bits[step[:-1][pair], step[1:][pair]].mean())


def _order_gain(piece: Piece, tables: Tables, taken: Ints) -> float:
    """Bits that the lines' order saves: what the same notes would cost in chance order, less what they cost now."""
    lines = piece.lines
    heights = (
        np.bincount(lines.line * 128 + lines.pitch, minlength=lines.count * 128).reshape(-1, 128).astype(np.float64)
    )
    count = heights.sum(axis=1)
    heights = heights[count >= FEWEST_NOTES]
    if not len(heights):
        return 0.0
    spectrum = np.abs(np.fft.rfft(heights, 256, axis=1)) ** 2
    meetings = np.fft.irfft(spectrum, 256, axis=1) / (heights.sum(axis=1, keepdims=True))
    chance = meetings.sum(axis=0)
    chance[0] -= len(heights)  # a note does not follow itself
    size = np.minimum(np.minimum(np.arange(256), 256 - np.arange(256)), _WIDEST)
    cost = tables.step_bits[size]
    return float((chance * cost).sum() / chance.sum() - tables.step_bits[np.minimum(np.abs(taken), _WIDEST)].mean())


def _turns(step: Ints, follows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Share of steps that change direction."""
    pair = follows[1:] & follows[:-1]
    product = step[1:] * step[:-1]
    return float(np.mean(product[pair] < 0)) if pair.any() else 0.0


def _entropy(counts: Ints) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
