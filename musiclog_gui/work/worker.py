"""The main of a worker process: take a call, answer with its result or its error. No Qt here."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from musiclog.errors import MusiclogError

# What a worker says of a task: (task, PROGRESS, value) any number of times, then one of the others.
PROGRESS, RESULT, ERROR, DROPPED = "progress", "result", "error", "dropped"
DROP = "drop"  # an order to stop the task at hand where it can be stopped: at a generator's next value


def serve(connection: Connection, prompt: bool = False) -> None:
    """Work until the other end says None or is gone; behind everything else on the machine unless prompt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window
    if not prompt:
        _step_back()
    while True:
        try:
            order = connection.recv()
        except (EOFError, OSError):  # the window is gone, so is the work
            return
        if order is None:
            return
        if order == DROP:  # it came after the task's end
            continue
        task, call, arguments = order
        try:
            for answer in _answers(call, arguments, connection.poll):
                connection.send((task, *answer))
        except (BrokenPipeError, ConnectionResetError):
            return


def _answers(call: Any, arguments: tuple[Any, ...], interrupted: Callable[[], bool]) -> Generator[tuple[str, Any]]:
    """A generator's values are its progress (None: nothing to tell), and what it returns is the result."""
    try:
        result = call(*arguments)
        if isinstance(result, Generator):
            yield from _relay(result, interrupted)
        else:
            yield RESULT, result
    except MusiclogError as error:
        yield ERROR, str(error)
    except Exception as error:  # noqa: BLE001  a worker outlives its task; the window shows what went wrong
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield ERROR, f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


def _relay(values: Generator[Any, None, Any], interrupted: Callable[[], bool]) -> Generator[tuple[str, Any]]:
    while not interrupted():
        try:
            value = next(values)
        except StopIteration as end:
            yield RESULT, end.value
            return
        if value is not None:
            yield PROGRESS, value
    values.close()
    yield DROPPED, None


def _step_back() -> None:
    """The training and the window come first."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  Windows only

        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)
    else:
        os.nice(10)
