"""The columns of a run in one file that is mapped into memory: nothing is parsed and nothing copied.

Arrays of float64 come first, then a header in JSON that tells what they are, then a foot that finds the header. What
ends early, or holds other bytes than were written, is recognised as damaged. Nothing in it is ever executed.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .columns import Column
from .errors import ReadError
from .records import Floats, Points
from .series import Series
from .tail import probe
from .timeline import Timeline

SCHEMA = 1
MAGIC = b"musiclog columns"
FOOT = struct.Struct("<QQI16s")  # where the header begins, its length, its checksum, the magic word
ALIGNED = 64
# Bytes that are written in one go.
PIECE = 4_000_000


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """Names a file of columns, so that another process can map it. id: what its header says."""

    path: str
    id: str

    def series(self) -> dict[str, Series]:
        """The series in it, as they were kept. Raises ReadError where the file is gone or damaged."""
        header, array = self._open()
        try:
            timelines = [Timeline.of(kept, lambda number: Column(array(number))) for kept in header["timelines"]]
            return {
                each["name"]: Series.of(
                    each["name"], timelines[each["timeline"]], each["series"], lambda number: Column(array(number))
                )
                for each in header["series"]
            }
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ReadError(f"{self.path} is damaged: {error!r}") from error

    def points(self) -> dict[str, Points]:
        """The same as points; metrics that were logged together share their steps, times and epochs."""
        header, array = self._open()
        try:
            found = {}
            for each in header["series"]:
                timeline = header["timelines"][each["timeline"]]
                steps, times, epochs = (array(timeline[axis]["raw"]) for axis in ("step", "time", "epoch"))
                found[each["name"]] = Points(steps, times, epochs, array(each["series"]["values"]))
            return found
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ReadError(f"{self.path} is damaged: {error!r}") from error

    def _open(self) -> tuple[dict[str, Any], Callable[[int], Floats]]:
        header = read_header(self.path)
        if header.get("id") != self.id:
            raise ReadError(f"{self.path} is another one")
        return header, _arrays(self.path, header)


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a file of columns says of itself. Raises ReadError where it is gone or damaged."""
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - FOOT.size))
            begin, length, checksum, magic = FOOT.unpack(file.read(FOOT.size))
            if magic != MAGIC or begin + length + FOOT.size != size:
                raise ReadError(f"{path} is damaged: it ends early")
            file.seek(begin)
            content = file.read(length)
            if zlib.crc32(content) != checksum:
                raise ReadError(f"{path} is damaged: the checksum of its header is wrong")
            header = json.loads(content)
            if not isinstance(header, dict) or header["probe"] != probe(file.fileno(), 0, begin):
                raise ReadError(f"{path} is damaged: it holds other bytes than were written")
            return header
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror}") from error
    except (struct.error, ValueError, KeyError, RecursionError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"{path} is damaged: {error}") from error


def write(path: Path, series: Mapping[str, Series], header: Mapping[str, Any]) -> Iterator[None]:
    """Write these series as they are now, a piece a turn; what is appended meanwhile is left out.

    The file is written under another name and renamed, so that nobody ever sees half of it. Raises OSError.
    """
    shelf = _Shelf()
    timelines: dict[int, int] = {}
    kept_timelines: list[dict[str, Any]] = []
    kept_series = []
    for name, each in series.items():
        each.leave_together()
        if id(each.timeline) not in timelines:
            timelines[id(each.timeline)] = len(kept_timelines)
            kept_timelines.append(each.timeline.kept(shelf.put))
        kept_series.append({"name": name, "timeline": timelines[id(each.timeline)], "series": each.kept(shelf.put)})
    whole = {**header, "arrays": shelf.places, "timelines": kept_timelines, "series": kept_series}
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w+b", buffering=0) as file:
            yield from shelf.write(file.fileno())
            content = json.dumps({**whole, "probe": probe(file.fileno(), 0, shelf.size)}).encode()
            os.lseek(file.fileno(), shelf.size, os.SEEK_SET)
            _write_all(file.fileno(), content + FOOT.pack(shelf.size, len(content), zlib.crc32(content), MAGIC))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


class _Shelf:
    """Arrays one after the other, equal ones once: epochs that nobody logged, and steps that all metrics share."""

    def __init__(self) -> None:
        self.places: list[tuple[int, int]] = []  # offset, rows
        self.size = 0
        self._parts: list[list[Floats]] = []
        self._alike: dict[tuple[int, bytes], list[int]] = {}  # by length and some values

    def put(self, column: Column) -> int:
        parts = list(column.parts())
        rows = sum(map(len, parts))
        looks = b"".join(part[[0, len(part) // 2, -1]].tobytes() for part in parts)
        known = self._alike.setdefault((rows, looks), [])
        for number in known:
            if _equal(self._parts[number], parts):
                return number
        known.append(len(self.places))
        self.places.append((self.size, rows))
        self._parts.append(parts)
        self.size += -(-rows * 8 // ALIGNED) * ALIGNED
        return known[-1]

    def write(self, fd: int) -> Iterator[None]:
        os.ftruncate(fd, self.size)
        for (offset, _), parts in zip(self.places, self._parts, strict=True):
            os.lseek(fd, offset, os.SEEK_SET)
            for part in parts:
                content = memoryview(part.view(np.uint8).data)
                for begin in range(0, len(content), PIECE):
                    _write_all(fd, content[begin : begin + PIECE])
                    yield


def _equal(one: list[Floats], other: list[Floats]) -> bool:
    """Bit by bit, because NaN equals nothing."""
    return len(one) == len(other) and all(
        len(a) == len(b) and np.array_equal(a.view(np.int64), b.view(np.int64)) for a, b in zip(one, other, strict=True)
    )


def _write_all(fd: int, content: bytes | memoryview) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _arrays(path: str, header: Mapping[str, Any]) -> Callable[[int], Floats]:
    """The arrays of a file by their numbers, mapped into memory for as long as one of them is in use."""
    try:
        with Path(path).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ReadError(f"{path} cannot be mapped: {error}") from error
    found: dict[int, Floats] = {}

    def array(number: int) -> Floats:
        if number not in found:
            offset, rows = header["arrays"][number]
            found[number] = np.frombuffer(mapped, np.float64, rows, offset)
        return found[number]

    return array
