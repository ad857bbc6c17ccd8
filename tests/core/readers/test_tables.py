"""CSV, JSON lines and training_log.json: written by csv and json, growing, torn, rewritten and wrong."""

from __future__ import annotations

import csv
import json
import math
import os

import pytest

from musiclog.registry import readers


def write_csv(path, rows, mode="w", header=True, **how):
    with path.open(mode, newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), **how)
        if header:
            writer.writeheader()
        writer.writerows(rows)


def settle(path):
    """As if the file had been written some time ago."""
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_csv_rows_become_points(tmp_path, opened):
    path = tmp_path / "metrics.csv"
    write_csv(path, [{"step": step, "loss": step / 2, "name": "x"} for step in range(3)])
    read = opened(path)
    assert read.format == "CSV"
    assert read.points("loss") == [(0, 0), (1, 0.5), (2, 1)]
    assert set(read.data.series) == {"loss"}
    write_csv(path, [{"step": 3, "loss": 9, "name": "x"}], mode="a", header=False)
    assert read.load() == {"points"}
    assert read.points("loss")[-1] == (3, 9)


def test_lightnings_sparse_columns(tmp_path, opened):
    path = tmp_path / "metrics.csv"
    rows = [
        {"epoch": 0, "step": 49, "train_loss": 2.5, "val_loss": ""},
        {"epoch": 0, "step": 99, "train_loss": "", "val_loss": 2.0},
        {"epoch": 1, "step": 149, "train_loss": "nan", "val_loss": ""},
    ]
    write_csv(path, rows)
    read = opened(path)
    assert read.points("val_loss") == [(99, 2)]
    assert read.points("train_loss")[0] == (49, 2.5)
    assert math.isnan(read.points("train_loss")[1][1])


def test_a_csv_that_is_written_anew_with_more_columns_starts_again(tmp_path, opened):
    path = tmp_path / "metrics.csv"
    write_csv(path, [{"step": 1, "a": 1}])
    read = opened(path)
    write_csv(path, [{"step": 1, "a": 1, "b": 5}, {"step": 2, "a": 2, "b": 6}])
    read.load()
    assert read.points("a") == [(1, 1), (2, 2)]
    assert read.points("b") == [(1, 5), (2, 6)]


def test_a_torn_number_waits_and_the_last_line_of_a_settled_file_counts(tmp_path, opened):
    path = tmp_path / "a.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25")
    read = opened(path)
    assert read.points("loss") == [(1, 0.5)]
    settle(path)
    read.load()
    assert read.points("loss") == [(1, 0.5), (2, 0.25)]


def test_bad_csv_rows_are_counted(tmp_path, opened):
    path = tmp_path / "a.csv"
    path.write_text('step,loss\n1,0.5\n2\n3,1,2,3\n"4,5\n5,7\n')
    read = opened(path)
    assert read.points("loss") == [(1, 0.5), (5, 7)]
    assert read.data.problem_count == 3
    assert read.data.problems[0].offset == 16


@pytest.mark.parametrize(("comma", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv")])
def test_other_delimiters(tmp_path, opened, comma, name):
    write_csv(tmp_path / name, [{"iteration": 3, "loss": 1.5}], delimiter=comma)
    assert opened(tmp_path / name).points("loss") == [(3, 1.5)]


def test_times_are_understood(tmp_path, opened):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"step": 1, "timestamp": "2026-11-23T10:00:00+00:00", "loss": 1}\n'
        '{"step": 2, "timestamp": "2026-11-23T10:00:05+00:00", "loss": 1}\n'
    )
    assert opened(path).data.series["loss"].times.tolist() == [1795428000.0, 1795428005.0]
    (tmp_path / "ms.csv").write_text("step,timestamp,loss\n1,1795428000500,1\n")
    assert opened(tmp_path / "ms.csv").data.series["loss"].times.tolist() == [1795428000.5]
    (tmp_path / "s.csv").write_text("step,time,loss\n1,12.5,1\n")
    assert opened(tmp_path / "s.csv").points("time") == [(1, 12.5)]


