"""`musiclog check`: what it says, as text and as JSON, and the exit status that CI and cron look at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from musiclog import Run, cli
from musiclog.checking import check


def ran(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as CI calls it."""
    command = [sys.executable, "-W", "error", "-m", "musiclog.cli", "check", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def json_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def with_jump(path: Path) -> Path:
    """A log that does not watch itself; at step 200 the learning rate jumps and the loss with it."""
    return json_lines(path, [
        {"step": step, "loss": (1 + step % 7 / 50) * (90 if step >= 202 else 1), "lr": 0.1 if step >= 200 else 0.001}
        for step in range(400)
    ])  # fmt: skip


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    with Run(tmp_path / "bad", heartbeat_s=1000) as run:
        for step in range(100):
            run.log(step, total_loss=1.0 if step < 90 else float("nan"))
    return run.folder


def test_a_run_that_watched_itself_is_told_by_its_own_alerts(bad: Path) -> None:
    found = check(bad)
    assert found.checked_by == "itself"
    assert [each.leader.kind for each in found.incidents] == ["nan_values"]
    assert found.incidents[0].leader.unresolved


def test_another_sensitivity_looks_again_and_doubles_nothing(bad: Path) -> None:
    found = check(bad, sensitivity="high")
    assert found.checked_by == "high"
    assert [len(each.episodes) for each in found.incidents] == [1]
    assert found.incidents[0].leader.found_by == {"reader"}


def test_corrected_roles_look_again_and_join_what_is_the_same(bad: Path) -> None:
    (incident,) = check(bad, roles={"total_loss": "loss"}).incidents
    assert incident.leader.found_by == {"run", "reader"}


def test_logs_of_others_are_watched_and_one_cause_is_one_incident(tmp_path: Path) -> None:
    found = check(with_jump(tmp_path / "other" / "metrics.jsonl"))
    assert found.checked_by == "normal"
    assert len(found.incidents) == 1
    assert found.incidents[0].leader.kind == "learning_rate_issue"
    assert "loss_spike" in [each.kind for each in found.incidents[0].episodes]


def test_the_status_follows_the_gravest_alert_and_what_was_asked(bad: Path, tmp_path: Path) -> None:
    with Run(tmp_path / "good", heartbeat_s=1000) as good:
        for step in range(100):
            good.log(step, total_loss=1.0 / (step + 1))
    fine, trouble = ran(good.folder), ran(bad)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert "No anomalies." in fine.stdout
    assert (trouble.returncode, trouble.stderr) == (1, "")
    assert "nan_values" in trouble.stdout
    advice = check(bad).incidents[0].leader.suggestions[0]["text"]
    assert f"  1. {advice}\n" in trouble.stdout, "whole, however narrow the terminal"
    assert cli.main(["check", str(bad), "--fail-on", "never"]) == 0


def test_json_holds_what_the_text_holds(bad: Path) -> None:
    done = ran(bad, "--json", "--fail-on", "warning")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["checked_by"] == "itself"
    (incident,) = told["incidents"]
    assert incident["alerts"][0]["kind"] == "nan_values"
    assert incident["alerts"][0]["suggestions"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_run_with_a_name_of_another_alphabet_is_told_as_json_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "metrics.csv").write_text("step,loss\n1,2\n2,1\n")
    file = (folder / "metrics.csv").rename(folder / os.fsdecode(b"loss\xe9.csv"))
    assert json.loads(ran(file, "--json").stdout)["run"].endswith(r"caf\xe9/loss\xe9.csv")
    assert cli.main(["report", str(file), "-o", str(tmp_path / "report.html")]) == 0
    assert r"loss\udce9" in (tmp_path / "report.html").read_text("utf-8")


def test_what_is_no_run_has_a_status_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(("run", "kinds", "status"), [
    ("aurl_vae_lr_fault", "learning_rate_issue", 1),
    ("aurl_text_healthy", "", 0),
    ("aurl_published/tensorboard", "", 0),
])  # fmt: skip
def test_recorded_runs(shared: Path, run: str, kinds: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = check(shared / "data" / "runs" / run)
    assert " ".join(each.leader.kind for each in found.incidents) == kinds
    assert cli.main(["check", str(shared / "data" / "runs" / run)]) == status
    assert capsys.readouterr().err == ""
