"""A run on another machine is followed over a real OpenSSH server, and only its news travel."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from musiclog import Run, open_run
from musiclog.cli import main
from musiclog.remote import Address, Mirror, RemoteError, open_mirror
from musiclog.remote.keeper import serve

from .conftest import SshHost


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return tmp_path / "theirs"


def mirror(theirs: Path) -> Mirror:
    return open_mirror(Address(f"sftp://cluster{theirs}"))


def logged(run: Run, steps: range) -> None:
    for step in steps:
        run.log(step, total_loss=1.0 / (step + 1))


@pytest.mark.usefixtures("cluster")
def test_a_copy_reads_like_the_run_itself(theirs: Path) -> None:
    with Run(theirs / "bach", config={"layers": 2}) as run:
        logged(run, range(500))
    copy = mirror(theirs)
    copy.look()

    ours, its = open_run(copy.folder / "bach"), open_run(run.folder)
    assert ours.series("total_loss")[1].tolist() == its.series("total_loss")[1].tolist()
    assert (ours.config, ours.data.info) == (its.config, its.data.info)


@pytest.mark.usefixtures("cluster")
def test_of_a_growing_run_only_the_end_travels(theirs: Path) -> None:
    with Run(theirs / "bach", heartbeat_s=3_600, text_log_s=3_600) as run:
        logged(run, range(5_000))
        copy = mirror(theirs)
        first = copy.look()
        logged(run, range(5_000, 5_010))
        second = copy.look()

        assert first.bytes > 200_000
        assert second.changed == 1
        assert second.bytes < 6_000
        assert len(open_run(copy.folder / "bach").series("total_loss")[0]) == 5_010
        logged(run, range(5_010, 5_020))
        glance = copy.glance()
        assert (glance.files, glance.changed) == (1, 1)
    assert len(open_run(copy.folder / "bach").series("total_loss")[0]) == 5_020


@pytest.mark.usefixtures("cluster")
def test_a_copy_of_yesterday_is_gone_on_with(theirs: Path) -> None:
    with Run(theirs / "bach") as run:
        logged(run, range(2_000))
    mirror(theirs).look()

    assert mirror(theirs).look().bytes == 0


@pytest.mark.usefixtures("cluster")
def test_a_file_that_was_replaced_or_cut_is_taken_whole(theirs: Path) -> None:
    theirs.mkdir()
    table = theirs / "metrics.csv"
    table.write_text("step,loss\n" + "".join(f"{step},1.0\n" for step in range(2_000)))
    copy = mirror(theirs)
    copy.look()

    for text in ("step,loss\n0,2.0\n", "step,loss\n" + "".join(f"{step},3.0\n" for step in range(3_000))):
        table.write_text(text)
        copy.look()
        assert (copy.folder / "metrics.csv").read_text() == text


@pytest.mark.usefixtures("cluster")
def test_what_is_gone_there_goes_here_and_checkpoints_stay_there(theirs: Path) -> None:
    with Run(theirs / "bach") as run:
        logged(run, range(3))
    (run.folder / "checkpoints").mkdir()
    (run.folder / "checkpoints" / "last.json").write_text("{}")
    (run.folder / "model.safetensors").write_bytes(b"0" * 100)
    copy = mirror(theirs)
    copy.look()
    here = {path.name for path in copy.folder.rglob("*") if path.is_file()}
    assert "metrics.jsonl" in here
    assert not here & {"last.json", "model.safetensors"}

    (run.folder / "report.md").unlink()
    copy.look()
    assert not (copy.folder / "bach" / "report.md").exists()
    (run.folder / "config.json").unlink()
    mirror(theirs).look()
    assert not (copy.folder / "bach" / "config.json").exists()


def test_a_host_whose_key_is_not_known_is_not_spoken_to(cluster: SshHost, theirs: Path) -> None:
    known = cluster.home / ".ssh" / "known_hosts"
    kept = known.read_text()
    known.write_text("")
    try:
        with pytest.raises(RemoteError, match="connect once with `ssh cluster`"):
            mirror(theirs)
    finally:
        known.write_text(kept)


@pytest.mark.usefixtures("cluster")
def test_a_folder_that_is_not_there_is_said_with_its_address(theirs: Path) -> None:
    with pytest.raises(RemoteError, match=f"there is no folder sftp://cluster{theirs}"):
        mirror(theirs).look()


@pytest.mark.usefixtures("cluster")
def test_no_connection_is_left_when_a_mirror_is_closed(theirs: Path) -> None:
    theirs.mkdir()
    before = set(threading.enumerate())
    copy = mirror(theirs)
    copy.look()
    (its,) = set(threading.enumerate()) - before
    copy.close()
    its.join(20)

    assert not its.is_alive()


@pytest.mark.usefixtures("cluster")
def test_commands_take_addresses(theirs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run(theirs / "bach", name="bach") as run:
        logged(run, range(30))

    assert main(["watch", "--once", f"sftp://cluster{run.folder}"]) == 0
    assert "total_loss" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["check", f"sftp://cluster{theirs}/nothing"])
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.usefixtures("cluster")
def test_a_process_keeps_the_copy_and_says_what_is_wrong(theirs: Path) -> None:
    address = Address(f"sftp://cluster{theirs}")
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=serve, args=(its, address.text, str(address.folder())))
    process.start()
    its.close()
    try:
        assert "there is no folder" in ours.recv()
        with Run(theirs / "bach") as run:
            logged(run, range(30))
        assert ours.recv() == ""
        assert len(open_run(address.folder() / "bach").series("total_loss")[0]) == 30
    finally:
        ours.close()
        process.join(20)
    assert process.exitcode == 0
