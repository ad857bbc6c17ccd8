"""Grave alerts reach a receiver outside, once an incident, and a receiver that is gone costs the training nothing."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from musiclog import Run, cli, notify
from musiclog.anomaly import Alert
from musiclog.notify import MOST_AN_HOUR, Notifier

# apprise imports a module of Python's that is on its way out.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def alert(number: int = 1, severity: str = "critical", **more: Any) -> Alert:
    fields = {"id": f"a-{number}", "kind": "loss_spike", "severity": severity, "state": "opened", "metric": "loss",
              "step": 7.0, "opened_step": 7.0, "last_step": 7.0, "title": f"Trouble {number}", **more}  # fmt: skip
    return Alert(**fields)


class Outside:
    """What would have been sent, and the seconds that a test lets pass."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.now = 0.0
        self.complaints: list[tuple[str, str]] = []
        self.notifier = Notifier(["json://x"], "bach", lambda *said: self.complaints.append(said), send=self.send,
                                 clock=lambda: self.now)  # fmt: skip

    def send(self, _urls: Any, _title: str, body: str) -> list[str]:
        self.sent.append(body)
        return []

    def bodies(self) -> list[str]:
        self.notifier.close()
        return self.sent


def test_only_grave_alerts_are_told_and_one_an_incident() -> None:
    outside = Outside()
    outside.notifier.hear(alert(1, "warning", incident="i-1"))
    outside.notifier.hear(alert(1, "critical", incident="i-1", state="escalated"))
    outside.notifier.hear(alert(2, "fatal", incident="i-1"))
    outside.notifier.hear(alert(3, incident="i-2", state="recovered"))
    assert outside.bodies() == ["Trouble 1"]


def test_a_storm_ends_at_twelve_an_hour_and_the_next_message_counts_the_others() -> None:
    outside = Outside()
    for number in range(50):
        outside.notifier.hear(alert(number))
    outside.now = 3601.0
    outside.notifier.hear(alert(99))
    bodies = outside.bodies()
    assert len(bodies) == MOST_AN_HOUR + 1
    assert "38 more alerts were not sent." in bodies[-1]


def test_without_apprise_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert "musiclog[notify]" in notify.send(["json://x"], "a", "b")[0]


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An HTTP server on this machine: its URL for apprise, and what it was told."""
    pytest.importorskip("apprise", reason="needs the extra `notify`")
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"json://127.0.0.1:{server.server_port}/secret", told
        server.shutdown()
        serving.join()


def test_a_run_tells_a_real_receiver(tmp_path: Path, receiver: tuple[str, list[dict[str, Any]]]) -> None:
    url, told = receiver
    with Run(tmp_path / "bach", heartbeat_s=1000, notify=[url]) as run:
        for step in range(20):
            run.log(step, total_loss=1.0)
        for step in range(20, 60):
            run.log(step, total_loss=float("nan"))
    assert len(told) == 1
    assert told[0]["title"].startswith("bach: ")
    assert "step 20" in told[0]["message"]
    assert str(run.folder) in told[0]["message"]


def test_check_tells_a_real_receiver_only_when_it_fails(
    tmp_path: Path, receiver: tuple[str, list[dict[str, Any]]]
) -> None:
    url, told = receiver
    with Run(tmp_path / "bach", heartbeat_s=1000) as run:
        run.log(1, total_loss=float("nan"))
    assert cli.main(["check", str(run.folder), "--notify", url, "--fail-on", "never"]) == 0
    assert told == []
    assert cli.main(["check", str(run.folder), "--notify", url]) == 1
    assert len(told) == 1


def test_a_receiver_that_is_gone_is_said_once_and_its_secret_never(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("apprise", reason="needs the extra `notify`")
    with Run(tmp_path / "bach", heartbeat_s=1000, notify=["json://127.0.0.1:9/secret", "nonsense"]) as run:
        run.log(1, total_loss=float("nan"))
    assert run.state == "finished"
    said = capsys.readouterr().err
    assert said.count("not delivered") + said.count("no URL") == 1
    assert "secret" not in said
    assert run.notices.counts["notify"] == 2
