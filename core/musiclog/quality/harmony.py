"""Harmony: one key at a time, notes that make chords, and chords that sound."""

from __future__ import annotations

import numpy as np

from musiclog.quality.consonance import PAIR_DISSONANCE
from musiclog.quality.piece import Floats, Ints, Piece, entropy, run_starts
from musiclog.quality.tables import Tables

# Krumhansl & Kessler 1982: how well each degree fits a major and a minor key.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
NATURAL_MINOR = (0, 2, 3, 5, 7, 8, 10)
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10))
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
_POWERS = 2 ** np.arange(12)


def features(piece: Piece, tables: Tables) -> dict[str, float]:
    """What harmony is measured by; a piece of drums has none."""
    found: dict[str, float] = {}
    if len(piece.pitch) < 8:
        return found
    chroma = np.bincount(piece.pitch % 12, weights=piece.weight + 1e-9, minlength=12).astype(np.float64)
    found["key_clarity"] = float(key_correlations(chroma[None, :]).max())
    found["scale"] = float((DIATONIC @ chroma).max() / chroma.sum())
    found["pitch_class_entropy"] = entropy(chroma)
    halves = half_bar_chroma(piece)
    weight = halves.sum(axis=1)
    fit = halves @ CHORD_ROWS.T
    found["chord_fit"] = float(fit.max(axis=1).sum() / weight.sum())
    windows = window_chroma(piece.chroma_table, 4)
    if len(windows):
        found["local_key"] = float(key_correlations(windows).max(axis=1).sum()) / len(windows)
        found["local_scale"] = float(((windows @ DIATONIC.T).max(axis=1) / windows.sum(axis=1)).sum()) / len(windows)
    if len(halves) >= 4:
        found["chord_change"] = _chord_change(halves)
        found["local_focus"] = _local_focus(halves, found["pitch_class_entropy"])
    sounding, gap = piece.sounding_chroma, piece.sounding[1]
    chordal = (sounding.sum(axis=1) > 1) & (gap > 0)
    if int(chordal.sum()) >= max(4.0, 0.1 * len(chordal)):
        weight = gap * chordal
        rub = float(piece.roughness @ weight) / float(weight.sum())
        found["consonance"] = 1 - rub
        found["consonance_gain"] = 1 - rub / max(_chance_roughness(chroma), 0.05)
        found["sonority"] = float(tables.sonority_bits[sonority_codes(piece)] @ weight) / float(weight.sum())
    return found


def key_correlations(chroma: Floats) -> Floats:
    """(rows, 24) Pearson correlation of pitch-class weights with all major and minor key profiles."""
    centred = chroma - (chroma.sum(axis=1) / 12)[:, None]
    size = np.sqrt(np.einsum("ij,ij->i", centred, centred))
    correlation: Floats = (centred / np.maximum(size, 1e-12)[:, None]) @ PROFILES.T
    return correlation


def half_bar_chroma(piece: Piece) -> Floats:
    """(sounding half bars, 12) how long each pitch class sounds; 2 beats where the meter has no half."""
    half = piece.bar_beats / 2
    table, gap = piece.sounding_chroma, piece.sounding[1]
    index = np.maximum(np.floor((piece.moment_onset - piece.start + 0.125) / half), 0).astype(np.int64)
    rows = np.add.reduceat(table * (gap[:, None] + 1e-6), run_starts(index), axis=0)
    sounding: Floats = rows[rows.sum(axis=1) > 0]
    return sounding


def window_chroma(chroma: Floats, bars: int) -> Floats:
    """(windows, 12) pitch-class weights of every run of so many bars, silent ones left out."""
    if len(chroma) < bars:
        return np.empty((0, 12))
    total = np.zeros((len(chroma) + 1, 12))
    np.cumsum(chroma, axis=0, out=total[1:])
    windows = total[bars:] - total[:-bars]
    sounding: Floats = windows[windows.sum(axis=1) > 1e-9]
    return sounding


def sonority_codes(piece: Piece) -> Ints:
    """For each moment the pitch-class set that sounds, as bits above its lowest note."""
    table, _ = piece.sounding
    bass = np.argmax(table > 0, axis=1) % 12  # column 0 is a C
    members = (piece.sounding_chroma > 0) @ _POWERS
    turned: Ints = ((members >> bass) | (members << (12 - bass))) & 0xFFF
    return turned


def _chance_roughness(chroma: Floats) -> float:
    """What two notes drawn by lot from the piece would rub, unisons left out."""
    share = chroma / chroma.sum()
    different = 1 - float(share @ share)
    return float(share @ PAIR_DISSONANCE @ share) / max(different, 1e-9)


def _local_focus(halves: Floats, whole_entropy: float) -> float:
    """How many bits fewer a half bar needs for its pitch classes than the piece: harmony that is somewhere."""
    weight = halves.sum(axis=1)
    surprise = np.log2(np.maximum(halves, 1e-12) / weight[:, None])
    return whole_entropy + float(np.einsum("ij,ij->", halves, surprise)) / float(weight.sum())


def _chord_change(halves: Floats) -> float:
    """1 - mean cosine of neighbouring half bars: 0 where the harmony stands still."""
    unit = halves / np.sqrt(np.einsum("ij,ij->i", halves, halves))[:, None]
    return 1 - float(np.einsum("ij,ij->", unit[1:], unit[:-1])) / (len(unit) - 1)
