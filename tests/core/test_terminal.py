"""A run fits a terminal: its progress, its curves and what its newest alerts advise."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from musiclog import Run, open_run, terminal
from musiclog.cli import main
from musiclog.terminal import METRICS_SHOWN, newest_alerts, show, shown_metrics, sparkline


@pytest.fixture
def run_folder(tmp_path):
    """A finished run whose learning rate jumped."""
    with Run(tmp_path / "bach-gru", total_epochs=2) as run:
        for step in range(1, 121):
            run.log(step, total_loss=3.0 / step, learning_rate=0.001 if step < 90 else 0.03, epoch=1 + step // 61)
    return tmp_path / "bach-gru"


def pictured(thing) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(thing)
    return console.file.getvalue()


def test_a_rising_curve_rises_from_the_lowest_to_the_highest_bar():
    assert sparkline(np.arange(80.0), 8) == "▁▂▃▄▅▆▇█"


def test_a_short_curve_is_not_stretched_and_an_empty_one_is_empty():
    assert sparkline(np.array([1.0, 2.0]), 8) == "▁█"
    assert sparkline(np.array([]), 8).strip() == ""


def test_what_is_not_finite_leaves_a_gap():
    assert sparkline(np.array([0.0, np.nan, np.inf, 1.0]), 4) == "▁  █"


def test_values_at_the_end_of_the_range_of_numbers_have_bars_too():
    assert sparkline(np.array([-1e308, 1e308, 1e308, np.inf]), 2) == "▁█"
    assert sparkline(np.array([0.0, 5e-324]), 2) == "▁█"


def test_an_even_curve_stays_low():
    assert sparkline(np.full(4, 7.0), 4) == "▁▁▁▁"


def test_the_most_wanted_metrics_stand_first_and_the_table_has_an_end():
    names = [*(f"other/{number:02}" for number in range(40)), "quality/overall", "total_loss"]
    shown = shown_metrics(names)
    assert shown[:3] == ["total_loss", "quality/overall", "other/00"]
    assert len(shown) == METRICS_SHOWN


def test_the_picture_names_run_state_metrics_and_advice(run_folder):
    with open_run(run_folder) as run:
        text = pictured(show(run.data))
        (alert,) = newest_alerts(run.data)
    assert "bach-gru" in text
    assert "finished" in text
    assert "total_loss" in text
    assert "epoch 2 of 2" in text
    assert alert["kind"] == "learning_rate_issue"
    assert "→" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_an_empty_run_has_a_picture_too(tmp_path):
    with Run(tmp_path / "empty"):
        pass
    with open_run(tmp_path / "empty") as run:
        assert "empty" in pictured(show(run.data))


def test_on_a_pipe_the_run_is_shown_once_at_its_end(run_folder):
    console = Console(file=io.StringIO(), width=80)
    with open_run(run_folder) as run:
        assert terminal.has_ended(run.data)
        terminal.watch(run, console)
    assert console.file.getvalue().count("bach-gru") == 1


def test_a_folder_in_which_nothing_ever_begins_is_given_up(tmp_path):
    terminal.watch_folder(tmp_path, Console(file=io.StringIO()), ended=lambda: True)


def test_a_folder_of_runs_is_a_table_with_the_living_first(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with Run(tmp_path / "runs" / "a-finished-one") as done:
        done.log(1, total_loss=2.5)
    with Run(tmp_path / "runs" / ("long-name-" * 9), total_steps=100) as living:
        for step in range(1, 51):
            living.log(step, {"total_loss": float("nan") if step == 50 else 1.0 / step, "quality/overall": 0.5})

        assert main(["watch", "--once", str(tmp_path / "runs")]) == 0

    heading, first, second, *rest = capsys.readouterr().out.splitlines()
    assert heading.split() == ["state", "run", "done", "left", "loss", "quality", "alerts"]
    assert first.split()[:3] == ["live", "long-name-long-name…", "50%"]
    assert second.split()[:3] == ["finished", "a-finished-one", "100%"]
    assert "0.50" in first
    assert "total_loss is not a finite number" in " ".join(rest)


def test_a_folder_without_runs_says_so(tmp_path, capsys):
    assert main(["watch", "--once", str(tmp_path)]) == 0
    assert "No runs here yet" in capsys.readouterr().out


def test_the_trend_of_quality_is_told_in_words(tmp_path):
    with Run(tmp_path / "run") as run:
        for epoch in range(12):
            run.log(epoch * 10, {"quality/overall": 0.2 + 0.04 * epoch}, epoch=epoch)
    with open_run(tmp_path / "run") as opened:
        assert "quality: rising by 0.0400 an epoch" in " ".join(pictured(show(opened.data)).split())


def test_trouble_with_the_place_of_a_run_stands_below_it(run_folder):
    console = Console(file=io.StringIO(), width=80)
    terminal.watch(open_run(run_folder), console, trouble=lambda: "cluster does not answer any more")

    assert console.file.getvalue().rstrip().endswith("cluster does not answer any more")
