"""Have samples painted small in worker processes, and keep the pictures: in memory, and in the user's cache folder.

A tune of a few hundred notes is painted in a millisecond, one of 50,000 in a tenth of a second and
read back in one.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
from PySide6.QtCore import QObject, Signal

from musiclog.midi_events import read_file

from ..state.thumbnail import Thumbnail
from . import cache
from .pool import Executor

if TYPE_CHECKING:
    from musiclog.notes import Notes

WIDTH, HEIGHT = 112, 48
KEPT = 2_000  # of 5 KB
CACHE_BYTES = 20_000_000  # 4,000 pictures
LOOK = f"{WIDTH}x{HEIGHT} 1"  # another number where the same notes are painted in another way
_PALEST = 70  # of 255: the ink of the softest note


def paint(path: str, folder: Path) -> Thumbnail:
    """In a worker process; from the cache where the same bytes were painted before."""
    data = read_file(path)
    kept = folder / "thumbnails" / f"{cache.digest(data, LOOK)}.ink"
    known = _read(kept, path)
    if known is not None:
        return known
    from musiclog.notes import read_notes  # noqa: PLC0415  brings the MIDI libraries, which only workers need

    notes = read_notes(data)
    four_bars = min(float(notes.seconds_at(np.array([4 * notes.bar_beats]))[0]), notes.length_s)
    ink = _ink(notes).tobytes()
    cache.write_whole(kept, orjson.dumps(four_bars) + b"\n" + ink)
    if kept.name.startswith("0"):  # each 16th: looking through thousands of files costs more than painting one
        cache.trim(kept.parent, CACHE_BYTES)
    return Thumbnail(path, WIDTH, HEIGHT, ink, four_bars)


def _read(kept: Path, path: str) -> Thumbnail | None:
    try:
        four_bars, ink = kept.read_bytes().split(b"\n", 1)
        if len(ink) != WIDTH * HEIGHT:
            return None
        os.utime(kept)  # the cache drops first what was not used for longest
        return Thumbnail(path, WIDTH, HEIGHT, ink, float(four_bars))
    except (OSError, ValueError):  # not there, or damaged: it is painted again
        return None


def _ink(notes: Notes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """(HEIGHT, WIDTH): every note at least one dot; drums are left out unless there is nothing else."""
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    pitched = ~notes.is_drum if len(notes) and not notes.is_drum.all() else np.ones(len(notes), bool)
    if not pitched.any():
        return ink
    pitch, shade = notes.pitch[pitched], _PALEST + notes.velocity[pitched] / 127 * (255 - _PALEST)
    low, high = int(pitch.min()), int(pitch.max())
    span = max(high - low, 24)  # two octaves at least, so that a monotone piece looks like one
    rows = HEIGHT - 1 - ((pitch - (low + high - span) / 2) / span * (HEIGHT - 1)).round().astype(int)
    scale = WIDTH / max(notes.length_beats, 1e-9)
    starts = np.clip((notes.onset[pitched] * scale).astype(int), 0, WIDTH - 1)
    ends = np.clip((notes.end[pitched] * scale).astype(int), starts + 1, WIDTH)
    for row, start, end, dark in zip(rows, starts, ends, shade.astype(np.uint8), strict=True):
        np.maximum(ink[row, start:end], dark, out=ink[row, start:end])
    return ink


class Thumbnails(QObject):
    """Pictures of the samples asked for last; what cannot be painted has none."""

    arrived = Signal(str)  # path

    def __init__(self, executor: Executor, parent: QObject | None = None, folder: Path | None = None) -> None:
        super().__init__(parent)
        self._executor, self._folder = executor, folder or cache.cache_folder()
        self._known: OrderedDict[str, Thumbnail | None] = OrderedDict()
        self._under_way: set[str] = set()

    def of(self, path: str) -> Thumbnail | None:
        """The picture if it is there; else it is asked for and arrived tells."""
        if path in self._known:
            self._known.move_to_end(path)
        elif path not in self._under_way:
            self._under_way.add(path)
            # Somebody looks at the empty place, and a picture takes a millisecond: before scores and sounds.
            self._executor.submit(
                paint, path, self._folder, done=self._take, failed=partial(self._fail, path), urgent=True
            )
        return self._known.get(path)

    def _take(self, picture: Thumbnail) -> None:
        self._keep(picture.path, picture)

    def _fail(self, path: str, _reason: str) -> None:
        self._keep(path, None)  # the sample table says why

    def _keep(self, path: str, picture: Thumbnail | None) -> None:
        self._under_way.discard(path)
        self._known[path] = picture
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self.arrived.emit(path)
