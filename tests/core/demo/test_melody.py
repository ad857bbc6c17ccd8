"""Tunes become numbers and back without losing a note."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.demo.composer import play
from musiclog.demo.melody import DURATIONS_BEATS, END, FEATURES, LOWEST, PITCHES, REST, features, targets
from musiclog.demo.tunes import HELD_OUT, load_tunes, read_tune

TUNES = {tune.name: tune for tune in load_tunes()}


def test_there_are_enough_tunes_and_the_held_out_ones_are_among_them():
    assert len(TUNES) >= 20
    assert set(HELD_OUT) < set(TUNES)


@pytest.mark.parametrize("tune", TUNES.values(), ids=TUNES)
def test_a_tune_fills_whole_bars_and_stays_in_range(tune):
    melody = tune.melody
    bar = melody.frame.bar_beats
    upbeat = (bar - melody.upbeat_beats) % bar
    end = melody.upbeat_beats + np.take(DURATIONS_BEATS, melody.durations).sum()
    assert -end % bar in (0, upbeat, upbeat + 0.5)  # the last bar may leave room for the upbeat, and for a breath
    assert melody.pitches.min() >= 0
    assert melody.pitches[melody.pitches < PITCHES].max() < PITCHES
    assert 0 in melody.transpositions()
    assert len(melody.transpositions()) >= 12


def test_the_first_bar_of_an_air_is_read_as_written():
    melody = TUNES["ah_vous_dirai_je"].melody
    assert (melody.pitches[:7] + LOWEST).tolist() == [60, 60, 67, 67, 69, 69, 67]
    assert np.take(DURATIONS_BEATS, melody.durations[:7]).tolist() == [1, 1, 1, 1, 1, 1, 2]
    assert (melody.frame.tonic, melody.frame.minor, melody.frame.bar_beats) == (0, False, 4.0)


def test_an_upbeat_is_placed_at_the_end_of_its_bar():
    tune = read_tune("short", "X:1\nT:Short\nM:3/4\nL:1/4\nK:G\nD|G2 B|d3|]\n")
    assert tune.melody.onsets_beats().tolist() == [2, 3, 5, 6]


def test_rests_are_events_of_their_own():
    tune = read_tune("short", "X:1\nT:Short\nM:4/4\nL:1/4\nK:C\nC z E2|]\n")
    assert tune.melody.pitches.tolist() == [60 - LOWEST, REST, 64 - LOWEST]
    assert len(play(tune.melody, "short")) == 2


def test_a_transposed_tune_moves_key_and_notes_but_not_rests():
    tune = read_tune("short", "X:1\nT:Short\nM:4/4\nL:1/4\nK:C\nC z E2|]\n")
    moved = tune.melody.transposed(3)
    assert moved.pitches.tolist() == [63 - LOWEST, REST, 67 - LOWEST]
    assert moved.frame.tonic == 3


@pytest.mark.parametrize("tune", TUNES.values(), ids=TUNES)
def test_features_stay_inside_their_tables_and_the_end_is_asked_last(tune):
    read, wanted = features(tune.melody), targets(tune.melody)
    assert read.shape == (len(tune.melody) + 1, len(FEATURES))
    assert (read >= 0).all()
    assert (read < list(FEATURES.values())).all()
    assert wanted[-1].tolist() == [END, -1, -1]


def test_a_played_tune_keeps_its_pitches_and_its_speed():
    notes = play(TUNES["irish_washerwoman"].melody, "jig")
    assert notes.time_signatures[0][1:] == (6, 8)
    assert notes.tempos[0][1] == pytest.approx(168)
    assert len(notes) == len(TUNES["irish_washerwoman"].melody)
