"""A run that streams for long leaves its columns and sums behind, and nothing that grows beside them."""

from __future__ import annotations

import contextlib
import gc
import json
from pathlib import Path

import pytest

from musiclog import run_data
from musiclog.data_use import NEWEST
from musiclog.follow import Follower, Found, Update
from musiclog.run_data import RunData
from musiclog.structured_log import format_record

ROWS = 60  # a round


class Stream:
    """A run folder that is written to, and everything that reads it."""

    def __init__(self, folder: Path) -> None:
        (folder / "logs").mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({"state": "running", "watches_itself": False}))
        self.folder, self.now, self.rounds = folder, 0.0, 0
        self.follower = Follower(clock=lambda: self.now)
        self.follower.watch(folder)
        self.data: RunData | None = None

    def round(self) -> None:
        steps = range(self.rounds * ROWS, (self.rounds + 1) * ROWS)
        self.rounds += 1
        self._append(
            "metrics.jsonl", [{"step": step, "t": 1e9 + step, "total_loss": 1 + step % 7 / 10} for step in steps]
        )
        self._append("data_usage.jsonl", [{"t": 1e9 + step, "name": f"{step % 20}.mid"} for step in steps])
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write("no JSON\n")
        with (self.folder / "logs" / "training.log").open("a") as file:
            file.writelines(format_record(1e9 + step, "INFO", "training", f"step {step}") for step in steps)
        self.now += 60.0
        self._read()

    def _append(self, name: str, rows: list[dict[str, object]]) -> None:
        with (self.folder / name).open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    def _read(self) -> None:
        while True:
            for message in self.follower.turn():
                if isinstance(message, Found):
                    self.data = RunData(message.ref)
                elif isinstance(message, Update):
                    assert self.data is not None
                    self.data.absorb(message.news)
            if self.follower.rest_s() > 0:
                return


@pytest.fixture
def stream(tmp_path, monkeypatch):
    monkeypatch.setattr(run_data, "LOG_KEPT", 300)
    stream = Stream(tmp_path / "run")
    with contextlib.closing(stream.follower):
        yield stream


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def test_nothing_but_columns_grows(stream):
    for _ in range(250):  # what is bounded is full, also what the detectors look back on
        stream.round()
    before = objects()
    for _ in range(120):
        stream.round()
    grown = objects() - before
    rows = stream.rounds * ROWS
    data = stream.data
    assert len(data.series["total_loss"]) == rows
    assert (data.data_usage.uses, len(data.data_usage.files), len(data.data_usage.newest)) == (rows, 20, NEWEST)
    assert (len(data.log), data.log_left_out) == (300, rows - 300)
    assert (len(data.problems), data.problem_count) == (run_data.PROBLEMS_KEPT, stream.rounds)
    assert grown < 120  # less than one a round
