"""Melody: lines of their own, near to where they were, with leaps that mean something."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import Bools, Ints, Piece, entropy
from musiclog.quality.tables import Tables

FEWEST_NOTES = 5
_WIDEST = 13


def features(piece: Piece, tables: Tables) -> dict[str, float]:
    """What lines are measured by, each track's own; left out where no line has five notes."""
    found: dict[str, float] = {}
    lines = piece.lines
    step = lines.pitch[1:] - lines.pitch[:-1]
    follows = lines.follows[1:]
    taken = step[follows]
    if len(taken) < FEWEST_NOTES - 1:
        return found
    smooth = pitch_proximity(piece)
    if smooth is not None:
        found["proximity"] = smooth
    size = np.abs(taken)
    count = len(size)
    found["mean_interval"] = float(size.sum()) / count
    found["leaps"] = float((size > 7).sum()) / count
    found["octave_leaps"] = float((size > 12).sum()) / count
    found["held_notes"] = float((size == 0).sum()) / count
    found["turns"] = _turns(step, follows)
    surprise = interval_surprise(piece, tables)
    if surprise is not None:
        found["interval_surprise"] = surprise
        found["order_gain"] = _order_gain(piece, tables, taken)
        found["interval_entropy"] = entropy(np.bincount(interval_classes(taken)))
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
    same_line = lines.line[1:] == lines.line[:-1]
    steps = (pitch[1:] - pitch[:-1]) * same_line
    squares = np.bincount(lines.line[1:], weights=steps * steps, minlength=len(count))
    counted = (count >= FEWEST_NOTES) & (variance > 1e-9)
    if not counted.any():
        return None
    ratio = squares[counted] / (count[counted] - 1) / variance[counted]
    return 1 - float(ratio @ count[counted]) / 2 / float(count[counted].sum())


def interval_classes(step: Ints) -> Ints:
    """Semitones -13 (or more) to 13 (or more) as 0 to 26."""
    return np.minimum(np.maximum(step, -_WIDEST), _WIDEST) + _WIDEST


def interval_surprise(piece: Piece, tables: Tables) -> float | None:
    """Mean bits of each interval after the one before it, in a model learned from human lines."""
    lines = piece.lines
    step = interval_classes(lines.pitch[1:] - lines.pitch[:-1])
    pair = lines.follows[2:] & lines.follows[1:-1]
    count = int(pair.sum())
    if count < FEWEST_NOTES:
        return None
    return float(tables.interval_bits[step[:-1][pair], step[1:][pair]].sum()) / count


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
    count = heights.sum(axis=1)
    meetings = np.einsum("lp,lp->l", heights @ tables.pitch_step_bits, heights) / count
    pairs = float(count.sum()) - len(count)  # a note does not follow itself
    chance = (float(meetings.sum()) - len(count) * float(tables.step_bits[0])) / pairs
    return chance - float(tables.step_bits[np.minimum(np.abs(taken), _WIDEST)].sum()) / len(taken)


def _turns(step: Ints, follows: Bools) -> float:
    """Share of steps that change direction."""
    pair = follows[1:] & follows[:-1]
    turned = (step[1:] * step[:-1] < 0) & pair
    return float(turned.sum()) / max(1, int(pair.sum()))
