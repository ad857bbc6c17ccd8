"""What a program printed, piece by piece, to entries of its log."""

from __future__ import annotations

import re

from ..harvest import Harvest
from ..records import LogRecord
from ..tail import Tail

# Colours and cursor movements of terminals.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|.)")
# Of a long output only the newest part is read; about 20,000 lines.
NEWEST_BYTES = 2_000_000
LONGEST_PIECE = 100_000


class Printed:
    """Joins pieces to lines. A line that a progress bar wrote over and over counts as it stood last."""

    def __init__(self) -> None:
        self.rest = ""  # the line that has not ended

    def feed(self, text: str, at: float | None) -> list[LogRecord]:
        *lines, self.rest = (self.rest + text).replace("\r\n", "\n").split("\n")
        self.rest = self.rest[-LONGEST_PIECE:]
        shown = (_ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in lines)
        return [LogRecord(at, "INFO", "output", line) for line in shown if line]


class PrintedFile:
    """A file that holds what a program printed."""

    def __init__(self, path: str) -> None:
        self.tail = Tail(path)
        self._printed = Printed()

    def look(self, harvest: Harvest, limit: int) -> None:
        if not self.tail.grown() and not self.tail.unread:
            return
        if not self.tail.offset:
            self.tail.peek(1)
            self.tail.skip_to(max(0, self.tail.size - NEWEST_BYTES))
        look = self.tail.lines(limit)
        if look.restarted:
            self._printed = Printed()
        harvest.note_change(self.tail.changed if look.data else None)
        harvest.more |= look.more
        harvest.log += self._printed.feed(look.data.decode("utf-8", "replace"), None)
