"""What was parsed once, kept in the user's cache folder: opening a long run again costs a memory map and the new tail.

An entry is used only where every file that it was made from is still the same one and has at most grown (Tail.resume),
and where reader and cache are of the versions that made it. Entries are written whole under another name and renamed,
so that any number of windows may use them; the ones that were used longest ago go when the folder is full.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from platformdirs import user_cache_path

from .errors import ReadError
from .kept_columns import SCHEMA, KeptColumns, read_header, write
from .records import News, Problem, RunRef
from .registry import Cursor, Reader
from .series import Series
from .tail import TURN

SUFFIX = ".columns"
LIMIT_BYTES = 2_000_000_000
# Less than this is parsed in some 15 ms, and a file for each of a thousand small runs would be in the way.
WORTH_BYTES = 2_000_000
# An entry is made anew when the tail that has to be parsed after it has grown to this share of it.
WORTH_SHARE = 0.1
# A half-written file of a window that died.
ABANDONED_S = 3600.0
# An entry that was made anew under another name stays for as long as somebody may be about to map it.
SUPERSEDED_S = 60.0


@runtime_checkable
class Resumable(Protocol):
    """A cursor that can go on at a point that it saved, in another process and at another time."""

    save_version: int  # raised when the same bytes give other points than before

    def save(self) -> Mapping[str, Any] | None:
        """Where reading stands, as JSON; None where that cannot be said now. "files" lists what Tail.save() gave."""
        ...

    def resume(self, saved: Mapping[str, Any]) -> bool:
        """Go on there, on a cursor that was not polled yet; False, and nothing changed, where the files are others."""
        ...

    def forget(self) -> None:
        """Start again as if nothing had been read."""
        ...

    def volume(self) -> int:
        """Bytes of the files whose reading takes long."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept run. used: Unix seconds of the last time. reason: why it cannot be used."""

    path: Path
    size: int
    used: float
    run: str = ""
    reason: str | None = None


class ColumnCache:
    """The entries in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> ColumnCache:
        """The one that every window and script of this user shares."""
        return cls(user_cache_path("musiclog", appauthor=False) / "columns")

    def open(self, reader: Reader, ref: RunRef, *, fresh: bool = False) -> Cursor:
        """A cursor of the run that begins with what was kept. fresh: read the files themselves this time."""
        cursor = reader.open(Path(ref.path))
        return CachedCursor(cursor, self, ref, fresh=fresh) if isinstance(cursor, Resumable) else cursor

    def path_of(self, ref: RunRef, entry_id: str) -> Path:
        return self.folder / f"{_key(ref)}.{entry_id}{SUFFIX}"

    def newest_of(self, ref: RunRef) -> Path | None:
        """The newest entry of a run. Older ones are removed when nobody can be about to map them."""
        mine = sorted(self._files(SUFFIX, _key(ref)), key=lambda file: -file[2])
        for path, _, used in mine[1:]:
            if time.time() - used > SUPERSEDED_S:
                _remove(path)
        return mine[0][0] if mine else None

    # -- its size -------------------------------------------------------------------------------

    @property
    def limit_bytes(self) -> int:
        try:
            return int((self.folder / "limit").read_text("ascii"))
        except (OSError, ValueError):
            return LIMIT_BYTES

    def set_limit(self, limit_bytes: int) -> None:
        """Keep at most so much from now on. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f"limit.{os.getpid()}.part"
        beside.write_text(f"{limit_bytes}\n", "ascii")
        beside.replace(self.folder / "limit")
        self.trim()

    def entries(self) -> list[Entry]:
        """What is kept, used last first."""
        found = []
        for path, size, used in self._files(SUFFIX):
            try:
                found.append(Entry(path, size, used, str(read_header(path).get("run", ""))))
            except ReadError as error:
                found.append(Entry(path, size, used, reason=str(error)))
        return sorted(found, key=lambda entry: -entry.used)

    def clear(self) -> int:
        """Remove all entries; gives the bytes that became free. Windows that use one go on with it."""
        return sum(size for path, size, _ in (*self._files(SUFFIX), *self._files(".part")) if _remove(path))

    def trim(self) -> None:
        """Remove what was not used for longest until the rest is within the limit, and what was left half written."""
        for path, _, used in self._files(".part"):
            if time.time() - used > ABANDONED_S:
                _remove(path)
        files = sorted(self._files(SUFFIX), key=lambda file: file[2])
        excess = sum(size for _, size, _ in files) - self.limit_bytes
        for path, size, _ in files:
            if excess <= 0:
                return
            if _remove(path):
                excess -= size

    def _files(self, suffix: str, prefix: str = "") -> Sequence[tuple[Path, int, float]]:
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(suffix) and entry.name.startswith(prefix):
                    with contextlib.suppress(OSError):  # another window removed it
                        stat = entry.stat()
                        found.append((Path(entry.path), stat.st_size, stat.st_mtime))
        return found


