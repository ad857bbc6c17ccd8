"""Which samples the table shows, in which order, and under which headings.

Ordered here and not by Qt's sorting proxy, which asks for two cells a comparison: 2.3 s for 10,000 samples.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, QTimer, Slot

from .prompt_history import prompt_words
from .rows import ROW_ROLE, AnyIndex
from .sample_query import SampleQuestion
from .samples import CLOSENESS_ROLE, EPOCH, OVERALL, PLAY, Key, SampleRow, SampleTableModel
from .wording import one_line, step_text

HEADING_ROLE = Qt.ItemDataRole.UserRole + 11  # the line's Heading; None for a sample
WAYS = {"": "No groups", "epoch": "By epoch", "prompt": "By prompt", "run": "By run"}
SHORTLY_MS = 400  # scores come one by one; headings and order follow them together
FEW = 32  # so many new samples are put in their places one by one, more at once


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above the samples of one epoch, prompt or run; quality is their mean, None where none has a score."""

    group: Hashable
    title: str
    count: int
    quality: float | None
    open: bool


Line = Key | Heading


class SampleLines(QAbstractTableModel):
    """A view's model: the samples that a question is true of (see sample_query.py), sorted within their groups."""

    def __init__(self, model: SampleTableModel, parent: Any = None) -> None:
        super().__init__(parent)
        self.model = model
        self.way = ""
        self._question = SampleQuestion()
        self._hidden: frozenset[str] = frozenset()
        self._only: str | None = None
        self._text = ""
        self._column, self._descending = EPOCH, True
        self._closed: set[Hashable] = set()
        self._lines: list[Line] = []
        self._order: list[tuple[Any, SampleRow]] | None = None  # of all samples, until one of them changes
        self._ranks: list[Any] = []  # of the lines, while there are no groups
        self._places: dict[Key, int] | None = None  # made when it is asked for
        self._shortly = QTimer(self, singleShot=True, interval=SHORTLY_MS)
        self._shortly.timeout.connect(self.arrange)
        model.rowsInserted.connect(self._inserted)
        model.rowsRemoved.connect(self._removed)
        model.dataChanged.connect(self._changed)
        self.arrange()

    # -- orders ---------------------------------------------------------------------------------

    def choose(self, hidden: frozenset[str], only: str | None, text: str) -> None:
        """Leave out some runs (so a new one among a thousand changes nothing), or all but one."""
        wanted = (hidden, only, text.strip())
        if wanted != (self._hidden, self._only, self._text):
            self._hidden, self._only, self._text = wanted
            self.arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._order = None
        self.arrange()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def group_by(self, way: str) -> None:
        self.way = way
        self._closed.clear()
        self.arrange()

    def fold(self, group: Hashable, closed: bool) -> None:
        """Show a group's heading only, or its samples too."""
        (self._closed.add if closed else self._closed.discard)(group)
        self.arrange()

    def fold_all(self, closed: bool) -> None:
        self._closed = {line.group for line in self._lines if isinstance(line, Heading)} if closed else set()
        self.arrange()

    @Slot()
    def arrange(self) -> None:
        """Everything anew; views keep their place by the lines' keys (see SampleTable)."""
        self._shortly.stop()
        if self._order is None:
            self._order = sorted((self._rank(row, place), row) for place, row in enumerate(self.model.rows()))
        ranked = [each for each in self._order if self._passes(each[1])]
        self._ranks = [rank for rank, _ in ranked]
        rows = (row for _, row in ranked)
        lines = list(self._grouped(rows)) if self.way else [row.key for row in rows]
        if lines == self._lines:
            return
        self.beginResetModel()
        self._lines, self._places = lines, None
        self.endResetModel()

    # -- questions --------------------------------------------------------------------------------

    def line(self, number: int) -> Line:
        return self._lines[number]

    def place(self, line: Line | None) -> int | None:
        """Where a sample stands, or a group's heading, whatever it says now."""
        if isinstance(line, Heading):
            same = (n for n, other in enumerate(self._lines) if _group(other) == line.group)
            return next(same, None)
        if self._places is None:
            self._places = {line: n for n, line in enumerate(self._lines) if not isinstance(line, Heading)}
        return None if line is None else self._places.get(line)

    def sample(self, number: int) -> SampleRow | None:
        """The sample of a line; None for a heading and beyond the ends."""
        line = self._lines[number] if 0 <= number < len(self._lines) else None
        return None if line is None or isinstance(line, Heading) else self.model.sample(line)

    def neighbour(self, key: Key | None, distance: int) -> Key | None:
        """The next sample that far down or up, over headings; without a key the first or the last."""
        place = self.place(key)
        step = 1 if distance > 0 else -1
        number = (-1 if step > 0 or key is not None else len(self._lines)) if place is None else place
        left = abs(distance)
        while left and 0 <= number + step < len(self._lines):
            number += step
            left -= not isinstance(self._lines[number], Heading)
        line = self._lines[number] if not left else None
        return None if isinstance(line, Heading) else line

    def samples(self) -> int:
        """How many the question is true of, folded away or not."""
        return len(self._ranks)

    # -- inside -----------------------------------------------------------------------------------

    def _passes(self, row: SampleRow) -> bool:
        if row.run_id in self._hidden or (self._only is not None and self._only != row.run_id):
            return False
        return not self._text or self._question.matches(self._text, row, self.model.marks(row))

    def _rank(self, row: SampleRow, place: int) -> tuple[Any, int]:
        value = self.model.sort_value(row, self._column)
        if self._descending:
            value = -value if isinstance(value, int | float) else _Down(value)
        return value, place

    def _grouped(self, rows: Iterable[SampleRow]) -> Iterable[Line]:
        groups: dict[Hashable, list[SampleRow]] = {}
        for row in rows:
            groups.setdefault(self._group_of(row), []).append(row)
        for group in sorted(groups, key=self._group_rank):
            members = groups[group]
            known = [row.overall for row in members if row.overall is not None]
            title = self._title(members[0])
            yield Heading(group, title, len(members), fmean(known) if known else None, group not in self._closed)
            if group not in self._closed:
                yield from (row.key for row in members)

    def _group_of(self, row: SampleRow) -> Hashable:
        if self.way == "epoch":
            return row.file.epoch
        return row.run_id if self.way == "run" else prompt_words(row)

    def _title(self, row: SampleRow) -> str:
        if self.way == "epoch":
            return "No epoch" if row.file.epoch is None else f"Epoch {step_text(row.file.epoch)}"
        return one_line(row.run_name) if self.way == "run" else prompt_words(row) or "No prompt"

    def _group_rank(self, group: Any) -> tuple[bool, Any]:
        """Epochs as the table is sorted, the newest first where it is sorted by something else; unknown ones last."""
        if self.way != "epoch" or group is None:
            return not group, str(group).casefold()
        rising = self._column == EPOCH and not self._descending
        return False, group if rising else -group

    @Slot()
    def _removed(self) -> None:
        self._question.keep_only(frozenset(self.model.keys()))
        self._order = None
        self.arrange()

    @Slot(QModelIndex, int, int)
    def _inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self._order = None
        if self.way:
            self._shortly.start()
        elif last - first >= FEW:
            self.arrange()
        else:
            for place in range(first, last + 1):
                self._insert(self.model.row(place), place)

    def _insert(self, row: SampleRow, place: int) -> None:
        if not self._passes(row):
            return
        rank = self._rank(row, place)
        at = bisect(self._ranks, rank)
        self.beginInsertRows(QModelIndex(), at, at)
        self._ranks.insert(at, rank)
        self._lines.insert(at, row.key)
        self._places = None
        self.endInsertRows()

    @Slot(QModelIndex, QModelIndex)
    def _changed(self, first: QModelIndex, last: QModelIndex) -> None:
        columns = range(first.column(), last.column() + 1)
        self._order = None
        if first.row() != last.row():  # ratings or trends of all
            if self._text or self._column in columns:
                self.arrange()
            self._tell(0, len(self._lines) - 1, columns)
            return
        row = self.model.row(first.row())
        line = self.place(row.key)
        if line is not None:
            self._tell(line, line, columns)
        if self.way or self._passes(row) != (line is not None) or (
            line is not None and self._ranks[line] != self._rank(row, first.row())
        ):  # fmt: skip
            self._shortly.start()

    def _tell(self, first: int, last: int, columns: range) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, columns[0]), self.index(last, columns[-1]))

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else self.model.columnCount()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sort arrow stands before the heading: Qt paints its own over a heading that is aligned right."""
        told = self.model.headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole and section == self._column and told:
            return f"{'↓' if self._descending else '↑'} {told}"
        return told

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if isinstance(line, Heading):
            return _heading_data(line, index.column(), role)
        place = self.model.find(line)
        if place is None or role == HEADING_ROLE:
            return None
        return self.model.cell(self.model.row(place), index.column(), role)


def _heading_data(heading: Heading, column: int, role: int) -> Any:
    if role == HEADING_ROLE:
        return heading
    if role == CLOSENESS_ROLE and column == OVERALL:
        return heading.quality
    if role == Qt.ItemDataRole.DisplayRole:
        quality = "" if heading.quality is None else f"{heading.quality:.2f}"
        return {PLAY: heading.title, OVERALL: quality}.get(column, "")
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{heading.title}, {counted(heading)}, {'open' if heading.open else 'folded'}"
    return None


def counted(heading: Heading) -> str:
    return f"{heading.count:,} {'sample' if heading.count == 1 else 'samples'}"


def _group(line: Line) -> Hashable:
    return line.group if isinstance(line, Heading) else ()


class _Down:
    """A text that sorts the other way round."""

    __slots__ = ("text",)

    def __init__(self, text: Any) -> None:
        self.text = text

    def __lt__(self, other: _Down) -> bool:
        return other.text < self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


__all__ = ["HEADING_ROLE", "ROW_ROLE", "WAYS", "Heading", "SampleLines", "counted"]
