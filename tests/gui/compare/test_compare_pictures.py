"""The painted parts of the Compare page: brushing, the front, importance, radar, and hearing one after another."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from musiclog_gui.state.compare_axes import Axis, Brush, pareto
from musiclog_gui.state.compare_music import TEN
from musiclog_gui.views.compare_importance import DependencePlot
from musiclog_gui.views.compare_scale import ticks
from musiclog_gui.views.compare_scatter import best_sample, newest_sample

LEFT = Qt.MouseButton.LeftButton


def drag(chart, start: QPointF, end: QPointF) -> None:
    QTest.mousePress(chart, LEFT, pos=start.toPoint())
    QTest.mouseMove(chart, end.toPoint())
    QTest.mouseRelease(chart, LEFT, pos=end.toPoint())


# -- parallel coordinates ---------------------------------------------------------------------------


@pytest.fixture
def parallel(compared):
    return compared, compared.open("Parallel")


def place(part, key: str) -> int:
    return part.keys().index(key)


def test_a_brush_on_an_axis_leaves_its_runs_on_the_whole_page(parallel) -> None:
    bench, part = parallel
    axis = place(part, "setting training.learning_rate")
    x = part.chart.x_of(axis)
    low, high = (part.chart.y_of(axis, at) for at in (0.0005, 0.002))
    drag(part.chart, QPointF(x, low), QPointF(x, high))
    bench.settle()
    assert len(bench.answer.runs) == 6
    assert len(bench.answer.all_runs) == 12
    assert len(bench.open("Curves")._entries()) == 6
    assert len(bench.open("Table").model.row(0).runs) == 6


def test_a_brush_is_shown_and_taken_away_by_a_click(parallel) -> None:
    bench, _ = parallel
    bench.page.findings.brush(Brush("setting training.learning_rate", 0.0005, 0.002))
    bench.settle()
    chip = next(
        button
        for button in bench.page.chips.findChildren(QToolButton)
        if button.text().startswith("learning_rate: 0.0005 to 0.002")
    )
    assert bench.page.chips.isVisible()
    chip.click()
    bench.settle()
    assert len(bench.answer.runs) == 12
    assert bench.page.chips.isHidden()


def test_runs_picked_by_their_results_come_with_a_warning(parallel) -> None:
    bench, _ = parallel
    bench.page.findings.brush(Brush("final total_loss", 0.0, 1.6))
    bench.settle()
    assert any("picked by what they came to" in said for said in bench.open("Summary").words())


def test_brushes_work_from_the_keyboard(parallel) -> None:
    bench, part = parallel
    part.chart._current = place(part, "final total_loss")
    QTest.keyClick(part.chart, Qt.Key.Key_Down)
    bench.settle()
    assert len(bench.answer.runs) == 6
    QTest.keyClick(part.chart, Qt.Key.Key_Delete)
    bench.settle()
    assert len(bench.answer.runs) == 12


def test_a_click_on_a_line_selects_its_run(parallel) -> None:
    bench, part = parallel
    part.chart.grab()
    between = [point for point in part.chart._line(3) if point is not None][:2]
    middle = (between[0] * 0.3 + between[1] * 0.7).toPoint()
    QTest.mousePress(part.chart, LEFT, pos=middle)
    QTest.mouseRelease(part.chart, LEFT, pos=middle)
    row = bench.answer.all_runs.index(bench.selection.run)
    assert part.chart._distance(row, QPointF(middle)) <= part.chart._distance(3, QPointF(middle)) + 1e-6


def test_axes_are_chosen_from_everything_that_runs_tell(parallel) -> None:
    _, part = parallel
    part.axes.menu().aboutToShow.emit()
    action = next(action for action in part.axes.menu().actions() if action.data() == "final gradient_norm")
    before = set(part.keys())
    action.trigger()
    assert set(part.keys()) == before ^ {"final gradient_norm"}
    part.chart.grab()


def test_words_have_places_and_a_brush_names_them() -> None:
    axis = Axis("setting model", "model", np.array([0.0, 1.0, np.nan]), levels=("gru", "lstm"), short="model")
    brush = Brush("setting model", 0.6, 1.5)
    assert brush.passes(axis) == [False, True, False]
    assert brush.words(axis) == "model: lstm"


# -- scatter ----------------------------------------------------------------------------------------


def test_the_front_holds_what_no_other_beats_in_both() -> None:
    x, y = np.array([1.0, 2.0, 3.0, 2.0, np.nan]), np.array([1.0, 3.0, 2.0, 2.0, 9.0])
    assert pareto(x, y, "lower", "higher") == [0, 1]
    assert pareto(x, y, "higher", "higher") == [2, 1]


def test_a_click_selects_the_run_and_plays_its_newest_or_best_sample(compared, qtbot) -> None:
    part = compared.open("Scatter")
    part.chart.grab()
    assert (part.y.currentData(), part.x.currentData()) == ("quality", "final total_loss")
    run = compared.answer.all_runs[part.chart.front[0]]
    where = part.chart.point_of(part.chart.front[0]).toPoint()
    with qtbot.waitSignal(compared.selection.play_requested) as played:
        QTest.mouseRelease(part.chart, LEFT, pos=where)
    assert compared.selection.run == run
    samples = compared.store.entry(run).data.samples
    assert samples[played.args[1]].step == 19
    part.plays.setCurrentIndex(1)
    with qtbot.waitSignal(compared.selection.play_requested) as played:
        QTest.mouseRelease(part.chart, LEFT, pos=where)
    assert samples[played.args[1]].card["overall"] == max(file.card["overall"] for file in samples.values())


def test_what_is_better_is_chosen_for_each_axis(compared) -> None:
    part = compared.open("Scatter")
    assert (part.x_better.currentData(), part.y_better.currentData()) == ("lower", "higher")
    before = list(part.chart.front)
    part.x_better.setCurrentIndex(part.x_better.findData("higher"))
    assert part.chart.front != before
    part.x_better.setCurrentIndex(part.x_better.findData(None))
    assert part.chart.front == []
    assert "Say on both axes" in part.note.text()


def test_points_are_walked_by_keys_and_enter_plays(compared, qtbot) -> None:
    part = compared.open("Scatter")
    QTest.keyClick(part.chart, Qt.Key.Key_Right)
    with qtbot.waitSignal(compared.selection.play_requested):
        QTest.keyClick(part.chart, Qt.Key.Key_Return)


def test_a_run_without_samples_says_so_when_it_is_clicked(bench) -> None:
    bench.made("one", {"lr": 0.1}, total_loss=[3.0, 2.0], other=[1.0, 1.0])
    bench.made("two", {"lr": 0.2}, total_loss=[3.0, 1.0], other=[1.0, 2.0])
    part = bench.open("Scatter")
    QTest.mouseRelease(part.chart, LEFT, pos=part.chart.point_of(0).toPoint())
    assert bench.told[-1] == "This run has no sample to play"


# -- importance -------------------------------------------------------------------------------------


def test_importance_comes_with_intervals_and_plots(compared) -> None:
    part = compared.open("Importance")
    assert compared.page.findings.influences.usable
    assert "learning_rate" in part.shares.accessibleDescription()
    plots = [plot for plot in part.findChildren(DependencePlot) if not plot.isHidden()]
    assert len(plots) == 1
    part.grab()


def test_few_runs_are_told_to_be_too_few_for_forests(bench) -> None:
    bench.made("one", {"lr": 0.1}, total_loss=[3.0, 2.0])
    bench.made("two", {"lr": 0.2}, total_loss=[3.0, 1.0])
    assert "too few" in bench.open("Importance").empty.words()


def test_a_missing_extra_is_told_kindly(bench, monkeypatch) -> None:
    from musiclog.compare import analysis  # noqa: PLC0415  replaced here

    def missing(module: str) -> object:
        raise ModuleNotFoundError(module)

    monkeypatch.setattr(analysis, "import_module", missing)
    for number, rate in enumerate((0.1, 0.2, 0.1, 0.2)):
        bench.made(f"r{number}", {"lr": rate, "seed": number}, total_loss=[3.0, rate + number / 10])
    assert any("pip install 'musiclog[analysis]'" in said for said in bench.open("Summary").words())
    assert "pip install 'musiclog[analysis]'" in bench.open("Importance").empty.words()
    assert bench.open("Table").model.rowCount() == 2


def test_settings_that_always_changed_together_are_told(bench) -> None:
    for number, (rate, size) in enumerate(((0.1, 8), (0.2, 16)) * 4):
        config = {"lr": rate, "batch": size, "seed": number}
        bench.made(f"r{number}", config, total_loss=[3.0, rate + number / 100])
    part = bench.open("Importance")
    assert "always changed together" in part.warning.text()


# -- quality ----------------------------------------------------------------------------------------


def test_the_radar_has_ten_metrics_and_the_nearer_group_in_bold(compared) -> None:
    part = compared.open("Quality")
    figures = part.figures()
    assert [row[0] for row in figures] == list(TEN.values())
    assert all(0.77 < float(row[1]) < 0.83 and 0.47 < float(row[2]) < 0.53 for row in figures)
    part.grab()


def test_without_scores_it_says_when_they_come(bench) -> None:
    bench.made("one", total_loss=[3.0])
    assert "scored in the background" in bench.open("Quality").empty.words()


# -- listening --------------------------------------------------------------------------------------


def test_one_sample_of_each_group_sits_there_first(hearing) -> None:
    part = hearing.open("Listen")
    seen = [seat for seat in part.seats if not seat.isHidden()]
    assert [seat.run.currentText() for seat in seen] == ["rate0.001-seed0", "rate0.01-seed0"]
    assert all(seat.quality.text().startswith("quality 0.") for seat in seen)
    part.count.setCurrentIndex(1)
    assert [seat.run.currentText() for seat in part.seats] == [
        "rate0.001-seed0", "rate0.01-seed0", "rate0.001-seed1", "rate0.01-seed1"]  # fmt: skip
    part.grab()


def test_hearing_another_one_goes_on_at_the_same_place(hearing) -> None:
    part = hearing.open("Listen")
    part.play.click()
    assert part.heard() is part.seats[0]
    assert part.play.text() == "Pause"
    hearing.player.seek(1.5)
    part.seats[1].hear.click()
    assert part.heard() is part.seats[1]
    assert hearing.player.position_s == pytest.approx(1.5, abs=0.1)
    part.play.click()
    assert part.play.text() == "Play"


def test_a_new_sample_of_a_run_takes_its_seat_only_where_the_newest_sat(hearing) -> None:
    part = hearing.open("Listen")
    first, second = part.seats[:2]
    second.sample.setCurrentIndex(2)
    chosen = second.key
    hearing.page._renew()
    assert second.key == chosen
    assert first.sample.currentIndex() == 0


def test_runs_without_samples_say_what_to_do(qtbot, hearing) -> None:
    hearing.page.choice.tick(list(hearing.answer.runs), False)
    hearing.made("silent", total_loss=[1.0, 2.0])
    hearing.page.choice.tick(["/runs/silent"], True)
    hearing.settle()
    assert "log_sample()" in hearing.open("Listen").empty.words()


# -- what pictures share ----------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high", "most", "expected"), [
    (0.0, 1.0, 5, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), (2.95, 3.12, 4, [2.95, 3.0, 3.05, 3.1]),
    (-3.0, 3.0, 3, [-2.0, 0.0, 2.0]), (1.0, 1.0, 5, []), (0.0, float("inf"), 5, []),
])  # fmt: skip
def test_ticks_are_round_and_inside(low, high, most, expected) -> None:
    assert ticks(low, high, most) == expected


def test_a_place_without_a_run_is_none(compared) -> None:
    part = compared.open("Scatter")
    assert part.chart.row_near(QPointF(QPoint(1, 1))) is None


def test_the_best_sample_is_found_also_where_the_window_made_the_scores(compared) -> None:
    entry = compared.store.entry(compared.answer.all_runs[0])
    first, *others = entry.data.samples
    scores = {first: {"overall": 0.9}, others[-1]: {"overall": 0.2}}
    assert best_sample(entry, lambda _entry, path: scores.get(path, {})) == first
    assert best_sample(entry, lambda _entry, _path: {}) == newest_sample(entry) == others[-1]
