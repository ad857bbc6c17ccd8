"""Figures, times and names from files, as they stand on the screen."""

from __future__ import annotations

import math

import pytest

from musiclog_gui.state import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (3.0, "3"), (0.123456789, "0.12346"), (1234.56, "1,234.6"), (12_345.6, "12,346"),
        (1.5e12 + 0.5, "1.5e+12"), (2.5e-7, "2.5e-07"), (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "−∞"),
        (-0.001, "-0.001"),
    ],
)  # fmt: skip
def test_numbers_have_five_digits_that_count(value, text) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (True, "yes"), (12_345, "12,345"), (0.5, "0.5"), ("a\nb", "a⏎b"), ({"a": [1]}, '{"a": [1]}')],
)
def test_figures_of_any_type(value, text) -> None:
    assert wording.figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"), (59, "59 s"), (240, "4 min"), (3600, "1 h"), (12_000, "3 h 20 min"), (190_800, "2 d 5 h"),
        (-1, "0 s"),
    ],
)  # fmt: skip
def test_lengths_of_time_in_their_two_largest_units(seconds, text) -> None:
    assert wording.span(seconds) == text


def test_a_name_becomes_one_line_without_what_turns_or_hides_text() -> None:
    assert wording.one_line("a\r\nb\tc\u202ed\x07\u2066e") == "a⏎⏎b c�d��e"
    assert wording.one_line("שלום ünï 音楽 🎵") == "שלום ünï 音楽 🎵"
    assert len(wording.one_line("x" * 10_000)) == wording.LONGEST_CELL + 1


def test_a_tool_tip_shows_markup_as_text() -> None:
    assert "&lt;img src=x&gt;" in wording.tool_tip("<img src=x>")


def test_a_long_word_may_break_and_short_ones_stay_whole() -> None:
    assert wording.breakable("short words only") == "short words only"
    assert wording.breakable("y" * 90) == "y" * 40 + "\u200b" + "y" * 40 + "\u200b" + "y" * 10


def test_times_of_today_are_short_and_of_other_days_have_their_date() -> None:
    noon = 1_700_000_000.25
    assert len(wording.moment(noon, now=noon)) == len("22:13:20")
    assert wording.moment(noon, now=noon + 10 * 86_400).startswith("2023-11-1")
    assert wording.log_moment(noon, now=noon).endswith(".250")
    assert wording.moment(None) == wording.moment(math.nan) == "–"
