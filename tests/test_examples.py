"""The programs that users copy run as they stand."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import mido

from musiclog import Run, open_run

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES, DOCS = PROJECT / "examples", PROJECT / "docs"
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_own_loop_logs_a_run_that_opens(tmp_path):
    subprocess.run([sys.executable, "-W", "error", str(EXAMPLES / "own_loop.py"), str(tmp_path / "run")], check=True)
    with open_run(tmp_path / "run") as run:
        steps, losses = run.series("total_loss")
        assert (steps[0], steps[-1]) == (1, 300)
        assert losses[-1] < losses[0] / 5
        assert len(run.samples) == 3
        assert run.config["training"]["learning_rate"] == 0.01
        assert run.data.info.state == "finished"


def printed(page):
    """The programs that a page of the guide prints itself."""
    return PROGRAM.findall((DOCS / page).read_text(encoding="utf-8"))


def test_the_loop_in_the_guide_logs_a_run_as_it_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    track = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=240)])
    mido.MidiFile(tracks=[track]).save("out.mid")
    loop, callback, script, _ = printed("own-loop.md")
    values = {"config": {"lr": 0.1}, "loader": [1, 2], "step": 1, "loss": 2.0, "recon": 1.0, "norm": 0.5,
              "validation": 2.1, "best": 2.2}  # fmt: skip
    exec(loop, values)
    exec(script, {})
    assert "{'lr': 0.1} 40" in capsys.readouterr().out

    with Run(tmp_path / "broken", text_log_s=60) as run:
        exec(callback, {"run": run})
        run.log(1, loss=math.nan)
    assert capsys.readouterr().out.startswith("critical loss is not a finite number")


def test_the_actions_in_the_guide_are_done_as_they_are_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = []
    policy, loop, _ = printed("alerts.md")
    values = {"save": saved.append, "loader": range(3), "loss": math.nan}
    exec(policy, values)
    exec(loop, values)
    values["run"].finish()

    assert saved == ["before-nan_values.pt"]
    assert values["step"] == 1


def test_the_sink_in_the_guide_hears_of_alerts_as_it_is_printed(tmp_path):
    *_, lamp = printed("sinks.md")
    colours = []
    values = {"shine": colours.append}
    exec(lamp, values)
    with Run(tmp_path / "run", sinks=[values["Lamp"]()]) as run:
        run.log(1, loss=math.nan)

    assert colours[0] == "red"
