"""A directory of TensorBoard event files, all of them, and the sub-folders that its writer made beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders
from ..harvest import Harvest
from ..records import Floats, Points, RunInfo
from ..tail import Tail
from .cursor import ResumableCursor
from .event_columns import Extract
from .event_file import EventFile
from .event_proto import Setting

# add_scalars makes <tag>/<name> (tensorboardX) or <tag with _>_<name> (torch) below the directory of its writer.
DEEPEST = 4
# Scalars that come as tensors name this plug-in, on the first event of a tag; torch and tensorboardX name none.
SCALARS = "scalars"
Part = tuple[Floats, Floats, Floats]  # steps, times and values of one series
# These names say nothing without that of the directory above.
PLAIN_NAMES = frozenset({"train", "validation", "val", "valid", "eval", "test", "logs", "log", "tb", "tensorboard"})


class TensorBoardReader:
    """A directory that holds event files. Directories below it may be runs of their own."""

    name = "TensorBoard"
    holds_runs = True

    def claims(self, path: Path) -> bool:
        folder = os.path.abspath(path)
        return bool(event_files(folder)) and not is_told_by_aurl(folder) and writer_above(folder) is None

    def open(self, path: Path) -> TensorBoardCursor:
        return TensorBoardCursor(path)


reader = TensorBoardReader()


class TensorBoardCursor(ResumableCursor):
    save_version = 1

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [file.tail.path for file in self._files.values()]

    def _start(self) -> None:
        self._files: dict[str, EventFile] = {}
        self._folders = [self._folder]  # with all below
        self._versions: tuple[int | None, ...] = ()  # of these when their files were listed
        self._plugins: dict[str, str] = {}
        self._settings: dict[str, Setting] = {}
        self._settings_told = 0
        self._started: float | None = None
        self._told = False
        self._find_files()

    def _tails(self) -> Sequence[Tail]:
        return [file.tail for file in self._files.values()]

    def _remember(self) -> dict[str, Any]:
        lost = [path for path, file in self._files.items() if file.lost]
        return {"plugins": self._plugins, "settings": self._settings, "started": self._started, "lost": lost}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        self._plugins, self._started = dict(memory["plugins"]), memory["started"]
        self._settings = dict(memory["settings"])
        for path in memory["lost"]:
            self._files[path].lost = True

    def _look(self, harvest: Harvest, limit: int) -> None:
        self._find_files()
        parts: dict[str, list[Part]] = {}
        # In the order of their names: a file that was begun later goes on where the one before ended.
        for path, file in sorted(self._files.items()):
            while limit > 0:
                before = file.tail.offset
                found = file.look(harvest, limit)
                if found is not None:
                    self._sort(found, os.path.dirname(path), parts)
                if file.tail.offset <= before:
                    break
                limit -= file.tail.offset - before
        for name, found_parts in parts.items():
            steps, times, values = in_order(found_parts)
            harvest.add_points({name: Points(steps, times, np.full(len(steps), np.nan), values)})
        if len(self._settings) > self._settings_told and not harvest.restarted:
            self._settings_told = len(self._settings)
            harvest.config = dict(self._settings)
        harvest.more = limit <= 0 and any(file.tail.unread or file.tail.grown() for file in self._files.values())
        if not self._told and not harvest.restarted:
            self._told = True
            harvest.info = RunInfo(name=title(self._folder), format=TensorBoardReader.name, started=self._started)

    def _sort(self, found: Extract, folder: str, parts: dict[str, list[Part]]) -> None:
        """Put what one file brought under the names of the series."""
        below = os.path.relpath(folder, self._folder).replace(os.sep, "/")
        self._plugins.update(found.plugins)
        self._settings.update(found.settings)
        for tag, scalars in sorted(found.by_tag.items(), key=lambda item: min(part[0] for part in item[1].places)):
            if self._plugins.get(tag, SCALARS) != SCALARS:
                continue
            steps, times, values = scalars.in_order()
            if self._started is None and len(times):
                self._started = float(times[0])
            parts.setdefault(series_name(tag, below), []).append((steps, times, values))

    def _find_files(self) -> None:
        """Event files of the directory and of the writer's folders below it, when a folder has changed."""
        versions = tuple(map(version_of, self._folders))
        if None not in versions and versions == self._versions:
            return
        self._folders = [self._folder, *folders_below(self._folder)]
        self._versions = tuple(map(version_of, self._folders))
        for folder in self._folders:
            files = event_files(folder)
            if files and (folder == self._folder or writer_above(folder) == self._folder):
                for path in files:
                    if path not in self._files:
                        self._files[path] = EventFile(path)


