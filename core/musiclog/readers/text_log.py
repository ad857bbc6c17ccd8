"""The text log of a run: the newest entries as records, the older ones only counted."""

from __future__ import annotations

import os

from ..harvest import Harvest
from ..structured_log import LogParser
from ..tail import Tail

# The newest part of a log that is read when a run is opened: about 10,000 entries.
NEWEST_BYTES = 2_500_000
COUNTED_BYTES = 16_000_000  # of older text a turn


class TextLog:
    """Follows a log that may rotate: a new file under the name goes on where the old one ended."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.tail = Tail(path)
        self._parser = LogParser()
        self._begin: int | None = None  # older text up to here is only counted

    def look(self, harvest: Harvest, limit: int) -> None:
        if not self.tail.grown() and not self.tail.unread:
            return
        if self._begin is None:
            self._begin = max(0, _size(self.tail.path) - NEWEST_BYTES)
        if self.tail.offset < self._begin:
            self._count_older(harvest)
            return
        look = self.tail.lines(limit)
        harvest.note_change(self.tail.changed if look.data else None)
        harvest.more |= look.more
        lines = look.data.decode("utf-8", "replace").splitlines()
        harvest.log += self._parser.feed(lines)
        if not look.more:  # the newest entry has no successor yet that would tell its end
            harvest.log += self._parser.finish()

    def _count_older(self, harvest: Harvest) -> None:
        assert self._begin is not None
        look = self.tail.lines(min(COUNTED_BYTES, self._begin - self.tail.offset + 1_000))
        harvest.log_left_out += look.data.count(b"\n[") + look.data.startswith(b"[")
        harvest.more |= look.more
        if not look.data and not look.more:
            self._begin = 0


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
