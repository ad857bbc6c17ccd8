"""The comparison's tables: what groups or runs came to, and what their configurations differ in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel

from musiclog.compare import MISSING, Column, Difference, Estimate, differences
from musiclog.config_diff import same

from ..theme import theme
from . import wording
from .compare_findings import Findings
from .rows import alignment, rearrange
from .swatch import swatch

AnyIndex = QModelIndex | QPersistentModelIndex

BEST_SIGN, TIE_SIGN = "★", "≈"
MISSING_WORD = "(missing)"
ARROWS = {"lower": " ↓", "higher": " ↑", None: ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with half of its 95 % interval where it has one; mark: BEST_SIGN, TIE_SIGN or nothing."""

    value: float | None
    reach: float | None = None
    mark: str = ""
    tip: str = ""

    @property
    def text(self) -> str:
        if self.value is None:
            return "–"
        figure = wording.number(self.value)
        interval = "" if self.reach is None else f" ± {self.reach:.2g}"
        return f"{self.mark} {figure}{interval}".strip()


@dataclass(frozen=True, slots=True, eq=False)
class FigureRow:
    """A group or a run. key: its label or its id."""

    key: str
    name: str
    colour: str
    runs: tuple[str, ...]
    cells: Mapping[str, Cell]


class FigureTable(QAbstractTableModel):
    """A row a group or a run, a column a figure. Sorted here: what is missing is last, whichever way."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[FigureRow] = []
        self._columns: list[Column] = []
        self._sorted: tuple[str, bool] | None = None  # key of a column, descending

    # -- orders ---------------------------------------------------------------------------------

    def show_rows(self, columns: Sequence[Column], rows: Sequence[FigureRow]) -> None:
        """Show newer figures; selection, scroll and order stay as long as rows and columns are the same ones."""
        fresh = {row.key: row for row in rows}
        before = [column.key for column in self._columns]
        alike = [column.key for column in columns] == before and fresh.keys() == {row.key for row in self._rows}
        if not alike or len(fresh) != len(rows):
            self.beginResetModel()
            self._columns, self._rows = list(columns), []
            self._rows = self._ordered(list(rows))
            self.endResetModel()
            return
        self._columns = list(columns)
        self._rows = [fresh[row.key] for row in self._rows]
        self._arrange()
        if self._rows and self._columns:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._columns) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(self._columns):
            self._sorted = self._columns[column].key, order == Qt.SortOrder.DescendingOrder
            self._arrange()

    # -- what others ask ------------------------------------------------------------------------

    def row(self, number: int) -> FigureRow:
        return self._rows[number]

    def as_text(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as they are sorted, names in the first column; full precision."""
        header = ["", *(str(column) for column in self._columns)]
        return header, [[row.name, *(_exact(row.cells[column.key].value) for column in self._columns)]
                        for row in self._rows]  # fmt: skip

    # -- within ---------------------------------------------------------------------------------

    def _ordered(self, rows: list[FigureRow]) -> list[FigureRow]:
        if self._sorted is None or self._sorted[0] not in {column.key for column in self._columns}:
            return rows
        key, descending = self._sorted
        return sorted(rows, key=partial(_place, key=key, descending=descending))

    def _arrange(self) -> None:
        rows = self._ordered(self._rows)
        if any(one is not other for one, other in zip(rows, self._rows, strict=True)):
            rearrange(self, self._rows, rows, partial(self._put, rows))

    def _put(self, rows: list[FigureRow]) -> None:
        self._rows = rows

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return _name(self._rows[section], role)
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return _heading(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(True)
        if role == Qt.ItemDataRole.ToolTipRole:
            words = f"{column.better} is better" if column.better else "neither lower nor higher is better"
            return wording.tool_tip(f"{column}; {words}")
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._rows[index.row()].cells[self._columns[index.column()].key]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.tool_tip(cell.tip) if cell.tip else None
        return alignment(True) if role == Qt.ItemDataRole.TextAlignmentRole else _look(cell, role)


def _heading(column: Column) -> str:
    """What it is, of which metric, where it was taken: a line each, so that columns stay narrow."""
    where, metric = str(column)[len(column.title) :].strip(), column.metric or ""
    before, named, after = column.title.partition(metric) if metric else (column.title, "", "")
    what = wording.one_line(f"{before.strip()} {after.strip()}".strip(), 30)
    lines = (what, wording.one_line(named, 24) + ARROWS[column.better]) if named else (what + ARROWS[column.better],)
    return "\n".join((*lines, where))


def _look(cell: Cell, role: int) -> Any:
    if role == Qt.ItemDataRole.ForegroundRole and (cell.mark or cell.value is None):
        return theme().qcolor("muted" if cell.value is None else "good")
    if role == Qt.ItemDataRole.FontRole and cell.mark == BEST_SIGN:
        bold = QFont()
        bold.setBold(True)
        return bold
    return None


def group_rows(findings: Findings) -> list[FigureRow]:
    """The groups of the answer: means, half intervals, the best of each column and what cannot be told from it."""
    answer = findings.answer
    if answer is None:
        return []
    rows = []
    for place, group in enumerate(findings.groups()):
        cells = {column.key: _group_cell(findings, place, column) for column in answer.columns()}
        name = f"{group.label}  ({len(group.runs)})" if len(group.runs) > 1 else group.label
        rows.append(FigureRow(group.label, name, group.colour, group.runs, cells))
    return rows


def run_rows(findings: Findings) -> list[FigureRow]:
    """The runs of the answer; the best of each column is only the best one seen."""
    answer = findings.answer
    if answer is None:
        return []
    colours, columns = findings.colours_by_run(), answer.columns()
    best = {column.key: _best(findings, column) for column in columns}
    rows = []
    for run, row in zip(answer.runs, answer.frame.rows, strict=True):
        cells = {}
        for column in columns:
            value = row.values.get(column.key)
            won = best[column.key] is not None and value == best[column.key]
            tip = f"{row.name}\n{column}: {_exact(value) or 'not told'}" + "\nthe best of these runs" * won
            cells[column.key] = Cell(value, None, BEST_SIGN if won else "", tip)
        rows.append(FigureRow(run, row.name, colours.get(run, findings.run_colour(run)), (run,), cells))
    return rows


def _group_cell(findings: Findings, group: int, column: Column) -> Cell:
    estimate, study = findings.estimate(group, column.key), findings.studies.get(column.key)
    if estimate is None:
        return Cell(None, tip="no run tells it")
    reach = None if estimate.high is None else estimate.high - estimate.middle
    ties = frozenset() if study is None else study.ties()
    said = [f"{column}: {_in_words(estimate)}"]
    mark = ""
    if study is not None and study.best == group:
        mark = BEST_SIGN
        said.append("the best mean" if ties else "the best, but too few runs for a test")
    elif group in ties:
        mark = TIE_SIGN
        said.append("cannot be told from the best")
    elif ties:
        said.append("worse than the best, beyond chance")
    return Cell(estimate.middle, reach, mark, "\n".join(said))


def _in_words(estimate: Estimate) -> str:
    interval = "" if estimate.low is None else f", 95 % interval {estimate.low:.4g} to {estimate.high:.4g}"
    return f"{estimate.middle:.6g}{interval} ({estimate.method}, {estimate.n} {estimate.unit}{'s' * (estimate.n != 1)})"


def _best(findings: Findings, column: Column) -> float | None:
    answer = findings.answer
    if answer is None or column.better is None or len(answer.frame.rows) < 2:
        return None
    values = [value for row in answer.frame.rows
              if (value := row.values.get(column.key)) is not None and math.isfinite(value)]  # fmt: skip
    return None if len(values) < 2 else (min if column.better == "lower" else max)(values)


def _name(row: FigureRow, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return wording.one_line(row.name, 32)
    if role == Qt.ItemDataRole.DecorationRole:
        return swatch(row.colour)
    return wording.tool_tip(row.name) if role == Qt.ItemDataRole.ToolTipRole else None


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)


def _place(row: FigureRow, key: str, descending: bool) -> tuple[bool, float]:
    value = row.cells[key].value
    if value is None or math.isnan(value):
        return True, 0.0
    return False, -value if descending else value


@dataclass(frozen=True, slots=True)
class Configured:
    """A column of the diff: a run, or runs that are repetitions of each other."""

    name: str
    colour: str
    configs: tuple[Mapping[str, Any], ...]


class DiffTree(QStandardItemModel):
    """Only what differs, nested as the configurations are; a column a run, or a group of several."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self.found: tuple[Difference, ...] = ()

    def show_columns(self, columns: Sequence[Configured]) -> bool:
        """Build it anew where anything is different; tells whether it was."""
        found = differences([config for column in columns for config in column.configs])
        shown = (found, tuple((column.name, column.colour, len(column.configs)) for column in columns))
        if shown == self._shown:
            return False
        self._shown, self.found = shown, found
        self.clear()
        self.setHorizontalHeaderLabels(["Setting", *(wording.one_line(column.name, 34) for column in columns)])
        for place, column in enumerate(columns, 1):
            head = self.horizontalHeaderItem(place)
            head.setIcon(swatch(column.colour))
            head.setToolTip(wording.tool_tip(column.name))
        parents: dict[tuple[str, ...], QStandardItem] = {(): self.invisibleRootItem()}
        for each in found:
            self._add(parents, each, [len(column.configs) for column in columns])
        return True

    def as_text(self) -> tuple[list[str], list[list[str]]]:
        names = [self.horizontalHeaderItem(place).text() for place in range(1, self.columnCount())]
        sizes = [size for _, _, size in self._shown[1]] if self._shown else []  # type: ignore[attr-defined]
        return ["setting", *names], [[each.key, *_told(each, sizes)] for each in self.found]

    def _add(self, parents: dict[tuple[str, ...], QStandardItem], each: Difference, sizes: Sequence[int]) -> None:
        path = tuple(each.key.split("."))
        for depth in range(1, len(path)):
            if path[:depth] not in parents:
                branch = _item(path[depth - 1])
                parents[path[: depth - 1]].appendRow([branch, *(_item("") for _ in sizes)])
                parents[path[:depth]] = branch
        cells = [_item(text) for text in _told(each, sizes)]
        for cell in cells:
            if cell.text() == MISSING_WORD:
                cell.setForeground(theme().qcolor("muted"))
        parents[path[:-1]].appendRow([_item(path[-1]), *cells])


def _told(each: Difference, sizes: Sequence[int]) -> list[str]:
    """The values of the columns: of several runs the one that they share, else all of them."""
    texts, start = [], 0
    for size in sizes:
        values = each.values[start : start + size]
        start += size
        alike = all(value is values[0] or (MISSING not in (value, values[0]) and same(value, values[0]))
                    for value in values)  # fmt: skip
        texts.append(_setting(values[0]) if alike else ", ".join(map(_setting, values)))
    return texts


def _item(text: str) -> QStandardItem:
    item = QStandardItem(wording.one_line(text))
    item.setEditable(False)
    item.setToolTip(wording.tool_tip(text))
    return item


def _setting(value: object) -> str:
    return MISSING_WORD if value is MISSING else wording.figure_in_full(value)
