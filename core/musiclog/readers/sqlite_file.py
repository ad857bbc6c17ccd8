"""Read a SQLite file that another process may be writing to, without a lock and without a trace beside it.

SQLite itself would make -shm and -wal files in the run's folder, also when asked to open read-only, and a reader's
lock can make a writer wait. So a file at rest is read as one that never changes, and what was read counts only if the
file is the same one afterwards. What a writer has put into its write-ahead log is laid over the pages in memory.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache, lru_cache
from typing import TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from ..harvest import Harvest
from ..regular_file import open_regular

T = TypeVar("T")
Words = NDArray[np.uint32]

MAGIC = b"SQLite format 3\0"
# Up to this size a database and its write-ahead log are joined in memory: 20 ms. Larger ones are read up to the last
# checkpoint, which SQLite makes every 4 MB.
JOINED = 64_000_000
# A query that takes more steps than this is none of ours: some seconds.
STEPS, STEPS_A_LOOK = 100_000, 300
LOG_HEAD, FRAME_HEAD = 32, 24
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


class Database:
    """Remembers which state of a database was read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._seen: tuple[object, ...] | None = None
        self._broken: tuple[object, ...] | None = None
        self._told_behind = False

    def files(self) -> list[str]:
        return [self.path, f"{self.path}-wal"]

    def grown(self) -> bool:
        """Whether a look would perhaps find something new; two stats."""
        return version(self.path) != self._seen

    def ask(self, harvest: Harvest, query: Callable[[sqlite3.Connection], T]) -> T | None:
        """What query finds in one state of the database; None where there is none now: a later look will see it.

        A database that cannot be read is told once.
        """
        before = version(self.path)
        try:
            with closing(connect(self.path)) as connection:
                found = query(connection)
        except Busy:
            return None
        except OSError:
            self._seen = before
            return None
        except (sqlite3.Error, ValueError) as error:
            if version(self.path) == before != self._broken:
                self._seen = self._broken = before
                harvest.add_problem(self.path, 0, f"this database cannot be read: {error}")
            return None
        if version(self.path) != before:
            return None
        self._seen = before
        if not self._told_behind and is_behind(self.path):
            self._told_behind = True
            harvest.add_problem(self.path, 0, "it is too large to be joined with its write-ahead log; what was written "
                                "since the last checkpoint is not shown yet")  # fmt: skip
        return found

    def changed(self) -> float | None:
        """Unix seconds of its newest change."""
        stamps = [found[3] / 1e9 for found in (_stamp(self.path), _stamp(f"{self.path}-wal")) if found]
        return max(stamps, default=None)


class Busy(Exception):
    """A writer is at work just now."""


def version(path: str) -> tuple[object, ...]:
    """Another one after every transaction."""
    return (*_stamp(path), *_stamp(f"{path}-wal"), *_stamp(f"{path}-journal"))


def holds(path: str | os.PathLike[str], tables: Mapping[str, frozenset[str]]) -> bool:
    """Whether there is a database with these tables, each with these columns at least."""
    path = os.fspath(path)
    if _head(path, len(MAGIC)) != MAGIC:
        return False
    key = (path, *_stamp(path)[:2], *tables)
    if key not in _held:
        database = Database(path)
        found = database.ask(
            Harvest(), lambda connection: all(names <= columns_of(connection, each) for each, names in tables.items())
        )
        if not found:
            return False
        _held.add(key)  # tables do not go again
    return True


_held: set[tuple[object, ...]] = set()


