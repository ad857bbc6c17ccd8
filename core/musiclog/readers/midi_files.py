"""MIDI files below a foreign run's folder: told as samples when they stood still, never followed out of it."""

from __future__ import annotations

import os
import re
import time
from itertools import islice

from .. import folders
from ..harvest import Harvest
from ..records import SampleFile
from .inside import inside

SUFFIXES = (".mid", ".midi")
# A file that was written for the last time so long ago is whole: foreign programs write in place.
SETTLED_S = 2.0
DEEPEST, MOST_FOLDERS = 5, 2_000
LOOKED_AT = 50  # folders in which a new file is noticed at once; the others are looked at twice a minute
_STEP = re.compile(r"(?:step|iter|iteration)[_-]?(\d+)", re.IGNORECASE)
_EPOCH = re.compile(r"epoch[_-]?(\d+)", re.IGNORECASE)


class MidiFiles:
    """Looks below one folder again whenever a folder there has changed."""

    def __init__(self, folder: str, home: str | None = None) -> None:
        """home: what no file may lie outside of, folder itself where it is not given."""
        self.folder = folder
        self._home = folder if home is None else home
        self._versions: dict[str, int | None] = {folder: None}
        self._told: set[str] = set()
        self._waiting = False

    def stirred(self) -> bool:
        """Whether there may be a new one."""
        some = islice(self._versions.items(), LOOKED_AT)
        return self._waiting or any(_version(path) != seen for path, seen in some)

    def rewind(self) -> None:
        """Tell all of them again."""
        self._versions, self._told = {self.folder: None}, set()

    def look(self, harvest: Harvest) -> None:
        if not self._waiting and all(_version(path) == seen is not None for path, seen in self._versions.items()):
            return
        self._waiting = False
        self._versions = {}
        self._walk(self.folder, harvest, DEEPEST)

    def sample(self, path: str, step: float | None = None) -> SampleFile | None:
        """A file that the run itself names, at its step; None where it is no MIDI file or lies outside."""
        found = inside(self._home, path)
        if found is None or not found.lower().endswith(SUFFIXES) or not os.path.isfile(found):
            return None
        self._told.add(found)
        return named(found, os.stat(found).st_mtime, step)

    def _walk(self, folder: str, harvest: Harvest, depth: int) -> None:
        if len(self._versions) >= MOST_FOLDERS:
            return
        self._versions[folder] = _version(folder)
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                if depth > 1:
                    self._walk(entry.path, harvest, depth - 1)
            elif entry.name.lower().endswith(SUFFIXES) and entry.path not in self._told:
                self._take(entry.path, harvest)

    def _take(self, path: str, harvest: Harvest) -> None:
        if inside(self._home, path) is None:
            self._told.add(path)
            harvest.add_problem(path, 0, "this sample is a link that leads out of the run's folder; it is not followed")
            return
        try:
            written = os.stat(path).st_mtime
        except OSError:
            return
        if time.time() - written < SETTLED_S:
            self._waiting = True
            return
        self._told.add(path)
        harvest.samples.append(named(path, written))


def named(path: str, written: float, step: float | None = None) -> SampleFile:
    """A sample whose step and epoch are those in its name, where it is not known better."""
    name = os.path.splitext(os.path.basename(path))[0]
    in_name, epoch = _STEP.search(name), _EPOCH.search(name)
    if step is None and in_name:
        step = float(in_name[1])
    return SampleFile(path=path, name=name, step=step, epoch=float(epoch[1]) if epoch else None, time=written)


def _version(folder: str) -> int | None:
    try:
        return folders.version(folder)
    except OSError:
        return 0
