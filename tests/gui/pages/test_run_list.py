"""The run list on a real store: what it tells, and what its rows do."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester

from musiclog.progress import Estimate
from musiclog.records import RunInfo
from musiclog_gui.state.run_list import ROW_ROLE, FolderRow, RunListModel, RunRow, eta_words, sparkline
from musiclog_gui.views.run_list import RunList


@pytest.fixture
def model(desk: Any) -> RunListModel:
    """Watched by Qt's own model tester through everything that a test does with it."""
    model = RunListModel(desk.store, lambda run_id: 2 if "troubled" in run_id else 0)
    desk.clock.frame.connect(model.absorb)
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return model


@pytest.fixture
def shown(desk: Any, model: RunListModel) -> RunList:
    view = RunList(desk.store, desk.selection, model)
    desk.qtbot.addWidget(view)
    view.resize(300, 500)
    view.show()
    desk.qtbot.waitExposed(view)
    return view


def row_of(model: RunListModel, run_id: str) -> RunRow:
    return model.index_of(run_id).data(ROW_ROLE)


def names(view: RunList) -> list[str]:
    top = view.filter.index(0, 0)
    return [view.filter.index(row, 0, top).data() for row in range(view.filter.rowCount(top))]


def spot(view: RunList, run_id: str, model: RunListModel, x: int = 120) -> QPoint:
    rect = view.tree.visualRect(view.filter.mapFromSource(model.index_of(run_id)))
    return QPoint(x, rect.top() + 15)


# -- what it tells ------------------------------------------------------------------------------------


def test_runs_stand_under_their_folder(desk: Any, model: RunListModel) -> None:
    desk.run("one")
    desk.run("two")
    top = model.index(0, 0)
    assert top.data(ROW_ROLE) == FolderRow("/runs", "runs", 2, "")
    assert [model.index(row, 0, top).data() for row in range(2)] == ["one", "two"]


def test_a_folder_without_runs_is_listed_and_can_be_taken_out(desk: Any, model: RunListModel) -> None:
    model.add_folder("/empty")
    desk.run("one")
    assert model.folders() == ["/empty", "/runs"]
    model.remove_folder("/empty")
    assert model.folders() == ["/runs"]
    assert row_of(model, "/runs/one").name == "one"


def test_a_removed_run_leaves_the_list(desk: Any, model: RunListModel) -> None:
    one, two = desk.run("one"), desk.run("two")
    desk.store.remove(one.id)
    assert not model.index_of(one.id).isValid()
    assert row_of(model, two.id).name == "two"


def test_a_live_run_tells_its_state_by_sign_and_word(desk: Any, model: RunListModel) -> None:
    run = desk.run()
    desk.tell(run, info=RunInfo("bach", "test", state="running", heartbeat=time.time(), heartbeat_promise_s=10))
    row = row_of(model, run.id)
    assert (row.word, row.sign) == ("live", "●")


def test_a_stalled_run_says_what_was_promised(desk: Any, model: RunListModel) -> None:
    run = desk.run()
    old = time.time() - 240
    desk.tell(run, info=RunInfo("bach", "test", state="running", heartbeat=old, heartbeat_promise_s=10))
    row = row_of(model, run.id)
    assert row.word == "stalled"
    assert "promised every 10 s" in row.spoken


def test_points_are_told_with_the_next_tick_and_not_with_every_frame(desk: Any, model: RunListModel) -> None:
    run = desk.run()
    desk.tell(run, points=desk.points(total_loss=[3.0, 2.0, 1.0]))
    assert "step" not in row_of(model, run.id).line
    model.tick()
    assert "step 2" in row_of(model, run.id).line


def test_alerts_are_counted_and_spoken(desk: Any, model: RunListModel) -> None:
    run = desk.run("troubled")
    assert row_of(model, run.id).alerts == 2
    assert "2 open alerts" in row_of(model, run.id).spoken


def test_a_new_count_of_alerts_is_taken_over(desk: Any) -> None:
    counts: dict[str, int] = {}
    model = RunListModel(desk.store, lambda run_id: counts.get(run_id, 0))
    run = desk.run()
    counts[run.id] = 3
    model.recount_alerts()
    assert row_of(model, run.id).alerts == 3


def test_loading_is_told_in_per_cent(desk: Any, model: RunListModel) -> None:
    run = desk.run()
    model.set_loading(run.id, 0.25)
    assert row_of(model, run.id).line == "reading 25%"
    model.set_loading(run.id, 1.0)
    assert "reading" not in row_of(model, run.id).line


