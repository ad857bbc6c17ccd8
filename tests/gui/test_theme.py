"""Colours: readable in both themes, told apart by every eye, taken up at once."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from musiclog_gui.icons import dress
from musiclog_gui.theme import DARK, LIGHT, RUN_COLOURS, Theme, ThemeKeeper, run_colour, style_sheet, theme


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in QColor(colour).getRgbF()]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("wear", [LIGHT, DARK], ids=lambda wear: wear.name)
@pytest.mark.parametrize("role", ["text", "muted", "accent", "good", "info", "warning", "critical"])
def test_words_are_readable_on_window_and_panel(wear: Theme, role: str) -> None:
    for ground in (wear.window, wear.panel):
        assert contrast(getattr(wear, role), ground) >= 4.5


@pytest.mark.parametrize("wear", [LIGHT, DARK], ids=lambda wear: wear.name)
def test_text_is_readable_on_every_heat_and_on_the_selection(wear: Theme) -> None:
    for ground in (wear.heat_low, wear.heat_mid, wear.heat_high, wear.selection, wear.raised):
        assert contrast(wear.text, ground) >= 4.5
    assert contrast(wear.on_accent, wear.accent) >= 4.5


def test_run_colours_stand_out_from_both_panels() -> None:
    for colour in RUN_COLOURS:
        assert contrast(colour, LIGHT.panel) >= 3
        assert contrast(colour, DARK.panel) >= 3


def test_thirty_runs_have_thirty_colours() -> None:
    colours = [run_colour(number) for number in range(30)]
    assert all(one != other for one, other in itertools.combinations(colours, 2))


@pytest.mark.parametrize("wear", [LIGHT, DARK], ids=lambda wear: wear.name)
def test_the_style_sheet_leaves_no_role_open(wear: Theme) -> None:
    assert "$" not in style_sheet(wear)


def test_choosing_a_theme_redresses_icons(qtbot, qapp) -> None:
    keeper = ThemeKeeper(qapp, "light")
    button = QToolButton()
    qtbot.addWidget(button)
    dress(button, "play")
    before = button.icon().pixmap(16).toImage()
    keeper.choose("dark")
    assert theme() is DARK
    assert button.icon().pixmap(16).toImage() != before
    keeper.choose("light")
    assert button.icon().pixmap(16).toImage() == before
