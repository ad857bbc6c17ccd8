"""The follower finds runs, tells what they bring, serves live runs first and watches those that do not."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import shutil
import threading
from dataclasses import dataclass

import numpy as np
import pytest

import musiclog
from musiclog import column_cache, follow
from musiclog.column_cache import ColumnCache
from musiclog.discovery import Discovery
from musiclog.follow import FolderTrouble, Follower, Found, Lost, Update
from musiclog.records import News, Points, RunInfo
from musiclog.registry import Readers
from musiclog.run_data import RunData


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def follower(clock):
    follower = Follower(clock=clock)
    yield follower
    follower.close()


def settle(follower, clock, seconds=0.0):
    """Turn until nothing is due; then let time pass."""
    messages = follower.turn()
    while follower.rest_s() == 0.0:
        messages += follower.turn()
    clock.now += seconds
    return messages


def points_of(messages, run_id, metric="loss"):
    found = [message.news.points[metric] for message in messages
             if isinstance(message, Update) and message.run_id == run_id and metric in message.news.points]  # fmt: skip
    return [step for points in found for step in points.steps.tolist()]


def test_a_run_is_found_loaded_and_followed(tmp_path, follower, clock):
    run = musiclog.Run(tmp_path / "a", monitor=False)
    run.log(1, loss=1.0)
    follower.watch(tmp_path)
    messages = settle(follower, clock, 1)
    run_id = str(run.folder)
    assert isinstance(messages[0], Found)
    assert (messages[0].run_id, messages[0].folder) == (run_id, str(tmp_path))
    assert points_of(messages, run_id) == [1]
    run.log(2, loss=1.0)
    assert points_of(settle(follower, clock, 1), run_id) == [2]
    assert settle(follower, clock) == []
    run.finish()


def test_runs_that_appear_later_are_found(tmp_path, follower, clock):
    follower.watch(tmp_path)
    assert settle(follower, clock, follow.DISCOVER_S) == []
    musiclog.Run(tmp_path / "b", monitor=False).finish()
    assert isinstance(settle(follower, clock)[0], Found)


def test_messages_build_the_same_run_as_open_run(tmp_path, follower, clock):
    with musiclog.Run(tmp_path / "a", monitor=False) as run:
        for step in range(2000):
            run.log(step, {"loss": float(step), "lr": 0.1})
        run.log_sample(b"MThd")
    follower.watch(tmp_path)
    messages = settle(follower, clock)
    data = RunData(messages[0].ref)
    for message in messages[1:]:
        data.absorb(message.news)
    opened = musiclog.open_run(run.folder).data
    assert data.info == opened.info
    assert list(data.samples) == list(opened.samples)
    for name, series in opened.series.items():
        np.testing.assert_array_equal(data.series[name].values, series.values)


def test_first_points_come_before_the_rest_and_the_fraction_grows(tmp_path, follower, clock, monkeypatch):
    monkeypatch.setattr(follow, "FIRST_TURN", 2_000)
    monkeypatch.setattr(follow, "TURN", 20_000)
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps({"step": step, "loss": 1.0}) + "\n" for step in range(5_000)))
    follower.watch(path)
    updates = [message for message in settle(follower, clock) if isinstance(message, Update) and message.news.points]
    assert len(updates[0].news.points["loss"]) < 100
    fractions = [update.fraction for update in updates]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert points_of(updates, str(path)) == list(range(5_000))


def test_live_runs_do_not_wait_for_loading_ones(tmp_path, follower, clock, monkeypatch):
    monkeypatch.setattr(follow, "FIRST_TURN", 2_000)
    monkeypatch.setattr(follow, "SHARED_TURN", 2_000)
    live = musiclog.Run(tmp_path / "live", monitor=False)
    live.log(0, loss=0.0)
    follower.watch(tmp_path)
    settle(follower, clock, follow.DISCOVER_S)
    path = tmp_path / "long.jsonl"
    path.write_text("".join(json.dumps({"step": step, "loss": 1.0}) + "\n" for step in range(20_000)))
    messages = follower.turn()
    seen = []
    for step in range(1, 20):
        live.log(step, loss=0.0)
        clock.now += follow.LIVE_S
        messages = follower.turn()
        seen += points_of(messages, str(live.folder))
        assert follower.rest_s() == 0.0  # still loading
    assert seen == list(range(1, 20))
    live.finish()


@pytest.fixture
def long_run(tmp_path, monkeypatch):
    """A file that takes many turns to load."""
    monkeypatch.setattr(follow, "FIRST_TURN", 2_000)
    monkeypatch.setattr(follow, "TURN", 2_000)
    path = tmp_path / "long.jsonl"
    path.write_text("".join(json.dumps({"step": step, "loss": 1.0}) + "\n" for step in range(5_000)))
    return path


def test_a_paused_run_is_read_no_more_and_goes_on_where_it_stood(long_run, follower, clock):
    run_id = str(long_run)
    follower.watch(long_run)
    messages = follower.turn() + follower.turn()
    assert 0 < messages[-1].fraction < 1
    follower.pause(run_id)
    assert settle(follower, clock, 100) == []
    assert settle(follower, clock) == []
    follower.go_on(run_id)
    messages += settle(follower, clock)
    assert points_of(messages, run_id) == list(range(5_000))
    assert messages[-1].fraction == 1


def test_a_loaded_run_can_be_paused(tmp_path, follower, clock):
    with musiclog.Run(tmp_path / "a", monitor=False) as run:
        follower.watch(tmp_path)
        settle(follower, clock, 1)
        follower.pause(str(run.folder))
        run.log(1, loss=1.0)
        assert settle(follower, clock, 1) == []
        follower.go_on(str(run.folder))
        assert points_of(settle(follower, clock), str(run.folder)) == [1]


def test_a_pause_holds_before_the_run_is_found(long_run, follower, clock):
    follower.pause(str(long_run))
    follower.watch(long_run)
    assert [type(message) for message in settle(follower, clock)] == [Found]


def test_a_run_is_read_again_from_the_start(long_run, follower, clock):
    follower.watch(long_run)
    settle(follower, clock)
    follower.read_again(str(long_run))
    messages = settle(follower, clock)
    assert isinstance(messages[0], Found)
    assert points_of(messages, str(long_run)) == list(range(5_000))


def test_a_long_run_is_kept_and_mapped_the_next_time(long_run, clock, monkeypatch):
    monkeypatch.setattr(column_cache, "WORTH_BYTES", 1)
    datas = []
    for _ in range(2):
        with contextlib.closing(Follower(clock=clock)) as follower:
            follower.watch(long_run)
            messages = settle(follower, clock)
        datas.append(RunData(messages[0].ref))
        for message in messages[1:]:
            datas[-1].absorb(message.news)
    assert points_of(messages, str(long_run)) == []
    np.testing.assert_array_equal(datas[0].series["loss"].steps, datas[1].series["loss"].steps)


def test_a_live_run_goes_on_after_its_kept_columns(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(column_cache, "WORTH_BYTES", 1)
    with musiclog.Run(tmp_path / "a", monitor=False) as run:
        run.log(1, loss=1.0)
        for step in (2, 3):
            with contextlib.closing(Follower(clock=clock)) as follower:
                follower.watch(tmp_path)
                messages = settle(follower, clock, 1)
                run.log(step, loss=2.0)
                messages += settle(follower, clock)
        data = RunData(messages[0].ref)
        for message in messages[1:]:
            data.absorb(message.news)
        assert messages[1].news.columns is not None
        assert data.series["loss"].steps.tolist() == [1, 2, 3]


def test_a_run_that_was_followed_from_its_start_is_kept_when_it_ends(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(column_cache, "WORTH_BYTES", 1)
    cache = ColumnCache(tmp_path / "cache")
    with contextlib.closing(Follower(clock=clock, columns=cache)) as follower, musiclog.Run(tmp_path / "a") as run:
        follower.watch(tmp_path / "a")
        settle(follower, clock, 1)  # nothing is there yet
        for step in range(100):
            run.log(step, loss=float(step))
        settle(follower, clock, 1)
        assert not cache.entries()
        run.finish()
        settle(follower, clock, 2 * follow.QUIET_S)
        settle(follower, clock)
    [entry] = cache.entries()
    assert entry.run == str(tmp_path / "a")
    with contextlib.closing(Follower(clock=clock, columns=cache)) as follower:
        follower.watch(tmp_path / "a")
        [news] = [message.news for message in settle(follower, clock) if isinstance(message, Update)]
    assert not news.points
    assert news.columns.points()["loss"].values.tolist() == list(range(100))


def test_a_run_that_is_deleted_is_lost(tmp_path, follower, clock):
    musiclog.Run(tmp_path / "a", monitor=False).finish()
    follower.watch(tmp_path)
    settle(follower, clock, follow.DISCOVER_S)
    shutil.rmtree(tmp_path / "a")
    assert settle(follower, clock, 100) == [Lost(str(tmp_path / "a"))]
    assert settle(follower, clock) == []


def test_unwatching_a_folder_loses_its_runs_only(tmp_path, follower, clock):
    for name in ("a", "b"):
        musiclog.Run(tmp_path / name / "run", monitor=False).finish()
        follower.watch(tmp_path / name)
    settle(follower, clock)
    follower.unwatch(tmp_path / "a")
    assert settle(follower, clock) == [Lost(str(tmp_path / "a" / "run"))]


def test_a_folder_that_cannot_be_read_is_said_once_and_tried_again(tmp_path, follower, clock):
    follower.watch(tmp_path / "later")
    [trouble] = settle(follower, clock, follow.TROUBLE_S)
    assert isinstance(trouble, FolderTrouble)
    assert trouble.text == f"Not there, waiting for it: {tmp_path / 'later'}"
    assert settle(follower, clock, follow.TROUBLE_S) == []
    musiclog.Run(tmp_path / "later" / "run", monitor=False).finish()
    messages = settle(follower, clock)
    assert FolderTrouble(str(tmp_path / "later"), "") in messages
    assert any(isinstance(message, Found) for message in messages)


def test_a_run_without_a_monitor_of_its_own_is_watched(tmp_path, follower, clock):
    rows = [{"step": step, "loss": 1.0 + 0.01 * (step % 3), "grad_norm": 1.0} for step in range(200)]
    rows[150]["loss"] = float("nan")
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    follower.watch(path)
    messages = settle(follower, clock)
    alerts = [event for message in messages if isinstance(message, Update)
              for event in message.news.events if event.kind == "alert"]  # fmt: skip
    assert ("nan_values", "opened", 150) in [(a.data["kind"], a.data["state"], a.data["step"]) for a in alerts]


def test_a_run_that_watches_itself_is_left_alone(tmp_path, follower, clock):
    with musiclog.Run(tmp_path / "a") as run:
        for step in range(50):
            run.log(step, loss=float("nan") if step == 30 else 1.0)
    follower.watch(tmp_path)
    messages = settle(follower, clock)
    opened = musiclog.open_run(run.folder).data
    told = [event for message in messages if isinstance(message, Update) for event in message.news.events]
    assert told == opened.events


class QuietReader:
    """Counts how often it is asked."""

    name = "quiet"

    def __init__(self, state):
        self.polls = 0
        self.state = state

    def claims(self, path):
        return path.suffix == ".quiet"

    def open(self, path):
        return self

    def poll(self, limit_bytes=0):
        self.polls += 1
        one = np.array([1.0])
        if self.polls == 1:
            return News(points={"a": Points(one, one, one, one)}, info=RunInfo("q", "quiet", state=self.state))
        return News()

    def close(self):
        pass

    def files(self):
        return []

    def fraction(self):
        return 1.0


@pytest.mark.parametrize(("state", "most"), [("running", 600), ("finished", 45)])
def test_quiet_runs_are_asked_less_and_finished_ones_rarely(tmp_path, clock, state, most):
    (tmp_path / "a.quiet").write_text("")
    reader = QuietReader(state)
    follower = Follower(clock=clock, known=Readers((reader,), ()))
    follower.watch(tmp_path)
    settle(follower, clock)
    while clock.now < 600:
        clock.now += max(follower.rest_s(), 0.001)
        follower.turn()
    assert reader.polls < most
    follower.close()


@pytest.fixture
def served():
    """A child process that serves, and our end of its connection."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=follow.serve, args=(theirs,))
    child.start()
    theirs.close()
    yield child, ours
    ours.close()
    child.join(10)
    assert child.exitcode == 0