def test_a_folder_tells_its_trouble(desk: Any, model: RunListModel) -> None:
    desk.run()
    model.set_trouble("/runs", "permission denied")
    assert "permission denied" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_an_unchanged_row_is_not_told_again(desk: Any, model: RunListModel) -> None:
    desk.run()
    with desk.qtbot.assertNotEmitted(model.dataChanged):
        model.tick()


def test_the_sparkline_falls_with_the_loss(desk: Any) -> None:
    run = desk.run()
    desk.tell(run, points=desk.points(total_loss=[float(1000 - number) for number in range(1000)]))
    line = sparkline(run.data.series["total_loss"])
    assert (line[0][0], line[-1][0]) == (0.0, 1.0)
    assert line[0][1] > line[-1][1]
    assert len(line) < 400


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.62, 4320, 3480, 5400), "62% · 1 h 12 min left (58 min 00 s to 1 h 30 min)"),
        (Estimate(0.02, reason="too few steps yet"), "2%"),
        (Estimate(None, reason="neither total_steps nor total_epochs is known"), ""),
    ],
)
def test_the_eta_comes_with_its_interval_or_not_at_all(estimate: Estimate, words: str) -> None:
    assert eta_words(estimate) == words


# -- what its rows do -----------------------------------------------------------------------------------


def test_a_click_selects_and_a_click_on_the_box_hides(desk: Any, model: RunListModel, shown: RunList) -> None:
    one, two = desk.run("one"), desk.run("two")
    port = shown.tree.viewport()
    desk.qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=spot(shown, two.id, model))
    assert desk.selection.run == two.id
    desk.qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=spot(shown, one.id, model, x=17))
    assert not one.shown
    assert two.shown


def test_space_hides_and_shows_the_current_run(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    desk.selection.set_run(run.id)
    desk.qtbot.keyClick(shown.tree, Qt.Key.Key_Space)
    assert not run.shown
    desk.qtbot.keyClick(shown.tree, Qt.Key.Key_Space)
    assert run.shown


def test_a_selection_made_elsewhere_is_followed(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run("one")
    two = desk.run("two")
    desk.selection.set_run(two.id)
    assert shown.tree.currentIndex().data() == "two"


def test_the_filter_keeps_folders_and_runs_that_match(desk: Any, model: RunListModel, shown: RunList) -> None:
    for name in ("bach", "mozart"):
        desk.run(name)
    desk.qtbot.keyClicks(shown._search, "moz")
    assert names(shown) == ["mozart"]
    shown._search.clear()
    assert names(shown) == ["bach", "mozart"]


def test_a_run_moves_into_the_filter_when_its_state_does(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    desk.qtbot.keyClicks(shown._search, "state:finished")
    assert names(shown) == []
    desk.tell(run, info=RunInfo("bach", "test", state="finished"))
    assert names(shown) == ["bach"]


def test_selection_and_scroll_stay_while_runs_arrive(desk: Any, model: RunListModel, shown: RunList) -> None:
    runs = [desk.run(f"run {number}") for number in range(40)]
    desk.selection.set_run(runs[20].id)
    bar = shown.tree.verticalScrollBar()
    desk.qtbot.waitUntil(lambda: bar.maximum() > 400)
    bar.setValue(300)
    desk.run("one more")
    desk.tell(runs[3], info=RunInfo("renamed", "test", state="finished"))
    assert (bar.value(), desk.selection.run) == (300, runs[20].id)


def test_show_only_this_run(desk: Any, model: RunListModel, shown: RunList) -> None:
    one, two = desk.run("one"), desk.run("two")
    menu = shown.menu_for(row_of(model, two.id))
    next(action for action in menu.actions() if "only" in action.text()).trigger()
    assert (one.shown, two.shown) == (False, True)


def test_the_path_can_be_copied(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    menu = shown.menu_for(row_of(model, run.id))
    next(action for action in menu.actions() if action.text() == "Copy path").trigger()
    assert QGuiApplication.clipboard().text() == run.id


def test_closing_a_folder_is_asked_for(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run()
    menu = shown.menu_for(model.index(0, 0).data(ROW_ROLE))
    with desk.qtbot.waitSignal(shown.close_requested) as asked:
        next(action for action in menu.actions() if "Close" in action.text()).trigger()
    assert asked.args == ["/runs"]


def test_hostile_names_are_painted_as_text(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run(desk.hostile)
    shown.tree.viewport().repaint()
    assert "<b>" not in model.index_of(run.id).data(Qt.ItemDataRole.ToolTipRole)
    assert "\n" not in model.data(model.index_of(run.id))


def test_a_folder_folds_with_a_click(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run()
    top = shown.filter.index(0, 0, QModelIndex())
    assert shown.tree.isExpanded(top)
    at = shown.tree.visualRect(top).center()
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not shown.tree.isExpanded(top)
