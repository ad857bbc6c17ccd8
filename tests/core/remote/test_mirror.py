"""A copy stays right whatever happens to the files there while it is made."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musiclog.remote import Address, Mirror, RemoteError, keeper


class Store:
    """A folder, seen through what fsspec's file systems have. before: called with each path that is asked for."""

    def __init__(self, before: Callable[[str], None] = str) -> None:
        self.before = before

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        self.before(path)
        return [self.info(str(each)) for each in sorted(Path(path).iterdir())]

    def info(self, path: str) -> dict[str, Any]:
        stat = Path(path).stat()
        kind = "directory" if Path(path).is_dir() else "file"
        return {"name": path, "type": kind, "size": stat.st_size, "mtime": stat.st_mtime}

    def cat_file(self, path: str, start: int, end: int) -> bytes:
        self.before(path)
        return Path(path).read_bytes()[start:end]

    def invalidate_cache(self) -> None:
        pass


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs"


def mirror(theirs: Path, before: Callable[[str], None] = str) -> Mirror:
    return Mirror(Store(before), str(theirs), theirs.parent / "ours")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def refuse(name: str) -> Callable[[str], None]:
    def before(path: str) -> None:
        if path.endswith(name):
            raise PermissionError(13, "Permission denied")

    return before


@pytest.mark.parametrize("refused", ["private", "secret.csv"])
def test_what_may_not_be_read_costs_only_itself(theirs: Path, refused: str) -> None:
    for path in (theirs / "private" / "secret.csv", theirs / "run" / "metrics.csv"):
        path.parent.mkdir()
        path.write_text("step,loss\n0,1.0\n" * len(path.name))

    copy = mirror(theirs, refuse(refused))
    done = copy.look()

    assert (copy.folder / "run" / "metrics.csv").exists()
    (left_out,) = done.left_out
    assert left_out.startswith("private")
    assert left_out.endswith("is not copied: Permission denied")


def test_a_place_that_may_not_be_read_is_said(theirs: Path) -> None:
    with pytest.raises(RemoteError, match="may not be read with your rights"):
        mirror(theirs, refuse("theirs")).look()


def test_a_server_that_falls_silent_is_said(theirs: Path) -> None:
    def before(path: str) -> None:
        raise TimeoutError

    with pytest.raises(RemoteError, match="does not answer any more"):
        mirror(theirs, before).look()


def test_a_folder_that_goes_while_it_is_listed_costs_only_itself(theirs: Path) -> None:
    (theirs / "going").mkdir()
    (theirs / "metrics.csv").write_text("step,loss\n0,1.0\n")

    def before(path: str) -> None:
        if path.endswith("going"):
            Path(path).rmdir()

    copy = mirror(theirs, before)
    copy.look()

    assert names(copy.folder) == ["metrics.csv"]


def test_a_database_that_grows_is_taken_whole(theirs: Path) -> None:
    database = sqlite3.connect(theirs / "runs.db")
    copy = mirror(theirs)
    with database:
        database.execute("CREATE TABLE metrics (step, value)")
        database.execute("CREATE TABLE params (name)")
        database.executemany("INSERT INTO params VALUES (?)", [("learning_rate",)] * 1_000)
    copy.look()
    with database:  # its last page stays as it was, and more come after it
        database.executemany("INSERT INTO metrics VALUES (?, ?)", [(step, 0.5) for step in range(5_000)])
    database.close()
    copy.look()

    assert (copy.folder / "runs.db").read_bytes() == (theirs / "runs.db").read_bytes()


def test_a_file_may_become_a_folder_and_a_folder_a_file(theirs: Path) -> None:
    (theirs / "latest").write_text("step,loss\n")
    (theirs / "old" / "deep").mkdir(parents=True)
    (theirs / "old" / "deep" / "metrics.csv").write_text("step,loss\n")
    copy = mirror(theirs)
    copy.look()

    (theirs / "latest").unlink()
    (theirs / "latest").mkdir()
    (theirs / "latest" / "metrics.csv").write_text("step,loss\n1,1\n")
    (theirs / "old" / "deep" / "metrics.csv").unlink()
    (theirs / "old" / "deep").rmdir()
    (theirs / "old").rmdir()
    (theirs / "old").write_text("step,loss\n1,1\n")
    copy.look()

    assert names(copy.folder) == names(theirs)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_times_may_stand_in_names(theirs: Path) -> None:
    (theirs / "2024-05-01T12:00:00").mkdir()
    (theirs / "2024-05-01T12:00:00" / "metrics.csv").write_text("step,loss\n")
    copy = mirror(theirs)
    copy.look()

    assert names(copy.folder) == names(theirs)


def test_copies_that_were_cleared_are_fetched_anew(theirs: Path) -> None:
    (theirs / "metrics.csv").write_text("step,loss\n")
    copy = mirror(theirs)
    copy.look()
    (copy.folder / "metrics.csv").unlink()
    copy.folder.rmdir()

    copy.look()

    assert names(copy.folder) == ["metrics.csv"]


def test_what_another_process_is_writing_is_left_to_it(theirs: Path) -> None:
    (theirs / "metrics.csv").write_text("step,loss\n")
    copy = mirror(theirs)
    copy.folder.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (os.getpid(), gone.pid):
        (copy.folder / f".other.csv.{pid}.part").write_text("step")

    mirror(theirs).look()

    assert names(copy.folder) == [f".other.csv.{os.getpid()}.part", "metrics.csv"]


def test_who_follows_without_a_window_hears_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_again = threading.Event()
    looks = iter(["no network"])

    def look(self: keeper.Keeper) -> str:
        self.wait_s = 0.0
        told = next(looks, None)
        if told is None:
            looked_again.set()
        return told or "still none"

    monkeypatch.setattr(keeper, "SOONEST_S", 0.0)
    monkeypatch.setattr(keeper.Keeper, "look", look)
    following = keeper.Following(Address("sftp://cluster/runs"))
    try:
        assert looked_again.wait(20)
    finally:
        following.stop()
    assert following.trouble in ("no network", "still none")
