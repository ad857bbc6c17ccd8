"""Lifeless music does not pass for good, and a piece is not worse for being written on more staves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musiclog.notes import Notes, TrackInfo, make_notes, read_notes
from musiclog.quality import score
from musiclog.quality.excerpts import excerpts

from . import music

HUMAN_SETS = ("nottingham", "jsb_chorales", "pop909", "asap_scores")
BARS = 16


def few_notes() -> Notes:
    """A tone every other bar."""
    return make_notes([(8 * index, 2, 60 + 2 * (index % 3)) for index in range(BARS)])


def one_register() -> Notes:
    """Straight eighths up and down a third."""
    pattern = (60, 62, 64, 62)
    return make_notes([(index / 2, 0.5, pattern[index % 4]) for index in range(BARS * 8)])


def one_chord() -> Notes:
    """A triad on every beat from the first to the last."""
    return make_notes([(beat, 1, pitch) for beat in range(BARS * 4) for pitch in (48, 55, 60, 64)])


def perfect_grid() -> Notes:
    """A scale in equal notes, over and over, all alike in loudness."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    return make_notes([(index / 2, 0.5, scale[index % 8]) for index in range(BARS * 8)])


def broken_chord() -> Notes:
    """An arpeggio that never changes."""
    return make_notes([(index / 4, 0.25, (48, 52, 55, 60)[index % 4]) for index in range(BARS * 16)])


def pieces(shared, name: str, count: int) -> list[Notes]:
    paths = sorted((shared / "data" / "midi" / name / "human").rglob("*.mid"))
    return [read_notes(paths[int(index)]) for index in np.linspace(0, len(paths) - 1, count)]


@pytest.fixture(scope="module")
def human(shared) -> dict[str, list[Notes]]:
    return {name: pieces(shared, name, 12) for name in HUMAN_SETS}


@pytest.mark.parametrize("dull", [few_notes, one_register, one_chord, perfect_grid, broken_chord])
def test_dull_music_scores_clearly_below_the_median_human_piece(human, dull):
    median = np.median([score(piece).overall for found in human.values() for piece in found])
    assert score(dull()).overall < median - 0.15


def test_a_piece_is_not_punished_for_its_staves(human):
    """In thirds of what human pieces differ: voices on staves of their own cost less, one staff for all gains less."""
    whole = [piece for found in human.values() for piece in found]
    before = np.array([score(piece).overall for piece in whole])

    def shift(changed) -> float:
        return np.median([score(changed(piece)).overall for piece in whole] - before) / before.std()

    assert abs(shift(split_by_voice)) < 1 / 3
    assert abs(shift(merged)) < 1 / 3


def merged(piece: Notes) -> Notes:
    """All pitched tracks on one staff."""
    return on_tracks(piece, np.zeros(len(piece), int), 1)


def split_by_voice(piece: Notes) -> Notes:
    """The highest note of every onset on one staff, the lowest on another, the rest between them.

    A note alone goes where it lies nearer: no tune takes over the bass while it rests.
    """
    _, moment = np.unique(np.round(piece.onset, 3), return_inverse=True)
    top, bottom = np.full(moment.max() + 1, -1), np.full(moment.max() + 1, 999)
    np.maximum.at(top, moment, piece.pitch)
    np.minimum.at(bottom, moment, piece.pitch)
    chords = top > bottom
    middle = ((top + bottom) / 2)[chords].mean() if chords.any() else 0.0
    top, bottom = np.where(chords | (top >= middle), top, -1), np.where(chords | (top < middle), bottom, 999)
    track = np.where(piece.pitch == top[moment], 0, np.where(piece.pitch == bottom[moment], 2, 1))
    return on_tracks(piece, track, 3)


def on_tracks(piece: Notes, track: np.ndarray, count: int) -> Notes:
    columns = (piece.onset, piece.duration, piece.pitch, piece.velocity, track)
    tempo = piece.tempos[0][1] if piece.tempos else 120
    rows = np.stack([np.asarray(column, float) for column in columns], axis=1)[~piece.is_drum]
    made = make_notes(rows.tolist(), tempo_bpm=tempo, tracks=tuple(TrackInfo(f"{i}", 0, False) for i in range(count)))
    return replace(made, time_signatures=piece.time_signatures)


SOLO, ENSEMBLE = ("asap_scores", "asap_perf"), ("nottingham", "jsb_chorales", "pop909", "gigamidi_tests")


def test_human_music_scores_alike_whether_one_plays_or_many(shared):
    """Of 24 pieces of each of six sets, cut at 32 bars: a quarter of a standard deviation, and the luck of the draw."""

    def scores(names) -> np.ndarray:
        whole = [piece for name in names for piece in pieces(shared, name, 24) if len(piece) >= 40]
        parts = [next(part for index, part in excerpts(piece, 1) if index == 2) for piece in whole]
        return np.array([score(part, with_findings=False).overall for part in parts])

    solo, ensemble = scores(SOLO), scores(ENSEMBLE)
    apart = (ensemble.mean() - solo.mean()) / np.concatenate([solo, ensemble]).std()
    assert abs(apart) < 0.4


def test_what_is_no_music_lies_below_what_is_dull_and_both_below_a_small_song(shared):
    chance = np.random.default_rng(0)
    one_note = make_notes([(index / 2, 0.5, 60) for index in range(BARS * 8)])
    every_key = [(index / 4, 0.25, int(p)) for index in range(256) for p in chance.choice(range(30, 100), 20, False)]
    no_music = [make_notes([]), one_note, make_notes(every_key), music.random_notes()]
    worst = max(score(piece).overall for piece in no_music)
    dull = [score(make()).overall for make in (few_notes, one_register, one_chord, perfect_grid, broken_chord)]
    assert worst < 0.25
    assert max(dull) < 0.3
    assert max(worst, *dull) < score(music.song()).overall - 0.3
