"""The training files of a run as a table: sorted and filtered here, since a hundred thousand rows are possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, ClassVar

from PySide6.QtCore import QModelIndex, QObject, Qt

from musiclog.data_use import DataUse, FileUse

from . import wording
from .rows import Rows, rearrange


class DataTable(Rows[FileUse]):
    """One row a file. refresh() shows new sums; the order follows, selection and scroll stay with their files."""

    NAME, USES, AUGMENTED, TRANSPOSITION, STRETCH, LENGTH, CACHE, LAST = range(8)
    HEADERS: ClassVar[tuple[str, ...]] = (
        "File", "Uses", "Augmented", "Transposition", "Stretch", "Length", "Cache hits", "Last used",
    )  # fmt: skip
    RIGHT: ClassVar[frozenset[int]] = frozenset(range(1, len(HEADERS)))

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.use: DataUse | None = None
        self._met = 0  # files of it that have been taken up
        self._column, self._descending = self.NAME, False
        self._needle = ""

    # -- orders ---------------------------------------------------------------------------------

    def show_use(self, use: DataUse | None) -> None:
        self.beginResetModel()
        self.use, self._met = use, 0 if use is None else len(use.files)
        self._rows = self._ordered()
        self.endResetModel()

    def refresh(self) -> None:
        """Show what was added to the sums since the last time."""
        if self.use is None:
            return
        if len(self.use.files) > self._met:
            self._insert(list(islice(self.use.files.values(), self._met, None)))
            self._met = len(self.use.files)
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def filter(self, text: str) -> None:
        """Show the files whose names contain the text, whatever their case."""
        self._needle = text.casefold()
        self.show_use(self.use)

    # -- within ---------------------------------------------------------------------------------

    def _passes(self, use: FileUse) -> bool:
        return not self._needle or self._needle in use.name.casefold()

    def _ordered(self) -> list[FileUse]:
        found = [] if self.use is None else [use for use in self.use.files.values() if self._passes(use)]
        return self._sorted(found)

    def _sorted(self, rows: list[FileUse]) -> list[FileUse]:
        rows = sorted(rows, key=_BY_NAME)
        if self._column != self.NAME or self._descending:
            rows.sort(key=_SORT_KEYS[self._column], reverse=self._descending)
        return rows

    def _insert(self, fresh: list[FileUse]) -> None:
        fresh = [use for use in fresh if self._passes(use)]
        if not fresh:
            return
        start = len(self._rows)
        self.beginInsertRows(QModelIndex(), start, start + len(fresh) - 1)
        self._rows = self._rows + fresh
        self.endInsertRows()

    def _arrange(self) -> None:
        rows = self._sorted(self._rows)
        if any(one is not other for one, other in zip(rows, self._rows, strict=True)):
            rearrange(self, self._rows, rows, partial(self._put, rows))
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, self.LAST))

    def _put(self, rows: list[FileUse]) -> None:
        self._rows = rows

    # -- cells ----------------------------------------------------------------------------------

    def text(self, row: FileUse, column: int) -> str:
        return _TEXTS[column](row)

    def tip(self, row: FileUse, column: int) -> str | None:
        return wording.tool_tip(row.name) if column == self.NAME else None


def _range(bounds: tuple[float, float] | None, template: str) -> str:
    if bounds is None:
        return "–"
    low, high = (format(value, template) if value else "0" for value in bounds)
    return low if low == high else f"{low} … {high}"


def _lengths(use: FileUse) -> str:
    if use.original_length is None and use.processed_length is None:
        return "–"
    return f"{wording.figure(use.original_length)} → {wording.figure(use.processed_length)}"


def _last(use: FileUse) -> str:
    return wording.moment(use.last_time) if use.last_time is not None else f"use {use.last_use:,}"


def _counted(part: int, whole: int) -> str:
    return f"{part:,}  ({wording.share(part, whole)})" if whole else "–"


_TEXTS: tuple[Callable[[FileUse], str], ...] = (
    lambda use: wording.one_line(use.name),
    lambda use: f"{use.uses:,}",
    lambda use: _counted(use.augmented, use.uses),
    lambda use: _range(use.transposition, "+g"),
    lambda use: _range(use.stretch, ".3g"),
    _lengths,
    lambda use: _counted(use.cache_hits, use.cache_known),
    _last,
)
_BY_NAME = attrgetter("by_name")
_NOWHERE = (float("-inf"), float("-inf"))
_SORT_KEYS: tuple[Callable[[FileUse], Any], ...] = (
    _BY_NAME,
    lambda use: use.uses,
    lambda use: use.augmented / use.uses,
    lambda use: use.transposition or _NOWHERE,
    lambda use: use.stretch or _NOWHERE,
    lambda use: use.original_length or 0.0,
    lambda use: use.cache_hits / use.cache_known if use.cache_known else -1.0,
    lambda use: use.last_use,
)
