"""A few worker processes for scoring and synthesis; results and errors come back on the GUI thread.

An own pool and not concurrent.futures, because there one dead worker fails every waiting task without telling whose
file killed it, and progress has no way back.
"""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from musiclog.errors import MusiclogError

from .worker import DROP, ERROR, PROGRESS, RESULT, serve

WORKERS = 2
# No honest score or rendering takes longer; what does is a file made to hang us.
TIME_LIMIT_S = 120.0
_CLOCK_MS = 1_000


@dataclass(slots=True, eq=False)
class Task:
    """A call that waits or runs. Every function in it is called on the GUI thread."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    done: Callable[[Any], None]
    failed: Callable[[str], None]
    progress: Callable[[Any], None] | None = None
    urgent: bool = False  # the user waits for it
    cancelled: bool = False
    finished: bool = False
    stop: Callable[[], None] | None = None  # while it runs
    number: int = field(default_factory=itertools.count().__next__)

    def cancel(self) -> None:
        """Its answers will not be told. Where it runs already it is stopped at its next progress."""
        self.cancelled = True
        if self.stop is not None:
            self.stop()

    def tell(self, kind: str, value: Any) -> None:
        self.finished = kind != PROGRESS
        if self.cancelled:
            return
        if kind == RESULT:
            self.done(value)
        elif kind == ERROR:
            self.failed(value)
        elif kind == PROGRESS and self.progress is not None:
            self.progress(value)


class Executor(Protocol):
    """What the desks need of a pool."""

    def submit(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        progress: Callable[[Any], None] | None = None,
        urgent: bool = False,
    ) -> Task: ...


class Pool(QObject):
    """Starts its workers when there is something to do.

    Some are prompt: they are for what the user waits for, at the window's own priority. The others step back behind
    everything else on the machine, the training first: at their priority a click on a busy machine took twice as long.
    """

    _heard = Signal(object, object)  # worker, its message; None when it is gone

    def __init__(
        self, workers: int = WORKERS, prompt: int = 1, time_limit_s: float = TIME_LIMIT_S,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._size, self._prompt, self._limit_ticks = workers, prompt, time_limit_s * 1000 / _CLOCK_MS
        self._workers: list[_Worker] = []
        self._urgent: deque[Task] = deque()
        self._patient: deque[Task] = deque()
        self._heard.connect(self._hear)
        self._clock = QTimer(self, interval=_CLOCK_MS)
        self._clock.timeout.connect(self._look_at_clock)
        self._closed = False

    def submit(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        progress: Callable[[Any], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        """Have call(*arguments) done in a worker; call is a module's function and all values can be pickled.

        Where call is a generator function its values go to `progress` and what it returns to `done`.
        """
        task = Task(call, arguments, done, failed, progress, urgent)
        (self._urgent if urgent else self._patient).append(task)
        self._hand_out()
        return task

    def busy(self) -> int:
        """Tasks that wait or run."""
        waiting = sum(not task.cancelled for task in (*self._urgent, *self._patient))
        return waiting + sum(worker.task is not None for worker in self._workers)

    def close(self) -> None:
        """End all workers and their listening threads before returning; what waits is forgotten."""
        self._closed = True
        self._clock.stop()
        self._urgent.clear()
        self._patient.clear()
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.bury()

    # -- inside -----------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        for queue in (self._urgent, self._patient):
            while queue and not self._closed:
                if queue[0].cancelled:
                    queue.popleft()
                    continue
                worker = self._place(urgent=queue is self._urgent)
                if worker is None:
                    break
                worker.begin(queue.popleft())
                self._clock.start()

    def _place(self, *, urgent: bool) -> _Worker | None:
        """An idle worker, or a new one where there is room: for what is urgent the prompt one first."""
        for prompt in (True, False) if urgent else (self._size == self._prompt,):
            kind = [worker for worker in self._workers if worker.prompt is prompt]
            idle = next((worker for worker in kind if worker.task is None), None)
            if idle is not None:
                return idle
            if len(kind) < (self._prompt if prompt else self._size - self._prompt):
                worker = _Worker(self._heard, prompt)
                self._workers.append(worker)
                return worker
            if prompt and any(worker.task is not None and worker.task.cancelled for worker in kind):
                return None  # it stops in a moment, and is faster then than one that has stepped back
        return None

    @Slot(object, object)
    def _hear(self, worker: _Worker, message: tuple[int, str, Any] | None) -> None:
        if worker not in self._workers:  # closed while its message was on the way
            return
        if message is None:
            self._lose(worker)
            return
        number, kind, value = message
        task = worker.task
        if task is None or task.number != number:
            return
        if kind != PROGRESS:
            worker.task = task.stop = None
            self._hand_out()
        else:
            worker.ticks = 0  # long work that tells how far it is does not hang
        task.tell(kind, value)

    def _lose(self, worker: _Worker) -> None:
        """A worker died or was stopped: only its own task fails; a new one starts when there is work."""
        self._workers.remove(worker)
        worker.bury()
        task = worker.task
        self._hand_out()
        if task is not None:
            task.tell(ERROR, worker.obituary())

    @Slot()
    def _look_at_clock(self) -> None:
        running = [worker for worker in self._workers if worker.task is not None]
        for worker in running:
            worker.ticks += 1
            if worker.ticks > self._limit_ticks:
                worker.stop(f"stopped after {self._limit_ticks * _CLOCK_MS / 1000:.0f} s without a result")
        if not running:
            self._clock.stop()


class _Worker:
    """One process, its pipe, and the thread that listens to it."""

    def __init__(self, heard: Any, prompt: bool) -> None:
        self.prompt = prompt
        context = multiprocessing.get_context("spawn")  # a fork would copy Qt's and the mixer's threads half
        self._connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=serve, args=(theirs, prompt), name="musiclog worker", daemon=True
        )
        self._process.start()
        theirs.close()
        self.task: Task | None = None
        self.ticks = 0
        self._reason = ""
        self._listener = threading.Thread(target=self._listen, args=(self._connection, heard), daemon=True)
        self._listener.start()

    def begin(self, task: Task) -> None:
        self.task, self.ticks = task, 0
        task.stop = self._drop
        self._send((task.number, task.call, task.arguments))

    def _drop(self) -> None:
        self._send(DROP)

    def _send(self, order: object) -> None:
        try:
            self._connection.send(order)
        except OSError:
            self._reason = "the worker process ended"  # the listener tells the pool

    def stop(self, reason: str) -> None:
        self._reason = reason
        self._process.kill()

    def dismiss(self) -> None:
        """Ask an idle worker to go, make a busy one go."""
        if self.task is not None:
            self._process.kill()
            return
        self._send(None)

    def bury(self) -> None:
        self._process.join(3.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._listener.join()
        self._connection.close()

    def obituary(self) -> str:
        code = self._process.exitcode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return self._reason or f"the worker process {how} while it worked on this file"

    def _listen(self, connection: Connection, heard: Any) -> None:
        try:
            while True:
                heard.emit(self, connection.recv())
        except (EOFError, OSError):
            heard.emit(self, None)


class InlineExecutor:
    """Does everything at once in the calling process: for tests."""

    def submit(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        progress: Callable[[Any], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        task = Task(call, arguments, done, failed, progress, urgent)
        try:
            result = call(*arguments)
            while isinstance(result, Generator):
                try:
                    value = next(result)
                except StopIteration as end:
                    result = end.value
                else:
                    if value is not None:
                        task.tell(PROGRESS, value)
        except MusiclogError as error:
            task.tell(ERROR, str(error))
        else:
            task.tell(RESULT, result)
        return task
