"""Processes of this machine: whether one still runs, how many can run at once, how to start them from any program."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType


def cores() -> int:
    """Cores that this process may use; containers and batch systems often allow fewer than there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Spawned processes do not run the user's program again, as they would where it lacks `if __name__ == ...`.

    They need nothing of it, because what they are to do is a function of this library. multiprocessing reads
    sys.modules["__main__"] when it starts a process and offers no switch for this.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def is_gone(pid: int) -> bool:
    """Whether no process of this number exists. False where that cannot be known."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_gone_on_windows(pid)
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # somebody else's process; not a number of a process
        return False
    return False


def _is_gone_on_windows(pid: int) -> bool:
    """os.kill would end the process there, so the system is asked for a handle."""
    import ctypes  # noqa: PLC0415 - 10 ms that a training process should not pay for

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return bool(kernel.GetLastError() == 87)  # ERROR_INVALID_PARAMETER: no such process
    code = ctypes.c_ulong()
    asked = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(asked) and code.value != 259  # STILL_ACTIVE
