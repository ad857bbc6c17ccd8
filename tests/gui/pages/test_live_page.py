"""The Live page on real models: what is drawn, what it says, and that nothing moves under the user's hands."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage

from musiclog.records import Event, Points, SampleFile
from musiclog_gui.state.chart_layout import ChartLayout, ChartLayouts
from musiclog_gui.state.chart_view import ChartView
from musiclog_gui.state.groups import RunGroup
from musiclog_gui.state.runs import RunEntry
from musiclog_gui.views import chart as chart_module
from musiclog_gui.views import chart_bands
from musiclog_gui.views.chart import HEIGHT, Chart
from musiclog_gui.views.chart_axes import XAxis
from musiclog_gui.views.chart_grid import ChartGrid
from musiclog_gui.views.chart_menu import ChartMenu
from musiclog_gui.views.chart_place import MIME
from musiclog_gui.views.live_page import LivePage
from musiclog_gui.views.readout import Readout

PLAIN = ChartView(smoothing=0.0)


@pytest.fixture
def live(desk: Any) -> Any:
    """A shown page with its charts; live(view) takes another view than values as logged."""

    def build(view: ChartView = PLAIN) -> LivePage:
        page = desk.show(LivePage(desk.store, desk.selection, view))
        page.start(ChartGrid)
        desk.qtbot.waitExposed(page)
        return page

    return build


def chart_of(desk: Any, page: LivePage, name: str) -> Chart:
    """The chart of a metric, scrolled into sight, built and drawn."""

    def seen() -> bool:
        place = page.grid.place(name)
        page.grid.ensureWidgetVisible(place)
        page.grid.draw_visible()
        return place.chart is not None and not place.stale

    desk.qtbot.waitUntil(seen)
    return page.grid.place(name).chart


def more(desk: Any, entry: RunEntry, start: int, values: list[float], name: str = "total_loss") -> None:
    steps = np.arange(start, start + len(values), dtype=float)
    desk.tell(entry, points={name: Points(steps, 1e9 + steps, steps / 100, np.array(values))})


def rect(chart: Chart) -> tuple[float, ...]:
    return tuple(round(value, 9) for value in chart.view_rect.getCoords())


# -- what is drawn ----------------------------------------------------------------------------------


def test_without_a_run_the_page_says_how_to_begin(desk: Any, live: Any) -> None:
    page = live()
    with desk.qtbot.waitSignal(page.open_requested):
        desk.qtbot.mouseClick(page._empty._button, Qt.MouseButton.LeftButton)
    assert "Open a folder" in page._empty.words()


def test_points_that_arrive_are_drawn(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [3.0, 2.0, 1.0])
    chart = chart_of(desk, page, "total_loss")
    more(desk, run, 3, [0.5])
    x, y = chart.curve_points(run.id, "total_loss")
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 3], [3.0, 2.0, 1.0, 0.5])


def test_a_curve_of_one_point_is_seen(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 7, [1.5])
    chart = chart_of(desk, page, "total_loss")
    dots = chart._curves[run.id, "total_loss"].dots
    assert dots.isVisible()
    assert dots.getData()[0].tolist() == [7.0]
    assert chart.view_rect.contains(QPointF(7.0, 1.5))


def test_a_run_that_is_not_shown_is_not_drawn(desk: Any, live: Any) -> None:
    page, one, other = live(), desk.run("one"), desk.run("other")
    for run in (one, other):
        more(desk, run, 0, [1.0, 2.0])
    desk.store.set_shown(one.id, False)
    assert chart_of(desk, page, "total_loss").curves() == [(other.id, "total_loss")]


def test_smoothing_is_drawn_over_the_values_and_named(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.9)), desk.run()
    more(desk, run, 0, [1.0] + [0.0] * 29)
    chart = chart_of(desk, page, "total_loss")
    _, y = chart.curve_points(run.id, "total_loss")
    np.testing.assert_allclose(y[:3], [1.0, 0.09 / 0.19, 0.081 / 0.271])
    assert chart._curves[run.id, "total_loss"].raw.getData()[1].tolist() == [1.0] + [0.0] * 29
    assert "smoothing 0.90" in chart.head.note


def test_a_handful_of_points_is_not_smoothed(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.9)), desk.run()
    more(desk, run, 0, [1.0, 0.0, 0.5])
    chart = chart_of(desk, page, "total_loss")
    assert chart.curve_points(run.id, "total_loss")[1].tolist() == [1.0, 0.0, 0.5]
    assert "smoothing" not in chart.head.note


def test_no_peak_is_lost_when_there_are_more_points_than_pixels(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    values = np.zeros(200_000)
    values[123_456] = 9.0
    more(desk, run, 0, values.tolist())
    _, y = chart_of(desk, page, "total_loss").curve_points(run.id, "total_loss")
    assert y.max() == 9.0
    assert len(y) < 4_000


def test_logarithms_go_through_zero_where_values_do(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.0, log_y=True)), desk.run()
    more(desk, run, 0, [100.0, math.nan, 0.0, -100.0, 10.0])
    chart = chart_of(desk, page, "total_loss")
    y = dict(zip(*(each.tolist() for each in chart.curve_points(run.id, "total_loss")), strict=True))
    assert (y[2.0], y[3.0]) == (0.0, -y[0.0])
    assert 0 < y[4.0] < y[0.0]
    assert chart.head.note.endswith("log through zero")
    more(desk, run, 5, [1.0])
    assert chart.plot.getAxis("left").tickStrings([0.0, y[0.0]], 1, 1) == ["0", "100"]


def test_logarithms_of_x_leave_nothing_out_but_what_has_none(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    values = [5.0, *np.linspace(2, 1, 9_999)]
    values[3], values[9_000] = 9.0, -3.0
    more(desk, run, 0, values)
    desk.tell(run, events=(Event("checkpoint", 100.0, None, None, {}),))
    page._log_x.click()
    chart = chart_of(desk, page, "total_loss")
    x, y = chart.curve_points(run.id, "total_loss")
    assert x[0] == 0.0  # step 1; step 0 has no logarithm
    assert x[-1] == pytest.approx(4.0, abs=1e-4)
    assert x[y.argmax()] == pytest.approx(math.log10(3))
    assert y.min() == -3.0
    assert "log x" in chart.head.note
    assert [mark.x for mark in chart.happenings.marks] == [2.0]
    chart.point_at(1_000.0)
    assert chart._crosshair.pos().x() == 3.0
    assert chart.readings_at(1_000.0)[0].value == values[1_000]


def test_a_zoom_on_a_logarithmic_axis_is_one_in_steps(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.0, log_x=True)), desk.run()
    more(desk, run, 0, [1.0] * 10_000)
    chart = chart_of(desk, page, "total_loss")
    drag_zoom(chart, (1.0, 2.0), (0.5, 1.5))  # places: steps 10 to 100
    assert chart.zoom.x == pytest.approx((10, 100))
    page._log_x.click()
    assert (chart.view_rect.left(), chart.view_rect.right()) == pytest.approx((10, 100))


def test_ticks_of_logarithmic_x_are_whole_steps() -> None:
    axis = XAxis()
    axis.set_kind("step", log=True)
    (spacing, places), *_ = axis.tickValues(0.0, 5.0, 600)
    assert axis.tickStrings(places, 1.0, spacing) == ["1", "10", "100", "1000", "10k", "100k"]
    (spacing, places), *_ = axis.tickValues(0.0, 0.4, 600)
    assert axis.tickStrings(places, 1.0, spacing) == ["1", "2"]


def test_positive_values_have_plain_logarithms(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.0, log_y=True)), desk.run()
    more(desk, run, 0, [100.0, 10.0, 1000.0])
    assert chart_of(desk, page, "total_loss").curve_points(run.id, "total_loss")[1].tolist() == [2.0, 1.0, 3.0]


@pytest.mark.parametrize(("kind", "words"), [("gaussian", "gaussian σ 1.13 rows"), ("running mean", "± 2 rows")])
def test_other_kinds_of_smoothing_look_both_ways(desk: Any, live: Any, kind: str, words: str) -> None:
    page, run = live(ChartView(smoothing=0.6)), desk.run()
    values = [0.0] * 15 + [1.0] + [0.0] * 14
    more(desk, run, 0, values[:20])
    page._kind.setCurrentIndex(page._kind.findData(kind))
    chart = chart_of(desk, page, "total_loss")
    more(desk, run, 20, values[20:])
    x, y = chart.curve_points(run.id, "total_loss")
    assert x.tolist() == list(range(30))
    assert y.argmax() == 15 or y[14] == pytest.approx(y[15])
    assert y[15] < 1.0
    assert y[14] == pytest.approx(y[16])
    assert words in chart.head.note


def test_outliers_are_hidden_on_demand_and_counted_also_while_more_come(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    rng = np.random.default_rng(3)
    more(desk, run, 0, [*rng.normal(1, 0.1, 500), 1e6, -1e6, *rng.normal(1, 0.1, 500)])
    chart = chart_of(desk, page, "total_loss")
    assert chart.view_rect.contains(QPointF(500, 1e6))
    page._clip.click()
    assert chart.view_rect.height() < 2
    assert chart.head.warning.startswith("2 of 1,002 points hidden")
    more(desk, run, 1002, [5e5])
    assert chart.head.warning.startswith("3 of 1,003 points hidden")
    assert chart.view_rect.height() < 2
    page._clip.click()
    assert not chart.head.warning


@pytest.mark.parametrize("axis", ["step", "relative"])
def test_outliers_in_a_chosen_stretch_are_counted_also_while_more_come(desk: Any, live: Any, axis: str) -> None:
    page, run = live(ChartView(axis=axis, smoothing=0.0, clip=True)), desk.run()
    rng = np.random.default_rng(3)
    more(desk, run, 0, [1e6, *rng.normal(1, 0.1, 1000)])
    chart = chart_of(desk, page, "total_loss")
    chart.zoom_x(500.0, 1002.0)
    assert not chart.head.warning
    more(desk, run, 1001, [5e5, -3e5, 2e5, 1e5])  # the last two lie right of what is shown
    assert chart.head.warning.startswith("2 of 503 points hidden")


@pytest.mark.parametrize("axis", ["tokens", "metric:tokens_seen"])
def test_curves_lie_over_the_tokens_seen(desk: Any, live: Any, axis: str) -> None:
    page, run = live(ChartView(axis=axis, smoothing=0.0)), desk.run()
    desk.tell(run, points=desk.points(total_loss=[3.0, 2.0, 1.0], tokens_seen=[10.0, 250.0, 900.0]))
    x, y = chart_of(desk, page, "total_loss").curve_points(run.id, "total_loss")
    assert (x.tolist(), y.tolist()) == ([10.0, 250.0, 900.0], [3.0, 2.0, 1.0])


def test_over_a_metric_that_goes_up_and_down_points_make_no_line(desk: Any, live: Any) -> None:
    page, run = live(ChartView(smoothing=0.0)), desk.run()
    desk.tell(run, points=desk.points(total_loss=[4.0, 3.0, 2.0, 1.0], learning_rate=[0.1, 0.3, 0.2, 0.05]))
    page._axis.setCurrentIndex(page._axis.findData("metric:learning_rate"))
    curve = chart_of(desk, page, "total_loss")._curves[run.id, "total_loss"]
    assert not curve.raw.isVisible()
    x, y = curve.dots.getData()
    assert (x.tolist(), y.tolist()) == ([0.05, 0.1, 0.2, 0.3], [1.0, 4.0, 2.0, 3.0])


def test_files_are_counted_by_their_use(desk: Any, live: Any) -> None:
    page, run = live(ChartView(axis="files", smoothing=0.0)), desk.run()
    used = tuple({"t": 1e9 + at, "name": "a.mid"} for at in (-1.0, 0.5, 0.6))
    desk.tell(run, data_usage=used, points=desk.points(total_loss=[3.0, 2.0, 1.0]))
    assert chart_of(desk, page, "total_loss").curve_points(run.id, "total_loss")[0].tolist() == [1.0, 3.0, 3.0]


def test_a_run_that_counts_nothing_says_so(desk: Any, live: Any) -> None:
    page, run = live(ChartView(axis="tokens", smoothing=0.0)), desk.run()
    more(desk, run, 0, [3.0, 2.0, 1.0])
    assert chart_of(desk, page, "total_loss")._empty.text() == "Logged without tokens seen"


def test_nan_is_marked_where_it_happened(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0, math.nan, 2.0, math.inf, 1.0])
    marks = chart_of(desk, page, "total_loss").happenings.marks
    assert [(mark.kind, mark.x) for mark in marks] == [("missing", 1.0), ("missing", 3.0)]


def test_an_alert_is_a_band_on_its_metric_only(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(total_loss=[1.0] * 200, gradient_norm=[1.0] * 200))
    desk.tell(run, events=(desk.alert(step=120), desk.alert(state="recovered", step=150, last_step=150)))
    (band,) = chart_of(desk, page, "total_loss").happenings.bands
    assert (band.x0, band.x1) == (120.0, 150.0)
    assert not chart_of(desk, page, "gradient_norm").happenings.bands


def test_checkpoints_resumes_and_samples_of_the_run_are_marked(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0] * 50)
    desk.tell(
        run, events=(Event("checkpoint", 10, None, None), Event("resume", 20, None, None)),
        samples=(SampleFile("/runs/bach/a.mid", "a.mid", step=30),),
    )  # fmt: skip
    marks = {mark.kind: mark.x for mark in chart_of(desk, page, "total_loss").happenings.marks}
    assert marks == {"checkpoint": 10.0, "resume": 20.0, "sample": 30.0}


def test_marks_can_be_switched_off(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0, math.nan, 1.0])
    page._marks.click()
    assert not chart_of(desk, page, "total_loss").happenings.marks


def test_relative_time_counts_from_the_first_point(desk: Any, live: Any) -> None:
    page, run = live(ChartView(axis="relative", smoothing=0.0)), desk.run()
    more(desk, run, 5, [3.0, 2.0, 1.0])
    x, _ = chart_of(desk, page, "total_loss").curve_points(run.id, "total_loss")
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_a_run_without_times_says_so_on_the_axis_of_time(desk: Any, live: Any) -> None:
    page, run = live(ChartView(axis="wall", smoothing=0.0)), desk.run()
    nowhere = np.full(3, np.nan)
    desk.tell(run, points={"total_loss": Points(np.arange(3.0), nowhere, nowhere, np.ones(3))})
    chart = chart_of(desk, page, "total_loss")
    assert chart._empty.isVisible()
    assert chart._empty.text() == "Logged without wall time"
    page._axis.setCurrentIndex(0)
    assert not chart_of(desk, page, "total_loss")._empty.isVisible()


def test_only_charts_in_sight_are_built(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(**{f"group{number:02}__metric": [1.0, 2.0] for number in range(40)}))
    desk.qtbot.waitUntil(lambda: page.grid.charts()[0].chart is not None)
    assert sum(place.chart is not None for place in page.grid.charts()) < 15


def test_a_search_leaves_the_charts_that_match(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(total_loss=[1.0], kl_loss=[1.0], learning_rate=[1.0]))
    desk.qtbot.keyClicks(page._search, "kl")
    assert [place.plan.name for place in page.grid.charts()] == ["kl_loss"]


# -- nothing moves under the user's hands -------------------------------------------------------------


def test_a_zoom_survives_everything_that_arrives(desk: Any, live: Any) -> None:
    page, run = live(ChartView()), desk.run()
    more(desk, run, 0, [1.0] * 100)
    chart = chart_of(desk, page, "total_loss")
    chart.plot.getViewBox().setRange(xRange=(20, 40), yRange=(0.5, 1.5), padding=0)
    chart.plot.getViewBox().sigRangeChangedManually.emit([True, True])
    before = rect(chart)
    for start in range(100, 1100, 100):
        more(desk, run, start, [float(start)] * 100)
    more(desk, desk.run("late"), 0, [50.0] * 10)
    desk.selection.set_run(run.id)
    desk.tell(run, events=(desk.alert(),))
    assert rect(chart) == before
    assert chart.zoomed


def test_without_a_zoom_the_view_grows_with_the_data(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0] * 10)
    chart = chart_of(desk, page, "total_loss")
    more(desk, run, 10, [5.0] * 90)
    assert chart.view_rect.contains(QPointF(99.0, 5.0))


def test_fit_shows_everything_again(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0] * 100)
    chart = chart_of(desk, page, "total_loss")
    chart.zoom_x(20, 30)
    assert chart.head.fit.isVisible()
    desk.qtbot.mouseClick(chart.head.fit, Qt.MouseButton.LeftButton)
    assert chart.view_rect.contains(QPointF(0.0, 1.0))
    assert not chart.zoomed


def test_scrolling_and_selection_survive_a_refresh(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(**{f"group{number:02}__metric": [1.0, 2.0] for number in range(40)}))
    bar = page.grid.verticalScrollBar()
    desk.qtbot.waitUntil(lambda: bar.maximum() > 900)
    bar.setValue(700)
    desk.selection.set_run(run.id)
    more(desk, run, 2, [3.0] * 5, "group01/metric")
    assert (bar.value(), desk.selection.run) == (700, run.id)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # an offscreen screen has no popups to grab
def test_what_was_set_above_the_charts_stays_while_metrics_come(desk: Any, live: Any) -> None:
    page, run = live(ChartView(axis="metric:total_loss", smoothing=0.9)), desk.run()
    more(desk, run, 0, [3.0, 2.0, 1.0])
    page._search.setText("loss")
    page._search.setCursorPosition(2)
    before = (page._slider.value(), page._axis.currentData(), page._kind.currentIndex(), page._search.cursorPosition())
    page._axis.showPopup()
    offered = page._axis.count()
    more(desk, run, 0, [1.0, 1.0], "another_loss")
    assert page._axis.count() == offered
    page._axis.hidePopup()
    more(desk, run, 2, [1.0, 1.0], "another_loss")
    assert page._axis.count() == offered + 1
    after = (page._slider.value(), page._axis.currentData(), page._kind.currentIndex(), page._search.cursorPosition())
    assert after == before


def test_a_chart_alone_and_one_in_a_window_stay_as_they_are_while_points_come(desk: Any, many: LivePage) -> None:
    run = desk.store.entry("/runs/bach")
    out = chart_of(desk, many, "a/x0")
    many.grid._go_out(many.grid.place("a/x0"))
    out.zoom_x(0.5, 1.5)
    size = out.window().size()
    many.grid.show_alone("a/x1")
    desk.tell(run, points=desk.points(a__x0=[1.0] * 5, a__x1=[1.0] * 5, b__new=[1.0]))
    assert many.grid.alone == "a/x1"
    assert many.grid.place("a/x0").out
    assert (out.view_rect.left(), out.view_rect.right()) == (0.5, 1.5)
    assert out.window().size() == size
    many.grid.place("a/x0").come_back()


def test_columns_of_sections_with_few_and_with_many_charts_align(desk: Any, many: LivePage) -> None:
    many.layouts.use(ChartLayout(columns=3))
    desk.qtbot.waitUntil(lambda: many.grid.place("a/x2").x() > many.grid.place("a/x1").x() > 0)
    many.grid.pin("b/x0", True)
    lonely, first = chart_of(desk, many, "b/x0").parentWidget(), many.grid.place("a/x0")
    assert (first.x(), first.width()) == (lonely.x(), lonely.width())


def test_a_requested_moment_is_shown_in_every_chart(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(total_loss=[1.0] * 1000, gradient_norm=[1.0] * 1000))
    desk.selection.moment_requested.emit(run.id, 500.0)
    for name in ("total_loss", "gradient_norm"):
        low, _, high, _ = rect(chart_of(desk, page, name))
        assert (low + high) / 2 == pytest.approx(500)
        assert high - low < 200
    assert desk.selection.run == run.id


def test_a_moment_asked_for_before_the_charts_stand_is_shown_once_they_do(desk: Any) -> None:
    page = desk.show(LivePage(desk.store, desk.selection, PLAIN))
    run = desk.run()
    more(desk, run, 0, [1.0] * 1000)
    desk.selection.moment_requested.emit(run.id, 300.0)
    page.start(ChartGrid)
    low, _, high, _ = rect(chart_of(desk, page, "total_loss"))
    assert (low + high) / 2 == pytest.approx(300)


def test_a_hidden_page_draws_when_it_is_shown(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0, 2.0])
    chart = chart_of(desk, page, "total_loss")
    page.hide()
    more(desk, run, 2, [3.0])
    assert len(chart.curve_points(run.id, "total_loss")[0]) == 2
    page.show()
    desk.qtbot.waitUntil(lambda: len(chart.curve_points(run.id, "total_loss")[0]) == 3)


# -- the crosshair --------------------------------------------------------------------------------------


def test_the_crosshair_tells_the_values_of_all_runs_the_closest_first(desk: Any, live: Any) -> None:
    page = live()
    low, high = desk.run("low"), desk.run("high")
    more(desk, low, 0, [1.0] * 10)
    more(desk, high, 0, [9.0] * 10)
    chart = chart_of(desk, page, "total_loss")
    box = chart.plot.getViewBox()
    for y, expected in ((8.5, ["high", "low"]), (1.5, ["low", "high"])):
        at = chart.plot.mapTo(chart.window(), box.mapViewToScene(QPointF(5.0, y)).toPoint())
        chart.point_at(5.0, at)
        text = Readout.of(chart).text()
        assert [name for _, name in sorted((text.index(name), name) for name in ("high", "low"))] == expected
        assert "step 5" in text


def test_the_crosshair_stands_in_every_chart(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(total_loss=[1.0, 2.0, 3.0], gradient_norm=[7.0, 8.0, 9.0]))
    one, other = chart_of(desk, page, "total_loss"), chart_of(desk, page, "gradient_norm")
    with desk.qtbot.waitSignal(desk.selection.step_pointed):
        one.pointed.emit(1.0)
    assert other._crosshair.isVisible()
    assert other._crosshair.value() == 1.0
    assert "8" in other.head.values
    one.pointed.emit(None)
    assert not other._crosshair.isVisible()


def test_a_name_that_looks_like_html_is_told_as_it_is(desk: Any, live: Any) -> None:
    page, run = live(), desk.run(desk.hostile)
    more(desk, run, 0, [1.0, 2.0])
    chart = chart_of(desk, page, "total_loss")
    chart.point_at(1.0, QPoint(300, 300))
    assert "<b>bold" not in Readout.of(chart).text()


def test_a_click_on_a_curve_selects_its_run(desk: Any, live: Any) -> None:
    page = live()
    low, high = desk.run("low"), desk.run("high")
    more(desk, low, 0, [1.0] * 10)
    more(desk, high, 0, [9.0] * 10)
    chart = chart_of(desk, page, "total_loss")
    at = chart.plot.mapFromScene(chart.plot.getViewBox().mapViewToScene(QPointF(5.0, 9.0)))
    desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    desk.qtbot.waitUntil(lambda: desk.selection.run == high.id)


def test_a_click_on_a_sample_plays_it(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0] * 50)
    desk.tell(run, samples=(SampleFile("/runs/bach/a.mid", "a.mid", step=30),))
    chart = chart_of(desk, page, "total_loss")
    box = chart.plot.getViewBox()
    floor = box.sceneBoundingRect().bottom() - chart.happenings.FLOOR_PX
    at = QPoint(round(box.mapViewToScene(QPointF(30.0, 1.0)).x()), round(floor))
    with desk.qtbot.waitSignal(desk.selection.play_requested) as played:
        desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert played.args == [run.id, "/runs/bach/a.mid"]


def test_three_hundred_frames_are_painted(desk: Any, live: Any) -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference in most calls, and aborts after some hundred."""
    page, run = live(ChartView()), desk.run()
    more(desk, run, 0, [1.0, 2.0])
    chart = chart_of(desk, page, "total_loss")
    for frame in range(300):
        more(desk, run, 2 + frame, [float(frame)])
        chart.repaint()
    assert run.data.last_step == 301


