"""Whoever is away is called once an incident, and whoever looks is not called at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musiclog.follow import Follower, Found, Update
from musiclog.run_data import RunData
from musiclog_gui.state.alert_marks import AlertMarks
from musiclog_gui.state.alerts import AlertModel
from musiclog_gui.state.herald import GAP_S, Herald, Notice

NIGHT = 1_700_000_000.0  # when the window was opened


class Listener:
    """A herald with a clock of its own, and what it said."""

    def __init__(self, desk: Any) -> None:
        self.now, self.looking = NIGHT, False
        self.notices: list[Notice] = []
        self.alerts = AlertModel(desk.store, AlertMarks())
        self.herald = Herald(desk.store, self.alerts, lambda: self.looking, clock=lambda: self.now)
        desk.clock.frame.connect(self.alerts.absorb)
        desk.clock.frame.connect(self.herald.absorb)
        self.herald.news.connect(self.notices.append)

    def wait(self, seconds: float = GAP_S) -> None:
        self.now += seconds
        self.herald.tick()


@pytest.fixture
def listener(desk: Any) -> Listener:
    return Listener(desk)


def grave(desk: Any, number: int, **more: Any) -> Any:
    more = {"id": f"a{number}", "severity": "critical", "title": f"Trouble {number}", **more}
    return desk.alert(step=200.0 + number, **more)


def test_a_critical_alert_is_told_once_whatever_becomes_of_it(desk: Any, listener: Listener) -> None:
    entry = desk.run("bach", events=(desk.alert(step=100, id="a1", incident="i-1"),))
    assert listener.notices == []
    for number, state in enumerate(("escalated", "recovered", "opened", "escalated")):
        desk.tell(entry, events=(grave(desk, number, id="a1", state=state, incident="i-1"),))
        listener.wait()
    desk.tell(entry, events=(grave(desk, 9, kind="gradient_explosion", incident="i-1"),))
    assert [(notice.title, notice.key) for notice in listener.notices] == [("bach: loss spike", (entry.id, "a1"))]


def test_who_looks_at_the_window_or_wants_none_is_not_called(desk: Any, listener: Listener) -> None:
    entry = desk.run()
    listener.looking = True
    desk.tell(entry, events=(grave(desk, 1),))
    listener.looking = False
    listener.wait()
    listener.herald.on = False
    desk.tell(entry, events=(grave(desk, 2),))
    listener.wait()
    assert listener.notices == []


def test_what_is_acknowledged_snoozed_or_muted_calls_nobody(desk: Any, listener: Listener) -> None:
    entry = desk.run()
    listener.alerts.mute_run(entry.id)
    desk.tell(entry, events=(grave(desk, 1),))
    listener.alerts.mute_run(entry.id, False)
    listener.alerts.marks.mute("loss_spike")
    desk.tell(entry, events=(grave(desk, 2),))
    assert listener.notices == []


def test_what_comes_close_together_is_told_together(desk: Any, listener: Listener) -> None:
    runs = [desk.run(f"run{number}") for number in range(100)]
    for number, entry in enumerate(runs):
        desk.tell(entry, events=(grave(desk, number),))
    listener.wait()
    assert len(listener.notices) == 2
    assert listener.notices[1].title == "99 critical alerts in 99 runs"


def test_the_past_of_a_run_that_is_opened_is_no_news(desk: Any, listener: Listener) -> None:
    listener.herald._began = NIGHT + 1000
    desk.run("old", events=(grave(desk, 1),))
    assert listener.notices == []


def test_a_night_with_three_incidents_is_three_messages(desk: Any, listener: Listener, tmp_path: Path) -> None:
    """8 hours of another tracker's log, a row every 4 seconds, read and watched as it grows."""
    path = tmp_path / "metrics.jsonl"
    path.write_text("")
    follower, now = Follower(clock=lambda: listener.now), NIGHT
    follower.watch(tmp_path)
    with path.open("a") as log:
        for step in range(7200):
            now += 4.0
            log.write(json.dumps({"step": step, "_timestamp": now, **row(step)}) + "\n")
            if step % 50 == 49:
                log.flush()
                listener.now = now
                take(desk, follower)
                desk.clock.flush()
                listener.herald.tick()
    follower.close()
    opened = [row.episode for row in listener.alerts.rows()]
    assert len(opened) >= 3
    assert len(listener.notices) == 3, [(each.title, each.text) for each in listener.notices]


def row(step: int) -> dict[str, float]:
    """A calm loss with three faults: a jump of the learning rate, NaN for a while, an exploding gradient."""
    wobble = ((step * 7919) % 101 - 50) / 50  # the same every time, and without a period that matters
    loss, norm, rate = 1.0 + 0.05 * wobble, 1.0 + 0.2 * wobble, 0.001
    if 1500 <= step < 1560:
        rate, loss, norm = 0.1, 60.0 + 5 * wobble, 40.0 + wobble
    if 3600 <= step < 3720:
        loss, norm = float("nan"), float("nan")
    if 5700 <= step < 5740:
        norm, loss = 900.0 + 50 * wobble, 30.0 + wobble
    return {"loss": loss, "grad_norm": norm, "lr": rate}


def take(desk: Any, follower: Follower) -> None:
    """Everything that the follower has to say goes into the store."""
    while True:
        for message in follower.turn():
            match message:
                case Found():
                    desk.store.add(message.run_id, message.folder, RunData(message.ref))
                case Update():
                    desk.store.absorb(message.run_id, message.news)
        if follower.rest_s() > 0:
            return
