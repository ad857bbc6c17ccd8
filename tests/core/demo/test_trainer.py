"""The demo trains for real: it learns, logs all that a run can tell, and gives equal bits for equal seeds."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

from musiclog import Run, open_run
from musiclog.demo.config import DemoConfig
from musiclog.demo.train import train_demo
from musiclog.demo.trainer import Stopped, Trainer
from musiclog.demo.tunes import HELD_OUT, load_tunes
from musiclog.quality import evaluations, trend_of

TINY = DemoConfig(epochs=4, transpositions=2, hidden=12, embedding=8, batch_size=8, excerpt_events=32,
                  learning_rate=0.02, fault_at=0.5, fault_share=0.1)
BY_THE_CLOCK = {"throughput/tokens_per_second", "memory/ram_gb"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished tiny run, opened."""
    folder = tmp_path_factory.mktemp("demo") / "tiny"
    train_demo(folder, TINY, threading.Event())
    with open_run(folder) as run:
        yield run


def test_the_model_learns(finished):
    _, losses = finished.series("total_loss")
    begins = len(losses) // 2  # of the fault
    assert np.mean(losses[begins - 5:begins]) < 0.75 * np.mean(losses[:5])


def test_everything_that_a_run_can_tell_is_logged(finished):
    expected = {"total_loss", "loss/pitch", "loss/duration", "loss/loudness", "val/total_loss", "optim/learning_rate",
                "optim/gradient_norm", "throughput/tokens_per_second", "quality/overall"}
    assert expected <= set(finished.metrics)
    kinds = {event.kind for event in finished.events}
    assert {"epoch_start", "epoch_end", "checkpoint", "sample", "note", "finish"} <= kinds
    assert finished.data.info.planned_epochs == 4
    assert finished.data.info.state == "finished"
    assert finished.config["training"]["learning_rate"] == 0.02


def test_there_are_scored_samples_before_and_after_every_epoch(finished):
    assert [(sample.epoch, sample.prompt) for sample in finished.samples] == [
        (epoch, prompt) for epoch in range(5) for prompt in ("jig in G", "song in F")]
    for sample in finished.samples:
        assert sample.card["metrics"]["overall"]["value"] is not None


def test_every_use_of_a_tune_is_told_with_its_transposition(finished):
    uses = finished.data.data_usage.newest
    assert {use["name"].removesuffix(".abc") for use in uses} == {t.name for t in load_tunes()} - set(HELD_OUT)
    assert all(bool(use.get("augmentation")) == bool(use["transposition"]) for use in uses)
    assert {use["cache_hit"] for use in uses} == {True, False}


def test_the_fault_is_announced_and_happens_where_it_was_announced(finished):
    (note,) = (event for event in finished.events if event.data.get("fault") == "learning_rate")
    assert "Deliberate fault" in note.data["text"]
    steps, rates = finished.series("optim/learning_rate")
    jumps = rates[1:] / rates[:-1]
    assert steps[1:][jumps > 5].tolist() == [note.step + 1]


def test_the_fault_ends_with_the_checkpoint_from_before_it(finished):
    (note,) = (event for event in finished.events if "fault ends" in str(event.data.get("text")))
    assert note.data["checkpoint"] == "epoch_0002.npz"


def test_the_alerts_catch_the_fault(finished):
    kinds = [event.data["kind"] for event in finished.events if event.kind == "alert"]
    assert "learning_rate_issue" in kinds


def test_checkpoints_hold_every_parameter(finished):
    with np.load(f"{finished.path}/checkpoints/epoch_0004.npz") as saved:
        assert sorted(saved) == ["answer", "answer.bias", "embedding", "gru.bias", "gru.input", "gru.recurrent"]
        assert saved["gru.recurrent"].shape == (12, 36)


def metrics_and_samples(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in line.items() if name not in BY_THE_CLOCK | {"t"}} for line in lines]
    return kept, {path.name: path.read_bytes() for path in sorted((folder / "samples").glob("*.mid"))}


def test_equal_seeds_give_equal_bits_and_others_do_not(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        config = DemoConfig(seed=seed, epochs=1, transpositions=1, hidden=12, embedding=8)
        train_demo(tmp_path / name, config, threading.Event())
    one, two, other = (metrics_and_samples(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one[0][-1] != other[0][-1]


def test_stopping_ends_the_run_at_the_next_step(tmp_path):
    asked = []

    def may_go_on():
        asked.append(True)
        return len(asked) <= 3

    with Run(tmp_path / "run") as run, pytest.raises(Stopped):
        Trainer(run, TINY, load_tunes(), may_go_on).train()
    with open_run(tmp_path / "run") as opened:
        assert opened.data.last_step == 3


def test_its_process_ends_cleanly_when_its_input_closes(tmp_path):
    command = [sys.executable, "-m", "musiclog.demo.train", str(tmp_path / "run"), "--until-stdin-closes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with open_run(tmp_path / "run") as run:
        assert run.data.info.state == "stopped"


def test_its_music_gets_better_beyond_chance(tmp_path):
    small = DemoConfig(seed=3, epochs=10, transpositions=2, hidden=48, embedding=16, learning_rate=0.0007, fault=False)
    train_demo(tmp_path / "run", small, threading.Event())
    with open_run(tmp_path / "run") as run:
        trend = trend_of(evaluations((sample, sample.card["overall"]) for sample in run.samples))
    assert trend.evaluations == 11
    assert trend.sign == "rising"
    assert trend.low > 0
    assert trend.change > 0.2
