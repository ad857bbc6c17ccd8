"""The run list on a real store: what it tells, and what its rows do."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QColorDialog, QLineEdit, QMenu

from musiclog.glance import Glance
from musiclog.progress import Estimate
from musiclog.records import RunInfo, RunRef
from musiclog.run_data import RunData
from musiclog_gui.dialogs.run_note import RunNote
from musiclog_gui.state.groups import RunGroups
from musiclog_gui.state.run_colours import RunColours
from musiclog_gui.state.run_list import (
    ROW_ROLE,
    AlertCounts,
    FolderRow,
    GroupRow,
    RunListModel,
    RunRow,
    eta_words,
    progress_line,
    sparkline,
)
from musiclog_gui.state.run_marks import RunMarks
from musiclog_gui.state.run_query import RunQuestion
from musiclog_gui.state.runs import Arrival
from musiclog_gui.views.run_list import RunList

# The offscreen screen cannot grab the keyboard for the list of suggestions, and says so.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def counts() -> dict[str, tuple[int, int]]:
    """Run id -> incidents that are open, and all that there were."""
    return {"/runs/troubled": (2, 2), "/runs/calmed": (0, 1)}


@pytest.fixture
def model(desk: Any, counts: dict[str, tuple[int, int]]) -> RunListModel:
    """As the window builds it; watched by Qt's own model tester through everything that a test does with it."""
    alerts = AlertCounts(lambda run: counts.get(run, (0, 0))[0], lambda run: counts.get(run, (0, 0))[1])
    marks = RunMarks(desk.store)
    question = RunQuestion(desk.store, marks, alerts.open)
    groups = RunGroups(question, marks)
    model = RunListModel(desk.store, groups, marks, alerts)
    model.marks, model.question, model.colours = marks, question, RunColours(desk.store, marks, groups)
    for part in (model.colours, question, model):
        desk.clock.frame.connect(part.absorb)
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return model


@pytest.fixture
def shown(desk: Any, model: RunListModel) -> RunList:
    view = RunList(desk.store, desk.selection, model, model.marks)
    desk.qtbot.addWidget(view)
    view.resize(300, 500)
    view.show()
    desk.qtbot.waitExposed(view)
    return view


def row_of(model: RunListModel, run_id: str) -> RunRow:
    return model.index_of(run_id).data(ROW_ROLE)


def names(view: RunList) -> list[str]:
    model = view.tree.model()
    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return [model.index(row, 0, top).data() for top in tops for row in range(model.rowCount(top))]


def spot(view: RunList, run_id: str, model: RunListModel, x: int = 120) -> QPoint:
    rect = view.tree.visualRect(model.index_of(run_id))
    return QPoint(x, rect.top() + 15)


def ask(desk: Any, view: RunList, text: str) -> None:
    """Typed in the field; groups are found at once and not with the next turn."""
    line = view.field.line
    line.clear()
    desk.qtbot.keyClicks(line, text)
    line.completer_.popup().hide()
    view.tree.model().groups.settle()


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


def test_alerts_that_are_over_stay_told_with_another_sign(desk: Any, model: RunListModel) -> None:
    over, open_ = desk.run("calmed"), desk.run("troubled")
    assert row_of(model, over.id).alert_words == ("△ 1 alert", "△ 1")
    assert "1 alert that is over" in row_of(model, over.id).spoken
    assert row_of(model, open_.id).alert_words == ("▲ 2 open", "▲ 2")


def test_a_new_count_of_alerts_is_taken_over(desk: Any, model: RunListModel, counts: Any) -> None:
    run = desk.run()
    counts[run.id] = (3, 5)
    model.recount_alerts()
    assert (row_of(model, run.id).alerts, row_of(model, run.id).past_alerts) == (3, 2)


