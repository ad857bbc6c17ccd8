"""A run tells of trouble while it trains, and its watcher can never hurt it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from musiclog import Run
from musiclog.anomaly import Alert, Monitor
from musiclog.structured_log import parse


def alerts(run: Run) -> list[dict[str, Any]]:
    lines = (run.folder / "events.jsonl").read_bytes().splitlines()
    return [event for event in map(orjson.loads, lines) if event["event"] == "alert"]


def test_a_nan_is_an_event_a_log_entry_and_a_call_before_log_returns(tmp_path: Path) -> None:
    heard: list[Alert] = []
    with Run(tmp_path / "a", heartbeat_s=1000, on_alert=heard.append) as run:
        for step in range(20):
            run.log(step, total_loss=1.0, gradient_norm=1.0)
        run.log(20, total_loss=float("nan"), gradient_norm=1.0)

        assert [alert.kind for alert in heard] == ["nan_values"]
        (event,) = alerts(run)

    expected = {**heard[0].as_dict(), "event": "alert", "t": event["t"], "epoch": None}
    assert event == orjson.loads(orjson.dumps(expected))
    tags = [record.tag for record in parse((run.folder / "logs" / "training.log").read_text("utf-8"))]
    assert tags.count("ANOMALY_DETECTED") == 1
    assert tags.index("RECOVERY_SUGGESTIONS") == tags.index("ANOMALY_DETECTED") + 1
    assert orjson.loads((run.folder / "run.json").read_bytes())["watches_itself"] is True


def test_a_callback_that_raises_is_said_once_and_the_others_still_hear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[str] = []
    with Run(tmp_path / "a", heartbeat_s=1000) as run:

        @run.on_alert
        def broken(alert: Alert) -> None:
            raise KeyError(alert.kind)

        run.on_alert(lambda alert: heard.append(alert.state))
        run.log(1, total_loss=float("nan"))

    assert heard[0] == "opened"
    assert run.notices.counts["on_alert"] == len(heard)
    assert capsys.readouterr().err.count("on_alert") == 1


def test_a_callback_may_log_and_finish(tmp_path: Path) -> None:
    with Run(tmp_path / "a", heartbeat_s=1000) as run:

        @run.on_alert
        def stop(alert: Alert) -> None:
            run.note(f"stopped because of {alert.kind}")
            run.finish("stopped")

        run.log(1, total_loss=float("nan"))

    assert run.state == "stopped"


def test_a_monitor_that_fails_is_switched_off_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> list[Alert]:
        raise RuntimeError("empty window")

    monkeypatch.setattr(Monitor, "update", fail)
    with Run(tmp_path / "a", heartbeat_s=1000) as run:
        run.log(1, loss=float("nan"))
        run.log(2, loss=1.0)

    assert orjson.loads((run.folder / "run.json").read_bytes())["watches_itself"] is False
    assert len((run.folder / "metrics.jsonl").read_bytes().splitlines()) == 2
    assert capsys.readouterr().err.count("empty window") == 1


class Recorder:
    """A monitor that only remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def update(self, step: float, metrics: Mapping[str, float], *, epoch: float | None, **_: float) -> list[Alert]:
        self.seen.append((step, dict(metrics), epoch))
        return []

    def event(self, kind: str, step: float | None, _data: Mapping[str, Any]) -> list[Alert]:
        self.seen.append((kind, step))
        return []

    def finish(self) -> list[Alert]:
        return []


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    monkeypatch.setattr("musiclog.anomaly.Monitor", lambda **_: found)
    return found


def test_the_monitor_sees_every_line_in_order_and_every_event_in_its_place(tmp_path: Path, recorder: Recorder) -> None:
    with Run(tmp_path / "a", heartbeat_s=1000) as run:
        run.epoch_start(1)
        for step in range(2000):
            run.log(step, {"loss": 1.0})
            if step == 700:
                run.checkpoint("best.npz")

    assert recorder.seen[0] == ("epoch_start", None)
    assert recorder.seen[1:702] == [(step, {"loss": 1.0}, 1) for step in range(701)]
    assert recorder.seen[702] == ("checkpoint", 700)
    assert recorder.seen[703:2002] == [(step, {"loss": 1.0}, 1) for step in range(701, 2000)]


def test_a_mapping_that_the_trainer_uses_again_is_copied(tmp_path: Path, recorder: Recorder) -> None:
    reused = {"loss": 0.0}
    with Run(tmp_path / "a", heartbeat_s=1000) as run:
        for step in range(100):
            reused["loss"] = float(step)
            run.log(step, reused)

    assert [seen[1]["loss"] for seen in recorder.seen if len(seen) == 3] == [float(step) for step in range(100)]


def test_a_resume_is_told_to_the_monitor_before_the_first_line(tmp_path: Path, recorder: Recorder) -> None:
    for step in (1, 5):
        with Run(tmp_path / "a", heartbeat_s=1000) as run:
            run.log(step, loss=1.0)

    resumed = recorder.seen.index(("resume", 5))
    assert recorder.seen[resumed + 1][:2] == (5, {"loss": 1.0})


def test_the_heartbeat_looks_at_lines_that_nothing_followed(tmp_path: Path, recorder: Recorder) -> None:
    run = Run(tmp_path / "a", heartbeat_s=1000)
    run.log(1, loss=1.0)  # the first is looked at immediately
    run.log(2, loss=1.0)
    beating = threading.Thread(target=run.heartbeat)
    beating.start()
    beating.join()

    assert [seen[0] for seen in recorder.seen] == [1, 2]
    run.finish()


def test_progress_is_known_while_training(tmp_path: Path) -> None:
    with Run(tmp_path / "a", total_steps=40, monitor=False, heartbeat_s=1000) as run:
        assert run.progress.fraction is None
        run.log(10, loss=1.0)

        assert run.progress.fraction == 0.25
        assert run.progress.eta_s is None
        assert run.progress.reason == "too few steps yet"
