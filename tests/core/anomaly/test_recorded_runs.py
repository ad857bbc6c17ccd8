"""The bars on recorded runs, and the folders of the original program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from musiclog import open_run
from musiclog.anomaly import Alert, Monitor

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "anomaly.py"


@pytest.fixture(scope="module")
def figures(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bench's own figures; in a process of its own because it leaves its files open."""
    out = tmp_path_factory.mktemp("bench") / "figures.json"
    bench = shared / "bench" / "anomaly_bench.py"
    options = ["--split", "dev", "--det", f"{BENCHMARK}:Factory", "--json", str(out)]
    subprocess.run([sys.executable, str(bench), *options], check=True, capture_output=True)
    (result,) = json.loads(out.read_text(encoding="utf-8")).values()
    return result


def test_recall_precision_and_false_alarms_keep_their_bars(figures: dict[str, Any]):
    total: Counter[str] = Counter()
    for counts in figures["types"].values():
        total.update({name: counts[name] for name in ("lab", "hit", "tp", "fp", "fp_h")})
    assert total["hit"] / total["lab"] >= 0.93
    assert total["tp"] / (total["tp"] + total["fp"]) >= 0.93
    assert total["fp_h"] / figures["healthy_steps"] * 10_000 <= 0.8


def test_no_type_is_left_behind(figures: dict[str, Any]):
    for kind, counts in figures["types"].items():
        assert counts["hit"] >= 0.8 * counts["lab"], kind


def batches(shared: Path, name: str) -> list[Alert]:
    (path,) = (shared / "data" / "runs" / name / "experiments").glob("*/batch_metrics.jsonl")
    config = json.loads((path.parent / "experiment_config.json").read_text(encoding="utf-8"))
    monitor, alerts = Monitor(config=config), []
    for step, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        row = dict(record["losses"])
        row |= {"learning_rate": record["learning_rate"], "gradient_norm": record["gradient_norm"]}
        row |= {f"throughput/{key}": value for key, value in record["throughput"].items()}
        row |= {f"memory/{key}": value for key, value in record["memory"].items()}
        alerts += monitor.update(step, row, epoch=record["epoch"])
    return alerts


def test_the_healthy_run_of_the_original_program_is_silent(shared: Path):
    assert batches(shared, "aurl_text_healthy") == []


def test_its_faulty_run_has_one_incident_that_begins_with_the_learning_rate(shared: Path):
    alerts = batches(shared, "aurl_vae_lr_fault")
    first = alerts[0]
    assert (first.kind, first.step, first.severity) == ("learning_rate_issue", 167, "critical")
    assert first.suggestions[0].text.startswith("Set the learning rate back to 0.001")
    assert first.suggestions[0].patch == {"training_config.learning_rate": 0.001}
    assert len({alert.incident for alert in alerts}) == 1


def test_none_of_its_published_false_alarms_is_repeated(shared: Path):
    (folder,) = (shared / "data" / "runs" / "aurl_published" / "tensorboard").iterdir()
    with open_run(folder) as run:
        rows: dict[float, dict[str, float]] = {}
        for name in run.metrics:
            steps, values = run.series(name)
            for step, value in zip(steps.tolist(), values.tolist(), strict=True):
                rows.setdefault(step, {})[name] = value
    monitor = Monitor()
    assert [alert for step in sorted(rows) for alert in monitor.update(step, rows[step])] == []
    assert monitor.roles["Training/GradientNorm"] == "gradient_norm"


def recorded(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return labels, [json.loads(line) for line in lines]


def test_everything_that_is_said_of_faulty_runs_is_whole_and_short(shared: Path):
    folders: dict[str, Path] = {}  # one run of every fault
    for folder in sorted((shared / "data" / "anomaly" / "dev").iterdir()):
        fault = folder.name.split("_", 3 if folder.name.startswith(("gan", "tfm", "vae")) else 2)[-1]
        folders.setdefault(fault, folder)
    kinds = set()
    for folder in folders.values():
        labels, rows = recorded(folder)
        monitor = Monitor(config={"training": labels["config"]}, total_steps=labels["steps"])
        for row in rows:
            for alert in monitor.update(row["step"], row, epoch=row["epoch"]):
                kinds.add(alert.kind)
                assert 1 <= len(alert.suggestions) <= 5
                told = [alert.title, *(f"{each.text} {each.reason}" for each in alert.suggestions)]
                assert not re.search(r"[{}]|\bNone\b|\bnan\b|\binf\b", " ".join(told)), told
                json.dumps(alert.as_dict(), allow_nan=False)
    assert len(kinds) >= 11