def in_order(parts: list[Part]) -> Part:
    """Steps, times and values of one series, out of one or several files.

    One file after the other, as a run goes on that was resumed; but by time where two were written at the same time.
    """
    if len(parts) == 1:
        return parts[0]
    steps, times, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    ends = [(part[1].min(), part[1].max()) for part in parts]
    if all(before[1] <= after[0] for before, after in pairwise(ends)):
        return steps, times, values
    order = np.argsort(times, kind="stable")
    return steps[order], times[order], values[order]


def version_of(folder: str) -> int | None:
    try:
        return folders.version(folder)
    except OSError:
        return 0


def event_files(folder: str) -> list[str]:
    """In the order of their names, which begin with the time of writing."""
    return [os.path.join(folder, name) for name in folders.names(folder) if "tfevents" in name]


def folders_below(folder: str, depth: int = DEEPEST) -> Iterator[str]:
    """Without following links."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    for path in found:
        yield path
        if depth > 1:
            yield from folders_below(path, depth - 1)


def writer_above(folder: str) -> str | None:
    """The directory whose writer made this sub-folder; None where this folder is a run by itself."""
    mine = event_files(folder)
    above = folder
    for _ in range(DEEPEST):
        above = os.path.dirname(above)
        theirs = event_files(above)
        if theirs:
            below = os.path.relpath(folder, above).replace(os.sep, "/")
            ours = named_by_time(below) or _same_process(mine, theirs) or _named_by_tag(mine[0], below)
            return above if ours else None
    return None


def _same_process(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    writers = {_writer(path) for path in theirs} - {None}
    return any(_writer(path) in writers for path in mine)


def _writer(path: str) -> str | None:
    """Host and process of events.out.tfevents.<time>.<host>.<pid>.<number>; None where the name has no process."""
    found = re.search(r"tfevents\.\d+\.(.+\.\d+)\.\d+(?:\.v2)?$", os.path.basename(path))
    return found[1] if found else None


def _named_by_tag(path: str, below: str) -> bool:
    """Whether the folder is called as add_scalars calls it: after the tag of the first scalar in the file."""
    found = EventFile(path).look(Harvest(), 1)
    return found is not None and any(_part(tag, below) is not None for tag in found.by_tag)


def _part(tag: str, below: str) -> str | None:
    """name, where below is <tag>/<name> or <tag with _>_<name>."""
    for prefix in (f"{tag}/", f"{tag.replace('/', '_')}_"):
        if below.startswith(prefix) and len(below) > len(prefix):
            return below[len(prefix) :]
    return None


def series_name(tag: str, below: str) -> str:
    """Tag of a scalar in the sub-folder below ("." for the directory itself)."""
    if below == "." or named_by_time(below):
        return tag
    part = _part(tag, below)
    return f"{below}/{tag}" if part is None else f"{tag}/{part}"


def named_by_time(below: str) -> bool:
    """As add_hparams calls its folder: 1795453712.0555346."""
    return re.fullmatch(r"\d{9,}(\.\d+)?", below) is not None


def is_told_by_aurl(folder: str) -> bool:
    """<save_dir>/tensorboard/<id>/... where <save_dir>/experiments/<id> tells the same and more."""
    parts = Path(folder).parts
    for at in range(len(parts) - 1, 0, -1):
        if parts[at - 1] == "tensorboard":
            return Path(*parts[: at - 1], "experiments", parts[at]).is_dir()
    return False


def title(folder: str) -> str:
    name, above = os.path.basename(folder), os.path.basename(os.path.dirname(folder))
    return f"{above}/{name}" if name.lower() in PLAIN_NAMES and above else name
