"""Figures and times on the axes, as a reader expects them."""

from __future__ import annotations

import time

import pytest

from musiclog_gui.state.chart_view import factor_text, factor_to_slider, slider_to_factor
from musiclog_gui.state.y_scale import LOG
from musiclog_gui.views.chart_axes import XAxis, YAxis, clock, compact, duration
from musiclog_gui.views.chart_range import CalmRange


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0, 1, "0"), (1500, 500, "1500"), (20_000, 5_000, "20k"), (1_500_000, 500_000, "1.5M"), (0.25, 0.05, "0.25"),
        (0.00035, 0.00005, "0.00035"), (3e-5, 1e-5, "3e-5"), (-2, 1, "-2"), (2e9, 1e9, "2G"),
    ],
)  # fmt: skip
def test_figures_are_short(value: float, step: float, text: str) -> None:
    assert compact(value, step) == text


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [(0, 1, "0"), (45, 15, "45 s"), (90, 30, "90 s"), (720, 60, "12 min"), (4800, 600, "1:20 h"),
     (187_200, 86_400, "2 d 4 h"), (-60, 60, "−1 min")],
)  # fmt: skip
def test_times_since_the_start_are_told_in_their_unit(seconds: float, step: float, text: str) -> None:
    assert duration(seconds, step) == text


def test_the_time_of_day_has_as_many_digits_as_the_ticks_need() -> None:
    noon = time.mktime((2026, 11, 23, 12, 30, 5, 0, 0, -1))
    assert clock(noon, 60) == "12:30"
    assert clock(noon, 5) == "12:30:05"
    assert clock(noon + 0.5, 0.5) == "12:30:05.5"
    assert clock(time.mktime((2026, 11, 23, 0, 0, 0, 0, 0, -1)), 3600) == "23 Nov"


def test_there_is_no_tick_between_two_steps(qapp: object) -> None:
    ((spacing, values),) = XAxis().tickValues(0.0, 3.0, 600)
    assert spacing == 1.0
    assert values == [0.0, 1.0, 2.0, 3.0]


def test_hours_are_cut_as_clocks_are(qapp: object) -> None:
    axis = XAxis()
    axis.set_kind("relative")
    ((spacing, _),) = axis.tickValues(0.0, 4 * 3600.0, 600)
    assert spacing in (1800, 3600)


def test_a_logarithmic_axis_has_ticks_at_round_values(qapp: object) -> None:
    axis = YAxis()
    axis.set_scale(LOG)
    ((_, values),) = axis.tickValues(-2.0, 2.0, 300)
    assert axis.tickStrings(values, 1.0, 1.0)[:3] == ["0.01", "0.03", "0.1"]


def test_a_narrow_logarithmic_axis_has_ticks_too(qapp: object) -> None:
    axis = YAxis()
    axis.set_scale(LOG)
    ((_, values),) = axis.tickValues(0.30, 0.40, 300)  # 2.0 to 2.5
    assert len(values) >= 3


def test_the_slider_reaches_every_factor() -> None:
    assert slider_to_factor(0) == 0
    assert slider_to_factor(0.5) == pytest.approx(0.99)
    for factor in (0.0, 0.6, 0.9, 0.99, 0.9999):
        assert slider_to_factor(factor_to_slider(factor)) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("factor", "text"), [(0, "off"), (0.6, "0.60"), (0.95, "0.95"), (0.995, "0.995"), (0.9999, "0.9999")]
)
def test_a_factor_is_told_apart_from_one(factor: float, text: str) -> None:
    assert factor_text(factor) == text


def test_a_range_stands_still_while_data_grow_into_its_margin() -> None:
    calm = CalmRange()
    first = calm.around(0, 100, 1)
    assert calm.around(0, 102, 1) == first
    assert calm.around(0, 110, 1)[1] > 110


def test_a_range_shrinks_when_much_of_it_is_empty() -> None:
    calm = CalmRange()
    calm.around(0, 100, 1)
    assert calm.around(0, 50, 1)[1] < 60


def test_a_single_value_gets_room_on_both_sides() -> None:
    assert CalmRange().around(5, 5, 1) == (4, 6)
