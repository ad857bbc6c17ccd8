"""Tempo, transposition and silent tracks are heard exactly as asked."""

from __future__ import annotations

import io
from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog import synth
from musiclog.arrangement import AS_WRITTEN, Arrangement, arrange, tracks_of
from musiclog.midi_events import NOTE_ON, read_events
from musiclog.notes import TrackInfo, make_notes, midi_bytes, read_notes
from musiclog.soundfont import bundled_soundfont

HZ = synth.PCM_HZ
ORGAN, FLUTE = 19, 73
TRACKS = (TrackInfo("Organ", ORGAN, False), TrackInfo("Flute", FLUTE, False), TrackInfo("Kit", 0, True))


def duet(kit=True):
    """A4 on the organ for two seconds, a minor seventh above it on the flute, and four hits of a wood block."""
    rows = [(0, 4, 69, 100, 0), (0, 4, 79, 100, 1)]
    rows += [(beat, 0.1, 76, 110, 2) for beat in range(4)] if kit else []
    return midi_bytes(make_notes(rows, tracks=TRACKS))


def heard(source, arrangement=AS_WRITTEN):
    return synth.render(source, soundfont=bundled_soundfont(), arrangement=arrangement, target_lufs=None)[0]


def spectrum(pcm, start_s=0.3, end_s=1.3):
    part = pcm.mean(axis=0)[int(start_s * HZ) : int(end_s * HZ)].astype(float)
    return np.abs(np.fft.rfft(part * np.hanning(len(part)), 8 * len(part))), HZ / (8 * len(part))


def level(pcm, pitch):
    bins, width_hz = spectrum(pcm)
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    return float(bins[round(wanted * 0.99 / width_hz) : round(wanted * 1.01 / width_hz)].max())


def cents_from(pcm, pitch):
    bins, width_hz = spectrum(pcm)
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    low = round(wanted * 0.95 / width_hz)
    peak = low + int(np.argmax(bins[low : round(wanted * 1.05 / width_hz)]))
    return abs(1200 * np.log2(peak * width_hz / wanted))


def onsets(source, arrangement):
    pcm = heard(source, arrangement)
    peaks = np.abs(pcm).max(axis=0)[: pcm.shape[1] // 44 * 44].reshape(-1, 44).max(axis=1)
    loud = peaks > 0.3 * peaks.max()
    starts = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]])) * 44 / HZ
    return [starts[0], *(b for a, b in pairwise(starts) if b - a > 0.06)]


BLOCKS = midi_bytes(make_notes([(beat, 0.1, 76, 110) for beat in range(6)], tracks=(TrackInfo("Kit", 0, True),)))


@pytest.mark.parametrize("tempo", [0.5, 0.8, 1.0, 1.37, 2.0])
def test_tempo_moves_the_onsets_and_keeps_the_pitch(tempo):
    asked = Arrangement(tempo=tempo)
    assert onsets(BLOCKS, asked) == pytest.approx([0.5 * beat / tempo for beat in range(6)], abs=0.010)
    long = midi_bytes(make_notes([(0, 8, 69, 100, 0)], tracks=TRACKS))
    assert cents_from(heard(long, asked), 69) < 5


@pytest.mark.parametrize("semitones", [-12, -5, 1, 7])
def test_transposition_is_exact_and_keeps_time_and_drums(semitones):
    asked = Arrangement(transpose=semitones)
    long = midi_bytes(make_notes([(0, 4, 69, 100, 0)], tracks=TRACKS))
    assert cents_from(heard(long, asked), 69 + semitones) < 5
    assert np.array_equal(heard(BLOCKS, asked), heard(BLOCKS))


def test_key_that_leaves_the_range_comes_back_by_octaves():
    events = read_events(midi_bytes(make_notes([(0, 1, 125), (1, 1, 3)])))
    begins = (events.status == NOTE_ON) & (events.second > 0)
    up, down = (arrange(events, Arrangement(transpose=by)).first[begins].tolist() for by in (5, -5))
    assert up == [118, 8]
    assert down == [120, 10]


