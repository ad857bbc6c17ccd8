"""Runs that do not watch themselves are watched in the order of their time, a little at a time."""

from __future__ import annotations

import numpy as np

from musiclog.records import News, Points, RunInfo
from musiclog.vigil import Vigil, in_order

NAN = float("nan")


def points(steps, values, times=None):
    steps = np.array(steps, dtype=np.float64)
    none = np.full(len(steps), NAN)
    times = none if times is None else np.array(times, dtype=np.float64)
    return Points(steps, times, none, np.array(values, dtype=np.float64))


def together(steps, times=None, **columns):
    first = points(steps, steps, times)
    return {
        name: Points(first.steps, first.times, first.epochs, np.array(values, dtype=np.float64))
        for name, values in columns.items()
    }


def test_metrics_of_one_line_come_as_one_row():
    rows = list(in_order([together([1, 2], [10, 11], loss=[5, 6], lr=[0.1, 0.2])]))
    assert rows == [(1, 10, None, {"loss": 5, "lr": 0.1}), (2, 11, None, {"loss": 6, "lr": 0.2})]


def test_metrics_from_files_of_their_own_are_put_in_the_order_of_time():
    """One file a metric: all of a is read before all of b."""
    rows = list(in_order([{"a": points([1, 2], [5, 6], [10, 12])}, {"b": points([1, 2], [7, 8], [11, 13])}]))
    assert [step for step, *_ in rows] == [1, 1, 2, 2]
    assert [values for *_, values in rows] == [{"a": 5}, {"b": 7}, {"a": 6}, {"b": 8}]


def test_without_times_the_steps_give_the_order():
    rows = list(in_order([{"a": points([1, 3], [5, 6]), "b": points([2], [7])}]))
    assert [step for step, *_ in rows] == [1, 2, 3]


def test_no_points_no_rows():
    assert list(in_order([])) == []


def test_work_is_bounded_and_goes_on_later():
    vigil = Vigil()
    steps = np.arange(20_000)
    losses = np.ones(20_000)
    losses[19_000] = NAN
    vigil.tell(News(points=together(steps, steps, loss=losses)))
    assert vigil.busy
    assert vigil.work(0.0) == []
    assert vigil.busy
    events, turns = [], 0
    while vigil.busy:
        events += vigil.work(0.001)
        turns += 1
    assert turns > 3
    [first, *_] = [event for event in events if event.data["kind"] == "nan_values"]
    assert (first.step, first.time) == (19_000, 19_000)


def test_what_is_open_is_closed_when_the_run_has_ended():
    vigil = Vigil()
    vigil.tell(News(points=together(range(50), loss=[*[1.0] * 45, *[NAN] * 5])))
    opened = vigil.work(1.0)
    assert opened[-1].data["state"] != "settled"
    assert not vigil.busy
    vigil.tell(News(info=RunInfo("a", "x", state="finished")))
    assert vigil.busy
    assert vigil.work(1.0)[-1].data["state"] == "settled"
    assert not vigil.busy


def test_a_run_that_starts_again_is_watched_from_its_start():
    vigil = Vigil()
    vigil.tell(News(points=together(range(100), loss=[1.0] * 100)))
    vigil.work(1.0)
    vigil.tell(News(points=together([1], loss=[NAN]), restarted=True))
    assert [event.data["kind"] for event in vigil.work(1.0)] == ["nan_values"]
