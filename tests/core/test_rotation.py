"""The text log turns over at its size and keeps every line of its last backups."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from musiclog.notices import Notices
from musiclog.rotation import BACKUPS, MAX_BYTES, RotatingFile


def everything(path: Path) -> list[bytes]:
    """Lines of all backups and the log, oldest first."""
    packed = sorted(path.parent.glob(f"{path.name}.*.gz"), key=lambda one: -int(one.suffixes[-2][1:]))
    return [line for file in packed for line in gzip.decompress(file.read_bytes()).splitlines()] + (
        path.read_bytes().splitlines()
    )


def test_the_published_size_and_number_of_backups() -> None:
    assert (MAX_BYTES, BACKUPS) == (100_000_000, 5)


def test_no_line_is_lost_or_split_when_the_log_turns_over(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=100)
    written = [b"%02d record of eleven" % number for number in range(20)]
    for line in written:
        log.append(line + b"\n")
    log.close()

    assert everything(tmp_path / "training.log") == written
    assert (tmp_path / "training.log").stat().st_size <= 100
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "training.log", *(f"training.log.{number}.gz" for number in range(1, 4))
    ]  # fmt: skip


def test_only_the_newest_five_backups_stay(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=10)
    for number in range(50):
        log.append(b"line %02d..\n" % number)
    log.close()

    assert everything(tmp_path / "training.log") == [b"line %02d.." % number for number in range(44, 50)]
    assert len(list(tmp_path.iterdir())) == 6


def test_a_record_larger_than_the_limit_is_written_all_the_same(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=10)
    log.append(b"x" * 50 + b"\n")
    log.close()

    assert (tmp_path / "training.log").read_bytes() == b"x" * 50 + b"\n"


def test_what_a_killed_process_left_uncompressed_is_compressed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "training.log.1").write_bytes(b"left over\n")
    log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=10)
    log.close()

    assert gzip.decompress((tmp_path / "training.log.1.gz").read_bytes()) == b"left over\n"
    assert not (tmp_path / "training.log.1").exists()


def test_a_log_that_is_continued_counts_what_it_has(tmp_path: Path) -> None:
    for line in (b"first...\n", b"second..\n"):
        log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=12)
        log.append(line)
        log.close()

    assert everything(tmp_path / "training.log") == [b"first...", b"second.."]
    assert (tmp_path / "training.log").read_bytes() == b"second..\n"


def test_when_turning_over_fails_the_log_goes_on_growing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise PermissionError(13, "in use")

    log = RotatingFile(tmp_path / "training.log", Notices("a"), max_bytes=10)
    monkeypatch.setattr(Path, "rename", fail)
    for number in range(4):
        log.append(b"line %02d..\n" % number)
    log.close()

    assert len((tmp_path / "training.log").read_bytes().splitlines()) == 4
    assert capsys.readouterr().err.count("cannot rotate") == 1