class CachedCursor:
    """A cursor whose first news names the columns that were kept; it goes on after them."""

    def __init__(self, cursor: Any, columns: ColumnCache, ref: RunRef, *, fresh: bool = False) -> None:
        self._cursor = cursor
        self._cache = columns
        self._ref = ref
        self._begun = fresh
        self._kept_bytes = 0  # of the run's files that the entry holds
        self._resumed: KeptColumns | None = None
        self._problem: Problem | None = None
        stirred = getattr(cursor, "stirred", None)
        if stirred is not None:  # asked twice a second for each of a thousand runs: no step in between
            self.stirred: Callable[[], bool] = stirred

    def poll(self, limit_bytes: int = TURN) -> News:
        if not self._begun:
            self._begun = True
            self._resume()
        news: News = self._cursor.poll(limit_bytes)
        if news.restarted:
            self._resumed, self._kept_bytes = None, 0
        if self._resumed is not None:
            news, self._resumed = replace(news, columns=self._resumed), None
        if self._problem is not None:
            problems = (self._problem, *news.problems)
            news, self._problem = replace(news, problems=problems, problem_count=news.problem_count + 1), None
        return news

    def worth_keeping(self) -> bool:
        """Whether parsing what no entry holds takes long enough; known after the first poll."""
        volume: int = self._cursor.volume()
        return volume - self._kept_bytes >= max(WORTH_BYTES, WORTH_SHARE * self._kept_bytes)

    def keep(self, series: Mapping[str, Series]) -> Iterator[None]:
        """Keep these series, which hold all that was read, a piece a turn. What cannot be written is not kept."""
        saved = self._cursor.save()
        if saved is None or not series:
            return
        entry_id = uuid.uuid4().hex
        header = {
            "id": entry_id, "schema": SCHEMA, "run": self._ref.path, "reader": self._ref.format,
            "reader_version": self._cursor.save_version, "saved": saved,
        }  # fmt: skip
        try:
            self._cache.folder.mkdir(parents=True, exist_ok=True)
            yield from write(self._cache.path_of(self._ref, entry_id), series, header)
            self._cache.newest_of(self._ref)
            self._cache.trim()
        except OSError:  # a full disk, or no place for a cache: then the files are parsed next time, too
            return
        self._kept_bytes = _bytes_in(saved)

    def files(self) -> Sequence[str]:
        found: Sequence[str] = self._cursor.files()
        return found

    def fraction(self) -> float:
        found: float = self._cursor.fraction()
        return found

    def close(self) -> None:
        self._cursor.close()

    def _resume(self) -> None:
        path = self._cache.newest_of(self._ref)
        if path is None:
            return
        try:
            header = read_header(path)
            fits = (header["schema"], header["run"], header["reader"], header["reader_version"]) == (
                SCHEMA, self._ref.path, self._ref.format, self._cursor.save_version)  # fmt: skip
            if not fits or not self._cursor.resume(header["saved"]):
                return  # it is replaced when the run has been read
            kept = KeptColumns(str(path), str(header["id"]))
            kept.series()  # a damaged one must not be noticed only where it is drawn
        except (ReadError, KeyError, TypeError, ValueError) as error:
            _remove(path)
            text = f"what was kept of this run is of no use and was thrown away; the files are read again ({error})"
            self._problem = Problem(str(path), 0, text)
            self._cursor.forget()
            return
        self._resumed, self._kept_bytes = kept, _bytes_in(header["saved"])
        with contextlib.suppress(OSError):
            os.utime(path)


def _key(ref: RunRef) -> str:
    name = f"{ref.path}\0{ref.format}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(name, digest_size=16).hexdigest()


def _bytes_in(saved: Mapping[str, Any]) -> int:
    """Of the run's files, up to where they were read when they were kept."""
    return sum(int(file["offset"]) for file in saved["files"])


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # mapped by a window on Windows, or removed by another: it goes next time
        return False
    return True
