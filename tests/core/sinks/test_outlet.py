"""What a run tells its sinks, and that no sink can hold up, break or outlive the training."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musiclog import Run, RunError
from musiclog.sinks import About, Counts, Moment, Sink, outlet


class Notebook(Sink):
    """Writes down what it is told."""

    name = "notebook"

    def __init__(self) -> None:
        self.opened: About | None = None
        self.lines: list[tuple[Moment, Mapping[str, float]]] = []
        self.histograms: list[tuple[Moment, str, Counts]] = []
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.closed: list[str] = []
        self.threads: set[str] = set()

    def open(self, about: About) -> None:
        self.opened = about

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        self.threads.add(threading.current_thread().name)
        self.lines.append((at, metrics))

    def histogram(self, at: Moment, name: str, counts: Counts) -> None:
        self.histograms.append((at, name, counts))

    def event(self, at: Moment, kind: str, data: Mapping[str, Any]) -> None:
        self.events.append((kind, data))

    def close(self, state: str) -> None:
        self.closed.append(state)


def test_a_sink_is_told_all_that_the_run_was_told_in_its_order(tmp_path: Path) -> None:
    sink = Notebook()
    with Run(tmp_path / "run", config={"layers": 2}, tags=["first"], sinks=[sink]) as run, run.epoch(1):
        for step in range(20):
            run.log(step, total_loss=1.0 / (step + 1))
        run.note("half", step=10)

    assert sink.opened is not None
    assert (sink.opened.config, sink.opened.tags, sink.opened.folder) == ({"layers": 2}, ("first",), run.folder)
    assert [(at.step, at.epoch, dict(metrics)) for at, metrics in sink.lines] == [
        (step, 1, {"total_loss": 1.0 / (step + 1)}) for step in range(20)
    ]
    assert [kind for kind, _ in sink.events] == ["epoch_start", "note", "epoch_end", "finish"]
    assert sink.closed == ["finished"]


def test_a_sink_works_in_a_thread_of_its_own(tmp_path: Path) -> None:
    sink = Notebook()
    with Run(tmp_path / "run", sinks=[sink]) as run:
        run.log(0, loss=1.0)

    assert sink.threads == {"musiclog-notebook"}


def test_a_sample_comes_with_its_card(tmp_path: Path, make_midi: Any) -> None:
    sink = Notebook()
    with Run(tmp_path / "run", sinks=[sink]) as run:
        run.log(7, loss=1.0)
        run.log_sample(make_midi(), card={"overall": 0.5})

    told = dict(sink.events)
    assert told["sample"]["file"] == told["card"]["file"] == "samples/step_00000007_00.mid"
    assert told["card"]["overall"] == 0.5


def test_alerts_reach_the_sink(tmp_path: Path) -> None:
    sink = Notebook()
    with Run(tmp_path / "run", sinks=[sink]) as run:
        for step in range(50):
            run.log(step, total_loss=float("nan") if step == 40 else 1.0)

    (opened, *_) = [data for kind, data in sink.events if kind == "alert"]
    assert opened["kind"] == "nan_values"
    assert opened["suggestions"]


def test_histograms_count_what_is_finite(tmp_path: Path) -> None:
    sink = Notebook()
    with Run(tmp_path / "run", sinks=[sink]) as run:
        run.log(3, loss=1.0)
        run.log_histogram("gradients/out", np.array([[0.0, 1.0], [np.nan, 2.0]]), bins=2)
        run.log_histogram("gradients/none", np.array([np.inf]))

    ((at, name, counts),) = sink.histograms
    assert (at.step, name) == (3, "gradients/out")
    assert counts == Counts((1, 2), (0.0, 1.0, 2.0))


class Broken(Notebook):
    name = "broken"

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        raise ValueError("no")


def test_a_sink_that_breaks_is_said_once_and_costs_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, sound = Broken(), Notebook()
    with Run(tmp_path / "run", sinks=[broken, sound]) as run:
        for step in range(30):
            run.log(step, loss=1.0)

    said = capsys.readouterr().err
    assert said.count("broken failed in points() (ValueError: no); training goes on") == 1
    assert run.notices.counts["sink broken"] == 30
    assert len(sound.lines) == 30
    assert broken.closed == ["finished"]


class Shut(Notebook):
    def open(self, about: About) -> None:
        raise OSError("no server")


def test_a_sink_that_does_not_open_gets_nothing_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shut = Shut()
    with Run(tmp_path / "run", sinks=[shut]) as run:
        run.log(1, loss=1.0)

    assert "notebook failed in open() (OSError: no server); it gets nothing of this run" in capsys.readouterr().err
    assert not shut.lines
    assert not shut.closed


class Stuck(Notebook):
    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        self.free.wait()
        super().points(at, metrics)


def test_a_sink_that_hangs_holds_up_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "CLOSE_S", 0.01)
    monkeypatch.setattr(outlet, "MOST_WAITING", 100)
    stuck = Stuck()
    with Run(tmp_path / "run", sinks=[stuck]) as run:
        for step in range(1_000):
            run.log(step, loss=1.0)
    said = capsys.readouterr().err
    stuck.free.set()

    assert "notebook is too slow" in said
    assert "notebook did not end within 0.01 s" in said
    assert len((run.folder / "metrics.jsonl").read_bytes().splitlines()) == 1_000


def test_the_end_waits_for_all_sinks_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "CLOSE_S", 20.0)
    meeting = threading.Barrier(3)  # three sinks that end only when all were told to

    class Waiting(Notebook):
        def close(self, state: str) -> None:
            meeting.wait(10)
            super().close(state)

    sinks = [Waiting() for _ in range(3)]
    Run(tmp_path / "run", sinks=sinks).finish()

    assert [sink.closed for sink in sinks] == [["finished"]] * 3


LIBRARY = """
import atexit, sys, threading, musiclog
from musiclog.sinks import Sink

class Library(Sink):
    def open(self, about):
        atexit.register(lambda: print("library ends"))
    def points(self, at, metrics):
        told.set()
    def close(self, state):
        print("closed", state, flush=True)

told = threading.Event()
run = musiclog.Run(sys.argv[1], sinks=[Library()])
run.log(1, loss=1.0)
told.wait()
"""


def test_a_run_that_nobody_finished_ends_before_the_libraries_of_its_sinks(tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, "-c", LIBRARY, str(tmp_path / "run")], capture_output=True, check=True)

    assert said.stdout.decode().split("\n")[:3] == ["closed stopped", "library ends", ""]


def test_other_ranks_tell_no_sink(tmp_path: Path) -> None:
    sink = Notebook()
    with Run(tmp_path / "run"), Run(tmp_path / "run", rank=1, sinks=[sink]) as second:
        second.log(1, loss=1.0)

    assert sink.opened is None


def test_an_unknown_sink_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no sink 'tensorbord'; there are console, tensorboard, wandb"):
        Run(tmp_path / "run", sinks=["tensorbord"])
    assert not (tmp_path / "run").exists()
