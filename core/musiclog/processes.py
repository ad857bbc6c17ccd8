"""Whether a process of this machine still runs: how a run that was killed is told from one that is slow."""

from __future__ import annotations

import os
import sys


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
