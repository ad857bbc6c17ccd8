"""Where a run happened is recorded from files and metadata, without running anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from musiclog.environment import describe, git_state
from musiclog.memory import gpu_gb, ram_gb


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "deep" / "inside").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_the_commit_and_branch_are_those_that_git_tells(repository: Path) -> None:
    expected = {"git_commit": git(repository, "rev-parse", "HEAD"), "git_branch": "trunk"}

    assert git_state(repository / "deep" / "inside") == expected
    git(repository, "pack-refs", "--all")
    assert git_state(repository) == expected


def test_a_detached_head_has_a_commit_and_no_branch(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")

    assert git_state(repository) == {"git_commit": git(repository, "rev-parse", "HEAD"), "git_branch": None}


def test_a_worktree_knows_its_own_branch(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "other"))

    assert git_state(tmp_path / "other") == {"git_commit": git(repository, "rev-parse", "side"), "git_branch": "side"}


def test_outside_of_a_repository_nothing_is_claimed(tmp_path: Path) -> None:
    assert git_state(tmp_path) == {"git_commit": None, "git_branch": None}


def test_versions_are_recorded_and_command_line_arguments_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--key", "secret"])
    found = describe()

    assert found["program"] == "train.py"
    assert "secret" not in repr(found)
    assert {"musiclog", "numpy", "orjson"} <= set(found["packages"])
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")


class BrokenDriver:
    """torch on a machine whose GPU fell off the bus."""

    class cuda:
        @staticmethod
        def is_initialized() -> bool:
            raise RuntimeError("no device")


def test_a_broken_gpu_driver_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", BrokenDriver)

    assert gpu_gb() == (None, None)
    assert "device" not in describe()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_of_this_process_is_known_on_linux() -> None:
    assert 0.001 < (ram_gb() or 0) < 1000
