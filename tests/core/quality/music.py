"""Constructed music whose scores are known."""

from __future__ import annotations

import numpy as np

from musiclog.notes import Notes, TrackInfo, make_notes

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
PIANO = TrackInfo("Piano", 0, False)
DRUMS = TrackInfo("Drums", 0, True)


def c_major_scale() -> Notes:
    """Eight quarter notes up."""
    return make_notes([(beat, 1, pitch) for beat, pitch in enumerate(SCALE)])


def song(bars: int = 16, *, transpose: int = 0, tempo_bpm: float = 120, shift_beats: float = 0) -> Notes:
    """A small tune over I-IV-V-I with a phrase that returns: four-bar phrases a a b a, melody and chords."""
    phrase_a = [(0, 1, 72), (1, 1, 74), (2, 1, 76), (3, 1, 72), (4, 1, 77), (5, 1, 76), (6, 2, 74)]
    phrase_a += [(8, 1, 71), (9, 1, 72), (10, 1, 74), (11, 1, 71), (12, 1, 72), (13, 1, 74), (14, 2, 72)]
    phrase_b = [(0, 0.5, 79), (0.5, 0.5, 77), (1, 1, 76), (2, 2, 74), (4, 1, 81), (5, 1, 79), (6, 2, 77)]
    phrase_b += [(8, 1, 74), (9, 1, 76), (10, 0.5, 77), (10.5, 0.5, 76), (11, 1, 74), (12, 3, 72), (15, 1, 74)]
    chords = [(48, 52, 55), (53, 57, 60), (43, 47, 50), (48, 52, 55)]
    rows = []
    for first in range(0, bars, 4):
        phrase = phrase_b if first % 16 == 8 else phrase_a
        rows += [(first * 4 + onset, duration, pitch, 80 + first % 8, 0) for onset, duration, pitch in phrase]
        for bar, chord in enumerate(chords):
            for half in (0, 2):
                rows += [((first + bar) * 4 + half, 2, pitch, 60 + 4 * half, 1) for pitch in chord]
    moved = [(onset + shift_beats, duration, pitch + transpose, *rest) for onset, duration, pitch, *rest in rows]
    return make_notes(moved, tempo_bpm=tempo_bpm, tracks=(PIANO, TrackInfo("Chords", 0, False)))


def one_bar_loop(bars: int = 16) -> Notes:
    bar = [(0, 1, 60), (1, 0.5, 64), (1.5, 0.5, 67), (2, 2, 65)]
    return make_notes([(4 * first + onset, duration, pitch) for first in range(bars) for onset, duration, pitch in bar])


def random_notes(count: int = 200, beats: float = 64, seed: int = 0) -> Notes:
    chance = np.random.default_rng(seed)
    columns = (
        chance.uniform(0, beats, count),
        chance.uniform(0.1, 2, count),
        chance.integers(21, 109, count),
        chance.integers(1, 128, count),
    )
    return make_notes(np.stack(columns, axis=1).tolist())


def drum_beat(bars: int = 8) -> Notes:
    rows = [(step / 2, 0.25, 36 if step % 4 == 0 else 38 if step % 4 == 2 else 42, 90, 0) for step in range(8 * bars)]
    return make_notes(rows, tracks=(DRUMS,))


def with_notes(notes: Notes, **columns) -> Notes:
    """The same piece with other columns."""
    names = ("onset", "duration", "pitch", "velocity", "track")
    table = np.stack([np.asarray(columns.get(name, getattr(notes, name)), float) for name in names], axis=1)
    return make_notes(table.tolist(), tracks=notes.tracks)
