"""A run goes on in its folder after a break: one id, one story, the break marked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from musiclog import Run, RunError
from musiclog.run_file import is_being_written, read_json, write_json


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def resumes(folder: Path) -> list[dict[str, Any]]:
    return [event for event in lines(folder / "events.jsonl") if event["event"] == "resume"]


def first_part(folder: Path, **options: Any) -> Run:
    with Run(folder, config={"training": {"rate": 0.1, "size": 3}}, total_epochs=9, monitor=False, **options) as run:
        for step in range(5):
            run.log(step, loss=1.0, epoch=1)
    return run


def test_the_same_folder_is_the_same_run_and_says_where_it_went_on(tmp_path: Path) -> None:
    before = first_part(tmp_path / "a", tags=["x"])
    with Run(tmp_path / "a", monitor=False) as run:
        run.log(3, loss=0.9, epoch=1)

    assert run.id == before.id
    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [0, 1, 2, 3, 4, 3]
    (event,) = resumes(run.folder)
    assert (event["step"], event["previous_state"], event["previous_step"]) == (3, "finished", 4)
    assert event["config_changed"] == {}
    content = read_json(run.folder / "run.json")
    assert (content["planned_epochs"], content["tags"], content["state"]) == (9, ["x"], "finished")
    assert read_json(run.folder / "config.json")["training"]["rate"] == 0.1


def test_a_changed_configuration_is_recorded_and_told(tmp_path: Path) -> None:
    first_part(tmp_path / "a")
    with Run(tmp_path / "a", config={"training": {"rate": 0.01, "size": 3, "warmup": 5}}, monitor=False) as run:
        pass

    (event,) = resumes(run.folder)
    assert event["config_changed"] == {"training.rate": [0.1, 0.01], "training.warmup": [None, 5]}
    assert event["step"] is None
    assert read_json(run.folder / "config.json")["training"]["rate"] == 0.01


def test_without_resume_a_new_folder_is_opened_beside_it(tmp_path: Path) -> None:
    before = first_part(tmp_path / "a")
    with Run(tmp_path / "a", resume=False, monitor=False) as run:
        run.log(0, loss=1.0)

    assert run.folder.parent == tmp_path
    assert run.folder.name == run.id
    assert run.id.startswith("a_")
    assert run.id != before.id
    assert len(lines(before.folder / "metrics.jsonl")) == 5


def another_process_writes(folder: Path) -> None:
    content = read_json(folder / "run.json")
    write_json(folder / "run.json", {**content, "state": "running", "pid": os.getppid()})


def test_a_run_that_another_process_is_writing_is_not_joined(tmp_path: Path) -> None:
    before = first_part(tmp_path / "a")
    another_process_writes(before.folder)

    with Run(tmp_path / "a", monitor=False) as run:
        assert run.folder != before.folder
    with pytest.raises(RunError, match="being written by process"):
        Run(tmp_path / "a", resume=True)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "finished"},
        {"heartbeat": 0},
        {"pid": 2**22 + 1},
        {"host": "elsewhere"},
        {"pid": None},
        {"pid": os.getpid()},
    ],
)
def test_a_run_counts_as_written_only_with_a_living_process_that_keeps_its_promise(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    before = first_part(tmp_path / "a")
    another_process_writes(before.folder)
    content = read_json(before.folder / "run.json")

    assert is_being_written(content, now=content["heartbeat"] + 29)
    assert not is_being_written(content, now=content["heartbeat"] + 31)
    assert not is_being_written({**content, **change}, now=content["heartbeat"] + 1)


def test_opening_a_folder_again_in_one_process_ends_the_earlier_object(tmp_path: Path) -> None:
    earlier = Run(tmp_path / "a", monitor=False)
    earlier.log(1, loss=1.0)
    with Run(tmp_path / "a", monitor=False) as run:
        run.log(2, loss=1.0)

    assert earlier.state == "stopped"
    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [1, 2]


def test_a_broken_run_json_does_not_keep_training_from_going_on(tmp_path: Path) -> None:
    before = first_part(tmp_path / "a")
    (before.folder / "run.json").write_bytes(b'{"id": "a_')
    with Run(tmp_path / "a", monitor=False) as run:
        run.log(5, loss=1.0)

    assert len(lines(run.folder / "metrics.jsonl")) == 6
    assert len(resumes(run.folder)) == 1
