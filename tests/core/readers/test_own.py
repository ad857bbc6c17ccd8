"""Our own folder, as musiclog.Run writes it and as crashes and vandals leave it."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import time

import pytest

import musiclog
from musiclog.readers.own import reader


@pytest.fixture
def run(tmp_path):
    with musiclog.Run(
        tmp_path / "r", config={"training": {"lr": 0.1}}, total_epochs=2, tags=["bach"], heartbeat_s=1000, monitor=False
    ) as run:
        yield run


def test_everything_a_run_writes_comes_back(run, opened):
    run.epoch_start(1, 3)
    for step in range(3):
        run.log(step, {"loss": 1 / (step + 1), "optim/lr": 0.1}, epoch=1, batch=step + 1)
    sample = run.log_sample(b"MThd", prompt="p1", seed=7, temperature=0.9, checkpoint="c.pt", card={"overall": 0.5})
    run.log_data_usage("a.mid", transposition=2)
    run.checkpoint(run.folder / "checkpoints" / "c.pt", best=True)
    run.note("look here")
    run.epoch_end(1, {"val/loss": float("nan")})
    read = opened(run.folder)
    data = read.data
    assert read.format == "musiclog"
    assert read.points("loss") == [(0, 1), (1, 0.5), (2, pytest.approx(1 / 3))]
    assert math.isnan(data.series["val/loss"].values[0])
    assert [event.kind for event in data.events] == ["epoch_start", "sample", "checkpoint", "note", "epoch_end"]
    [kept] = data.samples.values()
    assert (kept.path, kept.prompt, kept.seed, kept.temperature) == (str(sample), "p1", 7, 0.9)
    assert (kept.step, kept.epoch, kept.checkpoint, kept.card) == (2, 1, "c.pt", {"overall": 0.5})
    assert data.data_usage.newest[0]["name"] == "a.mid"
    assert data.config == {"training": {"lr": 0.1}}
    assert (data.info.id, data.info.planned_epochs, data.info.tags) == (run.id, 2, ("bach",))
    assert data.log[0].tag == "TRAINING_START"
    assert data.problem_count == 0
    assert data.state(time.time()).word == "live"
    run.finish()
    assert "info" in read.load()
    assert data.state(time.time()).word == "finished"


def test_a_card_that_comes_after_its_sample_is_read_while_the_run_goes_on(run, opened):
    path = run.log_sample(b"MThd", step=5)
    read = opened(run.folder)
    assert read.data.samples[str(path)].card is None
    path.with_suffix(".json").write_text('{"overall": 0.5}')
    run._files.events.write("card", step=5, epoch=None, data={"file": f"samples/{path.name}"})
    assert "samples" in read.load()
    [kept] = read.data.samples.values()
    assert (kept.step, kept.card) == (5, {"overall": 0.5})


def test_the_corpus_that_a_run_was_given_is_told(tmp_path, opened):
    with musiclog.Run(tmp_path / "r", reference=tmp_path / "corpus", score_samples=False) as run:
        assert opened(run.folder).data.info.reference == str(tmp_path / "corpus")


def test_rows_are_spread_over_their_epoch(run, opened):
    run.epoch_start(1, 4)
    run.log(0, {"loss": 1.0}, epoch=1)
    read = opened(run.folder)
    for step in range(1, 8):
        run.log(step, {"loss": 1.0}, epoch=1 + step // 4)
    read.load()
    assert read.data.series["loss"].epochs.tolist() == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0]


def test_points_arrive_while_the_run_is_written(run, opened):
    read = opened(run.folder)
    assert read.data.series == {}
    run.log(1, loss=3.0)
    assert "points" in read.load()
    assert read.points("loss") == [(1, 3)]
    assert read.load() == frozenset()
    assert not read.cursor.poll()


def test_a_torn_line_waits_for_its_end(run, opened):
    run.log(1, loss=3.0)
    read = opened(run.folder)
    with (run.folder / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step":2,"t":1,"lo')
        file.flush()
        assert "points" not in read.load()
        file.write(b'ss":5}\n')
    read.load()
    assert read.points("loss") == [(1, 3), (2, 5)]
    assert read.data.problem_count == 0


def test_bad_lines_are_counted_with_their_place_and_the_rest_is_read(run, opened):
    run.log(1, loss=1.0)
    path = run.folder / "metrics.jsonl"
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'not json\n[1]\n\n{"loss":4}\n{"step":2,"loss":2,"bad":"text","worse":{"a":1},"none":null}\n')
    read = opened(run.folder)
    assert read.points("loss") == [(1, 1), (2, 2)]
    assert set(read.data.series) == {"loss"}
    assert read.data.problem_count == 3
    assert read.data.problems[0].offset == size
    assert "not a JSON line" in read.data.problems[0].message


def test_infinity_and_numbers_without_end_are_read_as_far_as_floats_go(run, opened):
    with (run.folder / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step":1,"a":"Infinity","b":"-Infinity","c":"NaN","d":1e400,"e":true}\n')
        file.write(b'{"step":2,"f":' + b"9" * 400 + b"}\n")
    read = opened(run.folder)
    assert read.points("a") == [(1, math.inf)]
    assert read.points("b") == [(1, -math.inf)]
    assert math.isnan(read.points("c")[0][1])
    assert read.points("e") == [(1, 1)]


def test_a_resumed_run_keeps_both_stretches_and_draws_the_newer(run, opened):
    for step in (1, 2, 3):
        run.log(step, loss=float(step))
    run.log(2, loss=20.0)
    read = opened(run.folder)
    assert read.data.series["loss"].steps.tolist() == [1, 2, 3, 2]
    x, y = read.data.series["loss"].thin("step", 0, 9, 100)
    assert list(zip(x, y, strict=True)) == [(1, 1), (2, 20)]


def test_a_replaced_metrics_file_starts_the_run_again(run, opened):
    for step in range(5):
        run.log(step, loss=1.0)
    read = opened(run.folder)
    run.finish()
    (run.folder / "metrics.jsonl").unlink()
    (run.folder / "metrics.jsonl").write_text('{"step":9,"t":1,"loss":7}\n')
    read.load()
    assert read.points("loss") == [(9, 7)]
    assert read.data.info.id == run.id
    assert len([event for event in read.data.events if event.kind == "finish"]) == 1


def test_small_turns_bring_the_same_as_one_large_one(run, opened):
    for step in range(300):
        run.log(step, {"loss": float(step), **({"val": 1.0} if step % 10 == 0 else {})})
    whole, slow = opened(run.folder), opened(run.folder, limit=700)
    assert len(slow.news) > 10
    assert slow.points("loss") == whole.points("loss")
    assert slow.points("val") == whole.points("val") == [(step, 1) for step in range(0, 300, 10)]
    assert slow.cursor.fraction() == 1.0


def test_other_ranks_have_their_own_names(run, opened):
    run.log(1, loss=1.0)
    read = opened(run.folder)
    with musiclog.Run(run.folder, rank=3, monitor=False) as other:
        other.log(1, loss=2.0)
    read.load()
    assert read.points("loss") == [(1, 1)]
    assert read.points("rank3/loss") == [(1, 2)]


@pytest.mark.parametrize(
    "named", ["../outside.mid", "/etc/passwd", "samples/link.mid", "samples/../../outside.mid", "a\0b"]
)
def test_samples_outside_of_the_folder_are_not_followed(run, opened, named):
    (run.folder.parent / "outside.mid").write_bytes(b"MThd")
    (run.folder / "samples" / "link.mid").symlink_to(run.folder.parent / "outside.mid")
    with (run.folder / "events.jsonl").open("a") as file:
        file.write(json.dumps({"event": "sample", "t": 1, "file": named}) + "\n")
    read = opened(run.folder)
    assert read.data.samples == {}
    assert "outside of the run folder" in read.data.problems[0].message


def test_a_broken_run_json_is_reported_when_it_stays_broken(run, opened):
    run.log(1, loss=1.0)
    run.finish()
    (run.folder / "run.json").write_text('{"name": "half')
    read = opened(run.folder)
    assert read.data.problem_count == 0
    read.load()
    assert [problem.file for problem in read.data.problems] == [str(run.folder / "run.json")]
    assert read.points("loss") == [(1, 1)]


def test_nonsense_in_run_json_counts_as_not_said(run, opened):
    run.finish()
    (run.folder / "run.json").write_text('{"name": 3, "tags": "x", "pid": [], "started": "soon", "heartbeat": {}}')
    info = opened(run.folder).data.info
    assert (info.name, info.tags, info.pid, info.started, info.heartbeat) == ("r", (), None, None, None)


def test_alerts_come_back_as_they_were_written(run, opened):
    alert = {"event": "alert", "t": 5.0, "step": 7, "epoch": None, "id": "a1", "kind": "loss_spike", "state": "opened"}
    with (run.folder / "events.jsonl").open("a") as file:
        file.write(json.dumps(alert) + "\n")
    read = opened(run.folder)
    assert read.news[0].events[0].data["kind"] == "loss_spike"
    assert read.news[0].events[0].data["step"] == 7
    assert read.data.events[0].step == 7


def test_the_text_log_goes_on_after_a_rotation(run, opened):
    path = run.folder / "logs" / "training.log"
    read = opened(run.folder)
    before = len(read.data.log)
    path.rename(path.with_name("training.log.1"))
    path.write_text("[2026-11-23 14:30:25.123] [INFO] [training] After the turn\n  - Epoch: 1/2\n")
    assert read.load() == {"log"}
    assert len(read.data.log) == before + 1
    assert read.data.log[-1].fields == ("Epoch: 1/2",)
    assert read.data.problem_count == 0


def test_it_claims_run_folders_only(run, tmp_path):
    assert reader.claims(run.folder)
    assert not reader.claims(tmp_path)
    assert not reader.claims(run.folder / "run.json")
    shutil.copytree(run.folder, tmp_path / "copy")
    assert reader.claims(tmp_path / "copy")


@pytest.mark.parametrize("levels", [200, 900, 5000, 200_000])
def test_what_is_nested_without_end_is_a_problem_and_can_be_sent_to_the_window(run, opened, levels):
    deep = '{"a":' * levels + "1" + "}" * levels
    run.finish()
    (run.folder / "config.json").write_text(deep)
    with (run.folder / "events.jsonl").open("a") as events:
        events.write(f'{{"event": "note", "t": 1.0, "text": {deep}}}\n')
        events.write('{"event": "note", "t": 2.0, "text": "flat"}\n')
    read = opened(run.folder)
    read.load()
    assert [event.data["text"] for event in read.data.events if event.kind == "note"] == ["flat"]
    assert read.data.problem_count == 2
    assert pickle.loads(pickle.dumps(read.news)) is not None


def test_settings_may_be_nested_as_deep_as_anybody_needs(run, opened):
    run.finish()
    (run.folder / "config.json").write_text('{"a":' * 99 + "1" + "}" * 99)
    assert opened(run.folder).data.problem_count == 0


def test_half_a_character_in_a_name_becomes_a_question_mark(run, opened):
    run.finish()
    with (run.folder / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 1, "t": 1.0, "half \\ud83c": 2.0, "whole \\ud83c\\udfb5": 3.0}\n')
    assert list(opened(run.folder).data.series) == ["half ?", "whole \N{MUSICAL NOTE}"]
