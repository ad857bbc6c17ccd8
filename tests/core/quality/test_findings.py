"""Findings point at the notes and bars that a listener would point at."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.notes import make_notes
from musiclog.quality import score

from . import music


def findings(notes, kind):
    return [finding for finding in score(notes).findings if finding.kind == kind]


def added(notes, *rows):
    table = np.stack([notes.onset, notes.duration, notes.pitch, notes.velocity, notes.track], axis=1).tolist()
    return make_notes([*table, *rows], tracks=notes.tracks)


def test_a_wrong_note_is_named_with_its_bar_and_key():
    found = findings(added(music.song(), (20, 2, 73, 80, 0)), "out_of_key")
    assert [finding.text for finding in found] == ["C♯5 in bar 6 is outside C major"]
    assert (found[0].start_beats, found[0].end_beats) == (20.0, 22.0)
    assert (found[0].start_s, found[0].end_s) == (10.0, 11.0)
    assert (found[0].pitch, found[0].track) == (73, 0)


def test_a_clean_song_has_no_wrong_note_and_no_dissonance():
    assert not findings(music.song(), "out_of_key")
    assert not findings(music.song(), "off_grid")


def test_a_cluster_is_a_dissonance():
    found = findings(make_notes([(beat, 1, pitch) for beat in range(16) for pitch in (60, 61, 62)]), "dissonance")
    assert found[0].text == "C4, C♯4, D4 rub for 1 beats in bar 1"


def test_a_loop_is_one_repeated_span_with_its_period():
    (found,) = findings(music.one_bar_loop(16), "repeated_span")
    assert found.text == "bars 1–16: the same one bar 16 times"
    assert (found.start_beats, found.end_beats) == (0.0, 64.0)


def test_a_silence_is_measured_in_seconds():
    song = music.song(8)
    late = music.with_notes(song, onset=song.onset + np.where(song.onset >= 16, 20, 0))
    (found,) = findings(late, "silence")
    assert found.text == "nothing sounds for 10.0 s"
    assert (found.start_beats, found.end_beats) == (16.0, 36.0)


def test_a_leap_names_both_notes():
    rows = [(beat, 1, 60 + beat % 5 + 24 * (beat == 10)) for beat in range(11)]
    (found,) = findings(make_notes(rows), "register_jump")
    assert found.text == "a leap of 20 semitones from E4 to C6 in bar 3"
    assert (found.start_beats, found.end_beats, found.pitch) == (9.0, 10.0, 84)


def test_onsets_off_the_grid_are_counted_by_bar():
    song = music.song()
    onset = song.onset.copy()
    onset[np.flatnonzero((onset >= 8) & (onset < 12))[:3]] += 0.12
    (found,) = findings(music.with_notes(song, onset=onset), "off_grid")
    assert found.text.endswith("onsets in bar 3 are off the grid")


def test_one_velocity_is_told_without_weight():
    song = music.song()
    (found,) = findings(music.with_notes(song, velocity=np.full(len(song), 64)), "flat_dynamics")
    assert "have velocity 64" in found.text
    assert found.weight == 0.0


def test_weights_add_up_to_no_more_than_what_was_lost():
    card = score(music.random_notes())
    assert sum(finding.weight for finding in card.findings) <= 1 - card.overall + 1e-9
    assert all(finding.weight >= 0 for finding in card.findings)


def test_findings_can_be_left_out_where_only_numbers_are_needed():
    card = score(music.random_notes(), with_findings=False)
    assert card.findings == ()
    assert card.overall == pytest.approx(score(music.random_notes()).overall)
