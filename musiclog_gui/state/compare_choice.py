"""Which runs are compared: those drawn in the charts, what a query finds, or what the user ticks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFont

from . import wording
from .runs import RunEntry, RunStore
from .swatch import swatch

AnyIndex = QModelIndex | QPersistentModelIndex
Groups = Sequence[tuple[str, tuple[str, ...]]]  # label and run ids


@dataclass(frozen=True, slots=True)
class Line:
    """A run, or the head of a group of several. label: of the group."""

    runs: tuple[str, ...]
    label: str | None = None


class CompareChoice(QAbstractListModel):
    """Runs with a tick each, under the heads of their groups; a head ticks all of them.

    While there is a query, what it finds is listed and chosen; runs may be unticked there too.
    """

    changed = Signal()

    def __init__(
        self, store: RunStore, parent: QObject | None = None, *,
        found: Callable[[], Collection[str] | None] = lambda: None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store, self._found = store, found
        self._groups: Groups = ()
        self._lines: list[Line] = []
        self._own: set[str] | None = None  # None: follow what the charts show
        self._without: set[str] = set()  # what the query finds and the user does not want
        # A thousand runs may arrive in one turn of the event loop: listed once.
        self._due = QTimer(self, singleShot=True, interval=0)
        self._due.timeout.connect(self.settle)
        for told in (store.added, store.removed):
            told.connect(self._plan)
        store.shown_changed.connect(self._shown_changed)
        self.settle()

    # -- what others ask ------------------------------------------------------------------------

    def chosen(self) -> list[RunEntry]:
        found = self._found()
        return [entry for entry in self._store.entries() if self._ticked(entry, found)]

    def follows_charts(self) -> bool:
        return self._own is None and self._found() is None

    def lines(self) -> list[Line]:
        return list(self._lines)

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def follow_charts(self) -> None:
        """Forget the user's own choice."""
        self._own = None
        self._tell()

    def choose(self, runs: Collection[str]) -> None:
        """These and no others, as a kept comparison says."""
        self._own, self._without = set(runs), set()
        self._tell()

    def tick(self, runs: Sequence[str], ticked: bool) -> None:
        if self._found() is not None:
            (self._without.difference_update if ticked else self._without.update)(runs)
        else:
            if self._own is None:
                self._own = {entry.id for entry in self._store.shown()}
            (self._own.update if ticked else self._own.difference_update)(runs)
        self._tell()

    def show_groups(self, groups: Groups) -> None:
        if groups != self._groups:
            self._groups = groups
            self.settle()

    @Slot()
    def asked_anew(self) -> None:
        """The query finds other runs, or is another."""
        if self._found() is None:
            self._without = set()
        self.settle()

    @Slot()
    def settle(self) -> None:
        """List the runs as they are now."""
        self._due.stop()
        lines = list(self._listed())
        if lines[: len(self._lines)] == self._lines and len(lines) > len(self._lines):
            self.beginInsertRows(QModelIndex(), len(self._lines), len(lines) - 1)
            self._lines = lines
            self.endInsertRows()
        elif lines != self._lines:
            self.beginResetModel()
            self._lines = lines
            self.endResetModel()
        self._tell()

    # -- within ---------------------------------------------------------------------------------

    def _listed(self) -> list[Line]:
        found = self._found()
        known = [entry.id for entry in self._store.entries() if found is None or entry.id in found]
        here, lines = set(known), []
        for label, runs in self._groups:
            members = tuple(run for run in runs if run in here)
            if len(runs) > 1 and members:
                lines.append(Line(members, label))
                lines += [Line((run,)) for run in members]
                here.difference_update(members)
        return lines + [Line((run,)) for run in known if run in here]

    @Slot()
    def _plan(self) -> None:
        self._due.start()

    @Slot(str)
    def _shown_changed(self, _run: str) -> None:
        self._tell()

    def _tell(self) -> None:
        if self._lines:
            self.dataChanged.emit(self.index(0), self.index(len(self._lines) - 1))
        self.changed.emit()

    def _ticked(self, entry: RunEntry, found: Collection[str] | None) -> bool:
        if found is not None:
            return entry.id in found and entry.id not in self._without
        return entry.shown if self._own is None else entry.id in self._own

    def _state(self, line: Line) -> Qt.CheckState:
        found = self._found()
        entries = [entry for run in line.runs if (entry := self._store.entry(run)) is not None]
        ticked = sum(self._ticked(entry, found) for entry in entries)
        if not ticked:
            return Qt.CheckState.Unchecked
        return Qt.CheckState.Checked if ticked == len(entries) else Qt.CheckState.PartiallyChecked

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            return self._state(line)
        return self._head(line, role) if line.label is not None else self._run(line.runs[0], role)

    def _head(self, line: Line, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{wording.one_line(line.label)}  ({len(line.runs)})"
        if role == Qt.ItemDataRole.FontRole:
            bold = QFont()
            bold.setBold(True)
            return bold
        return wording.tool_tip(f"{line.label}: {len(line.runs)} runs") if role == Qt.ItemDataRole.ToolTipRole else None

    def _run(self, run_id: str, role: int) -> Any:
        entry = self._store.entry(run_id)
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.one_line(entry.name)
        if role == Qt.ItemDataRole.DecorationRole:
            return swatch(entry.colour)
        return wording.tool_tip(f"{entry.name}\n{entry.id}") if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        line = self._lines[index.row()]
        wanted = Qt.CheckState(value) == Qt.CheckState.Checked
        if line.label is not None and self._state(line) == Qt.CheckState.PartiallyChecked:
            wanted = True
        self.tick(line.runs, wanted)
        return True
