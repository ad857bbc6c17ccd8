"""The report at the end tells what the files tell, also of runs that were broken or continued."""

from __future__ import annotations

import math
from pathlib import Path

from musiclog import Run
from musiclog.report import report_text, summarise


def test_the_report_has_every_chapter(tmp_path: Path) -> None:
    with Run(tmp_path / "bach", config={"training": {"rate": 0.5}}, total_steps=10, heartbeat_s=1000) as run:
        run.log(1, total_loss=2.0)
        run.log(2, total_loss=0.5, odd=math.inf)
        run.log(3, total_loss=math.nan)
        run.log_sample(b"MThd", epoch=1, card={"overall": 0.71})
        run.log_data_usage("a.mid", transposition=3, cache_hit=True)
        run.log_data_usage("a.mid", cache_hit=False)
    text = (tmp_path / "bach" / "report.md").read_text("utf-8")

    assert text.startswith(f"# bach\n\n`{run.id}`\n\n- State: finished\n")
    assert "- Last step: 3 of 10" in text
    assert '"rate": 0.5' in text
    assert "Files: 1; used 2 times, 50% of them augmented; cache hits 50%." in text
    assert "| total_loss | 2 | nan | 0.5 (2) | 2 (1) | 3 | 1 |" in text
    assert "| samples/epoch_0001_00.mid | 1 | 3 | 0.71 |" in text
    assert "nan_values" in text
    assert "- python: " in text


def test_a_resumed_run_is_reported_whole(tmp_path: Path) -> None:
    for step in (1, 2):
        with Run(tmp_path / "a", monitor=False) as run:
            run.log(step, loss=float(step))

    assert "| loss | 1 | 2 | 1 (1) | 2 (2) | 2 |  |" in report_text(run.folder)


def test_torn_lines_do_not_spoil_the_report(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1,"t":1.0,"loss":2.0}\n{"step":2,"lo\n[1]\n{"step":3,"t":1.0,"loss":"Infinity"}\n')

    found = summarise(path)["loss"]
    assert (found.count, found.nonfinite, found.low, found.last) == (2, 1, 2.0, math.inf)


def test_columns_of_changing_lines_keep_their_order(tmp_path: Path) -> None:
    with Run(tmp_path / "a", monitor=False) as run:
        for step in range(10_000):
            both = {"val/loss": step / 2} if step % 7 == 0 else {}
            run.log(step, {"loss": float(step % 100), **both})
        run.log(10_000, loss=math.inf, odd=-math.inf)
    found = summarise(run.folder / "metrics.jsonl")

    assert (found["loss"].first, found["loss"].last, found["loss"].high_step) == (0.0, math.inf, 99)
    assert (found["val/loss"].last, found["val/loss"].count) == (9996 / 2, 1429)
    assert (found["odd"].count, found["odd"].nonfinite, found["odd"].low_step) == (1, 1, None)


def test_an_empty_folder_gives_a_short_report(tmp_path: Path) -> None:
    assert report_text(tmp_path).startswith("# None")
