"""Every tracker's run is read as the script logged it: recorded runs here, fresh ones where a tracker is installed."""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
from pathlib import Path

import pytest

from musiclog.anomaly.roles import named_roles
from musiclog.discovery import discover
from musiclog.errors import ReadError
from musiclog.opened import open_run
from musiclog.records import News
from musiclog.run_data import RunData

DATA = Path(__file__).resolve().parents[2] / "data"
_spec = importlib.util.spec_from_file_location("make_tracker_runs", DATA / "make_tracker_runs.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

FORMATS = {
    "wandb": "W&B", "trackio": "trackio", "mlflow_files": "MLflow files", "mlflow_sqlite": "MLflow",
    "lightning": "Lightning CSV", "huggingface": "Hugging Face", "dvclive": "DVCLive", "sacred": "Sacred", "aim": "Aim",
}  # fmt: skip
PACKAGES = {"mlflow_files": "mlflow", "mlflow_sqlite": "mlflow", "huggingface": "transformers"}
# Metrics of Aim need its package; the trainer of Hugging Face has a schedule and gradients of its own.
WITH_METRICS = [tracker for tracker in FORMATS if tracker != "aim" or importlib.util.find_spec("aim")]
CURVES = [tracker for tracker in WITH_METRICS if tracker != "huggingface"]


def the_run(folder: Path, tracker: str) -> RunData:
    """The only run of a tracker's folder."""
    (ref,) = discover(folder)
    assert ref.format == FORMATS[tracker]
    with open_run(ref.path) as run:
        return run.data


def logged(name: str) -> list[tuple[float, float]]:
    return [(step, metrics[name]) for step, metrics in made.curve() if name in metrics]


def same(series, expected: list[tuple[float, float]]) -> bool:
    steps, values = [step for step, _ in expected], [value for _, value in expected]
    if series.steps.tolist() != steps:
        return False
    pairs = zip(series.values.tolist(), values, strict=True)
    return all(one == other or (math.isnan(one) and math.isnan(other)) for one, other in pairs)


def has_the_curve(run: RunData) -> bool:
    return all(same(run.series[name], logged(name)) for name in ("loss", "lr", "grad_norm", "val/loss"))


@pytest.mark.parametrize("tracker", CURVES)
def test_a_recorded_run_has_exactly_the_curve_that_was_logged(recorded, tracker):
    run = the_run(recorded / tracker, tracker)
    assert run.problem_count == 0
    assert has_the_curve(run)
    found = named_roles(list(run.series))
    assert (found["loss"], found["lr"], found["grad_norm"]) == ("loss", "learning_rate", "gradient_norm")
    assert found["val/loss"] == "validation_loss"


@pytest.mark.parametrize("tracker", ["wandb", "trackio", "lightning", "dvclive", "sacred"])
def test_the_configuration_is_the_one_that_was_given(recorded, tracker):
    config = the_run(recorded / tracker, tracker).config
    assert {key: config[key] for key in made.CONFIG} == made.CONFIG


@pytest.mark.parametrize("tracker", ["mlflow_files", "mlflow_sqlite"])
def test_mlflows_parameters_are_values_again(recorded, tracker):
    config = the_run(recorded / tracker, tracker).config
    assert config == {
        "model.name": "gru", "model.layers": 2, "training.learning_rate": 0.001, "training.batch_size": 16,
        "training.betas": [0.9, 0.98], "training.clip": None, "training.shuffle": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tracker", "name", "state"),
    [("wandb", "gru", "finished"), ("trackio", "gru", None), ("mlflow_files", "gru", "finished"),
     ("mlflow_sqlite", "gru", "finished"), ("lightning", "version_0", None), ("huggingface", "gru", "finished"),
     ("dvclive", "dvclive", None), ("sacred", "music/1", "finished"), ("aim", "gru", "finished")],
)  # fmt: skip
def test_a_run_says_what_it_is_and_whether_it_ended(recorded, tracker, name, state):
    info = the_run(recorded / tracker, tracker).info
    assert (info.name, info.state) == (name, state)


@pytest.mark.parametrize("tracker", ["wandb", "mlflow_files", "mlflow_sqlite", "sacred"])
def test_midi_files_are_samples_at_their_step(recorded, tracker):
    samples = the_run(recorded / tracker, tracker).samples
    assert 29 in {sample.step for sample in samples.values()}
    for path in samples:
        assert Path(path).read_bytes() == made.MIDI
        assert path.startswith(str(recorded))


@pytest.mark.parametrize("tracker", FORMATS)
def test_nothing_is_written_beside_a_run(recorded, tracker):
    def state():
        found = {path: path.stat() for path in (recorded / tracker).rglob("*")}
        return {path: (each.st_mtime_ns, each.st_size) for path, each in found.items()}

    before = state()
    the_run(recorded / tracker, tracker)
    assert state() == before


@pytest.mark.parametrize("tracker", FORMATS)
def test_a_later_look_finds_nothing_new(recorded, opened, tracker):
    (ref,) = discover(recorded / tracker)
    read = opened(Path(ref.path))
    assert read.cursor.poll() == News()
    assert not read.cursor.stirred()
    assert read.cursor.fraction() == 1.0
    read.cursor.close()


@pytest.mark.parametrize("tracker", WITH_METRICS)
def test_small_turns_and_one_large_turn_find_the_same(recorded, opened, tracker):
    (ref,) = discover(recorded / tracker)
    whole, pieces = opened(Path(ref.path)), opened(Path(ref.path), limit=1_500)
    assert whole.data.series.keys() == pieces.data.series.keys()
    for name in whole.data.series:
        assert str(whole.points(name)) == str(pieces.points(name))
    assert whole.data.config == pieces.data.config


def test_runs_of_all_trackers_under_one_root_are_found_once(recorded):
    found = discover(recorded)
    assert sorted(ref.format for ref in found) == sorted(FORMATS.values())


def test_the_runs_in_a_database_are_opened_by_their_id_or_as_the_only_one(recorded):
    file = recorded / "mlflow_sqlite" / "mlflow.db"
    with open_run(file) as run:
        path = run.path
    assert Path(path).parent == file
    with open_run(path) as again:
        assert has_the_curve(again.data)
    with pytest.raises(ReadError):
        open_run(file / "nobody's" / "run")
    assert [ref.path for ref in discover(path)] == [path]


@pytest.mark.parametrize("tracker", FORMATS)
def test_what_the_installed_tracker_writes_now_is_read(tmp_path, tracker):
    package = PACKAGES.get(tracker, tracker)
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed; the recorded run was read")
    failure = made.write(tmp_path, tracker)
    assert failure is None, failure
    for path in tmp_path.rglob("*.mid"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    run = the_run(tmp_path / tracker, tracker)
    assert has_the_curve(run) if tracker != "huggingface" else len(run.series["loss"]) == made.STEPS
    shutil.rmtree(tmp_path / tracker)
