"""Let Ctrl+C and the scheduler's SIGTERM end a training between two steps instead of inside one."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Job schedulers send SIGTERM to all processes of a job, and launchers hand theirs on: both are one request.
_ECHO_S = 2.0


class StopSignals:
    """While it is entered, the first signal only asks to end; the second one ends at once, by KeyboardInterrupt.
    A SIGTERM that comes twice within two seconds is one.

    Signals reach the main thread of a program alone: in other threads nothing is changed.
    """

    def __init__(self) -> None:
        self.asked: str | None = None  # the name of the signal
        self._asked_at = 0.0
        self._before: dict[int, Any] = {}
        self._process = os.getpid()

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            # None: a handler that was not set from Python and cannot be set again.
            signal.signal(number, signal.SIG_DFL if before is None else before)
        self._before = {}

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal calls it
        if os.getpid() != self._process:
            return  # a forked worker of a loader: its parent asks it to end
        name, now = signal.Signals(number).name, time.monotonic()
        if self.asked == name == "SIGTERM" and now - self._asked_at < _ECHO_S:
            return
        if self.asked is not None:
            raise KeyboardInterrupt
        self.asked, self._asked_at = name, now
