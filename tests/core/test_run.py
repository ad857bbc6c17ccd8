"""A run writes its folder exactly as the format says, and nothing it is told can raise into training."""

from __future__ import annotations

import importlib
import io
import math
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import mido
import numpy as np
import orjson
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

import musiclog
from musiclog import Run, RunError, run_file
from musiclog.scalars import NAMES_OF_NONFINITE


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def events(run: Run, kind: str) -> list[dict[str, Any]]:
    return [event for event in lines(run.folder / "events.jsonl") if event["event"] == kind]


@pytest.fixture
def run(tmp_path: Path):
    with Run(tmp_path / "bach-gru", monitor=False) as run:
        yield run


def test_a_logged_step_is_on_disk_when_the_call_returns(run: Run) -> None:
    run.log(1204, total_loss=0.45, epoch=3, batch=204, **{"loss/kl": 0.12})

    (line,) = lines(run.folder / "metrics.jsonl")
    t = line.pop("t")
    assert line == {"step": 1204, "epoch": 3, "batch": 204, "total_loss": 0.45, "loss/kl": 0.12}
    assert round(t, 3) == t


def test_mapping_and_keywords_go_together_and_step_comes_first(run: Run) -> None:
    run.log(1, {"a": 1.0}, b=2.0)

    assert list(lines(run.folder / "metrics.jsonl")[0]) == ["step", "t", "a", "b"]


def test_step_and_metrics_may_be_given_by_name(run: Run) -> None:
    run.log(step=1, metrics={"a": 1.0}, self=2.0)

    assert lines(run.folder / "metrics.jsonl")[0]["self"] == 2.0


def test_importing_modules_of_the_reading_side_leaves_the_public_names_alone() -> None:
    for module in ("opened", "run", "progress", "report"):
        importlib.import_module(f"musiclog.{module}")

    assert callable(musiclog.open_run)
    assert callable(musiclog.Run)
    assert set(musiclog.__all__) <= set(dir(musiclog))
    with pytest.raises(AttributeError, match="nothing_like_this"):
        musiclog.nothing_like_this  # noqa: B018


def test_the_epoch_is_the_current_one_unless_given(run: Run) -> None:
    run.epoch_start(4)
    run.log(1, loss=1.0)
    run.log(2, loss=1.0, epoch=9)

    assert [line["epoch"] for line in lines(run.folder / "metrics.jsonl")] == [4, 9]


def test_not_finite_numbers_are_written_as_text(run: Run) -> None:
    run.log(1, a=math.nan, b=math.inf, c=-math.inf, d=1.0)

    (line,) = lines(run.folder / "metrics.jsonl")
    assert (line["a"], line["b"], line["c"], line["d"]) == ("NaN", "Infinity", "-Infinity", 1.0)


