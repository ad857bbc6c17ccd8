"""A local copy of a folder elsewhere, brought up to date by taking only what is new.

Runs are mostly files that grow. Of a file that is longer than its copy, the end is taken, with a little of what is
known already: where that is the same, the rest is appended, else the file was replaced and is taken whole. So whatever
reads the copy sees files that grow and files that are replaced, just as it would there. Databases are always taken
whole, because they change in their middle while they grow.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from ..errors import MusiclogError
from ..file_names import can_be_a_name
from ..processes import is_gone

BLOCK: Final = 4_000_000  # bytes of one request
OVERLAP: Final = 4_096  # known bytes that are taken once more, to know a file again
DEPTH: Final = 8
# No more than this of one file and of one place: a copy is a help, not a backup.
MOST_OF_FILE: Final = 2_000_000_000
MOST_OF_PLACE: Final = 5_000_000_000
MOST_FILES: Final = 100_000
# A file is looked at between the walks through all folders for so long after it changed last.
LIVE_FOR_S: Final = 600.0
# Folders in which no run keeps what is shown, and files that weigh much and say nothing to a reader.
LEFT_OUT: Final = frozenset({"checkpoints", "node_modules", "site-packages", "__pycache__", "venv", ".git", ".venv"})
HEAVY: Final = frozenset({
    ".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx", ".h5", ".keras", ".npz", ".npy", ".pkl", ".zip", ".tar",
    ".wav", ".flac", ".ogg", ".mp3", ".mp4", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".py", ".pyc", ".so",
})  # fmt: skip


# SQLite's databases and the logs beside them, in both byte orders.
CHANGE_INSIDE: Final = (b"SQLite format 3\0", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
PART: Final = ".part"


class RemoteError(MusiclogError, OSError):
    """A place elsewhere cannot be read: which, why, and what to do where that is known."""


class FileSystem(Protocol):
    """What is used of fsspec's file systems."""

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]: ...
    def info(self, path: str) -> dict[str, Any]: ...
    def cat_file(self, path: str, start: int, end: int) -> bytes: ...
    def invalidate_cache(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Theirs:
    """A file there. version changes when its content does: the time of its last change, or what the store calls it."""

    path: str
    size: int
    version: str
    modified: float | None  # Unix seconds


@dataclass
class Look:
    """What one look at the place brought. left_out: sentences about what was not copied, and why."""

    files: int = 0
    changed: int = 0
    bytes: int = 0
    left_out: list[str] = field(default_factory=list)


class Mirror:
    """The copy of root (a path of filesystem) in folder. Paths there are data: none leads out of folder.

    shown: what the place is called in messages.
    """

    def __init__(self, filesystem: FileSystem, root: str, folder: Path, shown: str = "") -> None:
        self._there, self._root, self.folder = filesystem, root.rstrip("/") or "/", folder
        self._shown = shown or root
        # Relative path -> version of which the copy is; "" for a file of an earlier copy, not compared yet.
        self._seen = dict.fromkeys(_files(folder), "")
        self._live: dict[str, tuple[str, float]] = {}  # relative path -> path there, when it changed by our clock

    def look(self) -> Look:
        """Bring the whole copy up to date. Raises RemoteError, and keeps what there is."""
        done = Look()
        if not self.folder.exists():  # somebody cleared the copies
            self._seen.clear()
        with _told(self._shown):
            theirs = self._list(done)
            self._remove(set(theirs))
            for path, file in sorted(theirs.items(), key=lambda item: item[1].size):
                with _passed_over(path, done):
                    self._take(path, file, done)
        done.files = len(theirs)
        return done

    def glance(self) -> Look:
        """Look only at the files that changed in the last ten minutes: a question each, and no walk."""
        done = Look(files=len(self._live))
        with _told(self._shown):
            self._there.invalidate_cache()
            for path, (there, changed) in list(self._live.items()):
                if time.monotonic() - changed > LIVE_FOR_S:
                    del self._live[path]
                    continue
                try:
                    self._take(path, _theirs(there, self._there.info(there)), done)
                except (FileNotFoundError, PermissionError):  # the next walk sees whether it is gone for good
                    del self._live[path]
        return done

    def close(self) -> None:
        """End the connection, where the store holds one."""
        end = getattr(self._there, "close", None)
        if end is not None:
            end()

    # -- what there is ---------------------------------------------------------------------------

    def _list(self, done: Look) -> dict[str, Theirs]:
        self._there.invalidate_cache()
        found: dict[str, Theirs] = {}
        total = 0
        for path, file in self._walk(self._root, DEPTH, done):
            if file.size > MOST_OF_FILE or total + file.size > MOST_OF_PLACE or len(found) >= MOST_FILES:
                done.left_out.append(f"{path} ({file.size:,} bytes) is not copied: there is too much here")
                continue
            total += file.size
            found[path] = file
        return found

    def _walk(self, folder: str, depth: int, done: Look) -> Iterator[tuple[str, Theirs]]:
        for entry in self._there.ls(folder, detail=True):
            path = str(entry["name"])
            name = posixpath.basename(path.rstrip("/"))
            if path.rstrip("/") == folder.rstrip("/"):
                continue
            relative = _relative(path, self._root)
            if relative is None:
                done.left_out.append(f"{path!r} is not copied: no file may be called so here")
            elif entry["type"] == "directory" and depth > 1 and name not in LEFT_OUT:
                with _passed_over(relative, done):
                    yield from self._walk(path, depth - 1, done)
            elif entry["type"] == "file" and posixpath.splitext(name)[1].lower() not in HEAVY:
                yield relative, _theirs(path, entry)

    # -- bringing it here ------------------------------------------------------------------------

    def _take(self, path: str, file: Theirs, done: Look) -> None:
        if self._seen.get(path) == file.version:
            return
        ours = self.folder / path
        ours.parent.mkdir(parents=True, exist_ok=True)
        taken = self._append(file, ours)
        if taken is None:
            taken = self._replace(file, ours)
        if file.modified is not None:
            os.utime(ours, (file.modified, file.modified))
        if self._seen.get(path):
            self._live[path] = file.path, time.monotonic()
        self._seen[path] = file.version
        done.changed += 1
        done.bytes += taken

    def _append(self, file: Theirs, ours: Path) -> int | None:
        """Bytes that were taken; None where the file is not the copy, grown longer."""
        try:
            here = ours.stat()
        except FileNotFoundError:
            return None
        size, known = here.st_size, min(here.st_size, OVERLAP)
        if file.size == size and file.modified == here.st_mtime:  # a copy of last time
            return 0
        if file.size <= size:
            return None
        with ours.open("r+b") as copy:
            if copy.read(len(CHANGE_INSIDE[0])).startswith(CHANGE_INSIDE):
                return None
            copy.seek(size - known)
            end = size + min(BLOCK, file.size - size)
            first = self._there.cat_file(file.path, start=size - known, end=end)
            if first[:known] != copy.read(known):
                return None
            copy.seek(size)
            copy.write(first[known:])
            return len(first) + self._copy(file, copy, end)

    def _replace(self, file: Theirs, ours: Path) -> int:
        beside = ours.with_name(f".{ours.name}.{os.getpid()}{PART}")  # others may be copying the same
        try:
            with beside.open("wb") as copy:
                taken = self._copy(file, copy, 0)
            beside.replace(ours)
        finally:
            beside.unlink(missing_ok=True)  # moved already where all went well
        return taken

    def _copy(self, file: Theirs, copy: Any, start: int) -> int:
        """From start to where the file ended when it was listed, a block at a time, so that readers can follow."""
        at = start
        while at < file.size:
            block = self._there.cat_file(file.path, start=at, end=min(at + BLOCK, file.size))
            if not block:  # it has become shorter since
                break
            copy.write(block)
            copy.flush()
            at += len(block)
        return at - start

    def _remove(self, theirs: set[str]) -> None:
        """What is not there any more is not here any more."""
        for path in set(self._seen) - theirs:
            del self._seen[path]
            self._live.pop(path, None)
            ours = self.folder / path
            ours.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # other files are still in it
                for folder in ours.relative_to(self.folder).parents[:-1]:
                    (self.folder / folder).rmdir()


def _files(folder: Path) -> Iterator[str]:
    """Relative paths of all files below, with slashes; not of those that another process is just writing."""
    for path in folder.rglob("*"):
        writer = path.stem.rpartition(".")[2]
        being_written = path.suffix == PART and writer.isdecimal() and not is_gone(int(writer))
        if not being_written and path.is_file():
            yield path.relative_to(folder).as_posix()


def _theirs(path: str, entry: Mapping[str, Any]) -> Theirs:
    size = int(entry.get("size") or 0)
    changed = entry.get("mtime") or entry.get("LastModified") or entry.get("last_modified")
    modified = changed.timestamp() if isinstance(changed, datetime) else changed
    version = f"{size} {entry.get('ETag') or entry.get('etag') or modified}"
    return Theirs(path, size, version, float(modified) if isinstance(modified, int | float) else None)


def _relative(path: str, root: str) -> str | None:
    """path below root, with slashes; None for what could lead out of it or cannot be a file's name here."""
    bare = root.strip("/")
    below = path.strip("/")
    if bare:
        if not below.startswith(f"{bare}/"):
            return None
        below = below[len(bare) + 1 :]
    return below if all(map(can_be_a_name, below.split("/"))) else None


@contextlib.contextmanager
def _passed_over(path: str, done: Look) -> Iterator[None]:
    """What is gone since it was listed, or may not be read, costs only itself."""
    try:
        yield
    except FileNotFoundError:
        done.left_out.append(f"{path} is gone since it was listed")
    except PermissionError as error:
        done.left_out.append(f"{path} is not copied: {error.strerror or error}")


@contextlib.contextmanager
def _told(place: str) -> Iterator[None]:
    """Whatever a store's own library raises, as one sentence."""
    try:
        yield
    except RemoteError:
        raise
    except FileNotFoundError as error:
        raise RemoteError(f"there is no folder {place}") from error
    except PermissionError as error:
        raise RemoteError(f"{place} may not be read with your rights there") from error
    except TimeoutError as error:
        raise RemoteError(f"{place} does not answer any more; is the network there?") from error
    except Exception as error:
        # paramiko, botocore and the like each have their own kinds of errors, and new stores bring new ones.
        raise RemoteError(f"{place} cannot be read ({type(error).__name__}: {error})") from error
