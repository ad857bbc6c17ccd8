"""What is written is what is heard: pitch, time, programs, drums, pedal, bends, controllers, tempo, level."""

from __future__ import annotations

import io
from contextlib import suppress
from itertools import pairwise

import mido
import numpy as np
import pytest

from musiclog import synth
from musiclog.errors import MidiError, SynthError
from musiclog.loudness import TARGET_LUFS, integrated_lufs
from musiclog.midi_events import read_events, to_midi
from musiclog.notes import make_notes, midi_bytes, read_notes
from musiclog.soundfont import bundled_soundfont

HZ = synth.PCM_HZ
STRINGS, ORGAN, PIANO = 48, 19, 0  # sustained and in tune; and one with a hard onset


@pytest.fixture(params=synth.engines())
def engine(request):
    return request.param


def midi(*messages, ticks_per_beat=480):
    """A file of one track from (delta ticks, message); 120 beats a minute: 960 ticks are a second."""
    file = mido.MidiFile(type=0, ticks_per_beat=ticks_per_beat)
    file.tracks.append(mido.MidiTrack(message.copy(time=delta) for delta, message in messages))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def on(pitch, velocity=100, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(pitch, channel=0):
    return mido.Message("note_off", note=pitch, channel=channel)


def program(number, channel=0):
    return mido.Message("program_change", program=number, channel=channel)


def control(number, value):
    return mido.Message("control_change", control=number, value=value)


def played(source, engine=None, **options):
    pcm, hz = synth.render(source, engine=engine, soundfont=bundled_soundfont(), **options)
    assert hz == options.get("hz", HZ)
    assert pcm.dtype == np.float32
    assert pcm.shape[0] == 2
    return pcm


def partial_hz(pcm, near_hz, start_s, end_s, hz=HZ):
    """The frequency of the strongest partial within a whole tone of near_hz, by a parabola through the peak."""
    part = pcm.mean(axis=0)[int(start_s * hz) : int(end_s * hz)].astype(float)
    size = 8 * len(part)
    spectrum = np.log(np.abs(np.fft.rfft(part * np.hanning(len(part)), size)) + 1e-12)
    low, high = (int(near_hz * factor * size / hz) for factor in (0.89, 1.12))
    peak = low + int(np.argmax(spectrum[low:high]))
    left, middle, right = spectrum[peak - 1 : peak + 2]
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * hz / size


def cents(measured_hz, wanted_hz):
    return abs(1200 * np.log2(measured_hz / wanted_hz))


def rms(pcm, start_s, end_s):
    return float(np.sqrt(np.mean(pcm[:, int(start_s * HZ) : int(end_s * HZ)].astype(float) ** 2)))


def level_at(pcm, near_hz, start_s, end_s):
    part = pcm.mean(axis=0)[int(start_s * HZ) : int(end_s * HZ)].astype(float)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    bin_hz = HZ / len(part)
    return float(spectrum[int(near_hz * 0.98 / bin_hz) : int(near_hz * 1.02 / bin_hz) + 1].max())


def onset_times(pcm, threshold=0.3):
    """Where the level of 1 ms rises from near silence."""
    level = np.abs(pcm).max(axis=0)[: pcm.shape[1] // 44 * 44].reshape(-1, 44).max(axis=1)
    loud = level > threshold * level.max()
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    starts = np.concatenate([[0], starts]) if loud[0] else starts
    return [starts[0], *(b for a, b in pairwise(starts) if b - a > 60)]


# -- pitch and time -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [PIANO, ORGAN, 6, 40, 56, 81])
def test_a4_is_within_five_cents(engine, number):
    pcm = played(midi((0, program(number)), (0, on(69)), (1920, off(69))), engine)
    assert cents(partial_hz(pcm, 440, 0.3, 1.8), 440) < 5


def test_chord_holds_all_its_notes(engine):
    pcm = played(
        midi((0, program(ORGAN)), (0, on(60)), (0, on(64)), (0, on(67)), (1920, off(60)), (0, off(64)), (0, off(67))),
        engine,
    )
    for pitch in (60, 64, 67):
        wanted = 440 * 2 ** ((pitch - 69) / 12)
        assert cents(partial_hz(pcm, wanted, 0.3, 1.8), wanted) < 5


def test_onsets_are_heard_within_ten_milliseconds(engine):
    woodblock = [message for _ in range(6) for message in ((480, on(76, channel=9)), (10, off(76, channel=9)))]
    source = midi(*woodblock)
    heard = [0.001 * start * 44 * 1000 / HZ for start in onset_times(played(source, engine))]
    written = read_notes(source).onset_s
    assert len(heard) == len(written)
    assert np.abs(np.array(heard) - written).max() < 0.010


def test_tempo_changes_are_heard(engine):
    tempo = [mido.MetaMessage("set_tempo", tempo=value) for value in (1_000_000, 250_000)]
    tick = [(0, on(76, channel=9)), (10, off(76, channel=9))]
    source = midi((0, tempo[0]), *tick, (470, tempo[1]), *tick, (470, on(76, channel=9)), (10, off(76, channel=9)))
    heard = [start * 44 / HZ for start in onset_times(played(source, engine))]
    assert heard == pytest.approx([0.0, 1.0, 1.25], abs=0.010)


# -- as written ---------------------------------------------------------------------------------


def test_program_change_changes_the_sound(engine):
    notes = [(0, on(69)), (960, off(69))]
    flute = played(midi((0, program(73)), *notes), engine)
    sawtooth = played(midi((0, program(81)), *notes), engine)
    overtones = [level_at(pcm, 440 * 9, 0.2, 0.8) / level_at(pcm, 440, 0.2, 0.8) for pcm in (flute, sawtooth)]
    assert overtones[1] > 10 * overtones[0]


def test_channel_ten_plays_drums(engine):
    drum = played(midi((0, on(36, channel=9)), (960, off(36, channel=9))), engine)
    assert level_at(drum, 65.4 * 4, 0.0, 0.3) < level_at(drum, 60, 0.0, 0.3)


def test_sustain_pedal_holds_released_notes(engine):
    dry = midi((0, program(STRINGS)), (0, on(69)), (480, off(69)), (1440, on(30, 1)), (10, off(30)))
    held = midi(
        (0, program(STRINGS)), (0, control(64, 127)), (0, on(69)), (480, off(69)), (1440, on(30, 1)), (10, off(30))
    )
    levels = [level_at(played(source, engine, target_lufs=None), 440, 1.4, 1.9) for source in (dry, held)]
    assert levels[1] > 10 * levels[0]


def test_pitch_bend_of_two_semitones(engine):
    bend = mido.Message("pitchwheel", pitch=8191)
    pcm = played(midi((0, program(ORGAN)), (0, bend), (0, on(69)), (1920, off(69))), engine)
    wanted = 440 * 2 ** (2 / 12)
    assert cents(partial_hz(pcm, wanted, 0.3, 1.8), wanted) < 5


def test_volume_controller_is_heard(engine):
    loud, soft = (
        played(midi((0, program(ORGAN)), (0, control(7, value)), (0, on(69)), (960, off(69))), engine, target_lufs=None)
        for value in (127, 40)
    )
    assert rms(loud, 0.2, 0.8) > 3 * rms(soft, 0.2, 0.8)


def test_pan_controller_moves_the_sound(engine):
    pcm = played(midi((0, program(ORGAN)), (0, control(10, 0)), (0, on(69)), (960, off(69))), engine)
    left, right = (float(np.abs(side[4410:]).mean()) for side in pcm)
    assert left > 2 * right


def test_second_port_has_channels_of_its_own():
    file = mido.MidiFile(type=1)
    for port, number in ((0, ORGAN), (1, 81)):
        track = [
            mido.MetaMessage("midi_port", port=port),
            program(number),
            on(60 + port),
            off(60 + port).copy(time=480),
        ]
        file.tracks.append(mido.MidiTrack(track))
    buffer = io.BytesIO()
    file.save(file=buffer)
    events = read_events(buffer.getvalue())
    assert sorted(set(events.channel.tolist())) == [0, 16]


# -- sources ------------------------------------------------------------------------------------


def test_path_bytes_and_notes_sound_alike(tmp_path):
    notes = make_notes([(0, 1, 60), (1, 1, 64), (2, 2, 67)])
    path = tmp_path / "a.mid"
    path.write_bytes(midi_bytes(notes))
    one, two, three = played(path), played(path.read_bytes()), played(notes)
    assert np.array_equal(one, two)
    assert one.shape == three.shape
    assert np.corrcoef(one[0], three[0])[0, 1] > 0.99


def test_performance_written_as_a_file_reads_back_the_same():
    source = midi(
        (0, program(5)), (0, control(64, 127)), (5, on(60)), (480, off(60)), (0, mido.Message("pitchwheel", pitch=100))
    )
    events = read_events(source)
    again = read_events(to_midi(events))
    assert again.status.tolist() == events.status.tolist()
    assert again.first.tolist() == events.first.tolist()
    assert again.seconds == pytest.approx(events.seconds, abs=1e-4)


def test_times_agree_with_those_of_the_notes():
    tempo = [mido.MetaMessage("set_tempo", tempo=value) for value in (400_000, 900_000)]
    source = midi((0, tempo[0]), (7, on(60)), (333, off(60)), (0, tempo[1]), (111, on(62)), (222, off(62)))
    events, notes = read_events(source), read_notes(source)
    begins = events.seconds[(events.status == 0x90) & (events.second > 0)]
    assert begins == pytest.approx(notes.onset_s, abs=1e-9)
    assert events.length_s == pytest.approx(notes.length_s)


def test_sound_that_was_broken_off_is_not_heard_in_the_next():
    chord = [(0, program(ORGAN)), *((0, on(pitch, 127)) for pitch in (40, 47, 52, 56, 59))]
    performance = synth.perform(midi(*chord, (9600, off(40))))
    engine = synth.open_engine(bundled_soundfont())
    for _ in zip(range(2), engine.stream(performance, 10 * HZ), strict=False):
        pass  # the user turns to another sample
    rest = synth.perform(midi((1920, on(76, 1)), (10, off(76))))
    pcm = np.concatenate(list(engine.stream(rest, 2 * HZ)), axis=1)
    assert np.abs(pcm).max() < 0.003


def test_equal_pieces_sound_equal_whatever_was_played_before(engine):
    source = midi((0, program(STRINGS)), (0, on(69)), (960, off(69)))
    first = played(source, engine)
    hall, chorus = control(91, 127), control(93, 127)
    played(midi((0, program(81)), (0, hall), (0, chorus), (0, on(40, 127)), (700, off(40))), engine)
    assert np.array_equal(played(source, engine), first)


# -- level --------------------------------------------------------------------------------------


def test_loud_and_soft_samples_are_heard_at_one_level(engine):
    levels = [
        integrated_lufs(played(midi((0, program(number)), (0, on(69, velocity)), (2880, off(69))), engine), HZ)
        for number, velocity in ((ORGAN, 127), (ORGAN, 30), (STRINGS, 90))
    ]
    assert levels == pytest.approx([TARGET_LUFS] * 3, abs=0.1)


def test_nothing_clips_even_where_many_notes_begin_at_once():
    chord = [(0, on(pitch, 127)) for pitch in range(30, 100)]
    pcm = played(midi(*chord, (960, off(30)), *((0, off(pitch)) for pitch in range(31, 100))))
    assert np.abs(pcm).max() <= 0.951


def test_loudness_meter_reads_the_reference_signal():
    """BS.1770-4: a sine of 997 Hz at full scale in one channel reads -3.01 LUFS."""
    sine = np.zeros((2, 5 * HZ), np.float32)
    sine[0] = np.sin(2 * np.pi * 997 * np.arange(5 * HZ) / HZ)
    assert integrated_lufs(sine, HZ) == pytest.approx(-3.01, abs=0.05)
    assert integrated_lufs(np.concatenate([sine, 0 * sine], axis=1), HZ) == pytest.approx(-3.01, abs=0.3)  # gated
    assert integrated_lufs(0 * sine, HZ) is None


def test_other_rates_keep_pitch_and_length(engine):
    source = midi((0, program(ORGAN)), (0, on(69)), (960, off(69)))
    pcm = played(source, engine, hz=22_050)
    assert cents(partial_hz(pcm, 440, 0.2, 0.9, hz=22_050), 440) < 5
    assert pcm.shape[1] / 22_050 == pytest.approx(1 + synth.TAIL_S, abs=0.01)


# -- refusals -----------------------------------------------------------------------------------


def test_too_long_a_sample_is_refused_with_its_length():
    source = midi((0, on(60)), (960 * 60 * 25, off(60)))
    with pytest.raises(SynthError, match=r"25 minutes.*at most 20"):
        synth.render(source)


def test_file_without_notes_is_refused():
    with pytest.raises(MidiError, match="no notes"):
        synth.render(midi((0, program(3))))


@pytest.mark.parametrize("data", [b"", b"not MIDI at all", b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\x30\0\x90\x3c\x40"])
def test_broken_file_is_refused_with_a_reason(data, tmp_path):
    path = tmp_path / "broken.mid"
    path.write_bytes(data)
    with pytest.raises(MidiError, match=r"broken\.mid|MIDI data|no notes"):
        synth.render(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(MidiError, match=r"gone\.mid: cannot be read"):
        synth.render(tmp_path / "gone.mid")


def test_machine_without_soundfont_or_engine_says_what_to_install(monkeypatch):
    monkeypatch.setattr(synth, "find", lambda _chosen: None)
    with pytest.raises(SynthError, match="pretty_midi"):
        synth.render(midi((0, on(60)), (480, off(60))))
    monkeypatch.undo()
    with pytest.raises(SynthError, match="no synthesiser 'theremin'"):
        synth.open_engine(name="theremin")


def test_every_odd_file_of_the_collections_gives_sound_or_a_reason(shared):
    for folder in sorted((shared / "data" / "midi").glob("*_tests")):
        for path in sorted(folder.rglob("*.mid*")):
            with suppress(MidiError, SynthError):  # anything else would fail the test
                assert synth.perform(path).note_count > 0
