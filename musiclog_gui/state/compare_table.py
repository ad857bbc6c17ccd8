"""The comparison's two tables: what the metrics came to, and what the configurations differ in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from musiclog.compare import MISSING, Difference, Row, Table, Which

from ..theme import theme
from . import wording
from .rows import alignment, rearrange
from .swatch import swatch

AnyIndex = QModelIndex | QPersistentModelIndex
Column = tuple[str, Which]

BEST_SIGN = "★"
MISSING_WORD = "(missing)"


class CompareTable(QAbstractTableModel):
    """A row a run, two columns a metric; the best of a column carries a star. Sorted here: what is missing is last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = Table((), ())
        self._rows: list[Row] = []
        self._columns: list[Column] = []
        self._winners: dict[Column, frozenset[str]] = {}
        self._colours: Mapping[str, str] = {}
        self._sorted: tuple[Column, bool] | None = None  # column, descending

    # -- orders ---------------------------------------------------------------------------------

    def show_table(self, table: Table, colours: Mapping[str, str]) -> None:
        """Show newer values; selection and scroll stay as long as runs and metrics are the same."""
        columns: list[Column] = [(metric, which) for metric in table.metrics for which in _whiches(table, metric)]
        by_path = {row.path: row for row in table.rows}
        same = columns == self._columns and by_path.keys() == {row.path for row in self._rows}
        if not same:
            self.beginResetModel()
        self._table, self._columns, self._colours = table, columns, colours
        self._winners = {column: table.winners(*column) for column in columns}
        if same:
            self._rows = [by_path[row.path] for row in self._rows]
            self._arrange()
            if self._rows and columns:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(columns) - 1))
            return
        self._rows = self._ordered(list(table.rows))
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(self._columns):
            self._sorted = self._columns[column], order == Qt.SortOrder.DescendingOrder
            self._arrange()

    # -- what others ask ------------------------------------------------------------------------

    def path(self, row: int) -> str:
        return self._rows[row].path

    def as_text(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as they are sorted, with the runs' names in the first column; full precision."""
        header = ["run", *(f"{metric} {which}" for metric, which in self._columns)]
        return header, [[row.name, *(_exact(row.value(*column)) for column in self._columns)] for row in self._rows]

    # -- within ---------------------------------------------------------------------------------

    def _ordered(self, rows: list[Row]) -> list[Row]:
        if self._sorted is None or self._sorted[0] not in self._columns:
            return rows
        column, descending = self._sorted
        return sorted(rows, key=partial(_place, column=column, descending=descending))

    def _arrange(self) -> None:
        rows = self._ordered(self._rows)
        if any(one is not other for one, other in zip(rows, self._rows, strict=True)):
            rearrange(self, self._rows, rows, partial(self._put, rows))

    def _put(self, rows: list[Row]) -> None:
        self._rows = rows

    def _won(self, row: Row, column: Column) -> bool:
        return row.path in self._winners[column]

    def _text(self, row: Row, column: Column) -> str:
        value = row.value(*column)
        if value is None:
            return "–"
        text = wording.number(value)
        return f"{BEST_SIGN} {text}" if self._won(row, column) else text

    def _tip(self, row: Row, column: Column) -> str | None:
        metric, which = column
        found = row.values.get(metric)
        if found is None:
            return wording.tool_tip(f"{row.name} has no {metric}")
        step = found.final_step if which == "final" else found.best_step
        lines = [row.name, f"{metric}, {which}: {_exact(row.value(*column))} at step {wording.step_text(step)}"]
        if self._won(row, column):
            lines.append("best of this column")
        return wording.tool_tip("\n".join(lines))

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self._run_header(self._rows[section], role)
        metric, which = self._columns[section]
        better = self._table.direction(metric)
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = {"lower": " ↓", "higher": " ↑", None: ""}[better] if which == "best" else ""
            return f"{wording.one_line(metric, 28)}\n{which}{arrow}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(True)
        if role == Qt.ItemDataRole.ToolTipRole:
            words = f"{better} is better" if better else "neither lower nor higher is better"
            return wording.tool_tip(f"{metric}, {which} value; {words}")
        return None

    def _run_header(self, row: Row, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.one_line(row.name, 32)
        if role == Qt.ItemDataRole.DecorationRole:
            return swatch(self._colours.get(row.path, theme().muted))
        return wording.tool_tip(f"{row.name}\n{row.path}") if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(True)
        return self._look(role) if self._won(row, column) else None

    def _look(self, role: int) -> Any:
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().qcolor("good")
        if role == Qt.ItemDataRole.FontRole:
            bold = QFont()
            bold.setBold(True)
            return bold
        return None


class DiffTable(QAbstractTableModel):
    """A row a configuration key that differs, a column a run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._rows: Sequence[Difference] = ()

    def show_differences(self, names: list[str], rows: Sequence[Difference]) -> None:
        if (names, tuple(rows)) == (self._names, tuple(self._rows)):
            return
        self.beginResetModel()
        self._names, self._rows = names, rows
        self.endResetModel()

    def as_text(self) -> tuple[list[str], list[list[str]]]:
        return ["key", *self._names], [[row.key, *map(_setting, row.values)] for row in self._rows]

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() or not self._names else 1 + len(self._names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        name = "Key" if section == 0 else self._names[section - 1]
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.one_line(name, 40)
        return wording.tool_tip(name) if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        text = row.key if column == 0 else _setting(row.values[column - 1])
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.one_line(text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.tool_tip(text)
        if role == Qt.ItemDataRole.ForegroundRole and column and row.values[column - 1] is MISSING:
            return theme().qcolor("muted")
        return None


def _whiches(table: Table, metric: str) -> tuple[Which, ...]:
    return ("final", "best") if table.direction(metric) else ("final",)


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)


def _setting(value: object) -> str:
    return MISSING_WORD if value is MISSING else wording.figure_in_full(value)


def _place(row: Row, column: Column, descending: bool) -> tuple[bool, float]:
    value = row.value(*column)
    if value is None or math.isnan(value):
        return True, 0.0
    return False, -value if descending else value
