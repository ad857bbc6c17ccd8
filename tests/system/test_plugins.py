"""The example package, installed beside musiclog: its reader, metric, detector and exporter are found and work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"

PROGRAM = """
import json, sys
from pathlib import Path
import musiclog
from musiclog import plugins
from musiclog.abc_tunes import parse_abc
from musiclog.anomaly import Monitor
from musiclog.notes import read_notes
from musiclog.quality import score

folder = Path(sys.argv[1])
run = musiclog.open_run(folder / "old-trainer")
monitor = Monitor()
alerts = [alert for step in range(0, 600, 100) for alert in monitor.update(step, {"val_loss": 2.5})]
card = score(read_notes(folder / "tune.mid"))
print(json.dumps({
    "format": run.data.ref.format,
    "loss": run.series("loss")[1].tolist(),
    "problems": run.data.problem_count,
    "alerts": [[alert.kind, alert.title, [each.text for each in alert.suggestions]] for alert in alerts],
    "syncopation": card.metrics["syncopation"].value,
    "plug-ins": [[each.kind, each.name, each.trouble] for each in plugins.plug_ins()],
}))
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package and one that is broken."""
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(EXAMPLE)], check=True, capture_output=True)
    broken = folder / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    entries = "".join(f"[musiclog.{kind}]\nbroken = no_such_module:thing\n"
                      for kind in ("readers", "metrics", "detectors", "exporters", "sinks"))  # fmt: skip
    (broken / "entry_points.txt").write_text(entries, encoding="utf-8")
    return folder


def python(packages: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip


@pytest.fixture(scope="module")
def told(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a program says that uses all of it."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "old-trainer").mkdir()
    (folder / "old-trainer" / "losses.txt").write_text("0 4.0\n1 2.0\nnonsense\n2 1.0\n3 0.", encoding="utf-8")
    _write_tune(folder / "tune.mid")
    done = python(packages, "-c", PROGRAM, str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _write_tune(path: Path) -> None:
    import mido  # noqa: PLC0415

    track = mido.MidiTrack()
    for rest in (0, 240, 0, 0):  # eighths on beats 0 and 1, then one between two beats, then on beat 2
        track.append(mido.Message("note_on", note=60, velocity=80, time=rest))
        track.append(mido.Message("note_off", note=60, velocity=0, time=240))
    mido.MidiFile(tracks=[track]).save(path)


def test_its_reader_opens_its_format_and_counts_what_is_broken(told: dict[str, object]) -> None:
    assert told["format"] == "losses.txt"
    assert told["loss"] == [4.0, 2.0, 1.0]
    assert told["problems"] == 1


def test_its_metric_is_on_the_score_card(told: dict[str, object]) -> None:
    assert told["syncopation"] == pytest.approx(0.25)


def test_its_detector_alerts_with_its_own_words(told: dict[str, object]) -> None:
    assert [
        "validation_frozen", "Validation has been exactly 2.5 for five evaluations",
        ["Look whether the evaluation uses an old copy of the model."],
    ] in told["alerts"]  # type: ignore[operator]  # fmt: skip


def test_a_package_that_is_broken_is_said_and_costs_nothing(told: dict[str, object]) -> None:
    brought = {(kind, name): trouble for kind, name, trouble in told["plug-ins"]}  # type: ignore[attr-defined]
    assert {key for key, trouble in brought.items() if not trouble} == {
        ("reader", "losses"), ("metric", "syncopation"), ("detector", "frozen"), ("exporter", "jsonl"),
    }  # fmt: skip
    assert brought["sink", "broken"] == "ModuleNotFoundError: No module named 'no_such_module'"


def test_its_exporter_writes_and_the_doctor_names_it(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "old-trainer").mkdir()
    (tmp_path / "old-trainer" / "losses.txt").write_text("0 4.0\n1 2.0\n", encoding="utf-8")

    done = python(packages, "-m", "musiclog.cli", "convert", "old-trainer", "--to", "jsonl", "-o", "out", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "values.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1]) == {"metric": "loss", "step": 1.0, "value": 2.0}
    doctor = python(packages, "-m", "musiclog.cli", "doctor", cwd=tmp_path).stdout
    assert "broken 1.0" in " ".join(doctor.split())
