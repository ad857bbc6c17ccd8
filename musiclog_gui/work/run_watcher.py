"""Have runs read in a process of its own, and hand what it finds to the GUI thread."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from musiclog.judgement import Judgement

from .reading import serve as read_runs

# What waits between reader and window stays small, so a live run's newest points never queue behind a long file; when
# more waits, so does the reader. Counted in bytes: a piece of a long file is worth a hundred messages of live runs.
WAITING_BYTES = 4_000_000
# The listener wants Python's lock for a tenth of a millisecond a message. By Python's rule it would wait 5 ms for it,
# twice a message, whenever the window draws: twenty live runs came half a second late.
SWITCH_S = 0.001
# Of a turn of the event loop: the rest belongs to drawing and to the user's hands.
TURN_MS = 6
RESTART_MS = 500
STOP_S = 3.0


class RunWatcher(QObject):
    """Keeps one child process that reads runs; starts it again when it dies."""

    arrived = Signal(object)  # musiclog.messages.Message
    died = Signal(str)  # why; the process is being started again

    _waiting = Signal()  # from the receiving thread: something is in the queue

    def __init__(self, serve: Callable[[Connection], None] = read_runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._serve = serve
        self._folders: list[str] = []
        self._paused: list[str] = []  # run ids
        self._judgement = Judgement()
        self._link: _Link | None = None
        # A timer of 0 ms runs once a turn of the event loop. Posted events are served until there are none: with a
        # delivery in each of them, twenty live runs kept paints and clicks waiting for sixty deliveries in a row.
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._deliver)
        self._waiting.connect(self._turn.start, Qt.ConnectionType.QueuedConnection)
        self._restart = QTimer(self, singleShot=True, interval=RESTART_MS)
        self._restart.timeout.connect(self.start)

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._link.process.pid if self._link else None

    @Slot()
    def start(self) -> None:
        if self._link is None:
            sys.setswitchinterval(SWITCH_S)
            self._link = _Link(self._serve, self._waiting.emit)
            self._link.send(("judge_by", self._judgement))
            for run_id in self._paused:
                self._link.send(("pause", run_id))
            for folder in self._folders:
                self._link.send(("watch", folder))

    @Slot(str)
    def watch(self, folder: str) -> None:
        if folder not in self._folders:
            self._folders.append(folder)
            self._tell("watch", folder)

    @Slot(str)
    def unwatch(self, folder: str) -> None:
        if folder in self._folders:
            self._folders.remove(folder)
            self._tell("unwatch", folder)

    @Slot(str)
    def pause(self, run_id: str) -> None:
        """Read no more of a run, such as one that takes long to load; what was read stays."""
        if run_id not in self._paused:
            self._paused.append(run_id)
            self._tell("pause", run_id)

    @Slot(str)
    def go_on(self, run_id: str) -> None:
        """Read a paused run again, from where it stands."""
        if run_id in self._paused:
            self._paused.remove(run_id)
            self._tell("go_on", run_id)

    @Slot(str)
    def read_again(self, run_id: str) -> None:
        """Read a run from the start, past what was kept of it in the cache."""
        self._tell("read_again", run_id)

    def judge_by(self, judgement: Judgement) -> None:
        """Have runs that do not watch themselves judged like this; a process that is started later does so, too."""
        if judgement != self._judgement:
            self._judgement = judgement
            self._tell("judge_by", judgement)

    def tell_card(self, run_id: str, path: str, card: Mapping[str, Any] | None) -> None:
        """Have a sample of a run judged by the card that it was given here; None when it cannot be scored."""
        self._tell("card", run_id, path, card)

    @Slot()
    def stop(self) -> None:
        """End the process and the thread; returns when both are gone."""
        self._restart.stop()
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _tell(self, *command: object) -> None:
        if self._link is not None:
            self._link.send(command)

    @Slot()
    def _deliver(self) -> None:
        end = time.perf_counter() + TURN_MS / 1000
        while self._link is not None and (message := self._link.take()) is not None:
            if isinstance(message, _Ended):
                self._ended(message)
                return
            self.arrived.emit(message)
            if time.perf_counter() > end:
                self._turn.start()
                return

    def _ended(self, message: _Ended) -> None:
        if self._link is None or message.link is not self._link:
            return
        self.stop()
        self._restart.start()
        self.died.emit(message.reason)


class _Ended:
    """Stands in the queue where a link came to its end."""

    def __init__(self, link: _Link, reason: str) -> None:
        self.link, self.reason = link, reason


class _Link:
    """One child process with its connection, the thread that listens to it and the queue in between."""

    def __init__(self, serve: Callable[[Connection], None], wake: Callable[[], None]) -> None:
        # spawn: a forked copy of a process with Qt and threads in it may hang or crash.
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), name="musiclog-reader", daemon=True)
        self.process.start()
        theirs.close()  # so that reading ends when the child does
        self._queue: deque[tuple[Any, int]] = deque()  # messages and their bytes
        self._room = threading.Condition()
        self._bytes = 0  # of what is in the queue
        self._closing = False
        self._woken = False  # a wake-up is on its way: one is enough for all that is in the queue
        self._wake = wake
        self._listener = threading.Thread(target=self._listen, name="musiclog-listener", daemon=True)
        self._listener.start()

    def send(self, command: tuple[object, ...]) -> None:
        # When the child is gone, the listener has noticed, and the next child gets all folders again.
        with contextlib.suppress(OSError):
            self._ours.send(command)

    def take(self) -> Any | None:
        """The next message, or None; called in the GUI thread."""
        self._woken = False
        with self._room:
            if not self._queue:
                return None
            message, size = self._queue.popleft()
            self._bytes -= size
            self._room.notify()
        return message

    def close(self) -> None:
        """Ask the child to stop, and end it if it does not; afterwards neither it nor the thread is there."""
        with self._room:
            self._closing = True
            self._room.notify()  # the listener may wait for room
        self.send(("stop",))
        end = time.monotonic() + STOP_S
        while self._listener.is_alive():
            self._listener.join(0.02)
            if time.monotonic() > end:
                self.process.kill()
        self.process.join(STOP_S)
        if self.process.exitcode is None:  # it closed its end of the pipe and yet lives
            self.process.kill()
            self.process.join()
        self._ours.close()
        self.process.close()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                content = self._ours.recv_bytes()
                self._put(pickle.loads(content), len(content))
        self._put(_Ended(self, "The process that reads the runs has ended; it is being started again."))

    def _put(self, message: Any, size: int = 0) -> None:
        with self._room:
            while self._bytes > WAITING_BYTES and not self._closing:
                self._room.wait()
            if self._closing:
                return
            self._queue.append((message, size))
            self._bytes += size
        if not self._woken:
            self._woken = True
            self._wake()
