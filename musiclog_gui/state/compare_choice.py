"""Which runs are compared: those drawn in the charts, until the user ticks a choice of his own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from . import wording
from .runs import RunEntry, RunStore
from .swatch import swatch

AnyIndex = QModelIndex | QPersistentModelIndex


class CompareChoice(QAbstractListModel):
    """All runs with a tick each, in the order of the store."""

    changed = Signal()

    def __init__(self, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._runs: list[str] = []
        self._own: set[str] | None = None  # None: follow what the charts show
        store.added.connect(self._list)
        store.removed.connect(self._list)
        store.shown_changed.connect(self._shown_changed)
        self._list()

    def chosen(self) -> list[RunEntry]:
        return [entry for entry in self._store.entries() if self._ticked(entry)]

    def follows_charts(self) -> bool:
        return self._own is None

    @Slot()
    def follow_charts(self) -> None:
        """Forget the user's own choice."""
        self._own = None
        self._all_changed()

    def tick(self, run_id: str, ticked: bool) -> None:
        if self._own is None:
            self._own = {entry.id for entry in self._store.shown()}
        (self._own.add if ticked else self._own.discard)(run_id)
        self._all_changed()

    def _ticked(self, entry: RunEntry) -> bool:
        return entry.shown if self._own is None else entry.id in self._own

    @Slot(str)
    def _list(self, _run: object = None) -> None:
        runs = [entry.id for entry in self._store.entries()]
        if runs[: len(self._runs)] == self._runs and len(runs) > len(self._runs):
            self.beginInsertRows(QModelIndex(), len(self._runs), len(runs) - 1)
            self._runs = runs
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._runs = runs
            self.endResetModel()
        self.changed.emit()

    @Slot(str)
    def _shown_changed(self, _run: str) -> None:
        self._all_changed()

    def _all_changed(self) -> None:
        if self._runs:
            self.dataChanged.emit(self.index(0), self.index(len(self._runs) - 1))
        self.changed.emit()

    # -- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._runs)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._store.entry(self._runs[index.row()]) if index.isValid() else None
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.one_line(entry.name)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if self._ticked(entry) else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DecorationRole:
            return swatch(entry.colour)
        return wording.tool_tip(f"{entry.name}\n{entry.id}") if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.tick(self._runs[index.row()], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True
