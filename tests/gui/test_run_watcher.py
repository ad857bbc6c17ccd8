"""The watcher with a real process that reads what a real Run writes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musiclog import Run
from musiclog.follow import FolderTrouble, Found, Lost, Update
from musiclog.glance import Glance
from musiclog.messages import Listed
from musiclog.records import News, RunInfo, RunRef
from musiclog_gui.state.runs import RunStore
from musiclog_gui.work.intake import Intake
from musiclog_gui.work.run_watcher import RunWatcher


class Heard:
    """A watcher with its store, and everything that it told."""

    def __init__(self, qtbot: Any) -> None:
        self.qtbot = qtbot
        self.watcher, self.store = RunWatcher(), RunStore()
        self.intake = Intake(self.store)
        self.messages: list[object] = []
        self.threads: set[threading.Thread] = set()
        self.watcher.arrived.connect(self._note)
        self.watcher.arrived.connect(self.intake.take)

    def _note(self, message: object) -> None:
        self.messages.append(message)
        self.threads.add(threading.current_thread())

    def watch(self, folder: Path) -> None:
        self.intake.watched.add(str(folder))
        self.watcher.watch(str(folder))

    def until(self, fact: Any) -> None:
        self.qtbot.waitUntil(fact, timeout=20_000)

    def values(self, run_id: str, name: str) -> list[float]:
        entry = self.store.entry(run_id)
        series = entry.data.series.get(name) if entry else None
        return [] if series is None else series.values.tolist()


@pytest.fixture
def heard(qtbot: Any) -> Iterator[Heard]:
    before = set(threading.enumerate())
    heard = Heard(qtbot)
    heard.watcher.start()
    yield heard
    heard.watcher.stop()
    assert not multiprocessing.active_children()
    assert set(threading.enumerate()) <= before


def test_points_arrive_while_the_run_writes(heard: Heard, tmp_path: Path) -> None:
    heard.watch(tmp_path)
    with Run(tmp_path / "bach") as run:
        folder = str(run.folder)
        for step in range(3):
            run.log(step, total_loss=float(step))
            heard.until(lambda step=step: heard.values(folder, "total_loss") == [float(n) for n in range(step + 1)])
    heard.until(lambda: heard.store.entry(folder).data.info.state == "finished")
    assert heard.threads == {threading.main_thread()}


def test_a_run_that_was_there_before_is_found(heard: Heard, tmp_path: Path) -> None:
    with Run(tmp_path / "bach", config={"size": 3}) as run:
        run.log(1, total_loss=2.0)
    heard.watch(tmp_path)
    heard.until(lambda: heard.values(str(run.folder), "total_loss") == [2.0])
    found, *_ = (message for message in heard.messages if isinstance(message, Found))
    assert found.folder == str(tmp_path)


def test_a_dead_process_is_told_and_replaced_and_nothing_is_read_twice(heard: Heard, tmp_path: Path) -> None:
    heard.watch(tmp_path)
    with Run(tmp_path / "bach") as run:
        run.log(1, total_loss=1.0)
        heard.until(lambda: heard.values(str(run.folder), "total_loss") == [1.0])
        entry = heard.store.entry(str(run.folder))
        heard.store.set_colour(entry.id, "#123456")
        with heard.qtbot.waitSignal(heard.watcher.died, timeout=10_000) as died:
            os.kill(heard.watcher.pid, signal.SIGKILL)
        assert "started again" in died.args[0]
        run.log(2, total_loss=2.0)
        heard.until(lambda: heard.values(str(run.folder), "total_loss") == [1.0, 2.0])
    assert heard.store.entry(str(run.folder)).colour == "#123456"


def test_a_folder_that_is_watched_no_longer_is_silent(heard: Heard, tmp_path: Path) -> None:
    heard.watch(tmp_path)
    with Run(tmp_path / "bach") as run:
        run.log(1, total_loss=1.0)
        heard.until(lambda: heard.values(str(run.folder), "total_loss") == [1.0])
        heard.watcher.unwatch(str(tmp_path))
        heard.until(lambda: any(isinstance(message, Lost) for message in heard.messages))
    assert heard.store.entries() == []


def test_what_was_on_its_way_from_a_closed_folder_is_dropped(qtbot: Any) -> None:
    store = RunStore()
    intake = Intake(store)
    intake.take(Found("/runs/bach", "/runs", None))
    intake.take(Update("/runs/bach", News(problem_count=1)))
    intake.take(Lost("/runs/bach"))
    assert store.entries() == []


def test_a_remembered_run_shows_what_was_seen_until_its_first_news(qtbot: Any) -> None:
    store = RunStore()
    intake = Intake(store)
    intake.watched.add("/runs")
    ref = RunRef("/runs/bach", "musiclog", "bach")
    glance = Glance(RunInfo("a fugue", "musiclog", state="finished"), 99.0, 1.7e9, ((0.0, 1.0), (1.0, 0.0)))
    with qtbot.waitSignal(store.arrived) as told:
        intake.take(Listed((Found(ref.path, "/runs", ref, glance), Found("/gone/run", "/gone", ref))))
    assert told.args == [("/runs/bach",)]
    entry = store.entry("/runs/bach")
    assert (entry.name, entry.data.state(1.8e9).word, entry.remembered) == ("a fugue", "finished", glance)
    intake.take(Update("/runs/bach", News(changed=1.6e9)))
    assert (entry.name, entry.data.changed, entry.remembered) == ("bach", 1.6e9, None)


def test_a_folder_that_is_gone_is_told(heard: Heard, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    heard.watch(folder)
    heard.until(lambda: heard.watcher.pid is not None)
    folder.rmdir()
    heard.until(lambda: any(isinstance(message, FolderTrouble) for message in heard.messages))


def deaf(_connection: Any) -> None:
    """A reader that hangs: it answers to nothing."""
    threading.Event().wait()


def test_a_process_that_hangs_is_ended(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musiclog_gui.work.run_watcher.STOP_S", 0.2)
    watcher = RunWatcher(deaf)
    watcher.start()
    watcher.stop()
    assert not multiprocessing.active_children()


def test_stopping_twice_is_no_error(qtbot: Any) -> None:
    watcher = RunWatcher()
    watcher.start()
    watcher.stop()
    watcher.stop()
    assert watcher.pid is None
