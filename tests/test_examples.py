"""The programs that users copy run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from musiclog import open_run

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_the_own_loop_logs_a_run_that_opens(tmp_path):
    subprocess.run([sys.executable, "-W", "error", str(EXAMPLES / "own_loop.py"), str(tmp_path / "run")], check=True)
    with open_run(tmp_path / "run") as run:
        steps, losses = run.series("total_loss")
        assert (steps[0], steps[-1]) == (1, 300)
        assert losses[-1] < losses[0] / 5
        assert len(run.samples) == 3
        assert run.config["training"]["learning_rate"] == 0.01
        assert run.data.info.state == "finished"