class Tensor:
    """What torch tensors look like to a logger."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def item(self) -> float:
        if len(self.values) != 1:
            raise RuntimeError("a Tensor with several elements cannot be converted to Scalar")
        return self.values[0]


def test_scalars_of_other_libraries_become_numbers(run: Run) -> None:
    run.log(
        np.int64(7),
        a=np.float32(0.5), b=np.int8(3), c=np.array(2.5), d=np.array([1.5]), e=Tensor(0.25), f=Decimal("0.125"), g=True,
    )  # fmt: skip

    (line,) = lines(run.folder / "metrics.jsonl")
    del line["t"]
    assert line == {"step": 7, "a": 0.5, "b": 3, "c": 2.5, "d": 1.5, "e": 0.25, "f": 0.125, "g": 1}


def test_nested_mappings_become_groups(run: Run) -> None:
    run.log(1, {"loss": {"recon": 0.4, "kl": {"beta": 0.1}}})

    (line,) = lines(run.folder / "metrics.jsonl")
    assert (line["loss/recon"], line["loss/kl/beta"]) == (0.4, 0.1)


def test_nonsense_is_dropped_and_said_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.log(1, loss=1.0, text="high", many=np.zeros(3), several=Tensor(1, 2), imaginary=1j)
    run.log(2, loss=1.0, text="low")

    assert [set(line) for line in lines(run.folder / "metrics.jsonl")] == [{"step", "t", "loss"}] * 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'text'" in said
    assert run.notices.counts["nonsense"] == 2


def test_none_means_no_value_and_is_no_nonsense(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.log(1, loss=1.0, validation=None)

    assert set(lines(run.folder / "metrics.jsonl")[0]) == {"step", "t", "loss"}
    assert capsys.readouterr().err == ""


def test_a_mapping_may_bring_its_epoch_but_not_another_step_or_time(run: Run) -> None:
    run.log(5, {"step": 99, "t": 1.0, "epoch": 2, "loss": 0.5})

    (line,) = lines(run.folder / "metrics.jsonl")
    assert (line["step"], line["epoch"], line["loss"]) == (5, 2, 0.5)
    assert line["t"] > 1e9


@pytest.mark.parametrize("step", [None, "one", math.nan, [1], math.inf])
def test_a_step_that_is_no_number_drops_the_line_and_says_so(
    run: Run, step: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run.log(step, loss=1.0)

    assert (run.folder / "metrics.jsonl").read_bytes() == b""
    assert "step" in capsys.readouterr().err


def test_metrics_that_are_no_mapping_never_raise(run: Run) -> None:
    run.log(1, 5)  # type: ignore[arg-type]
    run.log_data_usage(object())  # type: ignore[arg-type]
    run.log_sample(object())  # type: ignore[arg-type]
    run.checkpoint(None)  # type: ignore[arg-type]

    assert run.notices.counts["log"] == 1


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**70), 2**70),
            st.dictionaries(
                st.text(max_size=8), st.one_of(st.floats(), st.integers(), st.none(), st.text()), max_size=4
            ),
        ),
        max_size=5,
    )
)
def test_whatever_is_logged_every_line_is_json_and_every_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, dict[str, Any]]]
) -> None:
    with Run(tmp_path_factory.mktemp("any") / "run", monitor=False) as run:
        for step, metrics in steps:
            run.log(step, metrics)

    written = lines(run.folder / "metrics.jsonl")
    assert len(written) == len(steps)
    for line, (step, metrics) in zip(written, steps, strict=True):
        assert line["step"] == pytest.approx(step)
        for name, value in metrics.items():
            if isinstance(value, float) and name not in ("step", "t", "epoch", "batch"):
                back = NAMES_OF_NONFINITE.get(line[name], line[name])
                assert back == value or math.isnan(back) == math.isnan(value) is True


def test_several_threads_may_log_at_once(run: Run) -> None:
    def work(first: int) -> None:
        for step in range(first, first + 300):
            run.log(step, loss=1.0)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({line["step"] for line in lines(run.folder / "metrics.jsonl")}) == 900


def test_epochs_checkpoints_notes_and_data_use_are_events(run: Run) -> None:
    run.epoch_start(1, batches=2)
    run.log(10, loss=1.0)
    run.epoch_end(1, **{"val/total_loss": 0.9})
    run.checkpoint(run.folder / "checkpoints" / "one.npz", best=True)
    run.note("the learning rate is raised on purpose", factor=10)
    run.log_data_usage("bwv1.mid", original_length=900, processed_length=512, transposition=3, cache_hit=True)

    assert events(run, "epoch_start")[0]["batches"] == 2
    end = events(run, "epoch_end")[0]
    assert (end["step"], end["epoch"], end["val/total_loss"]) == (10, 1, 0.9)
    assert events(run, "checkpoint")[0]["path"] == "checkpoints/one.npz"
    assert events(run, "checkpoint")[0]["best"] is True
    assert events(run, "note")[0]["factor"] == 10
    (use,) = lines(run.folder / "data_usage.jsonl")
    del use["t"]
    assert use == {
        "name": "bwv1.mid", "epoch": 1, "original_length": 900, "processed_length": 512, "transposition": 3,
        "cache_hit": True,
    }  # fmt: skip
    assert lines(run.folder / "metrics.jsonl")[-1]["val/total_loss"] == 0.9


def test_an_epoch_as_a_block_has_its_start_and_end(run: Run) -> None:
    with run.epoch(3, batches=10):
        run.log(1, loss=1.0)

    assert [event["epoch"] for event in lines(run.folder / "events.jsonl")] == [3, 3]


def midi_bytes() -> bytes:
    song = mido.MidiFile()
    song.add_track().extend([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)])
    buffer = io.BytesIO()
    song.save(file=buffer)
    return buffer.getvalue()


def sample_kinds(folder: Path) -> dict[str, Any]:
    (folder / "out.mid").write_bytes(midi_bytes())
    return {
        "path": folder / "out.mid",
        "text": str(folder / "out.mid"),
        "bytes": midi_bytes(),
        "symusic": symusic.Score(str(folder / "out.mid")),
        "mido": mido.MidiFile(folder / "out.mid"),
    }


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "symusic", "mido"])
def test_a_sample_is_written_whole_then_announced(run: Run, tmp_path: Path, kind: str) -> None:
    run.log(9, loss=1.0, epoch=5)
    path = run.log_sample(
        sample_kinds(tmp_path)[kind], epoch=5, prompt="p1", seed=3, temperature=0.9, card={"overall": 0.7}
    )

    assert path == run.folder / "samples" / "epoch_0005_00.mid"
    assert mido.MidiFile(path).tracks
    assert orjson.loads(path.with_suffix(".json").read_bytes()) == {"overall": 0.7}
    (event,) = events(run, "sample")
    del event["t"]
    assert event == {
        "event": "sample", "step": 9, "epoch": 5, "file": "samples/epoch_0005_00.mid", "name": "epoch_0005_00",
        "prompt": "p1", "seed": 3, "temperature": 0.9,
    }  # fmt: skip
    assert sorted(file.name for file in path.parent.iterdir()) == ["epoch_0005_00.json", "epoch_0005_00.mid"]


def test_samples_never_overwrite_each_other(run: Run) -> None:
    named = [run.log_sample(midi_bytes(), name="prompt 1/a") for _ in range(2)]
    counted = [run.log_sample(midi_bytes(), epoch=1) for _ in range(2)]

    assert [path.name for path in named if path] == ["prompt-1-a.mid", "prompt-1-a_01.mid"]
    assert [path.name for path in counted if path] == ["epoch_0001_00.mid", "epoch_0001_01.mid"]


def test_a_sample_that_cannot_be_written_is_neither_announced_nor_raised(run: Run, tmp_path: Path) -> None:
    assert run.log_sample(tmp_path / "missing.mid") is None
    assert events(run, "sample") == []
    assert list((run.folder / "samples").iterdir()) == []


def test_run_json_and_config_say_what_the_run_is(tmp_path: Path) -> None:
    config = {"model": {"size": np.int64(3)}, "training": {"rate": 1e-3, "path": Path("x")}}
    with Run(tmp_path / "a", config=config, total_epochs=40, tags=["one"], name="Bach", monitor=False) as run:
        during = orjson.loads((run.folder / "run.json").read_bytes())

    after = orjson.loads((run.folder / "run.json").read_bytes())
    assert (during["schema"], during["name"], during["state"], during["ended"]) == (1, "Bach", "running", None)
    assert (during["planned_epochs"], during["tags"], during["heartbeat_promise_s"]) == (40, ["one"], 10.0)
    assert during["packages"]["orjson"]
    assert during["watches_itself"] is False
    assert after["state"] == "finished"
    assert after["ended"] >= after["started"]
    written = orjson.loads((run.folder / "config.json").read_bytes())
    assert written == {"model": {"size": 3}, "training": {"rate": 1e-3, "path": "x"}}


def test_the_id_is_name_time_and_a_random_end(tmp_path: Path) -> None:
    with Run(tmp_path / "bach gru", monitor=False) as run:
        name, stamp, end = run.id.rsplit("_", 2)

    assert (name, len(stamp), len(end)) == ("bach-gru", 15, 8)


def test_an_exception_in_the_block_is_a_crash_with_its_text(tmp_path: Path) -> None:
    def train() -> None:
        with Run(tmp_path / "a", monitor=False) as run:
            run.log(1, loss=1.0)
            raise ZeroDivisionError("no such bar")

    with pytest.raises(ZeroDivisionError):
        train()

    content = run_file.read_json(tmp_path / "a" / "run.json")
    assert (content["state"], content["error"]) == ("crashed", "ZeroDivisionError: no such bar")
    assert "ZeroDivisionError" in (tmp_path / "a" / "logs" / "training.log").read_text()


def test_an_interrupted_block_was_stopped(tmp_path: Path) -> None:
    def train() -> None:
        with Run(tmp_path / "a", monitor=False):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()

    assert run_file.read_json(tmp_path / "a" / "run.json")["state"] == "stopped"


def test_finishing_twice_is_finishing_once_and_later_lines_are_refused(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.finish()
    run.finish("crashed")
    run.log(1, loss=1.0)
    run.note("late")

    assert run.state == "finished"
    assert len(events(run, "finish")) == 1
    assert (run.folder / "metrics.jsonl").read_bytes() == b""
    assert "after the run had finished" in capsys.readouterr().err


def test_no_thread_is_left_when_a_run_has_finished(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Run(tmp_path / "a"):
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize(
    "nonsense",
    [{"config": 5}, {"config": "lr=1"}, {"heartbeat_s": 0}, {"total_epochs": -1}, {"resume": True}, {"total_steps": 0},
     {"rank": -1}],
)
def test_opening_with_nonsense_is_the_only_thing_that_raises(tmp_path: Path, nonsense: dict[str, Any]) -> None:
    with pytest.raises(RunError):
        Run(tmp_path / "a", **nonsense)


def test_a_run_without_a_folder_raises_and_does_not_take_the_working_directory() -> None:
    with pytest.raises(RunError, match="has no name"):
        Run("")


def test_a_folder_that_cannot_be_one_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be a run folder"):
        Run(tmp_path / "file" / "run")


def test_ranks_write_their_own_metrics_and_leave_the_rest_to_rank_0(tmp_path: Path) -> None:
    with Run(tmp_path / "a", monitor=False) as first, Run(tmp_path / "a", rank=3) as third:
        first.log(1, loss=1.0)
        third.log(1, loss=2.0)

    assert lines(tmp_path / "a" / "metrics.jsonl")[0]["loss"] == 1.0
    assert lines(tmp_path / "a" / "metrics.rank3.jsonl")[0]["loss"] == 2.0
    assert third.id == first.id


def test_what_was_written_opens_again(tmp_path: Path) -> None:
    with Run(tmp_path / "a", config={"training": {"rate": 0.5}}, monitor=False) as run:
        run.log(1, loss=math.nan, epoch=1)
        run.log(2, loss=0.5, epoch=1)
        run.log_sample(midi_bytes(), prompt="p")

    with musiclog.open_run(tmp_path / "a") as opened:
        steps, values = opened.series("loss")
    assert steps.tolist() == [1, 2]
    assert math.isnan(values[0])
    assert values[1] == 0.5
    assert opened.config == {"training": {"rate": 0.5}}
    assert opened.samples[0].prompt == "p"
    assert [record.tag for record in opened.data.log][:1] == ["TRAINING_START"]
