"""While a long run is read its first points stand on the screen, and reading can be stopped and taken up again."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from musiclog import Run, follow
from musiclog.records import RunRef
from musiclog.run_data import RunData
from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import Settings
from musiclog_gui.state.run_list import ROW_ROLE
from musiclog_gui.state.runs import RunStore
from musiclog_gui.views.reading_note import ReadingNote

STEPS = 20_000


def read_in_small_bites(connection: Connection) -> None:
    """As the reader, 4 KB at a time, so that a file of a megabyte takes hundreds of turns."""
    follow.FIRST_TURN = follow.TURN = follow.SHARED_TURN = 4_000
    follow.serve(connection)


@pytest.fixture
def long_run(tmp_path: Path) -> Path:
    """A finished run whose file takes some hundred bites."""
    with Run(tmp_path / "runs" / "long") as run:
        run.log(0, total_loss=1.0, gradient_norm=1.0)
    path = next((tmp_path / "runs" / "long").glob("metrics*.jsonl"))
    line = path.read_text().splitlines()[-1]
    assert '"step":0' in line
    with path.open("a") as file:
        file.writelines(line.replace('"step":0', f'"step":{step}') + "\n" for step in range(1, STEPS))
    return tmp_path / "runs"


@pytest.fixture
def app(qtbot: Any, tmp_path: Path, long_run: Path) -> Iterator[App]:
    data = UserData(tmp_path / "data")
    app = App(QApplication.instance(), Settings(tmp_path / "settings.json"), [str(long_run)], read_in_small_bites, data)
    qtbot.addWidget(app.window)
    app.show()
    yield app
    app.window.close()
    app.deleteLater()
    assert not multiprocessing.active_children()


def as_soon_as_it_is_read(app: App, order: Callable[[], object]) -> list[object]:
    """Gives the order when the first piece has come, once; what it returned is found in the list."""
    told: list[object] = []

    def hear(_run: str) -> None:
        if not told:
            told.append(None)
            told[0] = order()

    app.store.reading_changed.connect(hear)
    return told


def test_a_long_run_can_be_stopped_half_way_and_read_on(qtbot: Any, app: App) -> None:
    def points() -> int:
        entries = app.store.entries()
        series = entries[0].data.series.get("total_loss") if entries else None
        return 0 if series is None else len(series)

    note = app.status.reading
    told = as_soon_as_it_is_read(app, lambda: (note.tell(), note.words, note.button.click())[1])
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    run = app.store.entries()[0]
    assert told[0].startswith("Reading long: ")
    assert run.stopped
    assert run.read < 1
    assert points() > 0
    assert "read, stopped" in app.run_model.index_of(run.id).data(ROW_ROLE).line
    # What was on its way may still arrive; it ends before the file does.
    qtbot.waitUntil(lambda: app.live.grid is not None and app.live.grid.place("total_loss") is not None)
    chart = app.live.grid.place("total_loss")
    qtbot.waitUntil(lambda: chart.chart is not None and "% read" in chart.chart.head.note)
    assert points() < STEPS
    assert note.words.endswith("% read")
    qtbot.mouseClick(note.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: points() == STEPS and run.read == 1, timeout=60_000)
    qtbot.waitUntil(lambda: not note.isVisible())
    qtbot.waitUntil(lambda: "% read" not in chart.chart.head.note)


def test_a_stopped_run_keeps_what_was_read_when_its_reader_dies(qtbot: Any, app: App) -> None:
    def points() -> int:
        return len(app.store.entries()[0].data.series.get("total_loss", ()))

    note = app.status.reading
    told = as_soon_as_it_is_read(app, lambda: (note.tell(), note.button.click()))
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    with qtbot.waitSignal(app.watcher.died, timeout=30_000):
        os.kill(app.watcher.pid, signal.SIGKILL)
    had = points()
    assert had > 0
    with qtbot.waitSignal(app.watcher.arrived, timeout=30_000):  # the next reader finds it
        pass
    assert points() == had
    qtbot.mouseClick(note.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: points() == STEPS, timeout=60_000)


def test_the_menu_of_a_run_stops_reading_and_goes_on(qtbot: Any, app: App) -> None:
    def choose(words: str) -> None:
        next(action for action in actions() if action.text() == words).trigger()

    def actions() -> list[QAction]:
        return app.run_list.menu_for(app.run_model.index_of(app.store.entries()[0].id)).actions()

    told = as_soon_as_it_is_read(app, lambda: choose("Stop reading"))
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    run = app.store.entries()[0]
    assert run.stopped
    choose("Read on")
    qtbot.waitUntil(lambda: run.read == 1, timeout=60_000)
    assert not {"Stop reading", "Read on"} & {action.text() for action in actions()}


def test_runs_that_are_read_within_a_blink_are_not_told(qtbot: Any) -> None:
    store = RunStore()
    note = ReadingNote(store)
    qtbot.addWidget(note)
    store.add("/runs/short", "/runs", RunData(RunRef("/runs/short", "test", "short")))
    store.set_read("/runs/short", 0.5)
    assert not note.isVisibleTo(None)
    store.set_read("/runs/short", 1.0)
    note.tell()
    assert note.words == ""


def test_several_runs_are_told_together(qtbot: Any) -> None:
    store = RunStore()
    note = ReadingNote(store)
    qtbot.addWidget(note)
    for name, read in (("one", 0.2), ("two", 0.4)):
        store.add(name, "/runs", RunData(RunRef(name, "test", name)))
        store.set_read(name, read)
    note.tell()
    assert note.words == "Reading 2 runs: 30%"
    with qtbot.waitSignal(note.stop_requested, check_params_cb=lambda runs: runs == ("one", "two")):
        note.button.click()
