"""What its author switched on is done about an alert, once an incident, and nothing else ever."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from musiclog import Actions, Run, RunError
from musiclog.actions import Agenda
from musiclog.anomaly import Alert


def alert(kind: str = "loss_spike", severity: str = "critical", **more: Any) -> Alert:
    fields = {"id": f"{kind}-7", "kind": kind, "severity": severity, "state": "opened", "metric": "loss",
              "step": 7.0, "opened_step": 7.0, "last_step": 7.0, "title": "It rose", **more}  # fmt: skip
    return Alert(**fields)


def actions_of(run: Run) -> list[tuple[str, str]]:
    events = map(orjson.loads, (run.folder / "events.jsonl").read_bytes().splitlines())
    return [(event["action"], event["state"]) for event in events if event["event"] == "action"]


def test_kinds_and_severities_ask_for_actions_and_a_checkpoint_comes_before_the_stop() -> None:
    policy = Actions({"loss_spike": "stop", "warning": ["reduce_learning_rate", "checkpoint"]})
    assert policy.wanted(alert()) == ["checkpoint", "reduce_learning_rate", "stop"]
    assert policy.wanted(alert("loss_plateau")) == ["checkpoint", "reduce_learning_rate"]
    assert policy.wanted(alert("loss_plateau", "info")) == []
    assert policy.wanted(alert(state="recovered")) == []


@pytest.mark.parametrize("plan", [{"nan_values": "explode"}, {"nan_value": "stop"}, {"criticall": "stop"}])
def test_what_cannot_be_meant_is_refused_when_the_run_opens(plan: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(RunError):
        Run(tmp_path / "a", actions=plan)
    assert not (tmp_path / "a").exists()


def test_a_kind_of_a_plug_in_may_ask_for_an_action() -> None:
    assert Actions({"posterior_collapse": "stop"}).wanted(alert("posterior_collapse")) == ["stop"]


def test_an_action_is_asked_for_once_an_incident() -> None:
    agenda = Agenda(Actions({"critical": "skip_batch"}))
    told = (("loss_spike", "i-1"), ("gradient_explosion", "i-1"), ("loss_spike", "i-2"))
    asked = [len(agenda.hear(alert(kind, incident=incident))) for kind, incident in told]
    assert asked == [1, 0, 1]


def test_without_a_policy_nothing_happens(tmp_path: Path) -> None:
    with Run(tmp_path / "a", heartbeat_s=1000) as run:
        run.log(1, total_loss=float("nan"))
        assert not run.should_stop
        assert run.requested_action() is None
    assert actions_of(run) == []


def test_functions_are_called_by_the_thread_that_logs_and_each_call_is_told(tmp_path: Path) -> None:
    called: list[tuple[str, int]] = []

    def save(alert: Alert) -> None:
        run.checkpoint("last.pt")
        called.append((alert.kind, threading.get_ident()))

    policy = Actions({"nan_values": ["stop", "checkpoint"]}, checkpoint=save)
    with Run(tmp_path / "a", heartbeat_s=1000, actions=policy) as run:
        run.log(1, total_loss=1.0)
        heartbeat = threading.Thread(target=run.heartbeat)
        run._lines.append({"step": 2, "t": 0.0, "total_loss": float("nan")})
        heartbeat.start()
        heartbeat.join()
        assert called == []
        run.log(3, total_loss=float("nan"))

        assert called == [("nan_values", threading.get_ident())]
        assert run.should_stop
    assert actions_of(run) == [("stop", "requested"), ("checkpoint", "done")]
    assert "Action checkpoint: done" in (run.folder / "logs" / "training.log").read_text("utf-8")


def test_a_plain_loop_fetches_each_request_once(tmp_path: Path) -> None:
    with Run(tmp_path / "a", heartbeat_s=1000, actions={"nan_values": "skip_batch"}) as run:
        run.log(1, total_loss=float("nan"))
        request = run.requested_action()
        assert request is not None
        assert (request.action, request.alert.kind) == ("skip_batch", "nan_values")
        assert run.requested_action() is None
        assert not run.should_stop


def test_an_action_that_raises_is_told_and_training_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_alert: Alert) -> None:
        raise OSError("disk full")

    policy = Actions({"nan_values": "checkpoint"}, checkpoint=broken)
    with Run(tmp_path / "a", heartbeat_s=1000, actions=policy) as run:
        run.log(1, total_loss=float("nan"))
        run.log(2, total_loss=1.0)
    assert actions_of(run) == [("checkpoint", "failed")]
    assert capsys.readouterr().err.count("disk full") == 1
    assert len((run.folder / "metrics.jsonl").read_bytes().splitlines()) == 2