# -- back and forth ---------------------------------------------------------------------------------------


def drag_zoom(chart: Chart, x: tuple[float, float], y: tuple[float, float]) -> None:
    """What the box of the mouse does when it is let go."""
    box = chart.plot.getViewBox()
    box.setRange(xRange=x, yRange=y, padding=0)
    box.sigRangeChangedManually.emit([True, True])


def test_a_zoom_is_undone_and_redone_also_after_more_data(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [1.0] * 100)
    chart = chart_of(desk, page, "total_loss")
    drag_zoom(chart, (20, 40), (0.5, 1.5))
    drag_zoom(chart, (25, 30), (0.9, 1.1))
    page.grid.history.go(page.grid.history.current.after("total_loss", None, linked=False))
    page.grid.undo()
    more(desk, run, 100, [1.0] * 100)
    assert rect(chart) == (25, 0.9, 30, 1.1)
    page.undo()
    assert not chart.zoomed
    page.redo()
    assert rect(chart) == (25, 0.9, 30, 1.1)


def test_linked_charts_show_the_same_stretch(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    desk.tell(run, points=desk.points(total_loss=[1.0] * 100, gradient_norm=[5.0] * 100))
    one, other = chart_of(desk, page, "total_loss"), chart_of(desk, page, "gradient_norm")
    drag_zoom(one, (20, 40), (0.5, 1.5))
    assert not other.zoomed
    page._link.click()
    drag_zoom(one, (30, 50), (0.5, 1.5))
    assert (other.view_rect.left(), other.view_rect.right()) == pytest.approx((30, 50))
    assert other.view_rect.contains(QPointF(40, 5.0))
    page.undo()
    assert not other.zoomed


# -- groups and marks -------------------------------------------------------------------------------------


class Groups(QObject):
    """What the run list would say; by hand."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.found: tuple[RunGroup, ...] = ()

    def current(self) -> tuple[RunGroup, ...]:
        return self.found


@pytest.fixture
def grouped(desk: Any) -> Any:
    """A shown page of three runs of which two are a group, one half as long as the other."""
    groups = Groups()
    page = desk.show(LivePage(desk.store, desk.selection, PLAIN, groups=groups))
    page.start(ChartGrid)
    desk.qtbot.waitExposed(page)
    runs = [desk.run(name) for name in ("one", "two", "alone")]
    for run, values in zip(runs, ([1.0] * 40, [3.0] * 20, [9.0] * 40), strict=True):
        more(desk, run, 0, values)
    one, two, alone = (run.id for run in runs)
    groups.found = (RunGroup("size 3", (one, two), "#0072b2"), RunGroup("size 4", (alone,), "#d55e00"))
    groups.changed.emit()
    return page


def test_runs_of_a_group_are_drawn_as_one_curve_with_a_band(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    assert [run_id for run_id, _ in chart.curves()] == ["/runs/alone"]
    drawing = chart._drawings["size 3", "total_loss"]
    assert drawing.at(10.0) == (2.0, 1.0, 3.0, 2)
    assert drawing.at(30.0) == (1.0, 1.0, 1.0, 1)  # the shorter run says nothing there, and nothing is cut
    assert chart.head.note == "mean, lowest to highest"
    assert [each.name for each in chart.readings_at(10.0)] == ["size 3: 2 runs (1 to 3)", "alone"]


def test_another_curve_and_band_are_chosen_in_the_menu(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    for action in grouped._bands.menu().actions():
        if action.text() in ("Median", "Standard deviation"):
            action.trigger()
    assert (grouped.view.middle, grouped.view.spread) == ("median", "deviation")
    assert chart.head.note == "median, standard deviation"


def test_a_band_grows_and_leaves_the_zoom_alone(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    drag_zoom(chart, (5, 15), (0, 4))
    more(desk, desk.store.entry("/runs/two"), 20, [3.0] * 20)
    assert rect(chart) == (5, 0, 15, 4)
    chart.fit()
    assert chart._drawings["size 3", "total_loss"].at(30.0)[3] == 2


def test_a_chart_stays_in_sight_when_its_validation_is_logged_for_the_first_time(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    more(desk, run, 0, [3.0, 2.0, 1.0])
    chart_of(desk, page, "total_loss")
    more(desk, run, 2, [1.5], "val/total_loss")
    chart = chart_of(desk, page, "val/total_loss")
    desk.qtbot.waitUntil(chart.isVisible)
    assert set(chart.curves()) == {(run.id, "total_loss"), (run.id, "val/total_loss")}


def test_the_validation_of_a_group_is_dashed_and_as_logged(desk: Any, grouped: Any) -> None:
    grouped._slider.setValue(100)
    for name in ("one", "two"):
        more(desk, desk.store.entry(f"/runs/{name}"), 0, [5.0, 7.0] * 20, "val/total_loss")
    chart = chart_of(desk, grouped, "total_loss")
    drawing = chart._drawings["size 3", "val/total_loss"]
    assert drawing.at(1.0)[0] == 7.0
    assert drawing.middle._pen.style() == Qt.PenStyle.CustomDashLine
    assert "validation" in chart.head.note


def test_a_narrow_page_does_without_the_words_before_its_controls(desk: Any, live: Any) -> None:
    page = live()
    page.resize(1600, 700)
    assert all(label.isVisible() for label in page._words)
    page.resize(page.minimumSizeHint().width(), 700)
    assert not any(label.isVisible() for label in page._words)


def test_the_means_of_very_many_points_are_exact_a_moment_later(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    assert "approximate" not in chart.head.note
    chart._refine.setInterval(3_600_000)  # until it was seen
    peaks = [1.0] * 999 + [101.0]  # their mean is 1.1, that of the extremes of any stretch 51
    for name, start in (("one", 40), ("two", 20)):
        more(desk, desk.store.entry(f"/runs/{name}"), start, peaks * 110)
    desk.qtbot.waitUntil(lambda: chart.head.note == "mean, lowest to highest  ·  approximate so far")
    drawing = chart._drawings["size 3", "total_loss"]
    assert drawing.at(50_000.0)[0] > 2
    chart._refine.setInterval(0)
    chart._refine.start()
    desk.qtbot.waitUntil(lambda: "approximate" not in chart.head.note)
    assert drawing.at(50_000.0)[0] == pytest.approx(1.1, abs=0.5)
    assert drawing.at(50_000.0)[2] == 101.0


def test_runs_too_long_for_exact_means_are_told(desk: Any, grouped: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_bands, "LONG", 1_000)
    monkeypatch.setattr(chart_module, "LONG", 1_000)
    monkeypatch.setattr(chart_module, "FEW", 10_000)
    more(desk, desk.store.entry("/runs/one"), 40, [1.0] * 20_000)
    chart = chart_of(desk, grouped, "total_loss")
    desk.qtbot.waitUntil(lambda: chart.head.note.endswith("approximate: runs of over 1,000 points"))


def test_a_click_on_the_curve_of_a_group_names_the_group(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    at = chart.plot.mapFromScene(chart.plot.getViewBox().mapViewToScene(QPointF(10.0, 2.0)))
    with desk.qtbot.waitSignal(grouped.group_clicked) as told:
        desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told.args == ["size 3"]
    assert desk.selection.run is None


def test_without_groups_every_run_is_itself_again(desk: Any, grouped: Any) -> None:
    chart = chart_of(desk, grouped, "total_loss")
    assert grouped._bands.isVisible()
    grouped._groups.found = ()
    grouped._groups.changed.emit()
    assert len(chart.curves()) == 3
    assert not chart._drawings
    assert not grouped._bands.isVisible()


def test_every_kind_of_mark_is_switched_by_itself(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    steps = np.arange(300.0)
    desk.tell(
        run, points={"total_loss": Points(steps, 1e9 + steps, steps // 100, np.ones(300))},
        events=(Event("checkpoint", 10, None, None), Event("resume", 20, None, None), desk.alert()),
        samples=(SampleFile("/runs/bach/a.mid", "a.mid", step=30),),
    )  # fmt: skip
    chart = chart_of(desk, page, "total_loss")

    def kinds() -> set[str]:
        return {mark.kind for mark in chart.happenings.marks} | {"alert" for _ in chart.happenings.bands}

    assert kinds() == {"checkpoint", "resume", "sample", "alert"}
    for action in page._marks.menu().actions():
        if action.data() in ("epoch", "checkpoint", "alert"):
            action.trigger()
    assert kinds() == {"epoch", "resume", "sample"}
    assert [mark.x for mark in chart.happenings.marks if mark.kind == "epoch"] == [0.0, 100.0, 200.0]


def test_samples_stand_at_their_score_in_the_charts_of_quality(desk: Any, live: Any) -> None:
    page, run = live(), desk.run()
    steps = np.arange(10.0)
    corpus = {"metric": "quality/overall", "low": 0.6, "typical": 0.7, "high": 0.8, "source": "folk tunes"}
    desk.tell(
        run, points={"quality/overall": Points(steps, 1e9 + steps, steps, steps / 10)},
        samples=(
            SampleFile("/runs/bach/a.mid", "a.mid", step=3),
            SampleFile("/b.mid", "b.mid", step=5, card={"overall": 0.9}),
        ),
        events=(Event("quality_band", None, None, None, corpus),),
    )  # fmt: skip
    chart = chart_of(desk, page, "quality/overall")
    assert [(mark.x, mark.y) for mark in chart.happenings.marks] == [(3.0, 0.3), (5.0, 0.9)]
    assert chart.view_rect.contains(QPointF(5.0, 0.9))
    desk.tell(run, samples=(SampleFile("/c.mid", "c.mid", step=6, card={"overall": 1.7}),))
    assert chart.view_rect.contains(QPointF(6.0, 1.7))  # far above the curve
    assert "folk tunes" in chart.happenings.level_at(0.65).text
    assert chart.happenings.level_at(0.2) is None
    at = chart.plot.mapFromScene(chart.plot.getViewBox().mapViewToScene(QPointF(5.0, 0.9)))
    with desk.qtbot.waitSignal(desk.selection.play_requested) as played:
        desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert played.args == [run.id, "/b.mid"]


# -- taking it out of the window --------------------------------------------------------------------------


def exported(desk: Any, live: Any, view: ChartView = PLAIN) -> tuple[Chart, ChartMenu]:
    """A chart that lives as long as the desk, and its menu."""
    page, run = live(view), desk.run("bach")
    desk.page = page
    more(desk, run, 0, [3.0, math.nan, 1.5] + [1.0] * 30)
    chart = chart_of(desk, page, "total_loss")
    return chart, ChartMenu(chart)


def test_a_chart_is_saved_as_a_picture_and_as_a_drawing(desk: Any, live: Any, tmp_path: Path) -> None:
    chart, menu = exported(desk, live)
    menu.save("png", str(tmp_path / "a.png"))
    menu.save("svg", str(tmp_path / "a.svg"))
    assert QImage(str(tmp_path / "a.png")).size() == chart.size() * 2
    drawing = (tmp_path / "a.svg").read_text("utf-8")
    assert "total_loss" in drawing
    assert "<polyline" in drawing
    assert "<image" not in drawing


def test_all_points_are_saved_as_csv_with_the_factor_of_smoothing(desk: Any, live: Any, tmp_path: Path) -> None:
    chart, menu = exported(desk, live, ChartView(smoothing=0.9))
    chart.zoom_x(0, 1)
    menu.save("csv", str(tmp_path / "a.csv"))
    desk.qtbot.waitUntil((tmp_path / "a.csv").exists)
    lines = (tmp_path / "a.csv").read_text("utf-8").splitlines()
    assert lines[0] == "run,metric,step,epoch,unix_time,value,smoothed (exponential 0.9)"
    assert lines[1:3] == ["bach,total_loss,0,0,1000000000,3,3", "bach,total_loss,1,0.01,1000000001,,"]
    assert len(lines) == 34
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_cannot_be_written_is_told_above_the_chart(desk: Any, live: Any, tmp_path: Path) -> None:
    chart, menu = exported(desk, live)
    for kind in ("png", "svg", "csv"):
        menu.save(kind, str(tmp_path / "nowhere" / f"a.{kind}"))
        assert chart.head.warning
        chart.head.warn("")


def test_picture_and_values_are_copied(desk: Any, live: Any) -> None:
    _, menu = exported(desk, live)
    menu.copy_values()
    assert QGuiApplication.clipboard().text().startswith("run,metric,step,epoch,unix_time,value\nbach,total_loss,0,")
    menu.copy_picture()
    assert not QGuiApplication.clipboard().image().isNull()


def test_a_right_click_opens_the_menu(desk: Any, live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chart, _ = exported(desk, live)
    monkeypatch.setattr(ChartMenu, "popup", lambda _menu, _at: None)  # a display that is not there shows none
    with desk.qtbot.waitSignal(chart.menu_opened) as opened:
        desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.RightButton, pos=QPoint(150, 80))
    assert "Copy picture" in [action.text().replace("&", "") for action in opened.args[0].actions()]


# -- the places of the charts -----------------------------------------------------------------------------


@pytest.fixture
def many(desk: Any, live: Any) -> LivePage:
    """A page of one run with charts in two sections."""
    page = live()
    desk.tell(desk.run(), points=desk.points(**{f"{name}__x{n}": [1.0, 2.0] for name in "ab" for n in range(4)}))
    return page


def names(page: LivePage) -> list[list[str]]:
    return [list(section.places) for section in page.grid._sections.values()]


def test_a_pinned_chart_stands_at_the_top(many: LivePage) -> None:
    many.grid.pin("b/x1", True)
    assert names(many) == [["b/x1"], ["a/x0", "a/x1", "a/x2", "a/x3"], ["b/x0", "b/x2", "b/x3"]]
    many.grid.pin("b/x1", False)
    assert names(many)[1] == ["b/x0", "b/x1", "b/x2", "b/x3"]


def test_a_chart_that_is_dropped_on_another_takes_its_place(many: LivePage) -> None:
    data = QMimeData()
    data.setData(MIME, b"a/x3")
    target = many.grid.place("a/x1")
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    target.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.MoveAction, data, *buttons))
    assert names(many)[0] == ["a/x0", "a/x3", "a/x1", "a/x2"]
    many.grid.put("a/x0", "a/x2")
    assert names(many)[0] == ["a/x3", "a/x1", "a/x2", "a/x0"]


def test_a_chart_that_moves_keeps_its_zoom(desk: Any, many: LivePage) -> None:
    drag_zoom(chart_of(desk, many, "a/x3"), (0.2, 0.4), (1.0, 1.5))
    many.grid.put("a/x3", "a/x0")
    many.grid.pin("a/x3", True)
    assert rect(chart_of(desk, many, "a/x3")) == (0.2, 1.0, 0.4, 1.5)


def test_a_double_click_on_the_title_shows_one_chart_and_back_where_one_was(desk: Any, many: LivePage) -> None:
    chart = chart_of(desk, many, "b/x3")
    bar = many.grid.verticalScrollBar()
    before = bar.value()
    assert before > 0
    desk.qtbot.mouseDClick(chart.head, Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    assert many.grid.alone == "b/x3"
    assert chart.height() > 400
    assert not many.grid.place("b/x0").isVisible()
    desk.tell(desk.store.entry("/runs/bach"), points=desk.points(c__new=[1.0]))
    assert many.grid.alone == "b/x3"
    desk.qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert many.grid.alone == ""
    assert (chart.height(), bar.value()) == (HEIGHT, before)


def test_columns_are_chosen_and_the_layout_is_kept_under_a_name(desk: Any, many: LivePage) -> None:
    choices = {action.text(): action for action in many.layout_button.menu().actions()}
    choices["Three columns"].trigger()
    grid = many.grid._sections["A"]._grid
    assert grid.getItemPosition(grid.indexOf(many.grid.place("a/x2")))[:2] == (0, 2)
    many.grid.pin("a/x2", True)
    dialog = many.layout_button.ask_for_name()
    dialog.textValueSelected.emit("wide")
    dialog.close()
    many.layouts.use(ChartLayout())
    assert names(many)[0][0] == "a/x0"
    many.layout_button.fill()
    next(action for action in many.layout_button.menu().actions() if action.text() == "wide").trigger()
    assert names(many)[0] == ["a/x2"]
    kept = ChartLayouts(json.loads(json.dumps(many.layouts.as_dict())))
    assert (kept.current, kept.name) == (ChartLayout(3, ("a/x2",)), "wide")


def test_charts_are_resized_by_their_lower_edge_and_by_the_menu(desk: Any, many: LivePage) -> None:
    place = many.grid.place("a/x0")
    middle = QPoint(place.grip.width() // 2, 3)
    desk.qtbot.mousePress(place.grip, Qt.MouseButton.LeftButton, pos=middle)
    desk.qtbot.mouseMove(place.grip, middle + QPoint(0, 60))
    desk.qtbot.mouseRelease(place.grip, Qt.MouseButton.LeftButton, pos=middle)
    desk.qtbot.waitUntil(lambda: place.height() == HEIGHT + 60)
    assert many.grid.place("a/x2").height() == HEIGHT + 60
    assert ChartLayouts(many.layouts.as_dict()).current.height == HEIGHT + 60
    many.layout_button.fill()
    choices = {action.text(): action for action in many.layout_button.menu().actions()}
    choices["Low charts"].trigger()
    desk.qtbot.waitUntil(lambda: place.height() == 190)
    desk.qtbot.mouseDClick(place.grip, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: place.height() == HEIGHT)


def test_damaged_layouts_cost_only_themselves(qapp: Any) -> None:
    kept = ChartLayouts({"current": {"columns": "many", "pinned": ["a", 3]}, "saved": [1]})
    assert (kept.current, kept.saved) == (ChartLayout(0, ("a",)), {})


def test_a_folded_section_stays_folded(desk: Any, many: LivePage) -> None:
    many.grid._sections["A"]._head.click()
    desk.tell(desk.store.entry("/runs/bach"), points=desk.points(a__new=[1.0]))
    assert not many.grid._sections["A"]._body.isVisible()
    assert many.layouts.current.folded == ("System", "A")


def test_a_chart_in_a_window_of_its_own_goes_on_and_comes_back(desk: Any, many: LivePage) -> None:
    chart = chart_of(desk, many, "a/x1")
    place = many.grid.place("a/x1")
    drag_zoom(chart, (0.2, 0.4), (1.0, 1.5))
    many.grid._go_out(place)
    assert chart.window() is not many.window()
    chart.fit_by_user()
    more(desk, desk.store.entry("/runs/bach"), 2, [5.0], "a/x1")
    desk.qtbot.waitUntil(lambda: len(chart.curve_points("/runs/bach", "a/x1")[0]) == 3)
    chart.window().close()
    assert chart.window() is many.window()
    assert not place.out
    assert chart.height() == HEIGHT
