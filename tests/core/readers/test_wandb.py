"""Weights & Biases: framing, damage, nested and odd values, media, system metrics, what is kept of a long run."""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.column_cache import ColumnCache
from musiclog.discovery import discover
from musiclog.opened import open_run
from musiclog.readers.wandb_log import BLOCK, MAGIC, frame
from musiclog.readers.wandb_records import Histories


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def item(keys: list[str], value: object) -> bytes:
    nested = b"".join(field(2, key.encode()) for key in keys)
    return field(1, nested + field(16, json.dumps(value).encode()))


def history(step: int, **metrics: object) -> bytes:
    values = {"_step": step, "_timestamp": 1.8e9 + step, "_runtime": step, **metrics}
    return field(2, b"".join(item([key], value) for key, value in values.items()) + field(2, field(1, step)))


def record(number: int, content: bytes) -> bytes:
    return field(1, number) + content


def framed(records: list[bytes]) -> bytes:
    """As the tracker's program writes them: pieces that end with their block."""
    found = bytearray(MAGIC)
    for each in records:
        rest, begun = each, False
        while True:
            left = BLOCK - len(found) % BLOCK
            if left < 7:
                found += bytes(left)
                continue
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (4 if begun else 1) if not rest else (3 if begun else 2)
            found += struct.pack("<IHB", zlib.crc32(bytes([kind]) + piece), len(piece), kind) + piece
            begun = True
            if not rest:
                break
    return bytes(found)


def write(folder: Path, records: list[bytes]) -> Path:
    run = folder / "offline-run-20261123_101500-abc"
    run.mkdir(parents=True)
    (run / "run-abc.wandb").write_bytes(framed(records))
    return run


@given(st.lists(st.binary(max_size=60_000), max_size=8), st.data())
@settings(max_examples=40)
def test_records_are_whole_wherever_the_file_is_cut(records, data):
    content = framed(records)
    cut = data.draw(st.integers(0, len(content)))
    first = frame(content[:cut], 0)
    second = frame(content[first.end :], first.end)
    assert first.records + second.records == records
    assert not first.damages
    assert not second.damages


def test_damage_costs_the_rest_of_its_block_and_is_told(tmp_path, opened):
    run = write(tmp_path, [record(step, history(step, loss=step / 2)) for step in range(2_000)])
    file = run / "run-abc.wandb"
    content = bytearray(file.read_bytes())
    content[BLOCK + 5_000] ^= 0xFF
    file.write_bytes(content)
    read = opened(run)
    steps = read.data.series["loss"].steps.tolist()
    assert 1_000 < len(steps) < 2_000
    assert steps[-1] == 1_999
    assert read.data.problem_count == 1
    assert BLOCK < read.data.problems[0].offset <= BLOCK + 5_000
    assert "damaged" in read.data.problems[0].message


def test_damage_in_the_newest_block_is_told_when_nothing_follows(tmp_path, opened):
    run = write(tmp_path, [record(step, history(step, loss=1.0)) for step in range(20)])
    file = run / "run-abc.wandb"
    content = bytearray(file.read_bytes())
    content[-3] ^= 0xFF
    file.write_bytes(content)
    read = opened(run)
    assert (len(read.points("loss")), read.data.problem_count) == (19, 0)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    read.load()
    read.load()
    assert read.data.problem_count == 1


def test_a_torn_tail_waits_silently(tmp_path, opened):
    run = write(tmp_path, [record(step, history(step, loss=1.0)) for step in range(20)])
    file = run / "run-abc.wandb"
    content = file.read_bytes()
    file.write_bytes(content[:-10])
    read = opened(run)
    assert (len(read.points("loss")), read.data.problem_count) == (19, 0)
    assert read.data.info.state == "running"


ODD = {
    "text": "a \\ \"quoted\" text\n", "word": "fast", "flag": True, "nothing": None, "list": [1, 2],
    "ünï": 2.5, "nan": math.nan, "inf": math.inf, "large": 10**40, "deep": {"a": {"b": 1.5}, "_type": "x"},
    "tiny": {"a": {"b": 1.5}},
}  # fmt: skip


