"""ABC text becomes the melody that a player would read from it."""

from __future__ import annotations

import pytest

from musiclog.abc_tunes import AbcError, parse_abc


def tune(body: str, *, key="C", meter="4/4", length="1/4"):
    return parse_abc(f"X:1\nT:Test\nM:{meter}\nL:{length}\nK:{key}\n{body}")


def pitches(body: str, **headers) -> list[int]:
    return [pitch for _, _, pitch in tune(body, **headers).notes]


def durations(body: str, **headers) -> list[float]:
    return [duration for _, duration, _ in tune(body, **headers).notes]


def test_letters_and_octave_marks():
    assert pitches("C, C c c'") == [48, 60, 72, 84]


def test_twinkle_twinkle_is_read_as_it_is_sung():
    song = tune("CCGG | AAG2 | FFEE | DDC2 |")
    assert song.title == "Test"
    assert [pitch for _, _, pitch in song.notes] == [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
    assert song.length_beats == 16.0


@pytest.mark.parametrize(
    ("key", "f", "b"),
    [
        ("C", 65, 71),
        ("G", 66, 71),
        ("F", 65, 70),
        ("Am", 65, 71),
        ("D Dorian", 65, 71),
        ("Amix", 66, 71),
        ("Eb", 65, 70),
    ],
)
def test_the_key_signature_alters_its_notes(key: str, f: int, b: int):
    assert pitches("F B", key=key) == [f, b]


def test_an_accidental_lasts_through_the_bar_and_only_in_its_octave():
    assert pitches("^F F f | F") == [66, 66, 77, 65]
    assert pitches("=F F | F _B =B", key="G") == [65, 65, 66, 70, 71]


def test_lengths_multiply_and_divide():
    assert durations("C2 C/ C/2 C3/2 C// C") == [2.0, 0.5, 0.5, 1.5, 0.25, 1.0]


def test_the_unit_length_follows_the_meter_where_it_is_not_given():
    assert parse_abc("X:1\nM:6/8\nK:C\nC").notes[0][1] == 0.5
    assert parse_abc("X:1\nM:2/4\nK:C\nC").notes[0][1] == 0.25


def test_broken_rhythm_takes_from_one_and_gives_to_the_other():
    assert durations("C>D C<D C>>D") == [1.5, 0.5, 0.5, 1.5, 1.75, 0.25]


def test_a_triplet_fits_three_in_the_time_of_two():
    assert durations("(3CDE F") == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1.0])
    assert sum(durations("(5CDEFG", meter="6/8")) == pytest.approx(3.0)


def test_ties_join_across_the_bar_line():
    notes = tune("C2 G2- | G4").notes
    assert notes == ((0.0, 2.0, 60), (2.0, 6.0, 67))


def test_rests_take_time():
    assert [onset for onset, _, _ in tune("C z D Z | E").notes] == [0.0, 2.0, 7.0]


def test_a_repeat_plays_the_section_twice():
    assert pitches("|: C D :| E") == [60, 62, 60, 62, 64]
    assert pitches("C D :: E F :|") == [60, 62, 60, 62, 64, 65, 64, 65]


def test_first_and_second_endings():
    assert pitches("|: C |1 D :|2 E || F |") == [60, 62, 60, 64, 65]
    assert pitches("|: C |[1 D :|[2 E |: G :|") == [60, 62, 60, 64, 67, 67]
    assert pitches("C | D |1 E :|2 F || G |1 A :|2 B |]") == [60, 62, 64, 60, 62, 65, 67, 69, 67, 71]


def test_chord_symbols_grace_notes_and_decorations_are_passed_over():
    assert pitches('"Am" A {g}B !trill!c ~d .e (f g) % a remark') == [69, 71, 72, 74, 76, 77, 79]


def test_the_top_note_of_a_chord_is_the_melody():
    assert tune("[CEG]2 [F2A2]").notes == ((0.0, 2.0, 67), (2.0, 2.0, 69))


def test_tempo_is_in_quarter_notes():
    assert parse_abc("X:1\nQ:3/8=60\nK:C\nC").tempo_bpm == 90.0
    assert parse_abc("X:1\nK:C\nC").tempo_bpm is None


def test_what_is_no_tune_says_where():
    with pytest.raises(AbcError, match="no K: line"):
        parse_abc("X:1\nCDE")
    with pytest.raises(AbcError, match=r"line 3, column 3"):
        parse_abc("X:1\nK:C\nC ?")
    with pytest.raises(AbcError, match="is no key"):
        parse_abc("X:1\nK:H\nC")
