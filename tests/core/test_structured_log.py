"""The text log is written exactly as published, and both its dialects are read."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog import Run
from musiclog.notices import Notices
from musiclog.rotation import RotatingFile
from musiclog.structured_log import LogParser, TrainingState, format_record, parse, state_fields
from musiclog.training_log import TrainingLog, train_losses, validation_losses

PUBLISHED = """\
[2026-11-23 14:30:25.123] [INFO] [training] Training progress
  - Epoch: 5/100, Batch: 25/50
  - Files processed: 800 (300 augmented)
  - Losses: {recon: 0.45, kl: 0.12, adv: 0.08}
  - Memory: GPU 3.2GB/4.0GB, RAM: 8.5GB
  - Samples saved: samples/epoch_0005_00.mid
"""
STATE = TrainingState(
    epoch=5,
    epochs=100,
    batch=25,
    batches=50,
    files=800,
    augmented=300,
    losses={"recon": 0.45, "kl": 0.12, "adv": 0.08},
    gpu_used_gb=3.2,
    gpu_total_gb=4.0,
    ram_gb=8.5,
    samples=("samples/epoch_0005_00.mid",),
)
MOMENT = datetime(2026, 11, 23, 14, 30, 25, 123000).timestamp()


def test_the_published_block_is_written_letter_by_letter() -> None:
    assert format_record(MOMENT, "INFO", "training", "Training progress", state_fields(STATE)) == PUBLISHED


def test_the_published_block_is_read_back() -> None:
    (record,) = parse(PUBLISHED)

    assert (record.time, record.level, record.module, record.tag) == (MOMENT, "INFO", "training", None)
    assert record.message == "Training progress"
    assert list(record.fields) == state_fields(STATE)


def test_the_original_programs_dialect_is_read() -> None:
    (record,) = parse(
        "[2026-11-23 09:56:40.330] [INFO] [structured_vae_1] Training progress\n"
        "  - Epoch: 1/10, Batch: 3/60\n"
        "  - Losses: {recon: 258.54, kl: nan, adv: -0.10}\n"
        "  - Memory: GPU 22.31GB/24.00GB, RAM: 6.00GB\n"
        "  - ETA: 2h 3min 4s\n"
    )

    assert (record.module, record.message) == ("structured_vae_1", "Training progress")
    assert record.fields[1] == "Losses: {recon: 258.54, kl: nan, adv: -0.10}"
    assert record.fields[3] == "ETA: 2h 3min 4s"


@pytest.mark.parametrize(
    ("line", "tag", "message"),
    [
        ("[TRAINING_START] Starting training session", "TRAINING_START", "Starting training session"),
        ("[EPOCH_COMPLETE] Epoch 1 completed 🏆 NEW BEST", "EPOCH_COMPLETE", "Epoch 1 completed 🏆 NEW BEST"),
        ("[RECOVERY_SUGGESTIONS]", "RECOVERY_SUGGESTIONS", ""),
        ("[not a tag] text", None, "[not a tag] text"),
        ("", None, ""),
    ],
)
def test_event_tags_are_told_from_messages(line: str, tag: str | None, message: str) -> None:
    (record,) = parse(f"[2026-11-23 09:56:40.330] [WARNING] [m] {line}")

    assert (record.tag, record.message) == (tag, message)


def test_logs_of_the_original_program_are_read_whole(shared: Path) -> None:
    for path in (shared / "data" / "runs").glob("aurl_*/logs/*.log"):
        text = path.read_text("utf-8")
        records = parse(text)

        assert len(records) == text.count("\n[") + 1
        assert all(record.time is not None for record in records)
        progress = [record.fields for record in records if record.message == "Training progress"]
        assert all({"Losses", "Memory", "ETA"} <= {each.partition(":")[0] for each in fields} for fields in progress)
        assert {"EPOCH_COMPLETE", "ANOMALY_DETECTED"} <= {record.tag for record in records}


@given(
    message=st.text(),
    fields=st.lists(st.text(), max_size=4),
    t=st.floats(1e9, 2e9),
    tag=st.sampled_from([None, "ANOMALY_DETECTED"]),
)
def test_no_text_can_break_the_format(message: str, fields: list[str], t: float, tag: str | None) -> None:
    block = format_record(t, "INFO", "training", message, fields, tag=tag)
    records = parse(block + format_record(t, "INFO", "training", "next"))

    assert [record.message for record in records][-1] == "next"
    assert len(records) == 2
    assert records[0].time == pytest.approx(t, abs=0.0015)
    assert records[0].fields[len(records[0].fields) - len(fields) :] == tuple(" ".join(text.split()) for text in fields)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_pieces_of_any_text_give_the_records_of_the_whole(noise: bytes, cuts: list[int]) -> None:
    lines = (PUBLISHED + noise.decode("latin-1") + "\n" + PUBLISHED).splitlines()
    parser = LogParser()
    pieces = sorted({0, len(lines), *(cut % len(lines) for cut in cuts)})
    found = []
    for start, end in pairwise(pieces):
        found += parser.feed(lines[start:end])

    assert found + parser.finish() == parse("\n".join(lines))


def test_lines_of_tracebacks_belong_to_their_record_and_lines_before_any_are_counted() -> None:
    parser = LogParser()
    parser.feed(["stray", "", PUBLISHED.splitlines()[0], "Traceback (most recent call last):", "  File x"])
    (record,) = parser.finish()

    assert record.fields == ("Traceback (most recent call last):", "  File x")
    assert parser.stray_lines == 1


def test_a_time_that_cannot_be_is_no_time() -> None:
    assert parse("[2026-13-40 25:00:00.000] [INFO] [m] x")[0].time is None


def test_unknown_fields_are_left_out_of_the_block() -> None:
    assert state_fields(TrainingState(batch=3)) == ["Batch: 3"]
    assert state_fields(TrainingState(epoch=2, epochs=None, gpu_used_gb=1.0)) == ["Epoch: 2", "Memory: GPU 1.0GB"]


def test_losses_get_the_short_names_of_the_published_format() -> None:
    metrics = {
        "loss/recon": 1.0,
        "kl_loss": 2.0,
        "total_loss": 3.0,
        "loss": 4.0,
        "gradient_norm": 5.0,
        "val/total_loss": 6.0,
    }

    assert train_losses(metrics) == {"recon": 1.0, "kl": 2.0, "total": 4.0}
    assert validation_losses(metrics) == {"total": 6.0}


def training_log(path: Path, every_s: float = 10.0) -> TrainingLog:
    return TrainingLog(RotatingFile(path, Notices("a")), total_epochs=100, every_s=every_s)


def test_progress_is_told_at_the_first_step_then_by_the_clock_and_at_the_end_of_an_epoch(tmp_path: Path) -> None:
    log = training_log(tmp_path / "training.log")
    log.epoch_start(MOMENT, 5, 50)
    for second in range(25):
        log.step(second, 5, None, {"loss/recon": 0.45})
        log.step(second, 5, None, {"quality": 0.5})  # another line of the same step
        log.progress_if_due(MOMENT + second)
    log.epoch_end(MOMENT + 24, 5, 24.0)
    log.file.close()

    records = parse((tmp_path / "training.log").read_text("utf-8"))
    told = [record.fields[0] for record in records if record.message == "Training progress"]
    assert told == [f"Epoch: 5/100, Batch: {batch}/50" for batch in (1, 11, 21, 25)]
    assert (records[-1].tag, records[-1].fields[0]) == ("EPOCH_COMPLETE", "Duration: 24.0s")


def test_the_block_tells_files_memory_and_samples_as_they_were_logged(tmp_path: Path) -> None:
    log = training_log(tmp_path / "training.log")
    log.epoch_start(MOMENT, 5, 50)
    for file in range(8):
        log.file_used(augmented=file < 3)
    log.sample("samples/epoch_0005_00.mid")
    memory = {
        "memory/gpu_allocated": 3.2e9,
        "memory/gpu_max_allocated": 3.9e9,
        "memory/gpu_total": 4.0,
        "memory/ram": 8.5,
    }
    for batch in (25, 26):
        log.step(batch, 5, batch, {"loss/recon": 0.45, "loss/kl": 0.12, **memory})
        log.progress(MOMENT)
    log.file.close()

    first, second = parse((tmp_path / "training.log").read_text("utf-8"))[1:]
    assert first.fields == (
        "Epoch: 5/100, Batch: 25/50",
        "Files processed: 8 (3 augmented)",
        "Losses: {recon: 0.45, kl: 0.12}",
        "Memory: GPU 3.2GB/4.0GB, RAM: 8.5GB",
        "Samples saved: samples/epoch_0005_00.mid",
    )
    assert len(second.fields) == 4  # a sample is told once


def test_a_whole_run_gives_the_events_that_the_original_gives(tmp_path: Path) -> None:
    with Run(tmp_path / "a", total_epochs=1, monitor=False) as run, run.epoch(1, batches=3):
        for step in range(3):
            run.log(step, total_loss=1.0)
    records = parse((run.folder / "logs" / "training.log").read_text("utf-8"))

    tags = [record.tag for record in records if record.tag]
    assert tags == ["TRAINING_START", "EPOCH_START", "EPOCH_COMPLETE", "TRAINING_COMPLETE"]
    assert all(abs((record.time or 0) - time.time()) < 3600 for record in records)
    assert "Epoch: 1/1, Batch: 3/3" in records[-3].fields
