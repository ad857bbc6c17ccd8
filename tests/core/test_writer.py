"""Lines reach the file whole and in order, however writing fails in between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog import writer
from musiclog.notices import Notices
from musiclog.writer import LineFile, write_whole


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FlakyDisk:
    """os.write that takes as many bytes as allowed, then fails; None allows everything."""

    def __init__(self) -> None:
        self.allowed: int | None = None
        self.tries = 0

    def write(self, fd: int, data: bytes) -> int:
        self.tries += 1
        if self.allowed is None:
            return os.write(fd, data)
        if self.allowed == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(fd, data[: self.allowed])
        self.allowed -= written
        return written


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FlakyDisk:
    found = FlakyDisk()
    monkeypatch.setattr(writer, "_write", found.write)
    return found


def test_a_half_written_line_is_completed_before_the_next(tmp_path: Path, disk: FlakyDisk) -> None:
    file = LineFile(tmp_path / "a", Notices("a"), clock=Clock())
    disk.allowed = 8
    file.append(b"first\n")
    file.append(b"second\n")
    assert (tmp_path / "a").read_bytes() == b"first\nse"
    file.append(b"third\n")
    disk.allowed = None
    file.look()

    assert (tmp_path / "a").read_bytes() == b"first\nsecond\nthird\n"
    assert file.waiting == 0


def test_a_full_disk_is_tried_again_ever_more_rarely(tmp_path: Path, disk: FlakyDisk) -> None:
    clock = Clock()
    file = LineFile(tmp_path / "a", Notices("a"), clock=clock)
    disk.allowed = 0
    tried_at = []
    for tick in range(600):  # ten lines a second for a minute
        clock.now = tick / 10
        before = disk.tries
        file.append(b"line\n")
        if disk.tries > before:
            tried_at.append(clock.now)

    assert tried_at[:4] == pytest.approx([0.0, 0.3, 0.8, 1.8])
    assert len(tried_at) < 10
    disk.allowed = None
    file.close()
    assert (tmp_path / "a").read_bytes() == b"line\n" * 600


def test_when_too_much_waits_the_oldest_lines_go_and_are_counted(
    tmp_path: Path, disk: FlakyDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    file = LineFile(tmp_path / "a", Notices("a"), keep_bytes=40, clock=Clock())
    disk.allowed = 3
    for number in range(10):
        file.append(b"line %d...\n" % number)
    disk.allowed = None
    file.close()

    # Line 0 had been begun, so it is completed; of the others the newest that fit remain.
    assert (tmp_path / "a").read_bytes().splitlines() == [b"line %d..." % n for n in (0, 7, 8, 9)]
    assert file.lost == 6
    assert "6 lines lost" in capsys.readouterr().err


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(min_size=1, max_size=9), st.integers(0, 25), st.none()), max_size=40))
def test_any_mixture_of_lines_and_failures_gives_exactly_the_lines(
    tmp_path_factory: pytest.TempPathFactory, story: list[bytes | int | None]
) -> None:
    disk = FlakyDisk()
    path = tmp_path_factory.mktemp("disk") / "a"
    wanted = b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_write", disk.write)
        file = LineFile(path, Notices("a"), clock=Clock())
        for move in story:
            if isinstance(move, bytes):
                line = move.replace(b"\n", b" ") + b"\n"
                wanted += line
                file.append(line)
            else:
                disk.allowed = move
                file.look()
        disk.allowed = None
        file.close()

    assert path.read_bytes() == wanted


def test_a_torn_end_of_a_killed_writer_stays_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"whole\nto")
    file = LineFile(tmp_path / "a", Notices("a"))
    file.append(b"new\n")
    file.close()

    assert (tmp_path / "a").read_bytes() == b"whole\nto\nnew\n"


def test_a_replaced_file_is_followed_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file = LineFile(path, Notices("a"))
    file.append(b"old\n")
    write_whole(path, b"edited\n")
    file.look()
    file.append(b"new\n")
    file.close()

    assert path.read_bytes() == b"edited\nnew\n"


def test_a_torn_line_is_written_whole_into_another_file(tmp_path: Path, disk: FlakyDisk) -> None:
    file = LineFile(tmp_path / "a", Notices("a"), clock=Clock())
    disk.allowed = 2
    file.append(b"first\n")
    file._close_descriptor()
    write_whole(tmp_path / "a", b"other\n")
    disk.allowed = None
    file.look()
    file.close()

    assert (tmp_path / "a").read_bytes() == b"other\nfirst\n"


def test_what_comes_after_closing_is_counted_and_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notices = Notices("a")
    file = LineFile(tmp_path / "a", notices)
    file.close()
    file.close()
    file.append(b"late\n")
    file.append(b"later\n")

    assert (tmp_path / "a").read_bytes() == b""
    assert notices.counts["closed"] == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_lines_that_never_found_a_place_are_named_at_the_end(
    tmp_path: Path, disk: FlakyDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    file = LineFile(tmp_path / "a", Notices("a"), clock=Clock())
    disk.allowed = 0
    file.append(b"one\n")
    file.append(b"two\n")
    file.close()

    assert "2 lines of a could not be written" in capsys.readouterr().err


def test_a_file_written_whole_is_never_seen_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_whole(path, b"old")

    def fail(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
