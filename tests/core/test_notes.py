"""MIDI files become note columns, or a MidiError that says what, where, what now."""

from __future__ import annotations

import io
import random
import struct
from pathlib import Path

import mido
import numpy as np
import pytest

from musiclog import notes as notes_module
from musiclog.errors import MidiError
from musiclog.notes import TrackInfo, make_notes, midi_bytes, read_notes, write_midi


def midi_file(*messages, ticks_per_beat=480) -> bytes:
    file = mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat)
    file.tracks.append(mido.MidiTrack(messages))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def on(pitch, time=0, velocity=64, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def off(pitch, time=0, channel=0):
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def test_columns_are_in_beats_and_sorted_by_onset():
    notes = read_notes(midi_file(on(64), off(64, 960), on(60, 480), off(60, 240)))
    assert notes.onset.tolist() == [0.0, 3.0]
    assert notes.duration.tolist() == [2.0, 0.5]
    assert notes.pitch.tolist() == [64, 60]
    assert notes.length_beats == 3.5


def test_seconds_follow_every_tempo_change():
    slow, fast = (mido.MetaMessage("set_tempo", tempo=tempo) for tempo in (1_000_000, 250_000))
    notes = read_notes(midi_file(slow, on(60), off(60, 480), fast.copy(time=480), on(62), off(62, 960)))
    assert notes.onset_s.tolist() == [0.0, 2.0]
    assert notes.end_s.tolist() == [1.0, 2.5]
    assert [bpm for _, bpm in notes.tempos] == [60.0, 240.0]


def test_before_the_first_tempo_the_standard_says_120():
    late = mido.MetaMessage("set_tempo", tempo=1_000_000, time=480)
    notes = read_notes(midi_file(on(60), off(60, 480), late, on(62), off(62, 480)))
    assert notes.onset_s.tolist() == [0.0, 1.0]
    assert notes.end_s.tolist() == [0.5, 2.0]


def test_without_a_tempo_120_holds_and_none_is_claimed():
    notes = read_notes(midi_file(on(60), off(60, 480)))
    assert notes.tempos == ()
    assert notes.length_s == 0.5


def test_overlapping_notes_of_one_pitch_end_in_the_order_in_which_they_began():
    notes = read_notes(midi_file(on(60), on(60, 480), off(60, 480), off(60, 960)))
    assert notes.duration.tolist() == [2.0, 3.0]


def test_a_note_without_an_end_is_dropped_and_one_without_length_is_kept():
    notes = read_notes(midi_file(on(60), off(60), on(62, 480), off(62, 480), on(64)))
    assert notes.pitch.tolist() == [60, 62]
    assert notes.duration.tolist() == [0.0, 1.0]


def test_tracks_carry_name_program_and_percussion():
    drums, flute = TrackInfo("Drums", 0, True), TrackInfo("Flute", 73, False)
    made = make_notes([(0, 1, 36, 90, 0), (0, 1, 72, 80, 1)], tracks=(drums, flute))
    notes = read_notes(midi_bytes(made))
    assert notes.tracks == (drums, flute)
    assert notes.is_drum.tolist() == [True, False]


def test_what_is_written_is_read_back(tmp_path: Path):
    made = make_notes([(0, 1, 60), (1.5, 0.25, 64, 100)], tempo_bpm=90, time_signature=(6, 8))
    write_midi(tmp_path / "tune.mid", made)
    notes = read_notes(tmp_path / "tune.mid")
    assert notes.onset.tolist() == made.onset.tolist()
    assert notes.velocity.tolist() == [80, 100]
    assert notes.tempos[0][1] == pytest.approx(90, abs=1e-3)
    assert notes.bar_beats == 3.0


def test_a_bar_of_one_quarter_is_read_as_four():
    assert make_notes([(0, 1, 60)], time_signature=(1, 4)).bar_beats == 4.0


def test_columns_cannot_be_changed():
    notes = make_notes([(0, 1, 60)])
    with pytest.raises(ValueError, match="read-only"):
        notes.pitch[0] = 61


def test_a_riff_envelope_is_taken_off():
    inside = midi_file(on(60), off(60, 480))
    data = b"RIFF" + struct.pack("<I", len(inside) + 12) + b"RMIDdata" + struct.pack("<I", len(inside)) + inside
    assert len(read_notes(data)) == 1


def test_smpte_time_counts_half_seconds_as_beats():
    data = bytearray(midi_file(on(60), off(60, 1000)))
    data[12:14] = struct.pack(">bB", -25, 40)  # 25 frames of 40 ticks: a tick is a millisecond
    notes = read_notes(bytes(data))
    assert notes.length_s == pytest.approx(1.0)
    assert notes.length_beats == pytest.approx(2.0)


def test_mido_reads_what_the_fast_parser_refuses(monkeypatch: pytest.MonkeyPatch):
    data = midi_file(mido.MetaMessage("track_name", name="Lead"), on(60), off(60, 480), on(62, 0), off(62, 480))

    def refuse(data):
        raise RuntimeError("no")

    fast = read_notes(data)
    monkeypatch.setattr(notes_module, "_parse_fast", refuse)
    slow = read_notes(data)
    assert slow.onset.tolist() == fast.onset.tolist()
    assert slow.duration.tolist() == fast.duration.tolist()
    assert slow.tracks == fast.tracks


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"not a midi file at all", "no MIDI file"),
        (midi_file(on(60), off(60, 480))[:-6], "promises 13 bytes, but the file ends after 7"),
        (midi_file(on(60), off(60, 480))[:18], "promises 1 tracks, 0 are there"),
        (midi_file(on(60), off(60, 480), ticks_per_beat=0), "0 ticks a beat"),
        (midi_file(mido.MetaMessage("set_tempo", tempo=0), on(60), off(60, 480)), "zero or absurd"),
        (midi_file(*[m for _ in range(20) for m in (on(60, 2**28 - 1), off(60, 10))]), "times pass"),
        (midi_file(on(60, 2**27), off(60, 10), ticks_per_beat=1), "hours long"),
    ],
)
def test_a_broken_file_says_what_is_wrong(data: bytes, says: str):
    with pytest.raises(MidiError, match=says):
        read_notes(data)


