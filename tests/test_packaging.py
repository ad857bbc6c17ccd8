"""The wheel holds exactly the files of the tree that belong into it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {
    "musiclog": ROOT / "core/musiclog", "musiclog_gui": ROOT / "musiclog_gui",
    "musiclog_resources": ROOT / "resources/musiclog_resources",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by the tree's own back end without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("musiclog-*.whl")
    return path


def in_tree() -> set[str]:
    return {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in SOURCES.items()
        for path in folder.rglob("*")
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in path.parts)
    }


def test_the_wheel_and_the_tree_hold_the_same_files(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == in_tree()


def test_the_wheel_brings_tunes_advice_and_the_marker_for_type_checkers(wheel):
    packed = zipfile.ZipFile(wheel).namelist()
    assert "musiclog/py.typed" in packed
    assert sum(name.endswith(".abc") for name in packed) >= 20
    assert any(name.startswith("musiclog_resources/advice/") for name in packed)


def test_both_commands_and_the_licence_are_in_the_wheel(wheel):
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    text = archive.read(entry_points).decode()
    assert "musiclog = musiclog.cli:main" in text
    assert "musiclog-gui = musiclog_gui.__main__:main" in text
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
