"""The console says what a person in front of it wants to know, and takes no name for markup."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from musiclog import Run
from musiclog.sinks.console import LINE_EVERY_S, Console


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_into_a_file_it_writes_whole_lines(tmp_path: Path) -> None:
    file = io.StringIO()
    with Run(tmp_path / "run", name="[red]bach", total_steps=50, sinks=[Console(file)]) as run:
        for step in range(50):
            run.log(step, total_loss=float("nan") if step == 30 else 0.25)

    lines = file.getvalue().splitlines()
    assert "critical total_loss is not a finite number at step 30  (opened)" in lines
    assert lines[-1] == "[red]bach: finished at step 49  total_loss 0.25"


def test_on_a_terminal_it_shows_a_bar_with_the_time_left(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    with Run(tmp_path / "run", name="bach", total_steps=50, sinks=[Console(screen)]) as run:
        for step in range(50):
            run.log(step, total_loss=0.25)

    assert "bach" in screen.getvalue()
    assert "finished at step 49" in screen.getvalue()


def test_a_line_of_progress_comes_each_half_minute(tmp_path: Path) -> None:
    file = io.StringIO()
    console = Console(file)
    with Run(tmp_path / "run", name="bach", total_steps=50, sinks=[console]) as run:
        run.log(10, total_loss=0.25)
    before = file.getvalue()
    estimate = run.progress
    console.beat(console._said + LINE_EVERY_S - 1, estimate)
    assert file.getvalue() == before
    console.beat(console._said + LINE_EVERY_S, estimate)
    assert file.getvalue().splitlines()[-1].startswith("bach: step 10  20%")


def on_a_terminal(program: str, folder: Path) -> tuple[str, str]:
    """What a program with stderr on a terminal writes there, and what into its stdout, which is a pipe."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    done = subprocess.run([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, stderr=theirs,
                          env=environment, check=True, timeout=60)  # fmt: skip
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        return terminal.read1(1_000_000).decode(), done.stdout.decode()


PRINTING = """
import sys, musiclog
from musiclog.sinks.console import Console

class Opened(Console):
    def open(self, about):
        super().open(about)
        print("mine", "x" * 300)

with musiclog.Run(sys.argv[1], sinks=[Opened()]) as run:
    run.log(7, loss=0.25)
"""


def test_what_the_training_prints_stays_in_its_pipe(tmp_path: Path) -> None:
    terminal, pipe = on_a_terminal(PRINTING, tmp_path / "run")

    assert pipe == f"mine {'x' * 300}\n"
    assert "finished at step 7  loss 0.25" in terminal


def test_a_forked_child_prints_without_the_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxied, proxy = io.StringIO(), io.StringIO()
    proxy.rich_proxied_file = proxied  # as rich's own has it
    monkeypatch.setattr(sys, "stdout", proxy)

    with Run(tmp_path / "run", sinks=[Console(io.StringIO())]) as run:
        run._after_fork_in_child()

    assert sys.stdout is proxied


def test_the_losses_have_room_where_no_end_is_known(tmp_path: Path) -> None:
    file = io.StringIO()
    console = Console(file)
    with Run(tmp_path / "run", name="bach", sinks=[console]) as run:
        run.log(10, total_loss=0.25)
    console.beat(console._said + LINE_EVERY_S, run.progress)
    assert file.getvalue().splitlines()[-1] == "bach: step 10  total_loss 0.25"
