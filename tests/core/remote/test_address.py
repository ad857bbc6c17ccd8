"""What counts as elsewhere, what is shown of it, and that nothing there can lead out of the copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from musiclog.cli import main
from musiclog.file_names import can_be_a_name
from musiclog.remote import Address, Mirror, is_address
from musiclog.remote.address import copies


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [("sftp://host/runs", True), ("s3://bucket", True), ("runs", False), ("C:\\runs", False), ("C:/runs", False),
     ("file:///runs", False), ("./sftp:/host", False)],
)  # fmt: skip
def test_an_address_has_a_scheme(text: str, elsewhere: bool) -> None:
    assert is_address(text) == elsewhere


def test_a_password_is_not_shown() -> None:
    assert Address("sftp://me:secret@host:22/runs").shown == "sftp://me@host:22/runs"


def test_each_address_has_a_folder_of_its_own_below_the_cache() -> None:
    one, other = Address("sftp://a/runs").folder(), Address("sftp://b/runs/").folder()

    assert one != other
    assert one.name == other.name == "runs"
    assert one.is_relative_to(copies())


class Hostile:
    """A store with names that try to lead elsewhere."""

    names = (
        "/runs/../evil.jsonl", "/elsewhere/x.jsonl", "/runs//etc/x.jsonl", "/runs/good.jsonl", "/runs/nul\0.jsonl",
    )  # fmt: skip

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        return [{"name": name, "type": "file", "size": 2, "mtime": 1.0} for name in self.names]

    def info(self, path: str) -> dict[str, Any]:
        return {"name": path, "type": "file", "size": 2, "mtime": 1.0}

    def cat_file(self, path: str, start: int, end: int) -> bytes:
        return b"{}"[start:end]

    def invalidate_cache(self) -> None:
        pass


def test_names_that_lead_elsewhere_are_passed_over(tmp_path: Path) -> None:
    done = Mirror(Hostile(), "/runs", tmp_path / "copy" / "runs").look()

    assert "'/runs/../evil.jsonl' is not copied: no file may be called so here" in done.left_out
    assert len(done.left_out) == 4
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "copy/runs/good.jsonl"
    ]


@pytest.mark.parametrize(
    "name",
    ["C:x.jsonl", "..\\x.jsonl", "what?.csv", "a|b", "con", "NUL.txt", "lpt1.log", "trailing.", "trailing ", "\x1b"],
)
def test_windows_has_names_of_its_own(name: str) -> None:
    assert not can_be_a_name(name, windows=True)
    assert can_be_a_name(name, windows=False)


@pytest.mark.parametrize("name", ["console.log", "run 1.csv", "Präludium.mid", ".hidden"])
def test_usual_names_are_names_everywhere(name: str) -> None:
    assert can_be_a_name(name, windows=True)


def test_the_cache_command_tells_and_clears_copies(capsys: pytest.CaptureFixture[str]) -> None:
    copy = Address("sftp://host/runs").folder() / "metrics.csv"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"0" * 2_000)

    assert main(["cache"]) == 0
    assert "2.0 kB of runs elsewhere" in capsys.readouterr().out
    assert main(["cache", "--clear"]) == 0
    assert not copy.exists()
