"""What the user noted survives moves, other windows, broken files and full disks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.user_data import Marks, RunName, UserData, key_label

RUN = RunName("/runs/a", "id-a")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "musiclog" / "runs.json"


def test_marks_are_there_again_the_next_day(file: Path) -> None:
    UserData(file).change(RUN, starred=True, tags=["base", " base", "", "x"], note="flat in bar 8 ♭", colour="#AABBCC")
    assert UserData(file).marks(RUN) == Marks(True, False, ("base", "x"), "flat in bar 8 ♭", "#aabbcc", "/runs/a")
    assert [path.name for path in file.parent.iterdir()] == ["runs.json"]


def test_a_run_that_moved_is_known_by_its_id(file: Path) -> None:
    UserData(file).change(RUN, starred=True)
    assert UserData(file).marks(RunName("/elsewhere", "id-a")).starred
    assert not UserData(file).marks(RunName("/runs/a", "another run")).starred


def test_a_run_without_an_id_is_known_by_its_path_until_it_has_one(file: Path) -> None:
    data = UserData(file)
    data.change(RunName("/runs/a"), starred=True)
    assert data.marks(RUN).starred
    data.change(RUN, note="now with an id")
    assert list(json.loads(file.read_text("utf-8"))["runs"]) == ["id:id-a"]
    assert data.marks(RUN) == Marks(starred=True, note="now with an id", path="/runs/a")


def test_what_is_taken_back_leaves_nothing_behind(file: Path) -> None:
    data = UserData(file)
    data.change(RUN, starred=True, tags=["x"])
    data.change(RUN, starred=False, tags=[])
    assert json.loads(file.read_text("utf-8"))["runs"] == {}


def test_colours_of_run_group_and_key_in_this_order(file: Path) -> None:
    data = UserData(file)
    data.set_colour("key", key_label("optimizer", "adam"), "#000001")
    assert data.colour(RUN, "lr 0.1", {"seed": 3, "optimizer": "adam"}) == "#000001"
    data.set_colour("group", "lr 0.1", "#000002")
    assert UserData(file).colour(RUN, "lr 0.1", {"optimizer": "adam"}) == "#000002"
    data.change(RUN, colour="#000003")
    assert data.colour(RUN, "lr 0.1") == "#000003"
    data.change(RUN, colour=None)
    data.set_colour("group", "lr 0.1", None)
    assert data.colour(RUN, "lr 0.1") is None
    assert data.chosen("key") == {"optimizer = adam": "#000001"}


def test_what_is_no_colour_is_refused_before_anything_is_noted(file: Path) -> None:
    with pytest.raises(ValueError, match="#1f77b4"):
        UserData(file).change(RUN, colour="red")
    assert not file.exists()


def test_two_windows_do_not_undo_each_others_marks(file: Path) -> None:
    one, other = UserData(file), UserData(file)
    one.change(RUN, starred=True)
    other.change(RunName("/runs/b"), note="mine")
    assert one.refresh()
    assert not one.refresh()
    assert one.marks(RunName("/runs/b")).note == "mine"
    assert one.marks(RUN).starred


@pytest.mark.parametrize(
    "broken", [b"{", b"[]", b"\xff\xfe", b"", b'{"version": 1}', b'{"version": 1, "runs": {"id:a": {"colour": "red"}}}']
)
def test_a_broken_file_is_kept_aside_and_said(file: Path, broken: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(broken)
    data = UserData(file)
    (aside,) = file.parent.iterdir()
    assert aside.read_bytes() == broken
    assert "broken" in aside.name
    assert data.trouble is not None
    assert str(aside) in data.trouble
    data.change(RUN, starred=True)
    assert UserData(file).marks(RUN).starred
    assert aside.read_bytes() == broken


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"version": 99, "runs": "who knows"}')
    data = UserData(file)
    data.change(RUN, starred=True)
    assert data.marks(RUN).starred
    assert "newer version" in (data.trouble or "")
    assert file.read_text() == '{"version": 99, "runs": "who knows"}'


def test_a_file_that_cannot_be_written_is_said_and_marks_last_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where the folder should be")
    data = UserData(tmp_path / "occupied" / "runs.json")
    data.change(RUN, starred=True)
    assert data.marks(RUN).starred
    assert "cannot be" in (data.trouble or "")


def test_a_path_that_is_no_text_can_be_kept(file: Path) -> None:
    run = RunName(os.fsdecode(b"/runs/\xff"))
    UserData(file).change(run, starred=True)
    assert UserData(file).marks(run).starred


def test_without_a_file_marks_last_as_long_as_the_program() -> None:
    data = UserData()
    data.change(RUN, archived=True)
    assert data.marks(RUN).archived
    assert data.trouble is None


MARKS = st.fixed_dictionaries(
    {"starred": st.booleans(), "archived": st.booleans(), "note": st.text(max_size=10),
     "tags": st.lists(st.text(max_size=5), max_size=3), "colour": st.none() | st.just("#123456")}
)  # fmt: skip


@given(
    st.dictionaries(
        st.builds(RunName, st.text(max_size=4), st.none() | st.text(min_size=1, max_size=4)), MARKS, max_size=4
    )
)
def test_whatever_is_noted_is_read_back(changes: dict[RunName, dict[str, object]]) -> None:
    import tempfile  # noqa: PLC0415 - a folder for every example

    with tempfile.TemporaryDirectory() as folder:
        data = UserData(Path(folder) / "runs.json")
        for run, fields in changes.items():
            data.change(run, **fields)
        again = UserData(Path(folder) / "runs.json")
        assert [again.marks(run) for run in changes] == [data.marks(run) for run in changes]
        assert again.tags() == data.tags()
