"""Harmony: one key at a time, notes that make chords, and chords that sound."""

from __future__ import annotations

import numpy as np

from musiclog.quality.piece import Floats, Ints, Piece
from musiclog.quality.tables import Tables

# Krumhansl & Kessler 1982: how well each degree fits a major and a minor key.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
NATURAL_MINOR = (0, 2, 3, 5, 7, 8, 10)
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10))
# Dissonance of an interval class, 0 to 1, after Huron's aggregate dyadic consonance (Music Perception 11, 1994).
DISSONANCE_OF_CLASS = np.array([0.0, 1.0, 0.6, 0.2, 0.15, 0.0, 0.65])
KEY_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def _rotations(members: tuple[int, ...]) -> Floats:
    rows = np.zeros((12, 12))
    for tonic in range(12):
        rows[tonic, [(tonic + member) % 12 for member in members]] = 1.0
    return rows


def _profiles() -> Floats:
    rows = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)


PROFILES = _profiles()  # (24, 12): majors, then minors
SCALES = np.concatenate([_rotations(MAJOR_SCALE), np.maximum(_rotations(HARMONIC_MINOR), _rotations(NATURAL_MINOR))])
DIATONIC = np.concatenate([_rotations(MAJOR_SCALE), _rotations(HARMONIC_MINOR)])
CHORD_ROWS = np.concatenate([_rotations(chord) for chord in CHORDS])  # (72, 12)
_CLASS = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
PAIR_DISSONANCE = DISSONANCE_OF_CLASS[np.minimum(_CLASS, 12 - _CLASS)]  # (12, 12)
_POWERS = 2 ** np.arange(12)


def features(piece: Piece, tables: Tables) -> dict[str, float]:
    """What harmony is measured by; a piece of drums has none."""
    found: dict[str, float] = {}
    if len(piece.pitch) < 8:
        return found
    chroma = np.bincount(piece.pitch % 12, weights=piece.weight + 1e-9, minlength=12).astype(np.float64)
    found["key_clarity"] = float(key_correlations(chroma[None, :]).max())
    found["scale"] = float((DIATONIC @ chroma).max() / chroma.sum())
    found["pitch_class_entropy"] = _entropy(chroma)
    halves = half_bar_chroma(piece)
    weight = halves.sum(axis=1)
    fit = halves @ CHORD_ROWS.T
    found["chord_fit"] = float(np.average(fit.max(axis=1) / weight, weights=weight))
    windows = window_chroma(piece.chroma_table, 4)
    if len(windows):
        found["local_key"] = float(np.mean(key_correlations(windows).max(axis=1)))
        found["local_scale"] = float(np.mean((DIATONIC @ windows.T).max(axis=0) / windows.sum(axis=1)))
    if len(halves) >= 4:
        found["chord_change"] = _chord_change(halves)
        found["local_focus"] = _local_focus(halves, found["pitch_class_entropy"])
    sounding, seconds = piece.sounding_chroma, piece.sounding[1]
    rough = roughness(sounding)
    chordal = (sounding.sum(axis=1) > 1) & (seconds > 0)
    if chordal.sum() >= 4 and float(np.mean(chordal)) > 0.1:
        rub = float(np.average(rough[chordal], weights=seconds[chordal]))
        found["consonance"] = 1 - rub
        found["consonance_gain"] = 1 - rub / max(_chance_roughness(chroma), 0.05)
        found["sonority"] = sonority_surprise(piece, tables, chordal)
    return found


def key_correlations(chroma: Floats) -> Floats:
    """(rows, 24) Pearson correlation of pitch-class weights with all major and minor key profiles."""
    centred = chroma - chroma.mean(axis=1, keepdims=True)
    size = np.sqrt((centred * centred).sum(axis=1, keepdims=True))
    return np.asarray((centred / np.maximum(size, 1e-12)) @ PROFILES.T, np.float64)


def roughness(sounding: Floats) -> Floats:
    """(moments,) mean dissonance of all pairs of notes that sound together."""
    count = sounding.sum(axis=1)
    pairs = np.maximum(count * (count - 1) / 2, 1)
    return np.asarray(((sounding @ PAIR_DISSONANCE) * sounding).sum(axis=1) / 2 / pairs, np.float64)


def half_bar_chroma(piece: Piece) -> Floats:
    """(sounding half bars, 12) how long each pitch class sounds; 2 beats where the meter has no half."""
    half = piece.bar_beats / 2
    table, gap = piece.sounding_chroma, piece.sounding[1]
    index = np.maximum(np.floor((piece.moment_onset - piece.start + 0.125) / half), 0).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], np.diff(index) > 0]))
    rows = np.add.reduceat(table * (gap[:, None] + 1e-6), first, axis=0)
    return np.asarray(rows[rows.sum(axis=1) > 0], np.float64)


def window_chroma(chroma: Floats, bars: int) -> Floats:
    """(windows, 12) pitch-class weights of every run of so many bars, silent ones left out."""
    if len(chroma) < bars:
        return np.empty((0, 12))
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    windows = total[bars:] - total[:-bars]
    return np.asarray(windows[windows.sum(axis=1) > 1e-9], np.float64)


def sonority_codes(piece: Piece) -> Ints:
    """For each moment the pitch-class set that sounds, as bits above its lowest note."""
    table, _ = piece.sounding
    bass = np.argmax(table > 0, axis=1) % 12
    present = piece.sounding_chroma > 0
    shifted = present[np.arange(len(present))[:, None], (np.arange(12)[None, :] + bass[:, None]) % 12]
    return np.asarray(shifted @ _POWERS, np.int64)


def sonority_surprise(piece: Piece, tables: Tables, chordal: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Mean bits of what sounds together in a model learned from human music, against any set of as many notes."""
    bits = tables.sonority_bits[sonority_codes(piece)[chordal]]
    return float(np.average(bits, weights=piece.sounding[1][chordal] + 1e-9))


def _chance_roughness(chroma: Floats) -> float:
    """What two notes drawn by lot from the piece would rub, unisons left out."""
    share = chroma / chroma.sum()
    different = 1 - float(share @ share)
    return float(share @ PAIR_DISSONANCE @ share) / max(different, 1e-9)


def _local_focus(halves: Floats, whole_entropy: float) -> float:
    """How many bits fewer a half bar needs for its pitch classes than the piece: harmony that is somewhere."""
    share = halves / halves.sum(axis=1, keepdims=True)
    bits = -(share * np.log2(np.maximum(share, 1e-12))).sum(axis=1)
    return whole_entropy - float(np.average(bits, weights=halves.sum(axis=1)))


def _chord_change(halves: Floats) -> float:
    """1 - mean cosine of neighbouring half bars: 0 where the harmony stands still."""
    unit = halves / np.linalg.norm(halves, axis=1, keepdims=True)
    return 1 - float((unit[1:] * unit[:-1]).sum(axis=1).mean())


def _entropy(weights: Floats) -> float:
    shares = weights[weights > 0] / weights.sum()
    return float(-(shares * np.log2(shares)).sum())
