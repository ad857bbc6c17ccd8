"""RunData tells what changed, keeps metrics of one line together, and names the state of a run with its reason."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from musiclog.records import Event, LogRecord, News, Points, Problem, QualityBand, RunInfo, RunRef, SampleFile
from musiclog.run_data import LOG_KEPT, RunData, spoken

NOW = 1_800_000_000.0


def batch(steps, names=("loss", "lr"), t=NOW):
    steps = np.array(steps, dtype=np.float64)
    times, epochs = np.full(len(steps), t), np.full(len(steps), np.nan)
    return {name: Points(steps, times, epochs, steps + i) for i, name in enumerate(names)}


@pytest.fixture
def data():
    return RunData(RunRef("/runs/a", "musiclog", "a"))


def info(**more):
    return RunInfo(name="a", format="musiclog", **more)


def test_it_tells_what_changed(data):
    news = News(
        points=batch([1]),
        events=(Event("alert", 1, NOW, None, {"id": "x"}), Event("note", 1, NOW, None)),
        samples=(SampleFile("/runs/a/s.mid", "s"),),
        log=(LogRecord(NOW, "INFO", "training", "hello"),),
        config={"lr": 1},
        problems=(Problem("f", 3, "bad"),),
    )
    assert data.absorb(news) == {"points", "events", "alerts", "samples", "log", "config", "problems"}
    assert data.absorb(News()) == frozenset()
    assert data.problem_count == 1


def test_metrics_of_one_line_share_their_steps_until_one_of_them_stays_away(data):
    data.absorb(News(points=batch([1, 2])))
    loss, lr = data.series["loss"], data.series["lr"]
    assert loss.timeline is lr.timeline
    data.absorb(News(points=batch([3], names=("loss",))))
    assert loss.timeline is not lr.timeline
    data.absorb(News(points=batch([4])))
    assert loss.steps.tolist() == [1, 2, 3, 4]
    assert lr.steps.tolist() == [1, 2, 4]
    assert lr.values.tolist() == [2, 3, 5]


def test_a_restart_forgets_what_was_told_before(data):
    data.absorb(News(points=batch([1, 2]), problem_count=3))
    data.absorb(News(points=batch([7]), restarted=True))
    assert data.series["loss"].steps.tolist() == [7]
    assert data.problem_count == 0


def test_relative_time_begins_when_the_run_did(data):
    data.absorb(News(info=info(started=NOW - 50)))
    data.absorb(News(points=batch([1])))
    assert data.series["loss"].thin("relative", 0, 100, 10)[0].tolist() == [50]


def test_the_log_is_bounded_and_says_how_much_is_left_out(data):
    data.absorb(News(log=tuple(LogRecord(NOW, "INFO", "m", str(i)) for i in range(LOG_KEPT))))
    data.absorb(News(log=(LogRecord(NOW, "INFO", "m", "last"),), log_left_out=5))
    assert len(data.log) == LOG_KEPT
    assert data.log[-1].message == "last"
    assert data.log_left_out == 6


def test_a_kept_promise_is_live_and_a_broken_one_is_stalled(data):
    data.absorb(News(info=info(state="running", heartbeat=NOW, heartbeat_promise_s=10.0)))
    assert data.state(NOW + 5).word == "live"
    stalled = data.state(NOW + 240)
    assert stalled.word == "stalled"
    assert stalled.reason == "no news for 4 min, promised every 10 s"


def test_a_sign_of_life_is_not_told_as_a_change_of_the_run(data):
    begun = info(state="running", heartbeat=NOW, heartbeat_promise_s=10.0)
    assert data.absorb(News(info=begun)) == {"info"}
    assert data.absorb(News(info=replace(begun, heartbeat=NOW + 5))) == {"heartbeat"}
    assert data.info.heartbeat == NOW + 5
    assert data.absorb(News(info=replace(begun, state="finished", heartbeat=NOW + 6))) == {"info"}


def test_a_run_whose_process_is_gone_crashed(data):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    told = info(state="running", heartbeat=NOW, heartbeat_promise_s=10.0, host=platform.node(), pid=done.pid)
    data.absorb(News(info=told))
    assert data.state(NOW + 1).word == "crashed"
    data.absorb(News(info=replace(told, pid=os.getpid())))
    assert data.state(NOW + 1).word == "live"
    data.absorb(News(info=replace(told, host="elsewhere")))
    assert data.state(NOW + 1).word == "live"


@pytest.mark.parametrize(("told", "word"), [("finished", "finished"), ("stopped", "finished"), ("crashed", "crashed")])
def test_a_run_that_says_how_it_ended_is_believed(data, told, word):
    data.absorb(News(info=info(state=told, heartbeat_promise_s=10.0)))
    assert data.state(NOW).word == word


@pytest.mark.parametrize(("age", "word"), [(30, "live"), (600, "stalled"), (90_000, "unknown")])
def test_a_format_without_promises_is_judged_by_the_age_of_its_files(data, age, word):
    data.absorb(News(changed=NOW - age))
    assert data.state(NOW).word == word


def test_nothing_is_known_of_a_run_that_logged_nothing(data):
    assert data.state(NOW).word == "unknown"
    assert data.progress(NOW) is None


def test_progress_comes_from_what_was_planned(data):
    data.absorb(News(info=info(planned_steps=100.0)))
    steps = np.arange(50.0)
    times = NOW + steps
    data.absorb(News(points={"loss": Points(steps, times, np.full(50, np.nan), steps)}))
    estimate = data.progress(NOW + 49)
    assert estimate is not None
    assert estimate.fraction == pytest.approx(0.5, abs=0.02)
    assert estimate.eta_s == pytest.approx(50, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (12, "12 s"), (240, "4 min"), (10_800, "3 h"), (432_000, "5 d")]
)
def test_lengths_of_time_are_spoken(seconds, text):
    assert spoken(seconds) == text


def test_the_newest_band_of_a_corpus_is_kept_for_its_metric_and_a_broken_one_passed_over(data):
    def band(**figures):
        return Event("quality_band", 1, NOW, None, {"metric": "quality/overall", "source": "bach", **figures})

    data.absorb(News(events=(band(low=0.5, typical=0.7, high=0.8), band(low=0.6, typical=0.7, high=0.8))))
    data.absorb(News(events=(band(low=0.1, typical=None, high=0.8), band(low="NaN", typical=0.5, high=0.8))))
    assert data.quality_bands == {"quality/overall": QualityBand("quality/overall", 0.6, 0.7, 0.8, "bach")}
    data.absorb(News(restarted=True))
    assert data.quality_bands == {}
