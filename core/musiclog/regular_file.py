"""Open regular files only: a pipe under a file's name would wait for ever, and a device would never end."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """For reading. Raises OSError, also where path is neither a regular file nor a link to one."""
    return open(path, "rb", opener=_opener)


def _opener(path: str, flags: int) -> int:
    # Without O_NONBLOCK opening a pipe waits for its writer. Windows has neither.
    fd = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise OSError(errno.EINVAL, "it is no regular file", path)
