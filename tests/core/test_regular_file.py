"""What has a file's name but is no file is refused at once; nobody waits for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musiclog.errors import MidiError
from musiclog.harvest import Harvest
from musiclog.notes import read_notes
from musiclog.readers.whole import WholeFile
from musiclog.regular_file import open_regular
from musiclog.tail import Look, Tail

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are known to Unix only")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody writes to: opening it the usual way waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_and_a_link_to_one_are_opened(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"abc"


def test_a_pipe_a_device_and_a_folder_are_refused(pipe: Path, tmp_path: Path):
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="regular file"):
            open_regular(path)


def test_a_tail_waits_for_a_file_in_the_place_of_a_pipe(pipe: Path):
    tail = Tail(pipe)
    assert tail.lines() == Look()
    pipe.unlink()
    pipe.write_bytes(b"now\n")
    assert tail.lines().data == b"now\n"


def test_a_pipe_in_the_place_of_a_whole_file_is_not_read(pipe: Path):
    assert WholeFile(pipe).changed(Harvest()) is None


def test_a_pipe_in_the_place_of_a_sample_is_a_midi_error(pipe: Path):
    with pytest.raises(MidiError, match="no regular file"):
        read_notes(pipe)
