"""The whole window as the program builds it, on run folders that a real Run wrote."""

from __future__ import annotations

import io
import json
import multiprocessing
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mido
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from musiclog import Run
from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import RECENT_FOLDERS, Settings
from musiclog_gui.state.run_list import ROW_ROLE
from musiclog_gui.state.run_marks import RunMarks
from musiclog_gui.theme import theme
from musiclog_gui.views.log_page import LogPage

Open = Callable[..., App]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with two finished runs."""
    folder = tmp_path / "runs"
    for number, name in enumerate(("bach", "mozart")):
        with Run(folder / name, config={"size": number}) as run:
            for step in range(50):
                run.log(step, total_loss=1.0 / (step + 1), learning_rate=0.1)
    return folder


@pytest.fixture
def open_app(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the window; closes it at the end and looks whether anything is left."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    threads, apps = set(threading.enumerate()), []

    def build(*folders: Path, settings: Settings | None = None) -> App:
        app = App(QApplication.instance(), settings or Settings(tmp_path / "settings.json"), [str(f) for f in folders])
        apps.append(app)
        qtbot.addWidget(app.window)
        app.show()
        qtbot.waitUntil(lambda: app.live.grid is not None, timeout=20_000)
        return app

    yield build
    for app in apps:
        app.window.close()
        app.deleteLater()
    assert not multiprocessing.active_children()
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= threads, timeout=10_000)


def names(app: App) -> list[str]:
    return sorted(entry.name for entry in app.store.entries())


def loaded(app: App, count: int) -> Callable[[], bool]:
    return lambda: len([entry for entry in app.store.entries() if "total_loss" in entry.data.series]) == count


def press(app: App, key: str) -> None:
    """The shortcut as the menus hold it."""
    wanted = QKeySequence(key)
    next(action for action in app.window.actions_with_keys() if action.shortcut() == wanted).trigger()


# -- folders --------------------------------------------------------------------------------------------


def test_the_runs_of_a_folder_are_listed_and_drawn(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    assert names(app) == ["bach", "mozart"]
    app.clock.flush()
    chart = app.live.grid.place("total_loss")
    qtbot.waitUntil(lambda: chart.chart is not None and len(chart.chart._curves) == 2)
    app.status.tick()
    assert app.status._watching.text() == "Watching 1 folder, 2 runs"


def test_a_dropped_folder_is_opened(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(runs))])
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    over = (QPointF(50, 50), Qt.DropAction.CopyAction, data, *buttons)
    enter = QDropEvent(*over, QEvent.Type.DragEnter)
    app.window.dragEnterEvent(enter)
    assert enter.isAccepted()
    app.window.dropEvent(QDropEvent(*over))
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)


def test_a_folder_is_chosen_in_a_dialog_that_is_not_modal(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app()
    press(app, "Ctrl+O")
    dialog = app.window.findChild(QFileDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.filesSelected.emit([str(runs)])
    assert app.run_model.folders() == [str(runs)]
    dialog.close()


def test_several_folders_stand_beside_each_other(qtbot: Any, open_app: Open, runs: Path, tmp_path: Path) -> None:
    with Run(tmp_path / "more" / "haydn") as run:
        run.log(1, total_loss=1.0)
    app = open_app(runs, tmp_path / "more")
    qtbot.waitUntil(loaded(app, 3), timeout=20_000)
    app.close_folder(str(runs))
    assert names(app) == ["haydn"]
    assert app.run_model.folders() == [str(tmp_path / "more")]


def test_a_closed_folder_can_be_opened_again(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    app.selection.set_run(app.store.entries()[0].id)
    app.close_folder(str(runs))
    assert app.selection.run is None
    app.open_folder(str(runs))
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)


def test_a_folder_that_is_not_there_yet_is_waited_for(qtbot: Any, open_app: Open, tmp_path: Path) -> None:
    app = open_app(tmp_path / "soon")
    qtbot.waitUntil(lambda: "Not there, waiting for it" in app.live._empty.words(), timeout=20_000)
    row = app.run_model.index(0, 0).data(ROW_ROLE)
    assert (row.folder, row.trouble) == (str(tmp_path / "soon"), f"Not there, waiting for it: {tmp_path / 'soon'}")
    assert str(tmp_path / "soon") not in app.settings.recent_folders
    with Run(tmp_path / "soon" / "bach") as run:
        run.log(1, total_loss=1.0)
    qtbot.waitUntil(loaded(app, 1), timeout=20_000)
    assert not app.run_model.index(0, 0).data(ROW_ROLE).trouble


def test_a_folder_that_is_deleted_leaves_a_sentence_where_its_curves_were(
    qtbot: Any, open_app: Open, runs: Path
) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    shutil.rmtree(runs)
    qtbot.waitUntil(lambda: not app.store.entries(), timeout=30_000)
    qtbot.waitUntil(lambda: f"Not there, waiting for it: {runs}" in app.live._empty.words(), timeout=20_000)
    assert app.live._empty.isVisible()
    app.close_folder(str(runs))
    assert "Open a folder" in app.live._empty.words()


def test_opened_folders_are_offered_again_newest_first(open_app: Open, runs: Path, tmp_path: Path) -> None:
    app = open_app(runs)
    app.open_folder(str(tmp_path))
    app.window.recent.aboutToShow.emit()
    assert [action.text() for action in app.window.recent.actions()] == [str(tmp_path), str(runs)]


# -- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 8))
def test_a_number_opens_its_page(open_app: Open, number: int) -> None:
    app = open_app()
    press(app, str(number))
    assert app.window.tabs.currentIndex() == number - 1


def test_a_page_has_the_focus_in_what_it_is_about_and_never_in_a_field(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    for number in (5, 6, 7, 2, 3, 4, 5, 1):
        qtbot.keyClick(app.window.focusWidget() or app.window, str(number))
        press(app, str(number))
        assert app.window.tabs.currentIndex() == number - 1
        assert not isinstance(app.window.focusWidget(), QLineEdit)
    tabs = app.window.tabs.tabBar()
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(4).center())
    assert not isinstance(app.window.focusWidget(), QLineEdit)
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(6).center())
    assert app.window.focusWidget().accessibleName() == "Configuration"


def test_walking_along_the_tabs_keeps_the_focus_there(open_app: Open, qtbot: Any) -> None:
    app = open_app()
    app.window.tabs.tabBar().setFocus()
    qtbot.keyClick(app.window.tabs.tabBar(), Qt.Key.Key_Right)
    assert app.window.tabs.currentIndex() == 1
    assert app.window.focusWidget() is app.window.tabs.tabBar()


def test_marks_of_another_window_are_taken_over_when_this_one_comes_to_the_front(
    qtbot: Any, open_app: Open, runs: Path
) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    run = app.store.entries()[0].id
    RunMarks(app.store, UserData.of_user()).star([run])
    with qtbot.waitSignal(app.marks.changed):
        QApplication.sendEvent(app.window, QEvent(QEvent.Type.WindowActivate))
    assert app.run_model.index_of(run).data(ROW_ROLE).starred


def test_a_run_is_looked_at_from_the_start(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(lambda: app.selection.run is not None, timeout=20_000)
    assert app.run_list.tree.currentIndex().data() == app.store.entry(app.selection.run).name


def test_any_command_is_found_by_its_name(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    press(app, "Ctrl+K")
    palette = app.palette
    assert palette.isVisible()
    assert not palette.isModal()
    qtbot.keyClicks(palette.line, "compare")
    assert palette.list.item(0).text() == "View: Compare   (4)"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert app.window.tabs.currentIndex() == 3
    assert not palette.isVisible()


def test_the_list_of_commands_has_the_keys_at_once_on_every_page_and_gives_them_back(
    qtbot: Any, open_app: Open, runs: Path
) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    app.window.activateWindow()
    qtbot.waitUntil(app.window.isActiveWindow)
    for number in range(len(app.pages)):
        app.window.show_page(number)
        before = app.window.focusWidget()
        press(app, "Ctrl+K")
        assert app.window.focusWidget() is app.palette.line
        qtbot.keyClick(app.palette.line, Qt.Key.Key_Escape)
        assert not app.palette.isVisible()
        assert app.window.focusWidget() is before


def test_runs_and_charts_are_found_among_the_commands(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    qtbot.waitUntil(lambda: app.live.grid.place("learning_rate") is not None)
    press(app, "7")
    press(app, "Ctrl+K")
    qtbot.waitUntil(lambda: app.selection.run is not None)
    other = next(entry for entry in app.store.entries() if entry.id != app.selection.run)
    qtbot.keyClicks(app.palette.line, f"run {other.name}")
    qtbot.keyClick(app.palette.line, Qt.Key.Key_Return)
    assert app.selection.run == other.id
    press(app, "Ctrl+K")
    assert app.palette.line.text() == ""
    qtbot.keyClicks(app.palette.line, "chart")
    rows = [app.palette.list.item(row).text() for row in range(app.palette.list.count())]
    assert {"Chart total_loss", "Chart learning_rate"} <= set(rows)
    for _ in range(rows.index("Chart learning_rate")):
        qtbot.keyClick(app.palette.line, Qt.Key.Key_Down)
    qtbot.keyClick(app.palette.line, Qt.Key.Key_Return)
    assert app.window.tabs.currentIndex() == 0
    qtbot.waitUntil(app.live.grid.place("learning_rate").isVisible)


def test_the_shortcuts_are_listed(open_app: Open) -> None:
    app = open_app()
    press(app, "?")
    assert app.window._shortcuts.isVisible()
    app.window._shortcuts.close()


def test_no_key_means_two_things(open_app: Open) -> None:
    keys = [key.toString() for action in open_app().window.actions_with_keys() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


# -- what belongs together --------------------------------------------------------------------------------


def test_a_moment_of_another_page_is_shown_on_the_live_page(qtbot: Any, open_app: Open, runs: Path) -> None:
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 2), timeout=20_000)
    press(app, "3")
    run = app.store.entries()[0].id
    app.selection.moment_requested.emit(run, 25.0)
    assert app.window.tabs.currentIndex() == 0
    assert app.selection.run == run


def test_open_alerts_stand_behind_the_name_of_their_page(qtbot: Any, open_app: Open, tmp_path: Path) -> None:
    with Run(tmp_path / "runs" / "bach") as run:
        for step in range(100):
            run.log(step, total_loss=1.0 if step < 90 else float("nan"), gradient_norm=1.0)
    app = open_app(tmp_path / "runs")
    qtbot.waitUntil(lambda: app.alerts.total() > 0 or bool(app.alerts.rows()), timeout=20_000)
    badge = f"Alerts  {app.alerts.total()}" if app.alerts.total() else "Alerts"
    assert app.window.tabs.tabText(2) == badge


def test_choosing_dark_dresses_the_window_and_is_remembered(open_app: Open, tmp_path: Path) -> None:
    app = open_app()
    app.window.theme_chosen.emit("dark")
    assert theme().name == "dark"
    app.window.theme_chosen.emit("light")
    assert theme().name == "light"


def test_what_the_user_chose_is_there_the_next_time(open_app: Open, tmp_path: Path) -> None:
    app = open_app()
    app.live._axis.setCurrentIndex(2)
    app.live._log.click()
    groups = app.late_pages["Samples"].page().groups
    groups.setCurrentIndex(groups.findData("prompt"))
    press(app, "5")
    app.window.close()
    kept = Settings.load(tmp_path / "settings.json")
    assert (kept.axis, kept.log_y, kept.page) == ("relative", True, 4)
    again = open_app(settings=kept)
    assert again.window.tabs.currentIndex() == 4
    assert again.late_pages["Samples"].page().table.lines.way == "prompt"


def test_pages_are_built_when_they_are_first_looked_at(open_app: Open, tmp_path: Path) -> None:
    app = open_app()
    unseen = [title for title, page in app.late_pages.items() if not page.findChildren(QWidget)]
    assert unseen == ["Alerts", "Compare", "Data", "Log", "Config"]
    press(app, "6")
    assert app.late_pages["Log"].findChildren(LogPage)
    page = app.late_pages["Log"].page()
    press(app, "1")
    press(app, "6")
    assert app.late_pages["Log"].page() is page


def test_a_sample_can_be_played_before_the_samples_page_was_visited(qtbot: Any, open_app: Open, tmp_path: Path) -> None:
    with Run(tmp_path / "runs" / "bach", monitor=False) as run:
        run.log_sample(piece(8, 1), step=1, name="first.mid")
    app = open_app(tmp_path / "runs")
    qtbot.waitUntil(lambda: "first" in app.player_bar.title.text(), timeout=20_000)
    assert app.player_bar.play.isEnabled()
    assert app.window.tabs.currentIndex() == 0


def test_nothing_moves_under_the_hands_while_data_stream(qtbot: Any, open_app: Open, tmp_path: Path) -> None:
    """Zoom, scroll of the charts and of the run list, selection, playhead, slider and what is typed, at once."""
    for number in range(25):
        with Run(tmp_path / "runs" / f"old{number:02d}", monitor=False) as old:
            old.log(1, total_loss=1.0)
    with Run(tmp_path / "runs" / "live", monitor=False) as live:
        keep_still(qtbot, open_app, live)


def keep_still(qtbot: Any, open_app: Open, live: Run) -> None:
    runs = Path(live.folder).parent
    for step in range(100):
        live.log(step, total_loss=1.0 / (step + 1), **{f"part{n}/x": 1.0 for n in range(8)})
    live.log_sample(piece(32, 1), step=1, name="first.mid")
    app = open_app(runs)
    qtbot.waitUntil(loaded(app, 26), timeout=30_000)
    entry = next(each for each in app.store.entries() if each.name == "live")
    app.selection.set_run(entry.id)
    qtbot.waitUntil(lambda: app.player.status.length_s > 0, timeout=30_000)
    app.player.seek(2.0)
    app.live.grid.zoom_x(20.0, 40.0)
    chart = app.live.grid.place("total_loss")
    qtbot.waitUntil(lambda: chart.chart is not None and chart.chart.zoomed)
    charts, listed = app.live.grid.verticalScrollBar(), app.run_list.tree.verticalScrollBar()
    qtbot.waitUntil(lambda: charts.maximum() > 100 and listed.maximum() > 100)
    charts.setValue(100)
    listed.setValue(90)
    app.live._search.setText("")
    line = app.run_list.field.line
    line.setFocus()

    def state() -> tuple[object, ...]:
        return (
            charts.value(), listed.value(), chart.chart.zoom, chart.chart.view_rect.left(), app.selection.run,
            app.run_list.tree.currentIndex().data(), app.selection.sample, app.player_bar.slider.value(),
            round(app.player.position_s, 3), line.text(), app.window.focusWidget() is line,
        )  # fmt: skip

    before = state()
    for step in range(100, 200):
        live.log(step, total_loss=5.0, another=2.0, **{f"part{n}/x": 9.0 for n in range(8)})
    live.log_sample(piece(32, 2), step=150, name="second.mid")
    with Run(runs / "brand-new", monitor=False) as fresh:
        fresh.log(1, total_loss=1.0)
    qtbot.waitUntil(loaded(app, 27), timeout=30_000)
    qtbot.waitUntil(
        lambda: len(entry.data.samples) == 2 and len(entry.data.series["total_loss"]) == 200, timeout=30_000
    )
    second = list(entry.data.samples)[1]
    qtbot.waitUntil(lambda: app.score_desk.assessment(second) is not None, timeout=30_000)
    app.clock.flush()
    app.run_model.tick()
    assert state() == before


# -- settings ---------------------------------------------------------------------------------------------


def piece(notes: int, seed: int) -> bytes:
    """A MIDI file with so many quarter notes of a scale, which come in no order; with none it is silent."""
    chance = random.Random(seed)
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    for _ in range(notes):
        note = 60 + chance.choice((0, 2, 4, 5, 7, 9, 11, 12))
        track.append(mido.Message("note_on", note=note, velocity=chance.randrange(50, 90)))
        track.append(mido.Message("note_off", note=note, time=480))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def test_samples_of_a_run_that_does_not_watch_itself_are_judged_by_what_the_window_heard(
    qtbot: Any, open_app: Open, tmp_path: Path
) -> None:
    with Run(tmp_path / "runs" / "other", monitor=False) as run:
        for step in (100, 200):
            run.log(step, total_loss=1.0)
            for number in range(3):
                run.log_sample(piece(64 if step == 100 else 0, number), step=step)
    app = open_app(tmp_path / "runs")

    def told() -> list[str]:
        events = [event for entry in app.store.entries() for event in entry.data.events if event.kind == "alert"]
        return [f"{event.data['kind']} {event.data['opened_step']:g}" for event in events]

    qtbot.waitUntil(lambda: "silence 200" in told(), timeout=60_000)


def test_damaged_settings_cost_nothing_but_themselves(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark", "smoothing": "a lot", "unknown": 3, "page": 2')
    assert Settings.load(path).theme == "system"
    path.write_text(json.dumps({"theme": "dark", "smoothing": "a lot", "unknown": 3, "page": 2}))
    kept = Settings.load(path)
    assert (kept.theme, kept.smoothing, kept.page) == ("dark", 0.6, 2)


def test_settings_that_cannot_be_written_say_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "not kept" in (Settings(tmp_path / "file" / "settings.json").save() or "")


def test_recent_folders_are_few_and_without_doubles(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for number in (*range(20), 15):
        settings.remember_folder(f"/runs/{number}")
    assert settings.recent_folders[:3] == ["/runs/15", "/runs/19", "/runs/18"]
    assert len(settings.recent_folders) == RECENT_FOLDERS
