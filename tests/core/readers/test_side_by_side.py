"""Runs of nine trackers and our own under one folder: followed together, in one chart's data and in one comparison."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from musiclog import Run, cli
from musiclog.follow import Follower, Found, Update
from musiclog.run_data import RunData

FORMATS = {"W&B", "trackio", "MLflow files", "MLflow", "Lightning CSV", "Hugging Face", "DVCLive", "Sacred", "Aim",
           "musiclog"}  # fmt: skip


@pytest.fixture
def root(recorded):
    with Run(recorded / "own", config={"training": {"learning_rate": 0.002}}, monitor=False) as run:
        for step in range(30):
            run.log(step, loss=4 * 0.9**step + 0.25)
    return recorded


class Chart:
    """What a window keeps: the data of every run that the follower tells of."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self.runs: dict[str, RunData] = {}

    def settle(self) -> None:
        while True:
            for message in self._follower.turn():
                if isinstance(message, Found):
                    self.runs[message.run_id] = RunData(message.ref)
                elif isinstance(message, Update):
                    self.runs[message.run_id].absorb(message.news)
            if self._follower.rest_s() > 0:
                return

    def of(self, format_name: str) -> RunData:
        (found,) = [run for run in self.runs.values() if run.ref.format == format_name]
        return found


def test_runs_of_all_trackers_are_followed_together(root):
    now = [0.0]
    follower = Follower(clock=lambda: now[0])
    follower.watch(root)
    chart = Chart(follower)
    chart.settle()
    assert {run.ref.format for run in chart.runs.values()} == FORMATS
    ends = {name: chart.of(name).series["loss"].values[-1] for name in FORMATS - {"Aim", "Hugging Face", "musiclog"}}
    assert set(ends.values()) == {0.3134}
    # Every run is judged alike: the gradient that is no number is told wherever the tracker kept it.
    told = {name: [event.data["kind"] for event in chart.of(name).events if event.kind == "alert"] for name in ends}
    assert all("nan_values" in kinds for kinds in told.values()), told
    with closing(sqlite3.connect(root / "mlflow_sqlite" / "mlflow.db")) as writer:
        writer.execute("INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
                       "SELECT 'loss', 0.25, 1795428000000, run_uuid, 30, 0 FROM runs")  # fmt: skip
        writer.commit()
    (table,) = root.glob("dvclive/**/plots/metrics/loss.tsv")
    with table.open("a") as file:
        file.write("30\t0.25\n")
    now[0] += 60
    chart.settle()
    for name in ("MLflow", "DVCLive"):
        series = chart.of(name).series["loss"]
        assert (series.steps[-1], series.values[-1]) == (30, 0.25)
    follower.close()


def test_the_loss_of_all_trackers_is_compared(root, capsys):
    pytest.importorskip("scipy", reason="comparisons need the extra analysis")
    assert cli.main(["compare", str(root), "--metric", "loss", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    ends = [row["values"].get("final loss") for row in found["runs"]]
    assert len(ends) == len(FORMATS)
    # Without its package Aim's runs are listed only; Hugging Face's trainer calculates with 32 bits.
    ends = sorted(end for end in ends if end is not None)
    assert len(ends) >= len(FORMATS) - 1
    assert ends.count(0.3134) >= len(FORMATS) - 3


def test_a_database_stands_for_its_runs(root, capsys):
    pytest.importorskip("scipy", reason="comparisons need the extra analysis")
    databases = [str(root / "mlflow_sqlite" / "mlflow.db"), str(root / "trackio" / "music.db")]
    assert cli.main(["compare", *databases]) == 0
    assert "2 runs in 2 groups" in capsys.readouterr().out
