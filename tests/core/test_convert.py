"""What is converted says the same as the run: every value, the configuration, samples and alerts."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from musiclog import Run, open_run
from musiclog.cli import main
from musiclog.conversion import event_files
from musiclog.event_writer import EventWriter

CONFIG = {"model": {"layers": 2}, "lr": 1e-3}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with Run(tmp_path / "bach", config=CONFIG) as run:
        for step in range(400):
            run.log(step, {"total_loss": float("nan") if step == 300 else 0.1 * step}, epoch=step // 100)
            if step % 50 == 0:
                run.log(step, {"val/total_loss": 1 / 3})
        run.note("a, note\nof two lines")
    return run.folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_csv_has_a_row_for_every_value(run: Path) -> None:
    assert main(["convert", str(run), "--to", "csv"]) == 0

    with Path("bach-csv/metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    series = open_run(run).data.series["total_loss"]
    ours = [row for row in rows if row["metric"] == "total_loss"]
    assert [float(row["value"]) for row in ours] == pytest.approx(series.values, nan_ok=True, abs=0)
    assert [float(row["time"]) for row in ours] == series.times.tolist()
    assert [row["step"] for row in ours[:3]] == ["0", "1", "2"]
    assert len(rows) == 408
    assert json.loads(Path("bach-csv/config.json").read_bytes()) == CONFIG
    with Path("bach-csv/events.csv").open(encoding="utf-8", newline="") as file:
        kinds = [row["event"] for row in csv.DictReader(file)]
    assert "alert" in kinds
    assert kinds.count("note") == 1


def test_parquet_has_the_same(run: Path) -> None:
    pandas_like = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    assert main(["convert", str(run), "--to", "parquet", "-o", "out"]) == 0

    table = pandas_like.read_table("out/metrics.parquet")
    series = open_run(run).data.series["val/total_loss"]
    rows = [row for row in table.to_pylist() if row["metric"] == "val/total_loss"]
    assert [row["value"] for row in rows] == series.values.tolist()
    assert table.num_rows == 408


def test_tensorboard_files_are_read_back(run: Path) -> None:
    assert main(["convert", str(run), "--to", "tensorboard", "-o", "out"]) == 0

    read, its = open_run(Path("out")), open_run(run)
    for name in ("total_loss", "val/total_loss"):
        steps, values = read.series(name)
        assert steps.tolist() == its.series(name)[0].tolist()
        assert values == pytest.approx(its.series(name)[1], rel=1e-6, nan_ok=True)
    assert read.config == {"model.layers": 2, "lr": 1e-3}


def test_curves_made_at_once_are_those_made_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musiclog.event_writer.TOGETHER", 7)
    steps = np.array([0, 1, 127, 128, 300, 20_000, 20_001, 5, 3_000_000, 2**40], np.float64)
    values = np.array([0.5, -1.0, math.inf, math.nan, 1e300, 0.0, 1e-45, 3.0, -math.inf, 7.0])
    times = 1e9 + np.arange(10.0)
    at_once, by_one = EventWriter(tmp_path / "a", now=0.0), EventWriter(tmp_path / "b", now=0.0)
    at_once.curve("loss/ü", steps, times, values)
    for step, time, value in zip(steps, times, values, strict=True):
        by_one.scalars(step, time, {"loss/ü": value})
    at_once.close()
    by_one.close()

    assert at_once.path.read_bytes() == by_one.path.read_bytes()


def test_nothing_is_written_over_unless_forced(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")

    assert main(["convert", str(run), "--to", "csv", "-o", "out"]) == 2
    assert "out is there already" in capsys.readouterr().err
    assert Path("out/mine.txt").exists()
    assert main(["convert", str(run), "--to", "parquet", "-o", "here"]) == 0
    assert main(["convert", str(run), "--to", "csv", "-o", "here", "--force"]) == 0
    assert Path("here/metrics.csv").exists()
    assert not Path("here/metrics.parquet").exists()


@pytest.mark.parametrize("target", ["bach", ".", "bach/metrics.jsonl", "out"])
def test_force_removes_nothing_but_what_was_converted(
    run: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")

    assert main(["convert", str(run), "--to", "csv", "-o", target, "--force"]) == 2
    assert f"{target} was not written by musiclog convert" in capsys.readouterr().err
    assert len(open_run(run).series("total_loss")[0]) == 400
    assert Path("out/mine.txt").read_text() == "mine"


def test_what_fails_half_way_leaves_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        name = "tensorboard"

        def write(self, data: object, folder: Path):
            yield "total_loss"
            raise OSError("disk full")

    monkeypatch.setattr(event_files, "TensorBoard", Failing)
    before = sorted(Path().iterdir())

    assert main(["convert", str(run), "--to", "tensorboard"]) == 2
    assert sorted(Path().iterdir()) == before


def test_an_unknown_format_is_refused_with_those_there_are(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(run), "--to", "cvs"]) == 2
    assert "there are csv, parquet, tensorboard" in capsys.readouterr().err.replace("\n", " ")


def test_names_that_look_like_markup_are_names(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        run.log(1, {"[/b]": 0.5})

    assert main(["convert", str(run.folder), "--to", "csv", "-o", "out"]) == 0
    assert "\n[/b],1," in Path("out/metrics.csv").read_text()
