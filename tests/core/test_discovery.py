"""Runs are found wherever they lie, once, also later, and never at the price of walking in circles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import musiclog
from musiclog.discovery import Discovery, discover, file_name


def make_run(folder):
    musiclog.Run(folder, monitor=False).finish()
    return str(folder)


def found(discovery):
    return [ref.path for ref in discovery.walk() if ref is not None]


def test_runs_of_all_kinds_below_a_folder(tmp_path):
    own = make_run(tmp_path / "a" / "run")
    table = tmp_path / "b" / "metrics.csv"
    table.parent.mkdir()
    table.write_text("step,loss\n1,2\n")
    refs = discover(tmp_path)
    assert {(ref.path, ref.format, ref.name) for ref in refs} == {(own, "musiclog", "run"), (str(table), "CSV", "b")}


def test_a_run_given_as_the_folder_itself_or_as_a_file(tmp_path):
    own = make_run(tmp_path / "run")
    assert [ref.path for ref in discover(own)] == [own]
    (tmp_path / "a.csv").write_text("step,loss\n1,2\n")
    assert [ref.path for ref in discover(tmp_path / "a.csv")] == [str(tmp_path / "a.csv")]


def test_runs_that_appear_later_are_found_by_the_next_walk(tmp_path):
    discovery = Discovery(tmp_path)
    assert found(discovery) == []
    own = make_run(tmp_path / "deep" / "er" / "run")
    assert found(discovery) == [own]


def test_a_file_that_becomes_a_table_later_is_found(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("")
    discovery = Discovery(tmp_path)
    assert found(discovery) == []
    path.write_text("step,loss\n")
    assert found(discovery) == [str(path)]


def test_links_in_circles_end_and_a_run_counts_once(tmp_path):
    own = make_run(tmp_path / "runs" / "run-07")
    (tmp_path / "runs" / "latest").symlink_to(own)
    (tmp_path / "runs" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "aaa").symlink_to(tmp_path / "runs")
    assert found(Discovery(tmp_path)) == [own]


def test_a_run_that_is_only_reached_by_a_link_is_found(tmp_path):
    make_run(tmp_path / "elsewhere" / "run")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere" / "run")
    assert found(Discovery(tmp_path / "here")) == [str(tmp_path / "here" / "link")]


def test_depth_is_bounded(tmp_path):
    make_run(tmp_path / "1" / "2" / "3")
    assert found(Discovery(tmp_path, depth=2)) == []
    assert len(found(Discovery(tmp_path, depth=3))) == 1


def test_hidden_and_irrelevant_folders_are_skipped(tmp_path):
    for name in (".git", "node_modules", "site-packages"):
        make_run(tmp_path / name / "run")
    assert found(Discovery(tmp_path)) == []


def test_a_known_folder_costs_no_second_listing(tmp_path, monkeypatch):
    for folder in (Path(make_run(tmp_path / "a" / "run")), tmp_path / "a", tmp_path):
        os.utime(folder, (1_700_000_000, 1_700_000_000))  # a folder that just changed is listed again
    discovery = Discovery(tmp_path)
    before = found(discovery)

    def no_listing(path):
        raise AssertionError(f"{path} was listed again")

    monkeypatch.setattr(os, "scandir", no_listing)
    assert found(discovery) == before


def test_too_many_tables_in_one_folder_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("musiclog.discovery.CANDIDATES", 3)
    for number in range(5):
        (tmp_path / f"{number}.csv").write_text("step,loss\n1,2\n")
    discovery = Discovery(tmp_path)
    assert len(found(discovery)) == 3
    assert "the first 3 were looked into" in discovery.notices[0]


def test_a_missing_root_raises(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        discover(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("path", "name"), [("/runs/version_0/metrics.csv", "version_0"), ("/runs/bach.csv", "bach"), ("/log.csv", "log")]
)
def test_what_a_run_of_one_file_is_called(path, name):
    assert file_name(path) == name


def test_hidden_folders_of_trackers_are_looked_into_as_far_as_runs_lie_there(tmp_path):
    for place in (".wandb/offline-run-1-a", ".hidden/offline-run-1-b", ".aim/meta/chunks/c"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / f"run-{folder.name[-1]}.wandb").write_bytes(b":W&B\xe1\xbe\x00")
    assert [ref.name for ref in discover(tmp_path)] == ["offline-run-1-a"]
