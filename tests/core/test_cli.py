"""The command line: every command answers, and the demo leaves nothing behind that it was not asked to keep."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from musiclog import Run, cli
from musiclog.commands import demo as demo_command
from musiclog.commands.demo import free_folder
from musiclog.notes import make_notes, write_midi

TINY = ["--epochs", "1", "--quick"]


def musiclog(*words, **environment):
    """The command as a user types it, on a machine without a display."""
    outer = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    outer.pop("QT_QPA_PLATFORM", None)
    command = [sys.executable, "-m", "musiclog.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**outer, **environment})


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"musiclog {name}" in capsys.readouterr().out


def test_a_command_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["compose"])
    assert ended.value.code == 2
    assert "compose" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_doctor_exits_with_1_where_no_window_can_open():
    done = musiclog("doctor")
    assert done.returncode == 1
    assert "missing  display" in done.stdout
    assert musiclog("doctor", QT_QPA_PLATFORM="offscreen").returncode == 0


def test_score_tells_a_file_its_quality_and_a_broken_one_its_reason(tmp_path, capsys):
    write_midi(tmp_path / "scale.mid", make_notes([(i / 2, 0.5, 60 + i) for i in range(16)]))
    assert cli.main(["score", str(tmp_path)]) == 0
    assert "scale.mid" in capsys.readouterr().out
    (tmp_path / "torn.mid").write_bytes(b"MThd")
    assert cli.main(["score", "--json", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["file"].endswith("scale.mid")
    assert "torn.mid" in told.err


def test_watch_shows_a_run_once(tmp_path, capsys):
    with Run(tmp_path / "bach") as run:
        run.log(1, total_loss=2.0)
    assert cli.main(["watch", "--once", str(tmp_path / "bach")]) == 0
    assert "total_loss" in capsys.readouterr().out


def test_watch_of_what_is_no_run_says_so(tmp_path, capsys):
    assert cli.main(["watch", str(tmp_path / "nowhere")]) == 1
    assert "does not exist" in capsys.readouterr().out


def test_without_a_display_the_demo_trains_and_says_where_the_window_would_be(tmp_path):
    done = musiclog("demo", "--keep", tmp_path, *TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "musiclog-gui" in done.stdout
    assert "Quality over 2 evaluations: no trend: not enough samples" in done.stdout
    assert str(tmp_path) in done.stdout
    (run,) = tmp_path.iterdir()
    assert json.loads((run / "run.json").read_text())["state"] == "finished"


def test_a_demo_that_is_not_kept_leaves_no_folder(tmp_path):
    done = musiclog("demo", "--headless", *TINY, TMPDIR=str(tmp_path), TEMP=str(tmp_path))
    assert done.returncode == 0
    assert "No window" not in done.stdout
    assert list(tmp_path.iterdir()) == []


# A shell that runs the tests in the background has Ctrl+C ignored in all that it starts.
LISTENING_DEMO = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from musiclog.cli import main
sys.exit(main(["demo", "--headless"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as a terminal sends them")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda process: os.killpg(process.pid, signal.SIGINT), id="ctrl_c"),  # reaches the whole group
        pytest.param(subprocess.Popen.terminate, id="sigterm"),
    ],
)
def test_who_ends_the_demo_ends_its_trainer_and_its_folder(tmp_path, end):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", LISTENING_DEMO]
    with subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.PIPE) as process:
        wait_for_steps(tmp_path)
        end(process)
        assert process.wait(timeout=60) == 130
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_where_the_window_can_open_it_is_opened_on_the_runs(tmp_path, monkeypatch):
    opened = []

    def window_that_is_closed_at_once(runs):
        opened.append(runs)
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(demo_command, "why_no_window", lambda: None)
    monkeypatch.setattr(demo_command, "open_window", window_that_is_closed_at_once)
    assert cli.main(["demo", "--keep", str(tmp_path), *TINY]) == 0
    assert opened == [tmp_path]


@pytest.mark.parametrize("words", [("--epochs", "0"), ("--epochs", "x"), ("--learning-rate", "-1"),
                                   ("--learning-rate", "nan"), ("--learning-rate", "inf")])  # fmt: skip
def test_the_demo_asks_for_numbers_above_zero(words, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", "--headless", *words])
    assert ended.value.code == 2
    assert f"'{words[1]}' is given; give a number above zero" in capsys.readouterr().err


def test_a_demo_that_cannot_be_kept_does_not_begin(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["demo", *TINY, "--headless", "--keep", str(tmp_path / "file")]) == 2
    assert "cannot be the folder to keep the run in" in capsys.readouterr().out


def test_a_second_kept_run_gets_a_folder_of_its_own(tmp_path):
    assert free_folder(tmp_path, "tunes") == tmp_path / "tunes"
    (tmp_path / "tunes").mkdir()
    (tmp_path / "tunes-2").mkdir()
    assert free_folder(tmp_path, "tunes") == tmp_path / "tunes-3"


def wait_for_steps(folder: Path) -> None:
    """Follow the run until its first steps are on disk."""
    metrics = None
    while metrics is None or not metrics.stat().st_size:
        metrics = next(folder.rglob("metrics.jsonl"), None)

