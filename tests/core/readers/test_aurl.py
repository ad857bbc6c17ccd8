"""Folders of the original program: the recorded ones, and small ones that grow."""

from __future__ import annotations

import json
import math
import os
from datetime import datetime

import pytest

from musiclog.discovery import discover


def test_every_recorded_run_opens_once(shared, opened):
    runs = shared / "data" / "runs"
    found = {ref.path: opened(type(runs)(ref.path)) for ref in discover(runs)}
    names = sorted(os.path.relpath(path, runs) for path in found)
    assert names == [
        "aurl_published/tensorboard/full_integration_demo_20250708_220444_9c0d46d8",
        "aurl_published/training/cleanup_test/enhanced_training_20250713_191131/training_log.json",
        "aurl_published/training/enhanced_training_20250713_150521/training_log.json",
        "aurl_text_healthy/experiments/text_healthy_20261123_095615_64d1de6d",
        "aurl_vae_lr_fault/experiments/vae_lr_fault_20261123_095640_011a3ace",
    ]
    assert all(read.data.problem_count == 0 for read in found.values())
    sizes = {path: (len(read.data.series), len(read.data.samples)) for path, read in found.items()}
    assert [sizes[str(runs / name)] for name in names] == [(41, 0), (4, 0), (4, 0), (15, 10), (17, 10)]


def test_a_recorded_experiment_in_full(shared, opened):
    folder = shared / "data" / "runs" / "aurl_vae_lr_fault" / "experiments" / "vae_lr_fault_20261123_095640_011a3ace"
    data = opened(folder).data
    loss = data.series["total_loss"]
    assert loss.steps.tolist() == list(range(600))
    assert loss.values[0] == 266.88
    assert loss.epochs[[0, 59, 60, 599]].tolist() == pytest.approx([1 / 60, 1, 61 / 60, 10])
    assert data.series["val/total_loss"].steps.tolist() == [60 * epoch - 1 for epoch in range(1, 11)]
    names = {"learning_rate", "gradient_norm", "throughput/tokens_per_second", "memory/gpu_allocated"}
    assert names <= set(data.series)
    assert data.config["training"]["learning_rate"] == 0.001
    assert (data.info.name, data.info.planned_epochs, data.info.planned_steps) == ("vae_lr_fault", 10, 600)
    assert data.state(0).word == "finished"
    assert data.data_usage.uses == 30
    assert data.data_usage.newest[0]["name"] == "piece_098.mid"
    sample = next(iter(data.samples.values()))
    assert (sample.name, sample.epoch, sample.step) == ("sample_epoch_001", 1, 59)
    assert data.log[0].tag == "TRAINING_START"
    assert not any(event.kind == "alert" for event in data.events)
    assert [event.kind for event in data.events].count("checkpoint") == 10


@pytest.fixture
def experiment(tmp_path):
    folder = tmp_path / "save" / "experiments" / "toy_1"
    folder.mkdir(parents=True)
    config = {"experiment_id": "toy_1", "experiment_name": "toy", "start_time": "2026-11-23T10:00:00",
              "model_config": {"layers": 2}, "training_config": {"num_epochs": 3}, "data_config": {}}  # fmt: skip
    (folder / "experiment_config.json").write_text(json.dumps(config))
    return folder


def batch(epoch, number, loss):
    moment = datetime(2026, 11, 23, 10, epoch, number).isoformat()
    return json.dumps({"timestamp": moment, "epoch": epoch, "batch": number, "total_batches": 4, "progress": 0.1,
                       "losses": {"total": loss, "kl_loss": 0.5}, "learning_rate": 0.1, "gradient_norm": 1.0,
                       "throughput": {}, "memory": {}}) + "\n"  # fmt: skip


def test_a_growing_experiment_with_bare_nan(experiment, opened):
    path = experiment / "batch_metrics.jsonl"
    path.write_text(batch(1, 0, 3.0))
    read = opened(experiment)
    assert read.points("losses/total") == [(0, 3)]
    with path.open("a") as file:
        file.write(batch(1, 1, float("nan")) + batch(2, 0, 1.0))
    read.load()
    assert [step for step, _ in read.points("losses/total")] == [0, 1, 4]
    assert math.isnan(read.points("losses/total")[1][1])
    assert read.data.problem_count == 0
    assert read.data.info.state is None
    (experiment / "final_experiment_report.json").write_text("{}")
    assert "info" in read.load()
    assert read.data.info.state == "finished"


def test_samples_of_a_shared_folder_go_to_the_experiment_of_their_time(experiment, opened):
    other = experiment.parent / "toy_2"
    other.mkdir()
    (other / "experiment_config.json").write_text(json.dumps({"start_time": "2026-11-23T12:00:00"}))
    samples = experiment.parent.parent / "generated_samples"
    samples.mkdir()
    for name, hour in (("sample_epoch_001.mid", 11), ("sample_epoch_002.mid", 13)):
        (samples / name).write_bytes(b"MThd")
        moment = datetime(2026, 11, 23, hour).timestamp()
        os.utime(samples / name, (moment, moment))
    (samples / "notes.txt").write_text("no music")
    (samples / "link.mid").symlink_to("/etc/passwd")
    assert [sample.name for sample in opened(experiment).data.samples.values()] == ["sample_epoch_001"]
    assert [sample.name for sample in opened(other).data.samples.values()] == ["sample_epoch_002"]


def test_its_tensorboard_directory_is_not_shown_twice(experiment, tmp_path):
    events = tmp_path / "save" / "tensorboard" / "toy_1" / "Losses_total"
    events.mkdir(parents=True)
    for folder in (events, events.parent):
        (folder / "events.out.tfevents.1.host.1.0").write_bytes(b"")
    assert [ref.path for ref in discover(tmp_path)] == [str(experiment)]