@pytest.mark.parametrize(
    ("asked", "organ", "flute"),
    [
        (Arrangement(muted=frozenset({0})), False, True),
        (Arrangement(muted=frozenset({1})), True, False),
        (Arrangement(solo=frozenset({1})), False, True),
        (Arrangement(solo=frozenset({0, 1}), muted=frozenset({0})), True, True),  # solo rules
    ],
)
def test_muted_and_solo_tracks(asked, organ, flute):
    whole, part = heard(duet(), AS_WRITTEN), heard(duet(), asked)
    assert part.shape == whole.shape
    for pitch, sounds in ((69, organ), (79, flute)):
        share = level(part, pitch) / level(whole, pitch)
        assert share == pytest.approx(1, abs=0.1) if sounds else share < 0.03


def test_everything_muted_is_silence_of_the_same_length():
    pcm = heard(duet(), Arrangement(muted=frozenset({0, 1, 2})))
    assert np.abs(pcm).max() < 1e-3
    assert pcm.shape == heard(duet()).shape


def test_tracks_in_unison_are_told_apart():
    rows = [(beat, 1, 60 + beat, 90, track) for beat in range(8) for track in (0, 1)]
    source = midi_bytes(make_notes(rows, tracks=TRACKS[:2]))
    notes, events = read_notes(source), read_events(source)
    begins, track = tracks_of(events, notes)
    assert sorted(zip(events.track[begins].tolist(), track.tolist(), strict=True)) == [(1, 0)] * 8 + [(2, 1)] * 8


def test_tracks_of_one_file_track_are_told_apart_by_channel_and_program():
    file = mido.MidiFile(type=0)
    messages = [mido.Message("program_change", channel=1, program=40)]
    for channel, pitch in ((0, 60), (1, 64)):
        messages += [mido.Message("note_on", channel=channel, note=pitch, velocity=90),
                     mido.Message("note_off", channel=channel, note=pitch, time=480)]  # fmt: skip
    file.tracks.append(mido.MidiTrack(messages))
    buffer = io.BytesIO()
    file.save(file=buffer)
    notes, events = read_notes(buffer.getvalue()), read_events(buffer.getvalue())
    _, track = tracks_of(events, notes)
    assert sorted(track.tolist()) == [0, 1]
    assert [notes.tracks[index].program for index in track.tolist()] == [0, 40]


ROW = st.tuples(*(st.integers(*limits) for limits in ((0, 400), (1, 90), (21, 108), (1, 127), (0, 2))))


@given(st.lists(ROW, min_size=1, max_size=60, unique_by=lambda row: (row[0], row[2])))
def test_every_note_is_given_to_its_track(rows):
    whole = [(start / 24, length / 24, *rest) for start, length, *rest in rows]
    source = midi_bytes(make_notes(whole, tracks=TRACKS))
    notes, events = read_notes(source), read_events(source)
    begins, track = tracks_of(events, notes)
    found = sorted(zip(events.first[begins].tolist(), track.tolist(), strict=True))
    assert found == sorted(zip(notes.pitch.tolist(), notes.track.tolist(), strict=True))


def test_tracks_of_real_files_are_found(shared):
    """Of the notes in files as people export them at least 99 of 100 are given to a track."""
    paths = sorted((shared / "data" / "midi").rglob("*.mid"))[::23][:40]
    known, whole = 0, 0
    for path in paths:
        try:
            notes, events = read_notes(path), read_events(path)
        except ValueError:
            continue
        _, track = tracks_of(events, notes)
        known, whole = known + int((track >= 0).sum()), whole + len(track)
    assert known >= 0.99 * whole


def test_count_in_knows_the_opening_tempo_and_bar():
    source = midi_bytes(make_notes([(0, 1, 60)], tempo_bpm=90, time_signature=(3, 4)))
    events = read_events(source)
    assert (events.beat_s, events.bar_beats) == (pytest.approx(60 / 90), 3.0)
    assert arrange(events, Arrangement(tempo=2.0)).beat_s == pytest.approx(30 / 90)
