"""The framing of a .wandb file: LevelDB's log in blocks of 32 KiB, behind a head of seven bytes."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from ..harvest import Harvest
from ..tail import Tail

MAGIC, BLOCK, HEAD = b":W&B\xe1\xbe\x00", 32_768, 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
# A record that is larger is a table or a program, no metrics.
LARGEST = 64_000_000
# Damage in the newest block may be a write that is under way; after so long it is damage.
SETTLED_S = 10.0
_head_at = struct.Struct("<IHB").unpack_from


@dataclass(slots=True)
class Framed:
    """What a piece of a log holds. end: how many of its bytes are done with."""

    records: list[bytes] = field(default_factory=list)
    end: int = 0
    lost: bool = False  # inside a record whose beginning is not known
    damages: list[int] = field(default_factory=list)  # offsets in the file
    waits: bool = False  # the newest block looks damaged, and perhaps it is only half written


class RecordLog:
    """Follows one file and hands out whole records."""

    def __init__(self, path: str, clock: Callable[[], float] = time.time) -> None:
        self.tail = Tail(path)
        self._clock = clock
        self.lost = False
        self._waited_at: int | None = None  # the end of the intact part that was told to end in damage

    def look(self, harvest: Harvest, limit: int) -> list[bytes]:
        """The records of about limit new bytes. Sets changed, restarted and more of the harvest."""
        if not self.tail.grown() and not self.tail.unread:
            return []
        look = self.tail.peek(limit)
        framed = frame(look.data, look.offset, lost=self.lost)
        if not framed.end and look.more:  # one record is longer than the turn
            look = self.tail.peek(LARGEST)
            framed = frame(look.data, look.offset, lost=self.lost)
        if look.restarted:
            harvest.restarted = True
            return []
        for offset in framed.damages:
            harvest.add_problem(self.tail.path, offset, "damaged here; reading goes on at the next block of 32 KiB")
        if framed.waits and self._is_settled() and self._waited_at != look.offset + framed.end:
            self._waited_at = look.offset + framed.end
            harvest.add_problem(self.tail.path, self._waited_at, "damaged here; there is no whole block after it")
        self.lost = framed.lost
        if framed.end:
            self.tail.take(look, framed.end)
            harvest.note_change(self.tail.changed)
        elif look.more:
            harvest.add_problem(self.tail.path, look.offset, f"a record of more than {LARGEST:,} bytes was left out")
            self.lost = True
            self.tail.skip_to((look.offset + len(look.data)) // BLOCK * BLOCK)
        harvest.more |= look.more
        return framed.records

    def _is_settled(self) -> bool:
        return self.tail.changed is not None and self._clock() - self.tail.changed > SETTLED_S


def frame(data: bytes, offset: int, *, lost: bool = False) -> Framed:
    """The whole records of data, which begins at offset of the file; lost: it begins inside of a record."""
    found = Framed(lost=lost)
    parts: list[bytes] = []
    at = found.end = len(MAGIC) if offset == 0 and len(data) >= len(MAGIC) else 0
    records, size = found.records, len(data)
    while at + HEAD <= size:
        left = BLOCK - (offset + at) % BLOCK
        if left < HEAD:
            at += left
            continue
        checksum, length, kind = _head_at(data, at)
        end = at + HEAD + length
        whole = end <= size
        if length > left - HEAD or not FULL <= kind <= LAST or (whole and zlib.crc32(data[at + 6 : end]) != checksum):
            if at + left > size:
                found.waits = True
                break
            found.damages.append(offset + at)
            found.lost, parts, at = True, [], at + left
            found.end = at
            continue
        if not whole:
            break
        if kind in (FULL, FIRST):
            found.lost, parts = False, []
        parts.append(data[at + HEAD : end])
        at = end
        if found.lost:
            parts, found.end = [], at
        elif kind in (FULL, LAST):
            records.append(parts[0] if kind == FULL else b"".join(parts))
            parts, found.end = [], at
    return found