def receive(connection):
    assert connection.poll(20), "the child says nothing"
    return connection.recv()


def test_a_child_process_serves_and_ends_when_it_is_told(tmp_path, served):
    child, connection = served
    run = musiclog.Run(tmp_path / "a", monitor=False)
    connection.send(("watch", str(tmp_path)))
    assert isinstance(receive(connection), Found)
    run.log(1, loss=1.0)
    while "loss" not in receive(connection).news.points:
        continue
    connection.send(("unwatch", str(tmp_path)))
    while not isinstance(message := receive(connection), Lost):
        assert isinstance(message, Update)
    run.finish()
    connection.send(("stop",))
    child.join(10)
    assert child.exitcode == 0


def test_a_child_process_ends_when_the_connection_is_closed(served):
    child, connection = served
    connection.close()
    child.join(10)
    assert child.exitcode == 0


def test_cards_that_were_made_by_the_reader_of_a_run_tell_what_its_samples_lack(tmp_path, follower, clock):
    paths = {}
    with musiclog.Run(tmp_path / "a", monitor=False) as run:
        for step in (100, 200):
            run.log(step, loss=1.0)
            paths[step] = [str(run.log_sample(b"MThd", step=step)) for _ in range(3)]
    follower.watch(tmp_path)
    settle(follower, clock)
    good = {"overall": 0.7, "features": {"notes_per_beat": 1.0}}
    for step, card in ((100, good), (200, {"overall": 0.1, "flags": ("empty",)})):
        for path in paths[step]:
            follower.take_card(str(run.folder), path, card)
    follower.take_card("/gone", "/gone/a.mid", None)
    [update] = settle(follower, clock)
    assert [event.data["kind"] for event in update.news.events] == ["silence", "silence"]
    assert [event.data["state"] for event in update.news.events] == ["opened", "settled"]
    follower.judge_by(follow.Judgement("low"))
    events = [each for message in settle(follower, clock)[1:] for each in message.news.events]
    assert "silence" in [each.data.get("kind") for each in events], "read again, with the cards that are known"


def test_a_run_that_begins_behind_the_back_of_the_first_walk_is_found_at_once(tmp_path, monkeypatch):
    pytest.importorskip("watchdog", reason="polling finds it seconds later")
    walk = Discovery.walk

    def overtaken(self):
        yield from walk(self)
        if not (tmp_path / "late").exists():
            with musiclog.Run(tmp_path / "late") as run:
                run.log(1, loss=1.0)

    monkeypatch.setattr(Discovery, "walk", overtaken)
    rung = threading.Event()
    with contextlib.closing(Follower(ring=rung.set)) as follower:
        follower.watch(tmp_path)
        while not follower.turn() and follower.rest_s() == 0.0:
            continue
        assert rung.wait(10)
        follower.turn()
        assert follower.rest_s() < 1