def is_behind(path: str) -> bool:
    """Whether a write-ahead log is not looked into, because it or its database is too large."""
    pages, log = _stamp(path), _stamp(f"{path}-wal")
    return bool(pages and log and log[2] > LOG_HEAD and max(pages[2], log[2]) > JOINED)


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Names of the columns of a table; empty where there is no such table. A view is none: it may never end."""
    row = connection.execute("SELECT sql FROM sqlite_master WHERE type='table' AND name=?", (table,)).fetchone()
    if row is None or not str(row[0]).upper().startswith("CREATE TABLE"):
        return frozenset()
    return frozenset(str(column[1]).lower() for column in connection.execute(f'PRAGMA table_info("{table}")'))


def connect(path: str) -> sqlite3.Connection:
    """The database as its last transaction left it. Raises Busy, OSError, sqlite3.Error or ValueError."""
    log_head = _head(f"{path}-wal", LOG_HEAD)
    journal = _head(f"{path}-journal", len(JOURNAL_MAGIC))
    if journal == JOURNAL_MAGIC:
        raise Busy
    if len(log_head) == LOG_HEAD and not is_behind(path):
        return _prepared(_joined(path, log_head))
    with open_regular(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("it is no SQLite file")
    address = f"file:{quote(os.path.abspath(path))}?mode=ro&immutable=1"
    return _prepared(sqlite3.connect(address, uri=True))


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    looks = iter(range(STEPS_A_LOOK))
    connection.set_progress_handler(lambda: next(looks, None) is None, STEPS)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _joined(path: str, log_head: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(_pages(path, log_head, version(path)))
    return connection


@lru_cache(maxsize=1)  # one database holds many runs, which are asked for one after the other
def _pages(path: str, log_head: bytes, _: tuple[object, ...]) -> bytes:
    """Pages first and the log after them: what a checkpoint moves meanwhile is in the log as well."""
    with open_regular(path) as file:
        pages = bytearray(file.read())
    with open_regular(f"{path}-wal") as file:
        log = file.read()
    if log[:LOG_HEAD] != log_head:
        raise Busy  # begun anew: the pages are older than what went from it into the file
    if not pages.startswith(MAGIC):
        raise ValueError("it is no SQLite file")
    if pages[18:20] == b"\2\2":  # else the log is a left-over of other times
        overlay(pages, log)
        pages[18:20] = b"\1\1"  # in memory there is no write-ahead log
    return bytes(pages)


def overlay(pages: bytearray, log: bytes) -> None:
    """Lay the committed frames of a write-ahead log over the pages. Source: SQLite's "WAL file format"."""
    magic, _, page_size = struct.unpack_from(">III", log)
    if magic & ~1 != 0x377F0682 or page_size not in (1 << bits for bits in range(9, 17)):
        return
    order = ">u4" if magic & 1 else "<u4"
    state = _checksum(_words(log, order, 6, 0), (0, 0))
    if state != struct.unpack_from(">II", log, 24):
        return
    salts, frames = log[16:24], []
    for at in range(LOG_HEAD, len(log) - FRAME_HEAD - page_size + 1, FRAME_HEAD + page_size):
        number, whole = struct.unpack_from(">II", log, at)
        content = _words(log, order, page_size // 4, at + FRAME_HEAD)
        state = _checksum(content, _checksum(_words(log, order, 2, at), state))
        if log[at + 8 : at + 16] != salts or state != struct.unpack_from(">II", log, at + 16):
            return
        frames.append((number, at + FRAME_HEAD))
        if whole:  # the last frame of a transaction says how many pages there are now
            size = whole * page_size
            if size > JOINED + len(pages):
                return
            pages.extend(bytes(max(0, size - len(pages))))
            for page, begin in frames:
                pages[(page - 1) * page_size : page * page_size] = log[begin : begin + page_size]
            del pages[size:]
            frames.clear()


def _words(content: bytes, order: str, count: int, offset: int) -> Words:
    return np.frombuffer(content, order, count, offset).astype(np.uint32)


def _checksum(words: Words, state: tuple[int, int]) -> tuple[int, int]:
    """SQLite's running sum: for every pair of words s0 += x0 + s1, then s1 += x1 + s0.

    That is s -> M s + (x0, x0 + x1) with M = ((1, 1), (1, 2)); here all pairs at once, by the powers of M.
    """
    first = words[0::2].astype(np.uint64)
    second = first + words[1::2]
    a, b = _powers(len(first))
    whole, (s0, s1) = (int(a[-1]), int(b[-1])), state
    a, b = a[-2::-1], b[-2::-1]
    sum0 = whole[0] * s0 + whole[1] * s1 + int((a * first + b * second).sum())
    sum1 = whole[1] * s0 + (whole[0] + whole[1]) * s1 + int((b * first + (a + b) * second).sum())
    return sum0 & 0xFFFFFFFF, sum1 & 0xFFFFFFFF


@cache
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """a and b of M to the power of k = ((a, b), (b, a + b)) for k from 0 to count, modulo 2 to the power of 32."""
    found = [(1, 0)]
    for _ in range(count):
        a, b = found[-1]
        found.append(((a + b) & 0xFFFFFFFF, (a + 2 * b) & 0xFFFFFFFF))
    columns = np.array(found, dtype=np.uint64)
    return columns[:, 0], columns[:, 1]


def _head(path: str, count: int) -> bytes:
    """The first bytes of a file; none where there is no file."""
    try:
        with open_regular(path) as file:
            return file.read(count)
    except OSError:
        return b""


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
