"""What every test shares: an offscreen screen, a silent sound device and the way to the measuring data."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

# A check must say the same twice; at a desk each run looks at new examples. Busy machines are slow: no deadlines.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with recorded runs and MIDI beside the project; a stranger's clone does not have it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the measuring data in ../shared, which is not part of the project")
    return folder


@pytest.fixture(scope="session", autouse=True)
def folders_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests read or note is never kept in the folders of the user who runs them."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fails a test that leaves a thread or a process behind; daemon threads end with the process and may stay."""
    threads, processes = set(threading.enumerate()), set(multiprocessing.active_children())
    yield
    for thread in set(threading.enumerate()) - threads:
        if not thread.daemon:
            thread.join(timeout=10)
    left = [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon]
    left_running = set(multiprocessing.active_children()) - processes
    assert not left, f"threads left behind: {left}"
    assert not left_running, f"processes left behind: {left_running}"
