"""Keep a text log at a bearable size: 100 MB, five older ones, compressed while training goes on."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from .notices import Notices
from .writer import LineFile, beside

MAX_BYTES = 100_000_000
BACKUPS = 5


class RotatingFile:
    """A LineFile that becomes <name>.1 when full; <name>.1 is compressed to <name>.1.gz in a background thread.

    The highest number is the oldest. Turning costs a few renames, so that the writer hardly waits.
    """

    def __init__(self, path: Path, notices: Notices, *, max_bytes: int = MAX_BYTES, backups: int = BACKUPS) -> None:
        self.path = path
        self._notices = notices
        self._max_bytes = max_bytes
        self._backups = backups
        self._lock = threading.RLock()
        self._compressor: threading.Thread | None = None
        self._file = LineFile(path, notices)
        self._size = _size(path)
        if self._backup(1).exists():  # a process that was killed had no time to compress
            self._compress_newest()

    @property
    def waiting(self) -> int:
        return self._file.waiting

    def append(self, block: bytes) -> None:
        """Write whole lines; they never end up in two files."""
        with self._lock:
            if self._size and self._size + len(block) > self._max_bytes and not self._file.waiting:
                self._turn()
            self._file.append(block)
            self._size += len(block)

    def look(self) -> None:
        with self._lock:
            self._file.look()
            self._size = _size(self.path)

    def close(self) -> None:
        """Waits for a running compression, some seconds at most."""
        with self._lock:
            self._file.close()
        if self._compressor is not None:
            self._compressor.join()

    def after_fork_in_child(self) -> None:
        self._lock = threading.RLock()
        self._compressor = None
        self._max_bytes = 1 << 62  # only the parent turns the file over
        self._file.after_fork_in_child()

    def _turn(self) -> None:
        if self._compressor is not None:
            self._compressor.join()
        self._file.close()
        try:
            self._shift()
            self.path.rename(self._backup(1))
        except OSError as error:
            self._notices.say("rotation", f"cannot rotate {self.path} ({error}); it goes on growing")
        self._file = LineFile(self.path, self._notices)
        self._size = _size(self.path)
        self._compress_newest()

    def _shift(self) -> None:
        for number in range(self._backups, 0, -1):
            for suffix in ("", ".gz"):
                old = self._backup(number, suffix)
                if old.exists():
                    old.unlink() if number == self._backups else old.rename(self._backup(number + 1, suffix))

    def _compress_newest(self) -> None:
        self._compressor = threading.Thread(target=self._compress, name="musiclog-gzip", daemon=True)
        try:
            self._compressor.start()
        except RuntimeError:  # the interpreter is ending; the next run in this folder compresses it
            self._compressor = None

    def _compress(self) -> None:
        import gzip  # noqa: PLC0415 - needed once in 100 MB
        import shutil  # noqa: PLC0415

        plain, packed = self._backup(1), self._backup(1, ".gz")
        half = beside(packed)
        try:
            with plain.open("rb") as source, gzip.open(half, "wb", compresslevel=6) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            half.replace(packed)
            plain.unlink()
        except OSError as error:
            with contextlib.suppress(OSError):
                half.unlink()
            self._notices.say("compression", f"cannot compress {plain} ({error}); it stays as it is")

    def _backup(self, number: int, suffix: str = "") -> Path:
        return self.path.with_name(f"{self.path.name}.{number}{suffix}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
