"""Follow a growing file and hand out whole lines only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .folders import at_rest
from .regular_file import open_regular

# A turn's bytes where the caller does not say: about 40k lines, so a window answers while a long run loads.
TURN = 4_000_000
# A file that is written anew nearly always differs here; the bytes before the offset catch the rest.
FINGERPRINT = 64
# A line longer than this is no record; it is passed over, so that it cannot fill the memory.
LONGEST_LINE = 16_000_000
# What is looked at to know a file again after years: all of it up to a megabyte, else so many of its blocks, the first
# and the last among them. A millisecond; the whole of a long file would take as long as reading it.
PROBES, PROBED = 256, 4_096


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a file brought.

    data begins at offset. restarted: the file is another one than before, or was cut, and data begins at its start.
    more: there is more to read at once. gone: there is no such file now; what was read stays valid.
    too_long: offsets of lines that were passed over because of their length.
    """

    data: bytes = b""
    offset: int = 0
    restarted: bool = False
    more: bool = False
    gone: bool = False
    too_long: tuple[int, ...] = ()


class Tail:
    """Remembers how far a file was read, and notices when it is no longer the same file.

    The same file has the same device, inode and first bytes, the same bytes just before the offset, and is not
    shorter than what was read. The file is open only during a look, so that others can replace it on any system.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.size = 0  # as last seen
        self.changed: float | None = None  # Unix seconds of its last change, as last seen
        self.offset = 0  # up to here it was handed out
        self._seen: tuple[int, ...] | None = None  # device, inode, size, mtime at the last look
        self._head = b""
        self._before = b""  # the bytes just before the offset
        self._skipping = False  # inside a line that is too long

    @property
    def unread(self) -> int:
        return max(0, self.size - self.offset)

    def rewind(self) -> None:
        """Read from the start again."""
        self.offset, self._seen, self._head, self._before, self._skipping = 0, None, b"", b"", False

    def grown(self) -> bool:
        """Whether a look would find anything new; one stat, no read."""
        try:
            found = os.stat(self.path)
        except OSError:
            return self._seen is not None
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) != self._seen

    def save(self) -> dict[str, Any] | None:
        """Where reading stands, and how to know the file again later; None where that cannot be said now."""
        if self._seen is None or self._skipping:
            return None
        try:
            with open_regular(self.path) as file:
                fd = file.fileno()
                found = os.fstat(fd)
                if not self._same(fd, found):
                    return None
                settled = at_rest(found.st_mtime_ns) and (found.st_size, found.st_mtime_ns) == self._seen[2:]
                return {
                    "path": self.path, "offset": self.offset, "device": found.st_dev, "inode": found.st_ino,
                    "size": found.st_size, "mtime_ns": found.st_mtime_ns, "ctime_ns": found.st_ctime_ns,
                    "settled": settled, "probe": probe(fd, 0, self.offset),
                }  # fmt: skip
        except OSError:
            return None

    def resume(self, saved: Mapping[str, Any]) -> bool:
        """Go on where save() stood, if the file is still that one and has at most grown since.

        A file of the same size with other time stamps was written anew. Time stamps that were not at rest when they
        were saved prove nothing; then, as after growth, the bytes alone tell.
        """
        try:
            with open_regular(self.path) as file:
                fd = file.fileno()
                found = os.fstat(fd)
                offset = int(saved["offset"])
                if (found.st_dev, found.st_ino) != (saved["device"], saved["inode"]) or found.st_size < offset:
                    return False
                stamps = (found.st_mtime_ns, found.st_ctime_ns)
                if found.st_size <= saved["size"] and stamps != (saved["mtime_ns"], saved["ctime_ns"]):
                    return False
                if probe(fd, 0, offset) != saved["probe"]:
                    return False
                self._head = _read_at(fd, FINGERPRINT, 0)
                before = min(FINGERPRINT, offset)
                self._before = _read_at(fd, before, offset - before)
        except OSError:
            return False
        self.offset, self.size, self.changed = offset, found.st_size, found.st_mtime
        at_end = offset == found.st_size
        self._seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if at_end else None
        return True

    def lines(self, limit: int = TURN) -> Look:
        """At most limit new bytes, cut after the last newline. A line without its newline waits for it."""
        look = self.peek(limit)
        restarted = look.restarted
        cut = look.data.rfind(b"\n") + 1
        if not cut and not self._skipping and len(look.data) == limit:  # a line longer than a turn, in one piece
            look = self.peek(LONGEST_LINE)
            cut = look.data.find(b"\n") + 1
        if cut:
            data, offset = self._hand_out(look, cut)
            return Look(data, offset, restarted, look.more or look.data.find(b"\n", cut) >= 0)
        if self._skipping or len(look.data) >= LONGEST_LINE:
            return self._skip(look, restarted)
        return Look(offset=look.offset, restarted=restarted, gone=look.gone)

    def last_line(self) -> Look:
        """The unfinished line at the end, as it is now; take() hands it out."""
        return self.peek(LONGEST_LINE) if self.unread and not self._skipping else Look(offset=self.offset)

    def take(self, look: Look, count: int) -> None:
        """Count the first bytes of what peek() gave as handed out."""
        self.offset = look.offset + count
        self._before = (self._before + look.data[max(0, count - FINGERPRINT) : count])[-FINGERPRINT:]

    def skip_to(self, offset: int) -> None:
        """Go on reading at offset, which may lie beyond the end."""
        self.offset = offset
        self._before = b""

    def peek(self, limit: int = TURN) -> Look:
        """The next bytes, lines or not, without counting them as handed out."""
        try:
            with open_regular(self.path) as file:
                return self._read(file.fileno(), limit)
        except OSError:
            gone = self._seen is not None
            self._seen = None
            return Look(offset=self.offset, gone=gone)

    def _read(self, fd: int, limit: int) -> Look:
        found = os.fstat(fd)
        restarted = self.offset > 0 and not self._same(fd, found)
        if restarted:
            self.rewind()
        self._seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        self.size, self.changed = found.st_size, found.st_mtime
        if len(self._head) < FINGERPRINT:
            self._head = _read_at(fd, FINGERPRINT, 0)
        data = _read_at(fd, limit, self.offset)
        return Look(data, self.offset, restarted, more=self.offset + len(data) < found.st_size)

    def _same(self, fd: int, found: os.stat_result) -> bool:
        if found.st_size < self.offset:
            return False
        if self._seen is not None and (found.st_dev, found.st_ino) != self._seen[:2]:
            return False
        if _read_at(fd, len(self._head), 0) != self._head:
            return False
        return _read_at(fd, len(self._before), self.offset - len(self._before)) == self._before

    def _hand_out(self, look: Look, cut: int) -> tuple[bytes, int]:
        self.take(look, cut)
        data = look.data if cut == len(look.data) else look.data[:cut]
        offset = look.offset
        if self._skipping:  # the rest of the line that is passed over
            end = data.find(b"\n") + 1
            data, offset, self._skipping = data[end:], offset + end, False
        return data, offset

    def _skip(self, look: Look, restarted: bool) -> Look:
        too_long = () if self._skipping else (look.offset,)
        self._skipping = True
        self.take(look, len(look.data))
        return Look(b"", look.offset, restarted, look.more, too_long=too_long)


def _read_at(fd: int, count: int, offset: int) -> bytes:
    """Up to count bytes, fewer only at the end of the file."""
    os.lseek(fd, offset, os.SEEK_SET)
    parts = []
    while count > 0 and (part := os.read(fd, count)):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def probe(fd: int, begin: int, end: int) -> str:
    """A fingerprint of the bytes between begin and end of an open file."""
    found = hashlib.blake2b(str(end - begin).encode(), digest_size=16)
    if end - begin <= PROBES * PROBED:
        found.update(_read_at(fd, end - begin, begin))
        return found.hexdigest()
    for number in range(PROBES):
        place = begin + (end - begin - PROBED) * number // (PROBES - 1)
        found.update(_read_at(fd, PROBED, place))
    return found.hexdigest()
