"""Stars, tags, notes and colours in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from musiclog.records import News, RunInfo, RunRef
from musiclog.run_data import RunData
from musiclog.user_data import UserData
from musiclog_gui.state.run_marks import RunMarks
from musiclog_gui.state.runs import RunStore


@pytest.fixture
def store() -> RunStore:
    store = RunStore()
    for name in ("a", "b"):
        data = RunData(RunRef(f"/runs/{name}", "musiclog", name))
        data.absorb(News(info=RunInfo(name, "musiclog", id=f"id-{name}", tags=("own",))))
        store.add(f"/runs/{name}", "/runs", data)
    return store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.json"


def test_a_star_is_told_and_kept(qtbot: QtBot, store: RunStore, file: Path) -> None:
    marks = RunMarks(store, UserData(file))
    with qtbot.waitSignals([marks.changed, marks.changed]):
        marks.star(["/runs/a", "/runs/b", "/runs/unknown"])
    assert RunMarks(store, UserData(file)).of("/runs/b").starred
    assert not marks.of("/runs/unknown").starred


def test_what_is_so_already_is_not_told_again(qtbot: QtBot, store: RunStore) -> None:
    marks = RunMarks(store)
    marks.archive(["/runs/a"])
    with qtbot.assertNotEmitted(marks.changed):
        marks.archive(["/runs/a"])


def test_tags_come_on_top_of_the_runs_own(store: RunStore) -> None:
    marks = RunMarks(store)
    marks.tag(["/runs/a"], "mine")
    marks.tag(["/runs/a"], "own")
    assert marks.tags_of("/runs/a") == ("own", "mine")
    assert marks.known_tags() == ["mine", "own"]
    marks.untag(["/runs/a"], "mine")
    assert marks.tags_of("/runs/a") == ("own",)


def test_colours_of_groups_are_told_to_all(qtbot: QtBot, store: RunStore) -> None:
    marks = RunMarks(store)
    with qtbot.waitSignal(marks.colours_changed):
        marks.colour_label("group", "lr 0.1", "#123456")
    assert marks.colour_of("/runs/a", "lr 0.1") == "#123456"
    marks.colour_run("/runs/a", "#654321")
    assert marks.colour_of("/runs/a", "lr 0.1") == "#654321"
    assert marks.colour_of("/runs/b") is None


def test_what_another_window_noted_arrives_with_a_refresh(qtbot: QtBot, store: RunStore, file: Path) -> None:
    one, other = RunMarks(store, UserData(file)), RunMarks(store, UserData(file))
    one.note("/runs/a", "listen to epoch 12")
    with qtbot.waitSignals([other.changed, other.colours_changed]):
        other.refresh()
    assert other.of("/runs/a").note == "listen to epoch 12"


def test_trouble_is_told_when_it_comes_and_when_it_goes(qtbot: QtBot, store: RunStore, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    marks = RunMarks(store, UserData(folder / "runs.json"))
    folder.write_text("a file where the folder should be")
    with qtbot.waitSignal(marks.trouble_changed) as told:
        marks.star(["/runs/a"])
    assert "cannot be" in told.args[0]
    folder.unlink()
    with qtbot.waitSignal(marks.trouble_changed):
        marks.star(["/runs/b"])
    assert marks.trouble == ""
    assert RunMarks(store, UserData(folder / "runs.json")).of("/runs/a").starred
