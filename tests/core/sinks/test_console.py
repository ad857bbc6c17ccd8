"""The console says what a person in front of it wants to know, and takes no name for markup."""

from __future__ import annotations

import io
from pathlib import Path

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
