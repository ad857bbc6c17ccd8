"""Runs of trackers while they are written: piece by piece, rewritten, half written, by a live writer of a database."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from musiclog.discovery import Discovery, discover
from musiclog.readers import sqlite_file
from musiclog.readers.sqlite_file import Busy, connect

# One file that grows for each format, found in the recorded run.
GROWING = {
    "wandb": "*.wandb", "mlflow_files": "metrics/loss", "lightning": "metrics.csv", "dvclive": "plots/metrics/loss.tsv",
}  # fmt: skip


def everything(read) -> dict[str, object]:
    """All that a run is known by. Values as text, because NaN equals nothing."""
    data = read.data
    series = {name: str(read.points(name)) for name in data.series}
    log = [record.message for record in data.log]
    return {"series": series, "config": data.config, "info": data.info, "samples": list(data.samples), "log": log,
            "notes": [event.data for event in data.events]}  # fmt: skip


@pytest.mark.parametrize("tracker", GROWING)
@pytest.mark.parametrize("piece", [97, 1_013])
def test_a_file_that_grows_in_pieces_ends_as_the_whole_file(recorded, opened, tracker, piece):
    (ref,) = discover(recorded / tracker)
    whole = everything(opened(Path(ref.path)))
    (file,) = recorded.glob(f"{tracker}/**/{GROWING[tracker]}")
    content = file.read_bytes()
    file.write_bytes(content[:piece])
    read = opened(Path(ref.path))
    for end in range(2 * piece, len(content) + piece, piece):
        with file.open("ab") as growing:
            growing.write(content[end - piece : end])
        assert read.cursor.stirred()
        read.load()
    assert everything(read) == whole
    assert read.data.problem_count == 0
    assert not any(news.restarted for news in read.news)


@pytest.mark.parametrize("tracker", GROWING)
def test_every_prefix_of_a_file_can_be_opened_and_goes_on(recorded, opened, tracker):
    (ref,) = discover(recorded / tracker)
    whole = everything(opened(Path(ref.path)))
    (file,) = recorded.glob(f"{tracker}/**/{GROWING[tracker]}")
    content = file.read_bytes()
    for cut in range(len(content) // 15, len(content), len(content) // 15):
        file.write_bytes(content[:cut])
        read = opened(Path(ref.path))
        with file.open("ab") as growing:
            growing.write(content[cut:])
        read.load()
        assert everything(read) == whole


@pytest.mark.parametrize("tracker", GROWING)
def test_a_run_that_began_anew_under_its_name_is_read_anew(recorded, opened, tracker):
    (ref,) = discover(recorded / tracker)
    read = opened(Path(ref.path))
    whole = everything(read)
    (file,) = recorded.glob(f"{tracker}/**/{GROWING[tracker]}")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    read.load()
    assert any(news.restarted for news in read.news)
    assert len(read.data.series["loss"]) < 30
    file.write_bytes(content)
    read.load()
    assert everything(read) == whole


def trainer_states(recorded) -> tuple[Path, dict]:
    folder = recorded / "huggingface" / "gru"
    return folder, json.loads((folder / "checkpoint-30" / "trainer_state.json").read_text())


def test_checkpoints_of_hugging_face_bring_what_came_since(recorded, tmp_path, opened):
    _, state = trainer_states(recorded)
    run = tmp_path / "run"
    read = None
    for step in (5, 10, 15, 30):
        folder = run / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        written = {**state, "global_step": step, "log_history": state["log_history"][:step]}
        (folder / "trainer_state.json").write_text(json.dumps(written))
        read = opened(run) if read is None else read
        read.load()
        assert len(read.data.series["loss"]) == step
        assert read.data.info.state == ("finished" if step == 30 else None)
    assert [event.step for event in read.data.events] == [5, 10, 15, 30]
    assert not any(news.restarted for news in read.news)
    assert read.data.info.planned_steps == 30
    for entry in state["log_history"]:
        entry["loss"] += 1
    (run / "checkpoint-30" / "trainer_state.json").write_text(json.dumps(state))
    read.load()
    assert read.news[-1].restarted
    assert read.points("loss")[0] == (1, 5.125)


def test_a_state_that_is_half_written_is_read_when_it_is_whole(recorded, opened):
    folder, state = trainer_states(recorded)
    read = opened(folder)
    more = {**state, "log_history": [*state["log_history"], {"step": 31, "epoch": 3.1, "loss": 0.25}]}
    file = folder / "checkpoint-30" / "trainer_state.json"
    file.write_text(json.dumps(more)[:-200])
    read.load()
    assert len(read.data.series["loss"]) == 30
    file.write_text(json.dumps(more))
    read.load()
    assert read.points("loss")[-1] == (31, 0.25)
    assert read.data.problem_count == 0


def test_sacreds_rewritten_metrics_bring_only_what_is_new(recorded, opened):
    folder = recorded / "sacred" / "sacred" / "1"
    metrics = json.loads((folder / "metrics.json").read_text())
    read = opened(folder)
    metrics["loss"]["steps"].append(30)
    metrics["loss"]["values"].append({"py/object": "numpy.float64", "value": 0.5})
    metrics["loss"]["timestamps"].append("2026-11-23T10:00:00")
    (folder / "metrics.json").write_text(json.dumps(metrics))
    assert read.cursor.stirred()
    read.load()
    assert len(read.news[-1].points["loss"]) == 1
    assert read.points("loss")[-1] == (30, 0.5)
    assert read.data.series["loss"].times[-1] == 1795428000.0  # Greenwich, though it does not say so
    with (folder / "cout.txt").open("a") as output:
        output.write("10 %\r20 %\r100 %\n\x1b[31mred\x1b[0m\n")
    read.load()
    assert [record.message for record in read.data.log] == ["the training begins", "100 %", "red"]


@pytest.mark.parametrize("journal", ["wal", "delete"])
@pytest.mark.parametrize(("tracker", "file"), [("trackio", "music.db"), ("mlflow_sqlite", "mlflow.db")])
def test_a_live_database_is_followed_without_a_lock_or_a_trace(recorded, opened, tracker, file, journal):
    with closing(sqlite3.connect(recorded / tracker / file)) as old:
        rows = old.execute("SELECT * FROM metrics ORDER BY rowid").fetchall()
        old.execute("PRAGMA journal_mode=delete")
        old.execute("DELETE FROM metrics")
        old.commit()
    (ref,) = discover(recorded / tracker)
    read = opened(Path(ref.path))
    assert read.data.series == {}
    # With no time to wait a writer fails at the first lock that somebody else holds.
    with closing(sqlite3.connect(recorded / tracker / file, timeout=0, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode={journal}")
        for begin in range(0, len(rows), 12):
            writer.execute("BEGIN IMMEDIATE")
            marks = ",".join("?" * len(rows[0]))
            writer.executemany(f"INSERT INTO metrics VALUES ({marks})", rows[begin : begin + 12])
            before = {name: len(series) for name, series in read.data.series.items()}
            read.load()  # nothing of a transaction that is under way
            assert {name: len(series) for name, series in read.data.series.items()} == before
            writer.execute("COMMIT")
            beside = sorted(path.name for path in (recorded / tracker).iterdir())
            assert read.cursor.stirred()
            read.load()
            assert sorted(path.name for path in (recorded / tracker).iterdir()) == beside
    read.load()
    assert len(read.data.series["loss"]) == 30
    assert read.points("loss")[-1] == (29, 0.3134)
    assert read.data.problem_count == 0
    assert not any(path.name.endswith(("-wal", "-shm")) for path in (recorded / tracker).iterdir())


def test_runs_that_begin_in_a_live_database_are_found(recorded):
    file = recorded / "trackio" / "music.db"
    discovery = Discovery(recorded / "trackio")
    assert len([ref for ref in discovery.walk() if ref is not None]) == 1
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        columns = "id, run_id, timestamp, run_name, step, metrics"
        writer.execute(f"INSERT INTO metrics ({columns}) VALUES (99, 'b', '2026-11-23T10:00:00Z', 'next', 0, '{{}}')")
        names = [ref.name for ref in discovery.walk() if ref is not None]
    assert names == ["gru", "next"]


def test_rows_that_are_removed_from_a_database_begin_it_again(recorded, opened):
    (ref,) = discover(recorded / "trackio")
    read = opened(Path(ref.path))
    with closing(sqlite3.connect(recorded / "trackio" / "music.db")) as writer:
        writer.execute("DELETE FROM metrics WHERE step > 9")
        writer.commit()
    read.load()
    assert read.news[-1].restarted
    assert len(read.data.series["loss"]) == 10


def test_a_hot_journal_is_waited_for(tmp_path):
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE t (a)")
        writer.execute("PRAGMA cache_size=1")
        writer.execute("BEGIN")
        writer.executemany("INSERT INTO t VALUES (?)", [("x" * 4_000,)] * 100)  # more than the cache: pages are written
        with pytest.raises(Busy):
            connect(str(file))
        writer.execute("COMMIT")
    with closing(connect(str(file))) as found:
        assert found.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_a_database_that_is_too_large_is_shown_up_to_its_checkpoint_and_says_so(recorded, opened, monkeypatch):
    monkeypatch.setattr(sqlite_file, "JOINED", 50_000)
    (ref,) = discover(recorded / "trackio")
    read = opened(Path(ref.path))
    with closing(sqlite3.connect(recorded / "trackio" / "music.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        writer.execute("INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) "
                       "SELECT run_id, timestamp, run_name, 30, metrics FROM metrics WHERE step=29")  # fmt: skip
        read.load()
        assert len(read.points("loss")) == 30
        assert "write-ahead log" in read.data.problems[0].message
    read.load()
    assert len(read.points("loss")) == 31
    assert read.data.problem_count == 1


def test_an_aim_run_is_under_way_while_aim_says_so(recorded, opened):
    (ref,) = discover(recorded / "aim")
    mark = recorded / "aim" / ".aim" / "meta" / "progress" / Path(ref.path).name
    mark.parent.mkdir()
    mark.touch()
    read = opened(Path(ref.path))
    assert read.data.info.state == "running"
    mark.unlink()
    assert read.cursor.stirred()
    read.load()
    assert read.data.info.state == "finished"