def test_json_lines_with_nested_and_bare_values(tmp_path, opened):
    path = tmp_path / "log.jsonl"
    rows = [{"global_step": step, "loss": {"kl": step, "x": float("nan")}, "lr": 0.1, "who": "me"} for step in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = opened(path)
    assert read.format == "JSON lines"
    assert read.points("loss/kl") == [(0, 0), (1, 1), (2, 2)]
    assert math.isnan(read.points("loss/x")[2][1])
    assert set(read.data.series) == {"loss/kl", "loss/x", "lr"}


def test_the_last_json_line_needs_no_newline(tmp_path, opened):
    path = tmp_path / "a.jsonl"
    path.write_text('{"step":1,"loss":1}\n{"step":2,"loss":2}')
    read = opened(path)
    assert read.points("loss") == [(1, 1), (2, 2)]
    with path.open("a") as file:
        file.write('\n{"step":3,"loss":3}\n{"step":4,"lo')
    read.load()
    assert read.points("loss") == [(1, 1), (2, 2), (3, 3)]
    assert read.data.problem_count == 0


def test_rows_of_whole_epochs_lie_at_their_epoch(tmp_path, opened):
    write_csv(tmp_path / "a.csv", [{"epoch": epoch, "loss": 1} for epoch in (1, 2, 3)])
    series = opened(tmp_path / "a.csv").data.series["loss"]
    assert series.steps.tolist() == [1, 2, 3]
    assert series.epochs.tolist() == [1, 2, 3]


def test_training_log_json(tmp_path, opened):
    path = tmp_path / "run_1" / "training_log.json"
    path.parent.mkdir()
    rows = [{"epoch": n // 4, "batch": n % 4, "total_loss": 4.0 - n} for n in range(8)]
    path.write_text(json.dumps(rows[:4]))
    read = opened(path)
    assert read.format == "training_log.json"
    assert read.points("total_loss") == [(0, 4), (1, 3), (2, 2), (3, 1)]
    path.write_text(json.dumps(rows)[:-30])  # caught in the middle of being written
    assert "points" not in read.load()
    path.write_text(json.dumps(rows))
    read.load()
    assert len(read.points("total_loss")) == 8
    assert read.data.problem_count == 0
    assert not any(news.restarted for news in read.news)
    path.write_text(json.dumps([{"epoch": 0, "batch": 0, "total_loss": 9.0}]))
    read.load()
    assert read.points("total_loss") == [(0, 9)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"name,length\nx,1\n"),
        ("a.csv", b""),
        ("a.csv", b"\xff\xfe\x00\x00"),
        ("a.csv", b"step\n1\n"),
        ("data_usage.jsonl", b'{"file_name": "a.mid", "original_length": 3}\n'),
        ("a.jsonl", b"[1,2]\n"),
        ("a.jsonl", b"{" * 100_000),
        ("a.jsonl", b'{"step": 1, "text": "hello"}\n'),
        ("training_log.json", b'{"a": 1}'),
        ("training_log.json", b""),
        ("other.json", b'[{"epoch": 1}]'),
        ("section_5_4_results.json", b'{"epochs": [{"total_loss": 1}]}'),
    ],
)
def test_what_says_nowhere_where_a_row_lies_is_no_run(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert readers().of(tmp_path / name) is None


@pytest.mark.parametrize("content", [b"[" * 100_000, b'[{"epoch": 1}, 3, null, {"epoch": {"a": {}}}]', b'[{"x": 1}]'])
def test_a_hostile_training_log_is_no_crash(tmp_path, opened, content):
    (tmp_path / "training_log.json").write_bytes(b'[{"epoch":0}]')
    read = opened(tmp_path / "training_log.json")
    (tmp_path / "training_log.json").write_bytes(content)
    read.load()
    read.load()
    assert read.data.series == {}
