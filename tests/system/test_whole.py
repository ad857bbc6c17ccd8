"""A real trainer process and the real window on its folder: it grows, it sounds, it warns, and it leaves nothing."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from multiprocessing import resource_tracker
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from musiclog_gui.app import App
from musiclog_gui.settings import Settings
from musiclog_gui.work.player import Phase

LIMIT_MS = 60_000  # how long a slow and busy machine may take for one fact; nothing waits that long by itself

# The demo itself, small, with its fault late enough for the detectors to know what is usual. Before step 30 it waits
# for a line, so that the window has seen the curve before it goes on.
TRAIN = """
import itertools, sys
from pathlib import Path
from musiclog import Run
from musiclog.demo.config import DemoConfig
from musiclog.demo.trainer import Trainer
from musiclog.demo.tunes import load_tunes

steps = itertools.count(1)
config = DemoConfig(epochs=4, transpositions=2, hidden=16, embedding=8, fault_at=0.75, fault_share=0.2)
with Run(Path(sys.argv[1]), config=config.nested(), total_epochs=config.epochs) as run:
    Trainer(run, config, load_tunes(), lambda: next(steps) != 30 or bool(sys.stdin.readline())).train()
"""


@pytest.fixture
def trainer(tmp_path):
    """The training in its own process, ended with the test if it has not ended by itself."""
    command = [sys.executable, "-c", TRAIN, str(tmp_path / "runs" / "tiny-gru")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def app(qtbot, tmp_path, monkeypatch):
    """The window, watching a folder in which a run is about to begin."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "runs").mkdir()
    app = App(QApplication.instance(), Settings(tmp_path / "settings.json"), [str(tmp_path / "runs")])
    qtbot.addWidget(app.window)
    app.show()
    yield app
    app.window.close()
    app.deleteLater()


def children() -> set[int]:
    """Processes of ours that live, whoever started them."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(map(int, listed.read_text().split())) if listed.exists() else set()


def test_a_training_is_seen_heard_and_warned_about_and_nothing_is_left(app, trainer, qtbot):
    def until(fact):
        qtbot.waitUntil(fact, timeout=LIMIT_MS)

    until(lambda: len(app.store.entries()) == 1)
    (entry,) = app.store.entries()
    until(lambda: len(entry.data.series.get("total_loss", ())) == 29)
    trainer.stdin.write(b"go on\n")
    trainer.stdin.flush()
    until(lambda: len(entry.data.series["total_loss"]) > 29)  # the curve grows

    until(lambda: app.live.grid is not None)
    until(lambda: len(entry.data.samples) > 0)
    sample = next(iter(entry.data.samples))
    assert entry.data.samples[sample].card["overall"] is not None

    app.window.show_page(1)
    app.selection.play_requested.emit(entry.id, sample)
    until(lambda: app.player.status.phase is Phase.PLAYING)
    until(lambda: app.player.position_s > 0)
    app.player.pause()

    until(lambda: any(e.data["kind"] == "learning_rate_issue" for e in entry.data.events if e.kind == "alert"))
    until(lambda: app.alerts.rowCount() > 0)

    until(lambda: entry.data.info.state == "finished")
    assert trainer.wait(timeout=LIMIT_MS / 1000) == 0
    assert entry.data.problem_count == 0


def test_closing_the_window_leaves_no_process_thread_or_file(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    processes, threads = children(), set(threading.enumerate())
    (tmp_path / "runs").mkdir()
    app = App(QApplication.instance(), Settings(tmp_path / "settings.json"), [str(tmp_path / "runs")])
    qtbot.addWidget(app.window)
    app.show()
    qtbot.waitUntil(lambda: app.live.grid is not None, timeout=LIMIT_MS)
    app.window.close()
    app.deleteLater()
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= threads, timeout=LIMIT_MS)
    assert multiprocessing.active_children() == []
    assert children() - processes <= {resource_tracker_pid()}
    assert list(temporary.iterdir()) == []


def resource_tracker_pid() -> int | None:
    """Python's own helper for shared resources, which lives as long as this process."""
    return resource_tracker._resource_tracker._pid
