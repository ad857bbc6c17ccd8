"""Broken, odd and hostile files of trackers: what can be read is read, the rest is counted, and nothing is followed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from musiclog.discovery import discover
from musiclog.harvest import Harvest
from musiclog.readers.midi_files import MidiFiles
from musiclog.registry import readers


@pytest.mark.parametrize("name", ["a.db", "mlflow.db", "run_metadata.sqlite", "run-x.wandb", "x.sqlite3"])
@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 5_000, b":W&B", b"\0" * 9]
)
def test_a_file_that_only_looks_like_one_is_no_run(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert discover(tmp_path) == []
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_a_view_that_never_ends_is_not_asked(tmp_path):
    with closing(sqlite3.connect(tmp_path / "endless.db")) as database:
        database.execute(
            "CREATE VIEW metrics AS WITH RECURSIVE r(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM r) "
            "SELECT id, '' AS timestamp, 'a' AS run_name, id AS step, '{}' AS metrics FROM r"
        )
    assert discover(tmp_path) == []


def test_a_database_that_breaks_later_is_told_once(recorded, opened):
    (ref,) = discover(recorded / "trackio")
    read = opened(Path(ref.path))
    file = recorded / "trackio" / "music.db"
    content = bytearray(file.read_bytes())
    content[4_096:] = b"\xff" * (len(content) - 4_096)
    file.write_bytes(content)
    for _ in range(4):
        read.load()
    assert read.data.problem_count == 1
    assert "cannot be read" in read.data.problems[0].message
    assert len(read.points("loss")) == 30


def test_rows_of_nonsense_in_a_project_are_counted(recorded, opened):
    (ref,) = discover(recorded / "trackio")
    run = Path(ref.path).name
    with closing(sqlite3.connect(recorded / "trackio" / "music.db")) as database:
        for number, written in enumerate(("no json", "[1]", b"\xff\xfe", '{"loss": {"_type": "trackio.image"}}', "{}")):
            row = (run, "yesterday", "gru", 100 + number, written)
            database.execute("INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?,?,?,?,?)", row)
        database.commit()
    read = opened(Path(ref.path))
    assert read.data.problem_count == 3
    assert len(read.points("loss")) == 30


def test_bad_lines_of_mlflow_and_dvclive_are_counted(recorded, opened):
    for tracker, name, bad in (
        ("mlflow_files", "metrics/loss", "x y z\n1 2 3 4\n\n1795428000000 0.5 30\n"),
        ("dvclive", "plots/metrics/loss.tsv", "x\ty\n1\t2\t3\n30\t0.5\n"),
    ):
        (file,) = recorded.glob(f"{tracker}/**/{name}")
        with file.open("a") as written:
            written.write(bad)
        (ref,) = discover(recorded / tracker)
        read = opened(Path(ref.path))
        assert read.points("loss")[-1] == (30, 0.5)
        assert len(read.points("loss")) == 31
        assert read.data.problem_count == 2


@pytest.mark.parametrize("content", [b"", b"[1", b"[]", b'{"log_history": 3}', b"\xff" * 100, b"[" * 90_000,
                                     b'{"log_history": [1, null, {"a": []}]}',
                                     b'{"log_history": [{"step": "x", "loss": "y"}]}'])  # fmt: skip
def test_odd_states_of_hugging_face(recorded, opened, content):
    folder = recorded / "huggingface" / "gru"
    for state in folder.glob("*/trainer_state.json"):
        state.write_bytes(content)
    read = opened(folder)
    read.load()
    assert "loss" not in read.data.series


@pytest.mark.parametrize("content", [b"", b"[]", b'{"loss": 3}',
                                     b'{"loss": {"steps": [1], "values": [], "timestamps": []}}',
                                     b'{"loss": {"steps": 1, "values": 2, "timestamps": 3}}'])  # fmt: skip
def test_odd_metrics_of_sacred(recorded, opened, content):
    folder = recorded / "sacred" / "sacred" / "1"
    (folder / "metrics.json").write_bytes(content)
    read = opened(folder)
    read.load()
    assert read.data.series == {}


def test_settings_that_cannot_be_read_cost_only_the_settings(recorded, opened):
    folder = recorded / "lightning" / "lightning_logs" / "version_0"
    (folder / "hparams.yaml").write_text("a: 'never ends\n")
    read = opened(folder)
    assert read.data.config == {}
    assert "line" in read.data.problems[0].message
    assert len(read.points("loss")) == 30


def test_links_that_lead_out_of_a_run_are_not_followed(recorded, tmp_path, opened):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("1795428000000 42 1\n")
    (secret / "a.mid").write_bytes(b"MThd")
    (run,) = (path.parent for path in recorded.glob("mlflow_files/**/metrics"))
    (run / "metrics" / "stolen").symlink_to(secret / "key")
    (run / "params" / "stolen").symlink_to(secret / "key")
    (run / "artifacts").symlink_to(secret)
    read = opened(run)
    assert "stolen" not in read.data.series
    assert "stolen" not in read.data.config
    assert not any("a.mid" in path for path in read.data.samples)


def test_a_midi_file_counts_when_it_stood_still(tmp_path):
    samples = MidiFiles(str(tmp_path))
    (tmp_path / "step_7.mid").write_bytes(b"MT")
    harvest = Harvest()
    samples.look(harvest)
    assert harvest.samples == []
    assert samples.stirred()


def test_claims_do_not_collide(recorded, tmp_path):
    """TensorBoard's files beside Lightning's table tell the same, with times; a run below Hugging Face's is its own."""
    lightning = recorded / "lightning" / "lightning_logs" / "version_0"
    (lightning / "events.out.tfevents.1.studio.1.0").write_bytes(b"")
    logs = recorded / "huggingface" / "gru" / "runs" / "Nov23"
    logs.mkdir(parents=True)
    (logs / "events.out.tfevents.1.studio.1.0").write_bytes(b"")
    assert readers().of(lightning).name == "TensorBoard"
    assert [ref.format for ref in discover(recorded / "lightning")] == ["TensorBoard"]
    assert [ref.format for ref in discover(recorded / "huggingface")] == ["Hugging Face", "TensorBoard"]
    own = tmp_path / "own"
    own.mkdir()
    for name in ("run.json", "config.json"):
        (own / name).write_text(json.dumps({"experiment": {}, "command": "", "host": ""}))
    (own / "metrics.jsonl").write_text("")
    assert readers().of(own).name == "musiclog"
