"""Named comparisons on disk, shared by the windows of one user."""

from __future__ import annotations

from pathlib import Path

import pytest

from musiclog.comparison_sets import ComparisonSet, ComparisonSets

CHOSEN = ComparisonSet(("/runs/a", "/runs/b"), "lr<1", ("model.kind",), "val/loss", "best", "step", 2.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "musiclog" / "comparisons.jsonl"


def test_a_set_is_found_again_by_its_name(path: Path) -> None:
    ComparisonSets(path).keep("Größe ⏎ 1", CHOSEN)
    assert ComparisonSets(path).named("Größe ⏎ 1") == CHOSEN


def test_a_name_used_again_replaces_what_had_it_and_a_deleted_one_stays_away(path: Path) -> None:
    sets = ComparisonSets(path)
    sets.keep("a", CHOSEN)
    sets.keep("a", ComparisonSet(("/runs/c",)))
    sets.keep("b", CHOSEN)
    sets.drop("b")
    again = ComparisonSets(path)
    assert again.names() == ["a"]
    assert again.named("a") == ComparisonSet(("/runs/c",))


def test_two_windows_do_not_undo_each_other(path: Path) -> None:
    one, other = ComparisonSets(path), ComparisonSets(path)
    one.keep("a", CHOSEN)
    other.keep("b", CHOSEN)
    one.refresh()
    assert one.names() == ["a", "b"]


def test_a_line_cut_off_by_a_crash_costs_itself_only(path: Path) -> None:
    ComparisonSets(path).keep("a", CHOSEN)
    with path.open("ab") as file:
        file.write(b'{"name": "half", "set": {"ru')
    sets = ComparisonSets(path)
    sets.keep("b", CHOSEN)
    again = ComparisonSets(path)
    assert (again.names(), again.unreadable) == (["a", "b"], 1)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "musiclog").write_text("a file where the folder should be")
    sets = ComparisonSets(tmp_path / "musiclog" / "comparisons.jsonl")
    sets.keep("a", CHOSEN)
    assert sets.named("a") == CHOSEN
    assert "cannot be written" in (sets.trouble or "")
