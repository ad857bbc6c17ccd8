"""The command: what it says where no window can be, and that a real window opens, shows and closes without a trace."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from musiclog import Run
from musiclog_gui.__main__ import NO_WINDOW, main


def test_without_a_display_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere there is always a display")
    assert main([]) == NO_WINDOW
    said = capsys.readouterr().err
    assert "display" in said
    assert "musiclog watch" in said
    assert said.count("\n") == 1


def test_a_missing_system_library_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "missing libxcb-cursor.so.0; on Debian or Ubuntu run: sudo apt-get install libxcb-cursor0."
    monkeypatch.setattr("musiclog.doctor.why_no_window", lambda: reason)
    assert main([]) == NO_WINDOW
    assert "libxcb-cursor0" in capsys.readouterr().err


def test_light_and_dark_exclude_each_other() -> None:
    with pytest.raises(SystemExit):
        main(["--light", "--dark"])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux tells them")
def test_the_program_ends_on_ctrl_c_and_leaves_no_process(tmp_path: Path) -> None:
    with Run(tmp_path / "runs" / "bach") as run:
        run.log(1, total_loss=1.0)
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "SDL_AUDIODRIVER": "dummy",
        "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }  # fmt: skip
    settings = tmp_path / "config" / "musiclog" / "window.json"
    program = [sys.executable, "-m", "musiclog_gui", str(tmp_path / "runs")]
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, start_new_session=True) as window:
        until_children(window.pid)
        window.send_signal(signal.SIGINT)
        said = window.communicate(timeout=60)[1].decode()
    assert window.returncode == 0
    assert "Traceback" not in said
    assert settings.exists()
    end = time.monotonic() + 10  # a process that is told to go may still be on its way out
    while (left := alive_in_session(window.pid)) and time.monotonic() < end:
        os.sched_yield()
    assert left == []


def alive_in_session(session: int) -> list[str]:
    """Names of the processes of a session, without those that only wait for their exit status to be read."""
    alive = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            head, _, rest = path.read_text().rpartition(")")
            state, _parent, _group, its_session, *_ = rest.split()
            if int(its_session) == session and state != "Z":
                alive.append(head.partition("(")[2])
    return alive


def until_children(pid: int) -> None:
    """Wait until the process has started its reader: looked at as the system tells it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not children.read_text().split():
        os.sched_yield()