def test_a_run_without_times_tells_how_old_its_files_are(desk: Any) -> None:
    run = desk.run()
    desk.tell(run, changed=1_000_000.0)
    assert progress_line(run.data, "unknown", None, 1_007_200.0) == "files 2 h old"


def test_loading_is_told_in_per_cent(desk: Any, model: RunListModel) -> None:
    run = desk.run()
    desk.store.set_read(run.id, 0.25)
    assert row_of(model, run.id).line == "reading 25%"
    desk.store.set_stopped(run.id, True)
    assert row_of(model, run.id).line == "25% read, stopped"
    desk.store.set_read(run.id, 1.0)
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
    ask(desk, shown, "moz")
    assert names(shown) == ["mozart"]
    shown.field.line.clear()
    assert names(shown) == ["bach", "mozart"]


def test_a_run_moves_into_the_filter_when_its_state_does(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    ask(desk, shown, "state:finished")
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
    menu = shown.menu_for(model.index_of(two.id))
    next(action for action in menu.actions() if "only" in action.text()).trigger()
    assert (one.shown, two.shown) == (False, True)


def test_the_path_can_be_copied(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    menu = shown.menu_for(model.index_of(run.id))
    next(action for action in menu.actions() if action.text() == "Copy path").trigger()
    assert QGuiApplication.clipboard().text() == run.id


def test_closing_a_folder_is_asked_for(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run()
    menu = shown.menu_for(model.index(0, 0))
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
    top = model.index(0, 0, QModelIndex())
    assert shown.tree.isExpanded(top)
    at = shown.tree.visualRect(top).center()
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not shown.tree.isExpanded(top)


# -- what is asked ------------------------------------------------------------------------------------


def test_a_question_reaches_configuration_and_newest_values(desk: Any, model: RunListModel, shown: RunList) -> None:
    for name, rate in (("bach", 0.1), ("mozart", 1e-4)):
        desk.run(name, config={"optimiser": {"learning_rate": rate}}, points=desk.points(total_loss=[3.0, rate]))
    ask(desk, shown, "lr<1e-3")
    assert names(shown) == ["mozart"]
    ask(desk, shown, "total_loss>0.05")
    assert names(shown) == ["bach"]


def test_a_new_point_moves_a_run_into_the_answer_with_the_next_tick(desk: Any, model: RunListModel) -> None:
    run = desk.run(points=desk.points(total_loss=[3.0]))
    model.question.ask("total_loss<1")
    assert not model.index_of(run.id).isValid()
    desk.tell(run, points=desk.points(total_loss=[0.5]))
    model.question.tick()
    assert model.index_of(run.id).isValid()


def test_what_is_not_understood_keeps_the_last_good_question_and_is_told(
    desk: Any, model: RunListModel, shown: RunList
) -> None:
    for name in ("bach", "mozart"):
        desk.run(name)
    ask(desk, shown, "moz (")
    assert names(shown) == ["mozart"]
    assert "not closed" in shown.field.line.accessibleDescription()
    desk.qtbot.waitUntil(shown.field.words.isVisible)
    assert "not closed" in shown.field.words.text()
    shown.field.line.setText("moz")
    assert not shown.field.words.isVisible()
    assert shown.field.line.accessibleDescription() == ""


def test_the_mark_stands_under_the_place_that_is_not_understood(desk: Any, shown: RunList) -> None:
    line = shown.field.line
    line.setText("abc (")
    left, right = line._span(shown.question.trouble)
    assert left == pytest.approx(line.cursorRect().center().x() - line.fontMetrics().horizontalAdvance("("), abs=1.5)
    assert right > left
    line.setText("state:live " * 30 + "(")
    line.grab()  # which scrolls it
    left, _ = line._span(shown.question.trouble)
    assert 0 < left < line.width()


def test_a_key_that_no_run_has_is_told(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run(config={"learning_rate": 0.1})
    ask(desk, shown, "lerning_rate<1")
    desk.qtbot.waitUntil(shown.field.words.isVisible)
    assert "did you mean learning_rate?" in shown.field.words.text()


def test_what_may_follow_is_offered_and_taken(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run(config={"optimizer": "adam"})
    line = shown.field.line
    line.setFocus()
    desk.qtbot.keyClicks(line, "opti")
    popup = line.completer_.popup()
    assert popup.isVisible()
    assert popup.model().index(0, 0).data() == "optimizer"
    desk.qtbot.keyClick(popup, Qt.Key.Key_Down)
    desk.qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == "optimizer"


def test_a_text_is_left_as_typed_when_nothing_of_the_offer_was_chosen(desk: Any, shown: RunList) -> None:
    desk.run(config={"optimizer": "adam"})
    line = shown.field.line
    line.setFocus()
    desk.qtbot.keyClicks(line, "opti")
    desk.qtbot.keyClick(line.completer_.popup(), Qt.Key.Key_Return)
    assert line.text() == "opti"


def test_letters_typed_over_the_offer_are_no_shortcuts(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run(config={"momentum": 0.9})
    struck = []
    shortcut = QShortcut(QKeySequence("M"), shown)
    shortcut.activated.connect(lambda: struck.append("M"))
    line = shown.field.line
    line.setFocus()
    desk.qtbot.keyClicks(line, "mo")
    desk.qtbot.keyClicks(line.completer_.popup(), "m")
    assert (line.text(), struck) == ("mom", [])


def test_a_question_that_no_run_answers_is_told(desk: Any, model: RunListModel, shown: RunList) -> None:
    desk.run()
    ask(desk, shown, "mozart")
    desk.qtbot.waitUntil(shown.field.words.isVisible)
    assert shown.field.words.text() == "No run answers this."


def test_a_filter_that_hides_the_selected_run_leaves_it_selected(desk: Any, shown: RunList) -> None:
    desk.run("bach")
    mozart, _ = desk.run("mozart"), desk.run("haydn")
    desk.selection.set_run(mozart.id)
    ask(desk, shown, "haydn")
    assert desk.selection.run == mozart.id
    ask(desk, shown, "")
    shown.field.line.clear()
    assert shown.tree.currentIndex().data() == "mozart"


def test_a_folder_tells_how_many_of_its_runs_are_not_listed(desk: Any, model: RunListModel) -> None:
    for name in ("bach", "mozart"):
        desk.run(name)
    model.question.ask("bach")
    assert model.index(0, 0).data(ROW_ROLE).count == "1 of 2 runs"
    model.question.ask("")
    assert model.index(0, 0).data(ROW_ROLE).count == "2 runs"


def test_many_runs_are_hidden_and_shown_at_once(desk: Any, model: RunListModel, shown: RunList) -> None:
    for number in range(200):
        desk.run(f"run {number}", config={"seed": number})
    with desk.qtbot.waitSignals([model.modelReset]):
        model.question.ask("seed<100")
    assert len(names(shown)) == 100
    assert shown.tree.isExpanded(model.index(0, 0))


# -- what the user notes ------------------------------------------------------------------------------


def test_a_click_on_the_star_marks_the_run(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    rect = shown.tree.visualRect(model.index_of(run.id))
    spot_ = QPoint(17, rect.bottom() - 14)
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot_)
    assert row_of(model, run.id).starred
    assert run.shown
    ask(desk, shown, "is:starred")
    assert names(shown) == ["bach"]


def test_stars_are_for_all_selected_runs(desk: Any, model: RunListModel, shown: RunList) -> None:
    runs = [desk.run(name) for name in ("bach", "mozart", "haydn")]
    port, left = shown.tree.viewport(), Qt.MouseButton.LeftButton
    desk.qtbot.mouseClick(port, left, pos=spot(shown, runs[0].id, model))
    desk.qtbot.mouseClick(port, left, Qt.KeyboardModifier.ControlModifier, pos=spot(shown, runs[2].id, model))
    shown.toggle_star()
    assert [row_of(model, run.id).starred for run in runs] == [True, False, True]
    shown.toggle_star()
    assert not any(row_of(model, run.id).starred for run in runs)


def test_tags_are_edited_in_their_row(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    desk.tell(run, info=RunInfo("bach", "test", tags=("own",)))
    desk.selection.set_run(run.id)
    low = shown.tree.visualRect(model.index_of(run.id)).height()
    shown.edit_tags()
    editor = shown.tree.findChild(QLineEdit)
    desk.qtbot.keyClicks(editor, "baseline, long run,")
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: row_of(model, run.id).tags == ("own", "baseline", "long run"))
    assert model.index_of(run.id).data(Qt.ItemDataRole.EditRole) == "baseline, long run"
    assert shown.tree.visualRect(model.index_of(run.id)).height() == low
    shown.grab()


def test_a_note_makes_a_line_and_is_found(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    desk.run("mozart")
    low = shown.tree.visualRect(model.index_of(run.id)).height()
    desk.selection.set_run(run.id)
    shown.edit_note()
    dialog = shown.window().findChild(RunNote)
    assert not dialog.isModal()
    dialog.text.setPlainText("listen to epoch 12 <b>")
    dialog.save()
    assert shown.tree.visualRect(model.index_of(run.id)).height() > low
    assert "listen to epoch 12 &lt;b&gt;" in model.index_of(run.id).data(Qt.ItemDataRole.ToolTipRole)
    ask(desk, shown, "epoch")
    assert names(shown) == ["bach"]


def test_archived_runs_are_listed_only_when_they_are_asked_for(desk: Any, model: RunListModel, shown: RunList) -> None:
    run = desk.run()
    desk.run("mozart")
    desk.selection.set_run(run.id)
    shown.toggle_archive()
    assert names(shown) == ["mozart"]
    assert "is:archived" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    ask(desk, shown, "is:archived")
    assert names(shown) == ["bach"]


def test_a_colour_is_chosen_for_a_run_or_for_a_setting(desk: Any, model: RunListModel) -> None:
    one, two = (desk.run(name, config={"optimizer": "adam"}) for name in ("bach", "mozart"))
    usual = two.colour
    model.marks.colour_label("key", "optimizer = adam", "#123456")
    assert (one.colour, two.colour) == ("#123456", "#123456")
    model.marks.colour_run(one.id, "#654321")
    assert row_of(model, one.id).colour == "#654321"
    model.marks.colour_label("key", "optimizer = adam", None)
    model.marks.colour_run(one.id, None)
    assert (two.colour, one.colour) == (usual, one.usual_colour)


def test_a_run_that_comes_back_with_its_configuration_wears_the_chosen_colour(desk: Any, model: RunListModel) -> None:
    model.marks.colour_label("key", "optimizer = adam", "#123456")
    run = desk.run()
    assert run.colour != "#123456"
    desk.tell(run, config={"optimizer": "adam"})
    assert run.colour == "#123456"


# -- groups -------------------------------------------------------------------------------------------


def branches(model: RunListModel) -> dict[str, list[str]]:
    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return {top.data(): [model.index(row, 0, top).data() for row in range(model.rowCount(top))] for top in tops}


@pytest.fixture
def seeds(desk: Any, model: RunListModel) -> RunListModel:
    for number in range(4):
        desk.run(f"run {number}", config={"size": 64 * (1 + number % 2), "seed": number // 2})
    return model


def test_runs_are_put_together_by_a_key(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "group:size")
    assert branches(seeds) == {"size 64": ["run 0", "run 2"], "size 128": ["run 1", "run 3"]}
    assert isinstance(seeds.index(0, 0).data(ROW_ROLE), GroupRow)
    ask(desk, shown, "group:-seed seed=0")
    assert branches(seeds) == {"size 64": ["run 0"], "size 128": ["run 1"]}
    ask(desk, shown, "")
    shown.field.line.clear()
    seeds.groups.settle()
    assert branches(seeds) == {"runs": ["run 0", "run 1", "run 2", "run 3"]}


def test_groups_are_told_with_label_members_and_colour(desk: Any, seeds: RunListModel) -> None:
    with desk.qtbot.waitSignal(seeds.groups.changed):
        seeds.question.ask("group:size")
    first, second = seeds.groups.current()
    assert (first.label, first.runs) == ("size 64", ("/runs/run 0", "/runs/run 2"))
    assert first.colour != second.colour
    assert seeds.groups.of("/runs/run 3") == second
    seeds.marks.colour_label("group", "size 64", "#123456")
    seeds.groups.settle()
    assert seeds.groups.current()[0].colour == "#123456"
    assert desk.store.entry("/runs/run 2").colour == "#123456"


def test_a_configuration_that_comes_late_moves_a_run_into_its_group(desk: Any, seeds: RunListModel) -> None:
    seeds.question.ask("group:size")
    late = desk.run("late")
    seeds.groups.settle()
    assert branches(seeds)["size —"] == ["late"]
    with desk.qtbot.waitSignal(seeds.groups.changed):
        desk.tell(late, config={"size": 64})
    assert branches(seeds)["size 64"] == ["run 0", "run 2", "late"]


def test_a_selected_group_selects_its_runs(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "group:size")
    at = shown.tree.visualRect(seeds.index(1, 0)).center()
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert desk.selection.runs == ("/runs/run 1", "/runs/run 3")
    assert desk.selection.run == "/runs/run 1"


def test_a_group_that_was_clicked_elsewhere_is_selected_with_its_runs(
    desk: Any, seeds: RunListModel, shown: RunList
) -> None:
    ask(desk, shown, "group:size")
    shown.tree.choose_group(seeds.groups.current()[1].label)
    assert desk.selection.runs == ("/runs/run 1", "/runs/run 3")
    shown.tree.choose_group("no such group")
    assert desk.selection.run == "/runs/run 1"


def test_the_box_of_a_group_shows_and_hides_its_runs(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "group:size")
    rect = shown.tree.visualRect(seeds.index(0, 0))
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(38, rect.center().y()))
    assert [entry.shown for entry in desk.store.entries()] == [False, True, False, True]
    desk.store.set_shown("/runs/run 0", True)
    assert seeds.index(0, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.PartiallyChecked
    shown.grab()


def test_selection_folds_and_scroll_stay_when_groups_change(desk: Any, model: RunListModel, shown: RunList) -> None:
    runs = [desk.run(f"run {number}", config={"size": number % 3}) for number in range(60)]
    ask(desk, shown, "group:size")
    shown.tree.toggle_fold(model.index(1, 0))
    desk.selection.set_run(runs[30].id)
    bar = shown.tree.verticalScrollBar()
    desk.qtbot.waitUntil(lambda: bar.maximum() > 400)
    bar.setValue(300)
    desk.tell(runs[59], config={"size": 0})
    model.groups.settle()
    assert (desk.selection.run, shown.tree.currentIndex().data()) == (runs[30].id, "run 30")
    assert not shown.tree.isExpanded(model.index(1, 0))
    assert bar.value() == 300


def test_the_menu_groups_by_what_the_runs_differ_in(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "run")
    shown.group_menu.aboutToShow.emit()
    actions = {action.text(): action for action in shown.group_menu.actions()}
    assert list(actions)[:3] == ["Not at all", "size", "seed"]
    actions["all but seed"].trigger()
    assert shown.field.line.text() == "run group:-seed"
    seeds.groups.settle()
    assert list(branches(seeds)) == ["size 64", "size 128"]


def test_a_folder_in_trouble_is_told_beside_groups(desk: Any, seeds: RunListModel) -> None:
    seeds.question.ask("group:size")
    seeds.groups.settle()
    seeds.set_trouble("/runs", "permission denied")
    assert seeds.index(0, 0).data(ROW_ROLE).trouble == "permission denied"


# -- its menu -----------------------------------------------------------------------------------------


def actions(menu: QMenu) -> dict[str, QAction]:
    """Every line of a menu and of those in it."""
    found = {}
    for action in menu.actions():
        found[action.text().partition("\t")[0]] = action
        if action.menu() is not None:
            found |= actions(action.menu())
    return found


def choose(shown: RunList, colour: str) -> None:
    dialog = shown.findChild(QColorDialog)
    assert not dialog.isModal()
    dialog.colorSelected.emit(QColor(colour))
    dialog.close()


def test_the_menu_colours_a_run_its_group_or_all_runs_with_a_setting(
    desk: Any, seeds: RunListModel, shown: RunList
) -> None:
    ask(desk, shown, "group:size")
    entries = {entry.name: entry for entry in desk.store.entries()}
    menu = shown.menu_for(seeds.index_of("/runs/run 0"))
    for line, colour in (("seed = 0…", "#111111"), ("Choose for the group size 64…", "#222222"),
                         ("Choose for this run…", "#333333")):  # fmt: skip
        actions(menu)[line].trigger()
        choose(shown, colour)
        desk.qtbot.waitUntil(lambda: shown.findChild(QColorDialog) is None)
    seeds.groups.settle()
    colours = [entries[f"run {number}"].colour for number in range(4)]
    assert colours == ["#333333", "#111111", "#222222", entries["run 3"].usual_colour]


def test_the_menu_means_all_selected_runs(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "group:size")
    at = shown.tree.visualRect(seeds.index(0, 0)).center()
    desk.qtbot.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    lines = actions(shown.menu_for(seeds.index_of("/runs/run 2")))
    lines["Show only these 2 runs"].trigger()
    assert [entry.shown for entry in desk.store.entries()] == [True, False, True, False]
    lines["Archive"].trigger()
    seeds.groups.settle()
    assert names(shown) == ["run 1", "run 3"]


def test_a_group_has_a_menu_of_its_own(desk: Any, seeds: RunListModel, shown: RunList) -> None:
    ask(desk, shown, "group:size")
    actions(shown.menu_for(seeds.index(1, 0)))["Show only this group"].trigger()
    assert [entry.shown for entry in desk.store.entries()] == [False, True, False, True]
    assert "Close this folder" not in actions(shown.menu_for(seeds.index(1, 0)))


def test_a_remembered_run_says_so_and_shows_its_curve(desk: Any, model: RunListModel) -> None:
    glance = Glance(RunInfo("bach", "musiclog"), 99.0, time.time() - 3600, ((0.0, 1.0), (1.0, 0.0)))
    desk.store.add_all([Arrival("/runs/bach", "/runs", RunData(RunRef("/runs/bach", "musiclog", "bach")), glance)])
    row = row_of(model, "/runs/bach")
    assert row.line.startswith("remembered: step 99 · ")
    assert row.spark == glance.spark
    desk.store.add("/runs/bach", "/runs", RunData(RunRef("/runs/bach", "musiclog", "bach")))
    model.refresh_run("/runs/bach")
    assert (row_of(model, "/runs/bach").line, row_of(model, "/runs/bach").spark) == ("nothing logged yet", ())


def test_many_runs_that_come_together_are_one_new_tree(desk: Any, model: RunListModel) -> None:
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    refs = [RunRef(f"/runs/{number:03}", "musiclog", f"{number:03}") for number in range(100)]
    desk.store.add_all(Arrival(ref.path, "/runs", RunData(ref)) for ref in refs)
    assert len(resets) == 1
    top = model.index(0, 0)
    assert [model.index(row, 0, top).data() for row in range(model.rowCount(top))] == [ref.name for ref in refs]
