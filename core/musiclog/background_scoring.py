"""Have samples scored while the training goes on: a queue, a thread that waits, and a process that does the work.

The thread only waits for pipes; reading, scoring and writing the card happen in the process, behind everything else on
the machine. Whatever goes wrong there is said once and costs scores, never the training.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from .notices import Notices

MOST_WAITING = 256  # samples; more come faster than they can be scored, and the window scores what is left out
NICE = 19  # the process takes what nobody else wants
LOOK_EVERY_S = 0.5  # how often a waiting thread looks whether the training has gone on
RESTARTS = 3  # of a process that ended by itself: a file that kills it is passed over
CLOSE_S, HURRY_S = 5.0, 1.0  # how long the end of a run waits for scores: of a finished one, of one that was stopped


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sample that is to be scored, and when in the training it was made."""

    path: Path
    step: float | None
    epoch: float | None
    time: float  # Unix seconds
    place: object = None  # where the training was; another place means that it has gone on


class Listener(Protocol):
    """What the run does with what comes back. Called by the scoring thread."""

    def card_arrived(self, sample: Waiting, card: Mapping[str, Any]) -> None: ...

    def evaluation_arrived(self, newest: Waiting, answer: Mapping[str, Any]) -> None: ...

    def has_gone_on(self, newest: Waiting) -> bool:
        """Whether the training makes no more samples of this evaluation."""
        ...


class BackgroundScoring:
    """Scores of one run's samples. The process starts with the first sample."""

    def __init__(self, listener: Listener, notices: Notices, *, reference: Path | None = None) -> None:
        self._listener, self._notices = listener, notices
        command = [sys.executable, "-P", "-m", "musiclog.scoring_worker", "--nice", str(NICE)]
        self._command = command + ([] if reference is None else ["--reference", str(reference)])
        self._queue: deque[Waiting] = deque()
        self._news = threading.Condition()
        self._closing = self._closed = False
        self._thread: threading.Thread | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._process = os.getpid()

    def submit(self, sample: Waiting) -> None:
        """Never waits and never raises; left out where too many wait already."""
        if os.getpid() != self._process:
            return
        with self._news:
            if self._closing:
                return
            if len(self._queue) >= MOST_WAITING:
                self._notices.say("scoring full", f"{MOST_WAITING} samples wait for their score; others go without")
                return
            self._queue.append(sample)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="musiclog-scoring", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self, patience_s: float) -> None:
        """Wait for the scores still under way, so long at most; then the process is ended."""
        with self._news:
            self._closing = True
            self._news.notify()
        thread = self._thread
        if thread is None or thread is threading.current_thread() or os.getpid() != self._process:
            return
        thread.join(patience_s)
        self._closed = True
        if thread.is_alive():
            left = len(self._queue) + 1
            self._notices.say("scoring late", f"the run ended before {left} samples had their score; "
                                              "the window scores them when it is opened")
        self._end_worker()
        thread.join(HURRY_S)

    def after_fork_in_child(self) -> None:
        """The parent's thread is not here; its pipes must not stay open here, or the process would outlive it."""
        self._closing = self._closed = True
        self._news = threading.Condition()
        self._thread = None
        if self._worker is not None:
            for pipe in (self._worker.stdin, self._worker.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        os.close(pipe.fileno())
            self._worker.returncode = 0  # not our child: nobody here shall wait for it
            self._worker = None

    # -- the thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            newest: Waiting | None = None
            while (sample := self._next(newest)) is not None or newest is not None:
                if newest is not None and (sample is None or not _together(newest, sample)):
                    self._evaluate(newest)
                    newest = None
                if sample is not None and self._score(sample):
                    newest = sample
        except Exception as error:  # noqa: BLE001 - a monitor must never cost a training
            self._notices.say("scoring", f"scoring in the background failed ({error!r}); samples go without scores")
        finally:
            self._closing = True
            self._end_worker()

    def _next(self, newest: Waiting | None) -> Waiting | None:
        """The next sample; None when the evaluation of the newest one is over, or at the end."""
        with self._news:
            while not self._queue:
                if self._closing or (newest is not None and self._listener.has_gone_on(newest)):
                    return None
                self._news.wait(None if newest is None else LOOK_EVERY_S)
            return self._queue.popleft()

    def _score(self, sample: Waiting) -> bool:
        """Whether it has a card now."""
        answer = self._ask({"sample": str(sample.path), "card": str(sample.path.with_suffix(".json"))})
        if answer is None or self._closed:
            return False
        if "trouble" in answer:
            self._notices.say("scoring trouble", f"a sample has no score: {answer['trouble']}")
            return False
        self._listener.card_arrived(sample, answer["card"])
        return True

    def _evaluate(self, newest: Waiting) -> None:
        answer = self._ask({"evaluate": True})
        if answer is not None and not self._closed:
            self._listener.evaluation_arrived(newest, answer)

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The answer; None where the process ended over it, or will not start any more."""
        if self._closed or self._deaths > RESTARTS:
            return None
        try:
            worker = self._worker or self._start_worker()
            return self._exchange(worker, request)
        except (OSError, ValueError) as error:  # broken pipe; no such program; half a line of a killed process
            if not self._closed:
                self._deaths += 1
                more = "" if self._deaths <= RESTARTS else "; no more samples are scored"
                self._notices.say(f"scoring {self._deaths}", f"the scoring process ended ({error}){more}")
            self._end_worker()
            return None

    def _start_worker(self) -> subprocess.Popen[bytes]:
        # -P: a random.py in the user's folder is none of ours. Where this package lies, the process shall find it.
        place = str(Path(__file__).resolve().parents[1])
        paths = os.pathsep.join(filter(None, (place, os.environ.get("PYTHONPATH"))))
        few_threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths, **few_threads},
            start_new_session=True,  # Ctrl+C in a terminal is for the training
        )
        trouble = self._read(self._worker).get("trouble")
        if trouble:
            self._notices.say("reference", f"scored against human music, because the reference fails: {trouble}")
        return self._worker

    def _exchange(self, worker: subprocess.Popen[bytes], request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert worker.stdin is not None
        worker.stdin.write(orjson.dumps(request) + b"\n")
        worker.stdin.flush()
        return self._read(worker)

    def _read(self, worker: subprocess.Popen[bytes]) -> Mapping[str, Any]:
        assert worker.stdout is not None
        line = worker.stdout.readline()
        if not line:
            raise OSError(f"status {worker.wait()}")
        found: Mapping[str, Any] = orjson.loads(line)
        return found

    def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):  # what was not written yet has nobody to read it
                    pipe.close()


def _together(one: Waiting, other: Waiting) -> bool:
    """Whether two samples belong to one evaluation: of one epoch and step."""
    return (one.step, one.epoch) == (other.step, other.epoch)