def test_a_missing_file_and_a_folder_are_midi_errors(tmp_path: Path):
    for path in (tmp_path / "none.mid", tmp_path):
        with pytest.raises(MidiError, match="cannot be read"):
            read_notes(path)


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notes_module, "MAX_BYTES", 10)
    path = tmp_path / "big.mid"
    path.write_bytes(midi_file(on(60), off(60, 480)))
    with pytest.raises(MidiError, match="more than the 10 that are read"):
        read_notes(path)


def test_too_many_notes_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notes_module, "MAX_NOTES", 1)
    with pytest.raises(MidiError, match="2 notes, more than"):
        read_notes(midi_file(on(60), off(60, 480), on(62), off(62, 480)))


def test_damaged_bytes_give_notes_or_a_midi_error():
    """400 damaged copies of one file: cut, overwritten, with bytes put in and taken out."""
    whole = midi_bytes(make_notes([(beat / 2, 0.5, 60 + beat % 12) for beat in range(64)]))
    for seed in range(400):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            notes = read_notes(bytes(data[: chance.randint(1, len(data))] if seed % 3 == 0 else data))
        except MidiError:
            continue
        assert ((notes.pitch >= 0) & (notes.pitch < 128)).all()
        assert np.isfinite(notes.end_s).all()


def test_every_edge_file_gives_notes_or_a_midi_error(shared: Path):
    paths = sorted(path for folder in (shared / "data" / "midi").glob("*_tests") for path in folder.rglob("*.mid"))
    assert len(paths) > 60
    refused = {}
    for path in paths:
        try:
            read_notes(path)
        except MidiError as error:
            refused[path.name] = str(error)
    assert list(refused) == ["negative-ticks-per-beat.mid", "zero-ticks-per-beat.mid"]
    assert all(text.startswith(name) for name, text in refused.items())