@pytest.mark.parametrize("more", [[], ["ünï"], list(ODD)])
def test_numbers_are_the_same_by_the_quick_and_the_slow_way(more):
    histories = [
        history(step, loss=step / 8, acc=-1e-3, **{name: ODD[name] for name in more})[2:] for step in range(150)
    ]
    histories = [each[1:] if each[0] < 0x0A else each for each in histories]
    table, media, bad = Histories().table(histories)
    assert table.full("loss").tolist() == [step / 8 for step in range(150)]
    assert table.full("_step").tolist() == list(range(150))
    assert set(table.full("acc")) == {-1e-3}
    assert (media, bad) == ([], [])
    if more == list(ODD):
        assert set(table.full("flag")) == {1.0}
        assert set(table.full("tiny.a.b")) == {1.5}
        assert math.isnan(table.full("nan")[0])
        assert math.isinf(table.full("inf")[0])
        assert not {"text", "word", "nothing", "list", "deep.a.b"} & table.columns.keys()
    if more:
        assert set(table.full("ünï")) == {2.5}


def test_the_trainers_own_step_is_meant_where_it_is_logged(tmp_path, opened):
    rows = [record(n, history(n, loss=1.0, **{"trainer/global_step": n * 50})) for n in range(3)]
    assert [step for step, _ in opened(write(tmp_path, rows)).points("loss")] == [0, 50, 100]


def test_a_recorded_runs_files_system_metrics_notes_and_output(recorded):
    (ref,) = discover(recorded / "wandb")
    with open_run(ref.path) as run:
        data = run.data
    assert sorted((sample.name.split("_")[0], sample.step) for sample in data.samples.values()) == [
        ("sample", 30.0), ("step", 29.0)]  # fmt: skip
    assert {"system.cpu", "system.proc.memory.rssMB"} <= data.series.keys()
    assert data.series["parts.kl"].values.tolist() == [0.5]
    assert not any(name.startswith(("page", "notes", "sample", "_")) for name in data.series)
    assert [record.message for record in data.log] == ["the training begins"]
    assert [(event.kind, event.data["text"], event.step) for event in data.events] == [
        ("note", "Slow: the loss falls slowly", 29.0 if data.events[0].step == 29 else 30.0)]  # fmt: skip
    assert data.info.environment["summary"] == {"best": 0.25}
    assert (data.info.host, data.info.tags, data.info.environment["project"]) == ("studio", ("small",), "music")


def test_a_sample_that_is_a_link_out_of_the_run_is_not_followed(recorded, tmp_path, opened):
    (ref,) = discover(recorded / "wandb")
    (tmp_path / "secret.mid").write_bytes(b"MThd")
    (Path(ref.path) / "files" / "stolen.mid").symlink_to(tmp_path / "secret.mid")
    read = opened(Path(ref.path))
    assert not any("stolen" in path for path in read.data.samples)
    assert "leads out" in read.data.problems[0].message


def test_a_failed_run_says_so(tmp_path, opened):
    rows = [record(1, history(0, loss=1.0)), record(2, field(18, field(1, 3) + field(2, 60)))]
    info = opened(write(tmp_path, rows)).data.info
    assert (info.state, info.environment["exit_code"]) == ("failed", 3)


def test_nonsense_in_records_is_left_out_and_counted(tmp_path, opened):
    rows = [record(1, history(0, loss=1.0)), record(2, field(2, b"\xff\x82\x01\xff")),
            record(3, field(17, b"\x0a\xff")),
            b"\xff" * 20, b"", record(4, history(1, loss=2.0)),
            record(5, field(2, field(1, field(2, b"loss") + field(16, b"[" * 5_000))))]  # fmt: skip
    read = opened(write(tmp_path, rows))
    assert read.points("loss") == [(0, 1.0), (1, 2.0)]
    assert read.data.problem_count == 4


def test_a_long_run_is_kept_and_goes_on_where_it_stood(tmp_path):
    def loaded():
        with open_run(run) as read:
            data = read.data
        points = {name: (series.steps.tolist(), series.values.tolist()) for name, series in data.series.items()}
        return points, data.config, data.info, [event.data for event in data.events], list(data.samples)

    config = field(17, field(1, b"abc") + field(4, item(["lr"], 0.1)) + field(8, b"long"))
    rows = [record(0, config), *(record(step, history(step, loss=step / 3, acc=0.5)) for step in range(30_000))]
    rows.append(record(1, field(10, field(1, b"Slow"))))
    run = write(tmp_path, rows)
    first = loaded()
    assert any("wandb" in entry.run or entry.run == str(run) for entry in ColumnCache.of_user().entries())
    assert loaded() == first
    with (run / "run-abc.wandb").open("wb") as file:
        file.write(framed([*rows, record(2, history(30_000, loss=7.0, acc=0.5))]))
    later = loaded()
    assert later[0]["loss"][1][-1] == 7.0
    assert later[1:] == first[1:]
