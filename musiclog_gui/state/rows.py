"""Tables of rows: what a cell shows is said by the subclass; where rows have keys, changes are told cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

AnyIndex = QModelIndex | QPersistentModelIndex
Row = TypeVar("Row")

SORT_ROLE = Qt.ItemDataRole.UserRole  # what a proxy compares
ROW_ROLE = Qt.ItemDataRole.UserRole + 1  # the row's value itself


class Rows(QAbstractTableModel, Generic[Row]):
    """Rows in an order of the subclass's making."""

    HEADERS: ClassVar[tuple[str, ...]] = ()
    RIGHT: ClassVar[frozenset[int]] = frozenset()  # columns of figures

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    # -- what a subclass says -------------------------------------------------------------------

    def text(self, row: Row, column: int) -> str:
        raise NotImplementedError

    def sort_value(self, row: Row, column: int) -> Any:
        return self.text(row, column).casefold()

    def tip(self, row: Row, column: int) -> str | None:
        """The tool tip, already safe for Qt's rich text; None for none."""

    def decoration(self, row: Row, column: int, role: int) -> Any:
        """Anything else: colours, fonts, icons; None for none."""

    # -- what others ask ------------------------------------------------------------------------

    def row(self, number: int) -> Row:
        return self._rows[number]

    def rows(self) -> list[Row]:
        return list(self._rows)

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.HEADERS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(section in self.RIGHT)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        return self.cell(self._rows[index.row()], index.column(), role)

    def cell(self, row: Row, column: int, role: int) -> Any:
        """The same, asked by the row itself."""
        answers = {
            Qt.ItemDataRole.DisplayRole: self.text, Qt.ItemDataRole.ToolTipRole: self.tip, SORT_ROLE: self.sort_value,
        }  # fmt: skip
        if role in answers:
            return answers[role](row, column)
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column in self.RIGHT)
        return self.decoration(row, column, role)


class KeyedRows(Rows[Row]):
    """Rows with keys in the order they arrived; a proxy sorts and filters them, so that selection and scroll stay."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._places: dict[Hashable, int] = {}

    def key(self, row: Row) -> Hashable:
        raise NotImplementedError

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key)

    def keys(self) -> list[Hashable]:
        return list(self._places)

    # -- orders ---------------------------------------------------------------------------------

    def put(self, fresh: Mapping[Hashable, Row]) -> None:
        """Replace the rows that are known and differ, append the others."""
        changed = [self._places[key] for key in fresh if key in self._places]
        for place in changed:
            row = fresh[self.key(self._rows[place])]
            if self._rows[place] != row:
                self._rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, self.columnCount() - 1))
        new = {key: row for key, row in fresh.items() if key not in self._places}
        if new:
            start = len(self._rows)
            self.beginInsertRows(QModelIndex(), start, start + len(new) - 1)
            self._rows += new.values()
            self._places.update({key: start + number for number, key in enumerate(new)})
            self.endInsertRows()

    def drop(self, keys: list[Hashable]) -> None:
        for first, last in reversed(spans(sorted(self._places[key] for key in keys))):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            self._places = {self.key(row): number for number, row in enumerate(self._rows)}
            self.endRemoveRows()


def spans(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of every run of neighbours among rising numbers."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def rearrange(
    model: QAbstractTableModel, before: Sequence[object], after: Sequence[object], put: Callable[[], None]
) -> None:
    """Give a model's rows a new order, put() storing it; what is selected stays selected. Rows are told by identity."""
    model.layoutAboutToBeChanged.emit()
    old = model.persistentIndexList()
    held = [id(before[index.row()]) for index in old]
    wanted = set(held)
    places = {id(row): place for place, row in enumerate(after) if id(row) in wanted}
    put()
    new = [model.index(places[row], index.column()) for row, index in zip(held, old, strict=True)]
    model.changePersistentIndexList(old, new)
    model.layoutChanged.emit()


def alignment(right: bool) -> Qt.AlignmentFlag:
    """Figures stand right, everything else left."""
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
