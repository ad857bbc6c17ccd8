"""A score card is honest: music above noise, None with a reason where nothing can be known."""

from __future__ import annotations

import math

import numpy as np
import orjson
import pytest

from musiclog.errors import MidiError
from musiclog.notes import make_notes, midi_bytes, read_notes
from musiclog.quality import ScoreCard, score

from . import music


def test_a_small_song_is_better_than_any_way_of_breaking_it():
    song = music.song()
    best = score(song).overall
    chance = np.random.default_rng(1)
    shuffled = music.with_notes(song, pitch=chance.permutation(song.pitch))
    jittered = music.with_notes(song, onset=np.maximum(0, song.onset + chance.normal(0, 0.15, len(song))))
    clashing = music.with_notes(song, pitch=song.pitch + (song.track == 1))
    for broken in (shuffled, jittered, clashing, music.one_bar_loop(), music.random_notes()):
        assert score(broken).overall < best - 0.05


def test_an_empty_file_is_zero_and_says_so():
    card = score(make_notes([]))
    assert card.overall == 0.0
    assert card.flags == ("empty",)
    assert all(metric.value is None and metric.reason for name, metric in card.metrics.items() if name != "overall")


def test_one_note_earns_next_to_nothing():
    card = score(make_notes([(0, 1, 60)]))
    assert card.overall < 0.05
    assert "one_note" in card.flags
    assert card.metrics["pitch_range"].value == 0.0
    assert card.metrics["melodic_contour"].value is None


def test_drums_alone_have_rhythm_but_no_harmony():
    card = score(music.drum_beat())
    assert card.metrics["rhythm_consistency"].value > 0.8
    for name in ("harmonic_coherence", "melodic_contour", "pitch_range"):
        assert card.metrics[name].value is None
        assert card.metrics[name].reason == "only drums"
    assert "drums_only" in card.flags
    assert card.coverage < 0.5
    assert card.overall < score(music.song()).overall


def test_a_scale_is_all_in_key():
    card = score(music.c_major_scale())
    assert card.features["scale"] == 1.0
    assert card.metrics["pitch_range"].value == 12.0
    assert card.metrics["note_density"].value == pytest.approx(8 / 7)


def test_a_loop_repeats_too_much_and_random_notes_not_at_all():
    loop, noise, song = (score(piece).metrics["repetition"].value for piece in _loop_noise_song())
    assert loop < 0.3
    assert loop < song
    assert noise < song


def _loop_noise_song():
    chance = np.random.default_rng(0)
    noise = music.random_notes(300)
    return music.one_bar_loop(), music.with_notes(noise, onset=chance.integers(0, 256, 300) / 4), music.song()


@pytest.mark.parametrize(
    "changed",
    [
        music.song(transpose=5),
        music.song(tempo_bpm=180),
        music.song(shift_beats=4),
        read_notes(midi_bytes(music.song(), ticks_per_beat=96)),
        read_notes(midi_bytes(music.song(), ticks_per_beat=960)),
    ],
    ids=["transposed", "faster", "a bar later", "96 ticks", "960 ticks"],
)
def test_what_listeners_do_not_hear_changes_nothing(changed):
    assert score(changed).overall == pytest.approx(score(music.song()).overall, abs=0.005)


def test_velocities_drawn_by_lot_earn_nothing():
    song = music.song()
    chance = np.random.default_rng(3)
    waves = 70 + 30 * np.sin(song.onset / 5)
    value = {
        name: score(music.with_notes(song, velocity=velocity)).metrics["dynamic_range"].value
        for name, velocity in (
            ("flat", np.full(len(song), 80)),
            ("lot", chance.integers(20, 120, len(song))),
            ("waves", waves.astype(int)),
        )
    }
    assert value["flat"] == 0.0
    assert value["lot"] < 0.35
    assert value["waves"] > 0.7


def test_one_velocity_is_flagged_and_left_out_of_overall():
    song = music.song()
    card = score(music.with_notes(song, velocity=np.full(len(song), 80)))
    assert "flat_dynamics" in card.flags
    assert card.metrics["dynamic_range"].closeness is None
    assert card.coverage < 1.0


def test_a_card_comes_back_from_json_as_it_was():
    card = score(music.song())
    assert ScoreCard.from_dict(orjson.loads(orjson.dumps(card.as_dict()))) == card


def test_a_card_of_a_later_version_is_read_for_what_is_known():
    data = score(music.song()).as_dict() | {"invented_later": 1}
    assert ScoreCard.from_dict(data).overall == score(music.song()).overall


def test_every_value_is_a_plain_finite_number():
    for piece in (music.song(), music.random_notes(), music.drum_beat(), music.c_major_scale()):
        card = score(piece)
        assert all(type(value) is float and math.isfinite(value) for value in card.features.values())
        assert 0.0 <= card.overall <= 1.0
        assert card.calibration


@pytest.mark.parametrize("count", range(1, 20))
def test_short_pieces_of_any_kind_get_a_card(count: int):
    for rows in (
        [(0, 1, 60)] * count,
        [(beat, 0, 60 + beat) for beat in range(count)],
        [(beat * 7.3, 0.1, 60) for beat in range(count)],
        [(0, 100, 30 + 5 * index) for index in range(count)],
    ):
        assert 0.0 <= score(make_notes(rows)).overall < 0.6


def test_silence_of_thousands_of_bars_costs_no_table_of_them():
    card = score(make_notes([(0, 1, 60), (16000, 1, 64)]))
    assert card.bars == 512
    assert "long_silence" in card.flags


def test_every_generated_and_edge_file_gets_a_card(shared):
    paths = sorted((shared / "data" / "midi").glob("*_tests/*/*.mid"))
    paths += sorted((shared / "data" / "midi").glob("*/generated/**/*.mid"))[::9]
    for path in paths:
        try:
            notes = read_notes(path)
        except MidiError:
            continue
        assert 0.0 <= score(notes).overall <= 1.0
