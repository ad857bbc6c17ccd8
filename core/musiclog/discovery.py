"""Find the runs under a folder, at once and again later, without walking where no run can be."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .folders import at_rest
from .records import RunRef
from .registry import Readers, readers

# <root>/<project>/<outputs>/<save_dir>/experiments/<run> is five folders down; one to spare.
DEPTH = 6
# Files of one folder that are looked into; a folder with more tables than this is data, not runs.
CANDIDATES = 1_000

SKIPPED = frozenset({
    "node_modules", "site-packages", "__pycache__", "venv", "env", "checkpoints", "samples", "generated_samples",
    "plots", "wandb-metadata", "build", "dist",
})  # fmt: skip
# Hidden folders in which trackers keep runs.
SHOWN = frozenset({".wandb", ".aim"})
# What lies beside runs by the thousand and is never one.
NO_RUNS = frozenset({
    ".mid", ".midi", ".kar", ".abc", ".wav", ".mp3", ".flac", ".ogg", ".png", ".jpg", ".jpeg", ".svg", ".gif", ".pdf",
    ".pt", ".pth", ".ckpt", ".npz", ".npy", ".safetensors", ".bin", ".h5", ".pkl", ".onnx", ".zip", ".gz", ".tar",
    ".py", ".pyc", ".md", ".txt", ".html", ".log", ".toml", ".yaml", ".yml", ".lock", ".so", ".sf2", ".xml",
})  # fmt: skip


DATABASES = (".db", ".sqlite", ".sqlite3")


@dataclass(slots=True)
class _Folder:
    """What was seen in a folder, valid while the folder does not change."""

    place: tuple[int, int]  # device and inode
    changed: int  # st_mtime_ns; 0 where it was still changing, so that it is listed again
    folders: list[tuple[str, bool]]  # path, whether it is a link
    candidates: list[str]
    ref: RunRef | None
    notice: str | None


class Discovery:
    """Walks below root as often as it is asked; folders that did not change cost one stat."""

    def __init__(self, root: str | os.PathLike[str], depth: int = DEPTH, known: Readers | None = None) -> None:
        self.root = os.path.abspath(root)
        self.notices: list[str] = []  # of the last walk
        self._depth = depth
        self._readers = readers() if known is None else known
        self._folders: dict[str, _Folder] = {}
        self._files: dict[str, tuple[tuple[int, ...], Sequence[RunRef]]] = {}

    def walk(self) -> Iterator[RunRef | None]:
        """Every run as it is found, and None after each folder, so that a caller may pause there.

        Raises OSError when the root itself cannot be read. Links are followed; a folder that is reached twice counts
        once, under the name without links where it has one.
        """
        self.notices = []
        if not os.path.isdir(self.root):
            yield from self._root_file()
            return
        met: set[tuple[int, int]] = set()
        waiting: deque[tuple[str, int]] = deque([(self.root, 0)])
        linked: deque[tuple[str, int]] = deque()
        while waiting or linked:
            path, depth = (waiting or linked).popleft()
            try:
                found = os.stat(path)
                if (found.st_dev, found.st_ino) in met:
                    continue
                met.add((found.st_dev, found.st_ino))
                before = self._folders.get(path)
                folder = self._folder(path, found)
            except OSError as error:
                if path == self.root:
                    raise
                self.notices.append(f"{path} cannot be read: {error.strerror}")
                continue
            if folder.notice is not None:
                self.notices.append(folder.notice)
            yield folder.ref
            if folder.ref is None:
                for file in folder.candidates:
                    yield from self._file(file)
            if depth < self._depth:
                for below, is_link in folder.folders:
                    known = None if is_link or folder is not before else self._folders.get(below)
                    if known is None or known.ref is None or known.folders:
                        (linked if is_link else waiting).append((below, depth + 1))
                    elif known.place not in met:  # the folder above did not change: the run is there as it was
                        met.add(known.place)
                        yield known.ref
            yield None

    def _root_file(self) -> Sequence[RunRef]:
        if os.path.isfile(os.path.dirname(self.root)):  # one of the runs in a file
            return self._readers.refs(Path(self.root), os.path.basename(self.root)) or ()
        os.stat(self.root)
        return self._file(self.root)

    def _folder(self, path: str, found: os.stat_result) -> _Folder:
        known, changed, place = self._folders.get(path), found.st_mtime_ns, (found.st_dev, found.st_ino)
        if known is not None and (known.changed, known.place) == (changed, place):
            return known
        folders, candidates = self._entries(path)
        reader = self._readers.of(Path(path))
        ref = None if reader is None else RunRef(path, reader.name, os.path.basename(path) or path)
        if (ref is not None and not getattr(reader, "holds_runs", False)) or os.path.basename(path) == ".aim":
            folders = []
        notice = None
        if ref is None and len(candidates) > CANDIDATES:
            notice = f"{path} holds {len(candidates):,} files; the first {CANDIDATES:,} were looked into"
        version = changed if at_rest(changed) else 0
        folder = self._folders[path] = _Folder(place, version, folders, candidates[:CANDIDATES], ref, notice)
        return folder

    def _entries(self, path: str) -> tuple[list[tuple[str, bool]], list[str]]:
        folders: list[tuple[str, bool]] = []
        candidates: list[str] = []
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") and name not in SHOWN:
                    continue
                if _is_folder(entry):
                    if name not in SKIPPED:
                        folders.append((entry.path, entry.is_symlink()))
                elif os.path.splitext(name)[1].lower() not in NO_RUNS:
                    candidates.append(entry.path)
        return sorted(folders), sorted(candidates)

    def _file(self, path: str) -> Sequence[RunRef]:
        """The run that a file is by itself, or the runs in it; looked into again when it changed."""
        try:
            version = _version(path)
        except OSError:
            return ()
        known = self._files.get(path)
        if known is not None and (known[0] == version or [ref.path for ref in known[1]] == [path]):
            return known[1]
        refs = self._readers.refs(Path(path), file_name(path))
        if refs is None:  # written to just now
            return () if known is None else known[1]
        self._files[path] = version, refs
        return refs


def _version(path: str) -> tuple[int, ...]:
    """Another one after every change. Raises OSError."""
    found = os.stat(path)
    version = found.st_mtime_ns, found.st_size
    if os.path.splitext(path)[1] in DATABASES:
        try:
            log = os.stat(f"{path}-wal")  # what a writer of a SQLite file has not yet put into it
        except OSError:
            return version
        return *version, log.st_mtime_ns, log.st_size
    return version


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def discover(root: str | os.PathLike[str], depth: int = DEPTH) -> list[RunRef]:
    """All runs below root now, root itself included. Raises OSError when root cannot be read."""
    return [ref for ref in Discovery(root, depth).walk() if ref is not None]


def file_name(path: str) -> str:
    """What to call a run that is one file: its folder's name where the file is only called metrics or log."""
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    plain = {"metrics", "training_log", "log", "logs", "progress", "history", "results", "train", "training"}
    return os.path.basename(folder) if stem.lower() in plain and os.path.basename(folder) else stem
