"""A run's text log as lines of equal height, narrowed by level and text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from musiclog.records import LogRecord
from musiclog.run_data import RunData

from . import wording

AnyIndex = QModelIndex | QPersistentModelIndex

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LEVEL_SIGNS = {"DEBUG": "·", "INFO": "○", "WARNING": "△", "ERROR": "◆", "CRITICAL": "✖"}
_OTHER_NAMES = {"WARN": "WARNING", "FATAL": "CRITICAL", "NOTSET": "DEBUG", "TRACE": "DEBUG", "SUCCESS": "INFO"}
_STEP = re.compile(r"\b(?:global[_ ])?step\b\W{0,3}(\d[\d,]*)", re.IGNORECASE)
# A record is put to a logged step by its time when one was logged within this many seconds of it.
NEAR_S = 5.0
# Lines of more characters may end in an ellipsis; they are told in full by a tool tip.
LONG_LINE = 90

LINE_ROLE = Qt.ItemDataRole.UserRole  # LogLine


class LogLine(NamedTuple):
    """The head of a record (field is None) or one of its indented fields; a tuple, since there are 100,000."""

    record: LogRecord
    field: str | None

    @property
    def level(self) -> str:
        return level_of(self.record)

    def text(self) -> str:
        """As the log file writes it."""
        if self.field is not None:
            return f"  - {wording.one_line(self.field)}"
        record = self.record
        tag = f"[{record.tag}] " if record.tag else ""
        parts = (f"[{_moment(record.time)}]", f"[{record.level}]", f"[{record.module}]", f"{tag}{record.message}")
        return wording.one_line(" ".join(parts), 2_000)


def _moment(unix: float | None) -> str:
    return "–" if unix is None else wording.date_and_time(unix)


def level_of(record: LogRecord) -> str:
    """One of LEVELS; words that no level has count as INFO."""
    word = record.level.strip().upper()
    word = _OTHER_NAMES.get(word, word)
    return word if word in LEVELS else "INFO"


class LogLines(QAbstractListModel):
    """The newest records of a run that pass the filter, oldest first; a line each for head and fields."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data: RunData | None = None
        self._log: deque[LogRecord] | None = None
        self._taken = 0  # records seen, also those that are no longer kept
        self._lines: list[LogLine] = []
        self._lengths: deque[int] = deque()  # lines of each kept record, 0 where the filter hides it
        self._needle, self._least = "", LEVELS[0]

    # -- orders ---------------------------------------------------------------------------------

    def show_run(self, data: RunData | None) -> None:
        self.beginResetModel()
        self._data = data
        self._log = None if data is None else data.log
        self._lines, self._lengths = [], deque()
        self._taken = 0 if data is None else data.log_left_out
        if self._log is not None:
            self._lines = self._add(list(self._log))
        self.endResetModel()

    def take(self, data: RunData) -> None:
        """Append what came since, and let go of what the run no longer keeps."""
        if self._data is not data or self._log is not data.log:  # the run was read anew
            self.show_run(data)
            return
        total = data.log_left_out + len(self._log)
        fresh = min(total - self._taken, len(self._log))
        self._let_go(len(self._lengths) + fresh - len(self._log))
        self._taken = total - fresh
        if fresh:
            self._append(list(islice(self._log, len(self._log) - fresh, None)))

    def narrow(self, text: str, least: str) -> None:
        """Show only records of at least this level that contain the text in any of their lines."""
        if (text.casefold(), least) != (self._needle, self._least):
            self._needle, self._least = text.casefold(), least
            self.show_run(self._data)

    # -- what others ask ------------------------------------------------------------------------

    def place(self, record: LogRecord) -> int | None:
        """The head line of this record or of the next one that passes the filter."""
        number = next((at for at, line in enumerate(self._lines) if line.record is record), None)
        if number is not None or self._log is None or record.time is None:
            return number
        later = (at for at, line in enumerate(self._lines) if (line.record.time or 0.0) >= record.time)
        return next(later, None)

    def left_out(self) -> int:
        """Older records that are only in the file."""
        return 0 if self._data is None else self._data.log_left_out

    def records(self) -> int:
        return len(self._lengths)

    def shown_records(self) -> int:
        return sum(length > 0 for length in self._lengths)

    def step(self, record: LogRecord) -> tuple[float, Literal["named", "by time"]] | None:
        """The step of a record: named in its text, or the one that was logged at its time."""
        for text in (record.message, *record.fields):
            found = _STEP.search(text)
            if found:
                return float(found[1].replace(",", "")), "named"
        if record.time is None or self._data is None:
            return None
        near = step_at(self._data, record.time)
        return None if near is None else (near, "by time")

    # -- within ---------------------------------------------------------------------------------

    def _passes(self, record: LogRecord) -> bool:
        if self._least == LEVELS[0] and not self._needle:
            return True
        if LEVELS.index(level_of(record)) < LEVELS.index(self._least):
            return False
        if not self._needle:
            return True
        texts = (record.message, record.module, record.tag or "", *record.fields)
        return any(self._needle in text.casefold() for text in texts)

    def _add(self, records: list[LogRecord]) -> list[LogLine]:
        """Lines of new records; counts them as taken."""
        lines: list[LogLine] = []
        for record in records:
            length = 0
            if self._passes(record):
                lines.append(LogLine(record, None))
                lines.extend(LogLine(record, field) for field in record.fields)
                length = 1 + len(record.fields)
            self._lengths.append(length)
        self._taken += len(records)
        return lines

    def _append(self, records: list[LogRecord]) -> None:
        lines = self._add(records)
        if lines:
            start = len(self._lines)
            self.beginInsertRows(QModelIndex(), start, start + len(lines) - 1)
            self._lines += lines
            self.endInsertRows()

    def _let_go(self, records: int) -> None:
        lines = sum(self._lengths.popleft() for _ in range(max(records, 0)))
        if lines:
            self.beginRemoveRows(QModelIndex(), 0, lines - 1)
            del self._lines[:lines]
            self.endRemoveRows()

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.text()
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.ToolTipRole and len(line.text()) > LONG_LINE:
            return wording.tool_tip(line.field or f"{line.record.module}\n{line.record.message}")
        return None


def step_at(data: RunData, time: float) -> float | None:
    """The step that was logged nearest to a time; None where none was within NEAR_S. time: Unix seconds."""
    longest = max(data.series.values(), key=len, default=None)
    if longest is None or not len(longest):
        return None
    times = longest.times
    if not np.isfinite(times[0]):
        return None
    place = bisect_right(times, time)
    near = [at for at in (place - 1, place) if 0 <= at < len(times) and abs(times[at] - time) <= NEAR_S]
    return float(longest.steps[min(near, key=lambda at: abs(times[at] - time))]) if near else None
