"""Real processes killed, real files that cannot grow, folders that vanish: what was logged stays readable."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from musiclog import Run
from musiclog.run_file import read_json

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9, file size limits and fork are POSIX")


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def start(program: str, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    code = textwrap.dedent(program)
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, **options)


LOG_FOR_EVER = """
    import os, struct, sys
    import musiclog
    run = musiclog.Run(sys.argv[1], total_steps=10**9)
    step = 0
    while True:
        run.log(step, total_loss=1.0 / (step + 1), gradient_norm=1.0)
        os.write(1, struct.pack("<q", step))  # said only after log() has returned
        step += 1
"""


def test_everything_logged_before_kill_9_is_readable(tmp_path: Path) -> None:
    with start(LOG_FOR_EVER, tmp_path / "run") as child:
        assert child.stdout is not None
        told = child.stdout.read(8 * 20_000)
        child.send_signal(signal.SIGKILL)
        told += child.stdout.read()
    (last,) = struct.unpack("<q", told[len(told) // 8 * 8 - 8 : len(told) // 8 * 8])

    *whole, end = (tmp_path / "run" / "metrics.jsonl").read_bytes().split(b"\n")
    assert [orjson.loads(line)["step"] for line in whole[: last + 1]] == list(range(last + 1))
    assert len(whole) in (last + 1, last + 2)
    assert end == b"" or len(whole) == last + 1  # at most the line that was being written is torn
    assert read_json(tmp_path / "run" / "run.json")["state"] == "running"  # nobody could say otherwise


def test_a_killed_run_is_continued_with_the_same_id_and_its_torn_line_stays_alone(tmp_path: Path) -> None:
    with start(LOG_FOR_EVER, tmp_path / "run") as child:
        assert child.stdout is not None
        child.stdout.read(8)
        child.kill()
    before = read_json(tmp_path / "run" / "run.json")
    with (tmp_path / "run" / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step":99,"t":1.0,"tot')

    with Run(tmp_path / "run", monitor=False) as run:
        run.log(0, total_loss=0.5)

    assert run.id == before["id"]
    *_, torn, new = (tmp_path / "run" / "metrics.jsonl").read_bytes().splitlines()
    assert torn.endswith(b'{"step":99,"t":1.0,"tot')
    assert orjson.loads(new)["total_loss"] == 0.5


FILL_A_DISK = """
    import json, resource, signal, sys
    import musiclog
    from musiclog.writer import LineFile
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    run = musiclog.Run(sys.argv[1], monitor=False, heartbeat_s=1000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_007, hard))
    for step in range(1000):
        run.log(step, total_loss=1.0 / (step + 1))
    waiting = run._files.waiting
    size = (run.folder / "metrics.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    run.heartbeat()
    print(json.dumps({"waiting": waiting, "size": size, "left": run._files.waiting}))
    run.finish()
"""


def test_a_file_that_cannot_grow_costs_no_line_and_no_training(tmp_path: Path) -> None:
    with start(FILL_A_DISK, tmp_path / "run", stderr=subprocess.PIPE) as child:
        out, said = child.communicate()
    told = orjson.loads(out)

    assert child.returncode == 0
    assert told["size"] == 10_007  # filled to the last byte, so a line was torn
    assert told["waiting"] > 700
    assert told["left"] == 0
    assert [line["step"] for line in lines(tmp_path / "run" / "metrics.jsonl")] == list(range(1000))
    assert said.count(b"cannot write") == 1
    assert said.count(b"is written again") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small tmpfs here; the file size limit is tested all the same")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_stops_neither_training_nor_what_is_already_there(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(small_disk / "run", monitor=False, heartbeat_s=1000)
    run.log(0, loss=1.0)
    ballast = small_disk / "ballast"
    fill(ballast)
    for step in range(1, 3000):
        run.log(step, loss=1.0)
    run.heartbeat()
    sample = run.log_sample(b"MThd" * 10_000, step=1)
    ballast.unlink()
    run.heartbeat()
    run.finish()

    assert sample is None
    assert [line["step"] for line in lines(small_disk / "run" / "metrics.jsonl")] == list(range(3000))
    assert read_json(small_disk / "run" / "run.json")["state"] == "finished"
    assert capsys.readouterr().err.count("metrics.jsonl (No space") == 1


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 512):
                pass
        except OSError:
            return


def test_a_folder_removed_while_running_comes_back_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run(tmp_path / "run", config={"a": 1}, monitor=False, heartbeat_s=1000) as run:
        run.log(1, loss=1.0)
        run.note("before")
        shutil.rmtree(run.folder)
        run.log(2, loss=2.0)
        run.heartbeat()
        run.log(3, loss=3.0)

    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [1, 2, 3]
    assert [line["event"] for line in lines(run.folder / "events.jsonl")] == ["note", "finish"]
    assert read_json(run.folder / "config.json") == {"a": 1}
    assert read_json(run.folder / "run.json")["state"] == "finished"
    assert capsys.readouterr().err.count("removed or replaced") == 1


def test_a_mount_that_is_lost_and_returns_takes_what_was_kept(tmp_path: Path) -> None:
    run = Run(tmp_path / "mount" / "run", monitor=False, heartbeat_s=1000)
    run.log(1, loss=1.0)
    (tmp_path / "mount").rename(tmp_path / "away")
    (tmp_path / "mount").write_text("no folder")  # nothing can be made under this name
    run.heartbeat()
    run.log(2, loss=2.0)
    (tmp_path / "mount").unlink()
    (tmp_path / "away").rename(tmp_path / "mount")
    run.heartbeat()
    run.log(3, loss=3.0)
    run.finish()

    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [1, 2, 3]


NO_FINISH = """
    import sys
    import musiclog
    run = musiclog.Run(sys.argv[1], monitor=False)
    run.log(1, loss=1.0)
    exec(sys.argv[2])
"""


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("pass", "stopped"),
        ("raise ValueError('no notes')", "crashed"),
        ("sys.exit(3)", "stopped"),
        ("run.finish()", "finished"),
    ],
)
def test_a_program_that_forgets_to_finish_is_told_honestly(tmp_path: Path, end: str, state: str) -> None:
    with start(NO_FINISH, tmp_path / "run", end, stderr=subprocess.DEVNULL) as child:
        child.communicate()

    content = read_json(tmp_path / "run" / "run.json")
    assert content["state"] == state
    assert content["error"] == ("ValueError: no notes" if state == "crashed" else None)


def in_a_forked_child(work: Any) -> int:
    """Exit status of work() in a child made by fork, which ends as Python programs do, with its exit handlers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is just what is tested
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_worker_may_log_and_cannot_finish_or_describe_the_run(tmp_path: Path) -> None:
    with Run(tmp_path / "run", heartbeat_s=1000) as run:
        run.log(1, total_loss=1.0)
        before = (run.folder / "run.json").read_bytes()

        def work() -> None:
            run.log_data_usage("a.mid", transposition=2)
            run.log(2, total_loss=float("nan"))
            run.heartbeat()
            run.finish("crashed")

        assert in_a_forked_child(work) == 0
        assert (run.folder / "run.json").read_bytes() == before
        assert run.state == "running"

    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [1, 2]
    assert lines(run.folder / "data_usage.jsonl")[0]["name"] == "a.mid"
    assert [line["event"] for line in lines(run.folder / "events.jsonl")] == ["finish"]  # one monitor, in the parent


def test_a_worker_forked_while_a_line_is_being_written_does_not_hang(tmp_path: Path) -> None:
    with Run(tmp_path / "run", monitor=False, heartbeat_s=1000) as run, run._metrics._lock, run._looking:
        status = in_a_forked_child(lambda: run.log(1, loss=1.0))

    assert status == 0
    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [1]


def test_importing_on_the_training_side_is_light() -> None:
    """numpy, symusic and the rest of the reading side cost a second and are not needed to log."""
    program = """
        import sys
        import musiclog
        import tempfile
        with musiclog.Run(tempfile.mkdtemp() + "/run") as run:
            run.log(1, total_loss=1.0)
        print([name for name in ("numpy", "symusic", "mido", "rich", "platformdirs") if name in sys.modules])
    """
    with start(program) as child:
        out, _ = child.communicate()

    assert out.strip() == b"[]"
