"""Append whole lines to a file that may fill up, vanish or come back, without ever raising into training."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from .notices import Notices

# O_RDWR, because the last byte is looked at, and because a removed file is read back through its descriptor.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EFBIG}
_write = os.write  # looked up once: this is the hot path of every training step
KEEP_BYTES = 16_000_000  # about 40,000 lines of 12 scalars: an hour at ten steps a second
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 30.0


class LineFile:
    """One append-only file. Each line goes out in one write, so a kill leaves at most one torn line.

    While writing fails, lines wait in memory (keep_bytes at most, the oldest go first) and are tried again
    after 0.25 s, 0.5 s, ... 30 s. A half-written line is completed before anything else is written.
    """

    def __init__(
        self, path: Path, notices: Notices, *, keep_bytes: int = KEEP_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self.lost = 0  # lines given up because too many were waiting
        self._notices = notices
        self._keep_bytes = keep_bytes
        self._clock = clock
        self._lock = threading.RLock()  # re-entrant: a signal handler may log while its own thread is in here
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._torn = 0  # bytes of the first waiting line that are on disk already
        self._try_at = 0.0
        self._wait_s = _FIRST_WAIT_S
        self._identity: tuple[int, int] | None = None
        self._fd = -1
        self._closed = False
        with self._lock:
            self._drain()

    @property
    def waiting(self) -> int:
        """Lines that could not be written yet."""
        return len(self._waiting)

    def append(self, line: bytes) -> None:
        """Write line, which ends with a newline, or keep it for later."""
        with self._lock:
            if self._waiting or self._fd < 0:
                self._append_later(line)
                return
            try:
                written = _write(self._fd, line)
            except OSError as error:
                self._keep(line)
                self._failed(error)
                return
            if written != len(line):
                self._keep(line)
                self._torn = written
                self._drain()

    def look(self) -> None:
        """Try again what waits, and put the file back in its place when it was removed or replaced."""
        with self._lock:
            if self._closed:
                return
            self._drain()
            if self._fd >= 0 and not self._waiting and not self._in_place():
                self._return_to_place()

    def close(self) -> None:
        """Try the waiting lines a last time. Lines that come later are counted, not written."""
        with self._lock:
            if self._closed:
                return
            self.look()
            self._closed = True
            self._close_descriptor()
            if self._waiting:
                self._notices.tell(f"{len(self._waiting)} lines of {self.path.name} could not be written")

    def after_fork_in_child(self) -> None:
        """The parent still has the waiting lines and perhaps the lock; the child starts without either."""
        self._lock = threading.RLock()
        self._waiting.clear()
        self._waiting_bytes = self._torn = 0

    def _append_later(self, line: bytes) -> None:
        if self._closed:
            self._notices.say("closed", "something was logged after the run had finished; it is not recorded")
            return
        self._keep(line)
        if self._clock() >= self._try_at:
            self._drain()

    def _keep(self, line: bytes) -> None:
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        while self._waiting_bytes > self._keep_bytes and len(self._waiting) > 1:
            self._give_up_oldest()

    def _give_up_oldest(self) -> None:
        # A torn line must be completed, or the next one would be glued to its head: then the second oldest goes.
        index = 1 if self._torn else 0
        self._waiting_bytes -= len(self._waiting[index])
        del self._waiting[index]
        self.lost += 1

    def _drain(self) -> None:
        try:
            if self._fd < 0:
                self._open()
            while self._waiting:
                self._write_oldest()
        except OSError as error:
            self._failed(error)
            return
        self._wait_s = _FIRST_WAIT_S
        if failures := self._notices.forget(str(self.path)):
            self._notices.tell(f"{self.path.name} is written again: {failures} tries failed, {self.lost} lines lost")

    def _write_oldest(self) -> None:
        line = self._waiting[0]
        written = _write(self._fd, line[self._torn :] if self._torn else line)
        self._torn += written
        if self._torn >= len(line):
            self._waiting.popleft()
            self._waiting_bytes -= len(line)
            self._torn = 0
        elif written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _failed(self, error: OSError) -> None:
        self._try_at = self._clock() + self._wait_s
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        if error.errno not in _NO_SPACE:  # the mount or the descriptor is gone: open again at the next try
            self._close_descriptor()
        self._notices.say(
            str(self.path),
            f"cannot write {self.path} ({error.strerror or error}); training goes on, lines are kept and tried again",
        )

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, _FLAGS, 0o666)
        try:
            found = _identity(fd)
            if found != self._identity:
                _end_last_line(fd)
                self._torn = 0  # another file: the torn line is written whole
        except OSError:
            os.close(fd)
            raise
        self._fd, self._identity = fd, found

    def _close_descriptor(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):  # what close() could report was reported by write()
                os.close(self._fd)
        self._fd = -1

    def _in_place(self) -> bool:
        try:
            found = self.path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _return_to_place(self) -> None:
        """Follow the path, not the descriptor; what was removed is still readable there and is put back."""
        try:
            if os.fstat(self._fd).st_nlink == 0 and not self.path.exists():
                _restore(self._fd, self.path)
        except OSError as error:
            # The descriptor stays: the removed file keeps taking lines until it can be put back.
            self._notices.say(f"{self.path} removed", f"{self.path} was removed and cannot be put back ({error})")
            return
        self._close_descriptor()
        self._drain()
        self._notices.say("moved", f"{self.path} was removed or replaced while running; writing goes on there")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that nobody ever sees half: temporary name beside it, then os.replace. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = beside(path)
    try:
        half.write_bytes(content)
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


def beside(path: Path) -> Path:
    """A temporary name in the same folder, so that os.replace is atomic; hidden, so that no reader takes it."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def _identity(fd: int) -> tuple[int, int]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def _end_last_line(fd: int) -> None:
    """A process that was killed may have left half a line; the next one must not be glued to it."""
    size = os.lseek(fd, 0, os.SEEK_END)
    if size == 0:
        return
    os.lseek(fd, size - 1, os.SEEK_SET)
    if os.read(fd, 1) != b"\n":
        os.write(fd, b"\n")


def _restore(fd: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = beside(path)
    try:
        os.lseek(fd, 0, os.SEEK_SET)
        with os.fdopen(os.dup(fd), "rb") as old, half.open("wb") as new:
            while content := old.read(1 << 20):
                new.write(content)
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise
