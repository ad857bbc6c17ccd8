"""The pool against real processes: results, errors, deaths, and nothing left behind."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading

import pytest
from PySide6.QtCore import QObject, Signal, Slot

from musiclog.errors import MidiError
from musiclog_gui.work import worker
from musiclog_gui.work.pool import InlineExecutor, Pool


class Ear(QObject):
    """Hears what a task tells, and in which thread."""

    told = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.results, self.errors, self.steps, self.threads = [], [], [], set()

    @Slot(object)
    def done(self, value: object) -> None:
        self._note(self.results, value)

    def failed(self, text: str) -> None:
        self._note(self.errors, text)

    def progress(self, value: object) -> None:
        self._note(self.steps, value)

    def _note(self, where: list, value: object) -> None:
        where.append(value)
        self.threads.add(threading.current_thread())
        self.told.emit()


@pytest.fixture
def pool(qapp):
    before = set(threading.enumerate())
    pool = Pool()
    yield pool
    pool.close()
    assert not multiprocessing.active_children()
    assert set(threading.enumerate()) <= before


@pytest.fixture
def ear(qapp):
    return Ear()


def run(qtbot, pool, ear, call, *arguments, count=1, **options):
    with qtbot.waitSignals([ear.told] * count, timeout=20_000):
        pool.submit(call, *arguments, done=ear.done, failed=ear.failed, progress=ear.progress, **options)


def test_result_comes_back_on_the_gui_thread(qtbot, pool, ear):
    run(qtbot, pool, ear, math.factorial, 5)
    assert ear.results == [120]
    assert ear.threads == {threading.main_thread()}


def test_error_of_a_call_comes_back_as_text(qtbot, pool, ear):
    run(qtbot, pool, ear, math.sqrt, -1)
    assert ear.results == []
    assert "ValueError" in ear.errors[0]


def test_killed_worker_fails_its_own_task_only_and_the_pool_goes_on(qtbot, pool, ear):
    other = Ear()
    with qtbot.waitSignals([ear.told, other.told], timeout=20_000):
        pool.submit(signal.raise_signal, signal.SIGKILL, done=ear.done, failed=ear.failed)
        pool.submit(math.factorial, 3, done=other.done, failed=other.failed, urgent=True)
    assert "signal 9" in ear.errors[0]
    assert other.results == [6]
    run(qtbot, pool, ear, math.factorial, 4)
    assert ear.results == [24]


def test_worker_that_leaves_by_itself_is_reported_with_its_code(qtbot, pool, ear):
    run(qtbot, pool, ear, os._exit, 3)
    assert "code 3" in ear.errors[0]


def test_hanging_worker_is_stopped_at_its_time_limit(qtbot, qapp, ear):
    pool = Pool(time_limit_s=1.0)
    pool.submit(signal.pause, done=ear.done, failed=ear.failed)
    with qtbot.waitSignal(ear.told, timeout=20_000):
        for _ in range(3):
            pool._look_at_clock()
    pool.close()
    assert "stopped after 1 s" in ear.errors[0]


def test_urgent_task_does_not_wait_behind_patient_ones(qtbot, pool, ear):
    patient = Ear()
    for _ in range(3):
        pool.submit(signal.pause, done=patient.done, failed=patient.failed)  # never ends by itself
    run(qtbot, pool, ear, math.factorial, 6, urgent=True)
    assert ear.results == [720]
    assert patient.errors == []


def test_cancelled_task_tells_nothing(qtbot, pool, ear):
    cancelled = Ear()
    task = pool.submit(math.factorial, 5, done=cancelled.done, failed=cancelled.failed)
    task.cancel()
    run(qtbot, pool, ear, math.factorial, 4)
    assert cancelled.results == []


def test_generator_tells_its_progress_then_its_result():
    ear = Ear()
    InlineExecutor().submit(countdown, 3, done=ear.done, failed=ear.failed, progress=ear.progress)
    assert (ear.steps, ear.results) == ([3, 2, 1], ["lift-off"])
    assert list(worker._answers(countdown, (2,), lambda: False)) == [
        ("progress", 2),
        ("progress", 1),
        ("result", "lift-off"),
    ]


def test_library_errors_keep_their_words():
    ear = Ear()
    InlineExecutor().submit(refuse, done=ear.done, failed=ear.failed)
    assert ear.errors == ["a.mid: no notes"]
    assert list(worker._answers(refuse, (), lambda: False)) == [("error", "a.mid: no notes")]


def countdown(start: int):
    yield from range(start, 0, -1)
    return "lift-off"


def refuse() -> None:
    raise MidiError("a.mid: no notes")


def test_pool_of_prompt_workers_has_one_at_rest_beside_one_that_works(qtbot, qapp, ear):
    pool = Pool(2, prompt=2)
    pool.submit(signal.pause, done=ear.done, failed=ear.failed, urgent=True)  # never ends by itself
    run(qtbot, pool, ear, os.getpriority, os.PRIO_PROCESS, 0, urgent=True)
    assert ear.results == [os.getpriority(os.PRIO_PROCESS, 0)]  # it did not step back
    pool.close()
