"""What was seen under a watched folder, kept in the user's cache folder: the list stands before a run is read again.

One file a watched folder, written whole under another name and renamed. A run is told with what was seen of it only
where every file that it was read from is the same and as it was; of others only that they are there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from .discovery import DATABASES
from .errors import ReadError
from .glance import Glance
from .records import RunInfo, RunRef

SUFFIX = ".listing"
SCHEMA = 1
# 1,000 runs take half a megabyte.
LIMIT_BYTES = 50_000_000
LARGEST_BYTES = 20_000_000
MOST_RUNS = 20_000
# A run in more files than this takes longer to compare than a first look at it.
MOST_FILES = 64
MOST_SPARK = 200
ABANDONED_S = 3600.0

_TEXTS = frozenset({"name", "format", "id", "state", "host", "reference"})
_LEFT_OUT = frozenset({"environment"})  # hundreds of entries that no list shows


@dataclass(frozen=True, slots=True)
class Remembered:
    """A run that was listed. stamp: of its files when they were read; None where that is not known."""

    ref: RunRef
    stamp: str | None
    files: tuple[str, ...]
    glance: Glance | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept listing. used: Unix seconds at which it was written. reason: why it cannot be used."""

    path: Path
    size: int
    used: float
    folder: str = ""
    reason: str | None = None


class Listings:
    """The listings in one folder of the cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> Listings:
        """The one that every window of this user shares."""
        return cls(user_cache_path("musiclog", appauthor=False) / "listings")

    def path_of(self, root: str) -> Path:
        name = hashlib.blake2b(root.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        return self.folder / f"{name}{SUFFIX}"

    def recall(self, root: str) -> Iterator[Remembered]:
        """The runs that were seen below root and are still there; with their glance where nothing of them changed."""
        path = self.path_of(root)
        try:
            content = _read(path)
            rows = list(content["runs"]) if content["folder"] == root else []
        except FileNotFoundError:
            return
        except (OSError, KeyError, TypeError, ValueError, RecursionError):
            _remove(path)  # damaged, or of another version: the folder is looked through as if for the first time
            return
        for row in rows:
            try:
                each = _remembered(row, root)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # an odd run, such as one that began at infinity: it is listed when it is found
            if not _is_there(each.ref.path):
                continue
            same = each.stamp is not None and each.stamp == stamp(each.ref.path, each.files)
            yield each if same else Remembered(each.ref, None, (), None)

    def keep(self, root: str, runs: Sequence[Remembered]) -> Iterator[None]:
        """Keep this listing, a piece a turn. What cannot be written is not kept."""
        rows = []
        for each in runs[:MOST_RUNS]:
            rows.append(json.dumps(_row(each)))
            yield
        head = json.dumps({"schema": SCHEMA, "folder": root})
        path = self.path_of(root)
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):  # a full disk, or no place for a cache: the next window looks itself
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                beside.write_text(f'{head[:-1]}, "runs": [{", ".join(rows)}]}}', "ascii")
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
            self.trim()

    def entries(self) -> list[Kept]:
        """What is kept, newest first."""
        found = []
        for path, size, used in self._files(SUFFIX):
            try:
                found.append(Kept(path, size, used, str(_read(path)["folder"])))
            except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
                found.append(Kept(path, size, used, reason=f"{path} is damaged: {error}"))
        return sorted(found, key=lambda kept: -kept.used)

    def clear(self) -> int:
        """Remove all listings; gives the bytes that became free."""
        return sum(size for path, size, _ in (*self._files(SUFFIX), *self._files(".part")) if _remove(path))

    def trim(self) -> None:
        """Remove the oldest until the rest is within the limit, and what was left half written."""
        for path, _, used in self._files(".part"):
            if time.time() - used > ABANDONED_S:
                _remove(path)
        files = sorted(self._files(SUFFIX), key=lambda file: file[2])
        excess = sum(size for _, size, _ in files) - LIMIT_BYTES
        for path, size, _ in files:
            if excess <= 0:
                return
            if _remove(path):
                excess -= size

    def _files(self, suffix: str) -> list[tuple[Path, int, float]]:
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(suffix):
                    with contextlib.suppress(OSError):  # another window removed it
                        stat = entry.stat()
                        found.append((Path(entry.path), stat.st_size, stat.st_mtime))
        return found


def stamp(path: str, files: Iterable[str]) -> str | None:
    """Another text after every change to a run at path that was read from these files; None where there are too many.

    To be taken before reading, so that what is written meanwhile shows as a change.
    """
    told = sorted({path, *files})
    if len(told) > MOST_FILES:
        return None
    told += [f"{file}-wal" for file in told if file.endswith(DATABASES)]  # what a writer has not yet put into it
    seen = []
    for file in told:
        try:
            found = os.stat(file)
        except OSError:
            seen.append((0,) * 5)
        else:
            seen.append((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


def _is_there(path: str) -> bool:
    """A run, or the file that it is one of several in."""
    return os.path.exists(path) or os.path.isfile(os.path.dirname(path))


def _read(path: Path) -> dict[str, Any]:
    """Raises OSError, and ValueError where it is no listing of this version."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_BYTES:
            raise ReadError(f"{path} is larger than a listing can be")
        content = json.load(file)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ReadError(f"{path} is of another version")
    return content


def _row(run: Remembered) -> dict[str, Any]:
    row: dict[str, Any] = {"path": run.ref.path, "format": run.ref.format, "name": run.ref.name}
    if run.glance is None or run.stamp is None:
        return row
    info = {name: value for name, value in asdict(run.glance.info).items() if name not in _LEFT_OUT}
    seen = {"info": info, "step": run.glance.step, "newest": run.glance.newest, "spark": run.glance.spark}
    return {**row, "stamp": run.stamp, "files": run.files, **seen}


def _remembered(row: Mapping[str, Any], root: str) -> Remembered:
    """Raises ValueError, KeyError or TypeError where a row is not what this module writes."""
    ref = RunRef(_text(row["path"]), _text(row["format"]), _text(row["name"]))
    if ref.path != os.path.abspath(ref.path) or os.path.commonpath((root, ref.path)) != root:
        raise ValueError(f"{ref.path} lies outside of {root}")
    if "stamp" not in row:
        return Remembered(ref, None, (), None)
    spark = tuple((_number(x), _number(y)) for x, y in row["spark"][:MOST_SPARK])
    step, newest = (None if row[name] is None else _number(row[name]) for name in ("step", "newest"))
    glance = Glance(_info(row["info"]), step, newest, spark)
    return Remembered(ref, _text(row["stamp"]), tuple(map(_text, row["files"][:MOST_FILES])), glance)


def _info(told: Mapping[str, Any]) -> RunInfo:
    values: dict[str, Any] = {}
    for name in (field.name for field in fields(RunInfo) if field.name not in _LEFT_OUT):
        value = told[name]
        if name == "tags":
            value = tuple(map(_text, value))
        elif name == "watches_itself":
            value = value is True
        elif value is not None:
            value = _text(value) if name in _TEXTS else _number(value)
        values[name] = int(value) if name == "pid" and value is not None else value
    if values["name"] is None or values["format"] is None:
        raise ValueError("a run without a name")
    return RunInfo(**values)


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # in use on Windows, or removed by another window
        return False
    return True
