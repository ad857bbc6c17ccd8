"""The tree of runs: folds, selections and what is in sight survive every new order of its rows."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from ..state.run_list import ROW_ROLE, AnyRow, FolderRow, GroupRow, RunListModel, RunRow


class RunTree(QTreeView):
    """A click on a run's box shows or hides it, on its star marks it; a group is selected with all its runs."""

    star_clicked = Signal(str)  # run id
    chosen = Signal(str)  # run id: the user made this row, or the group that it leads, the current one
    runs_selected = Signal(object)  # tuple of run ids

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folded: set[str] = set()  # branches that the user closed
        self._top: tuple[str, int] | None = None  # of the first row in sight: its key, and where it stands (pixels)
        self._current: str | None = None
        self._selected: tuple[str, ...] = ()
        self._arranging = False
        self.setAccessibleName("Runs")
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(False)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    # -- orders ---------------------------------------------------------------------------------

    def toggle_fold(self, index: QModelIndex) -> None:
        key = _key(index.data(ROW_ROLE))
        self._folded.symmetric_difference_update({key})
        self.setExpanded(index, key not in self._folded)

    def show_current(self, run_id: str | None) -> None:
        """Make this run's row the current one, where it is listed; else there is none."""
        self._current = run_id
        index = self._runs.index_of(run_id) if run_id is not None else QModelIndex()
        if index.isValid() and index != self.currentIndex():
            self.setCurrentIndex(index)

    @Slot(str)
    def choose_group(self, label: str) -> None:
        """Make the group's row the current one, which selects its runs."""
        index = self._index_of(f"group:{label}")
        if index.isValid():  # its first run becomes the current one, which would be selected alone
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def edit_tags(self, index: QModelIndex) -> bool:
        """In the row itself; tells whether it can."""
        self.scrollTo(index)
        self.edit(index)
        return self.state() == QAbstractItemView.State.EditingState

    def selected_runs(self) -> tuple[str, ...]:
        """Run ids from top to bottom."""
        return self._selected

    # -- new orders of the rows -----------------------------------------------------------------

    def setModel(self, model: QAbstractItemModel) -> None:
        for before in (model.modelAboutToBeReset, model.rowsAboutToBeRemoved, model.rowsAboutToBeInserted):
            before.connect(self._hold)
        super().setModel(model)
        self._runs: RunListModel = model
        model.modelReset.connect(self._restore)
        model.rowsRemoved.connect(self._restore)
        model.rowsInserted.connect(self._restore)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.selectionModel().selectionChanged.connect(self._selection_changed)

    @Slot()
    def _hold(self) -> None:
        self._arranging = True
        top = self.indexAt(QPoint(1, 1)) if self.verticalScrollBar().value() else QModelIndex()
        row = top.data(ROW_ROLE)
        self._top = (_key(row), self.visualRect(top).top()) if row is not None else None

    @Slot()
    def _restore(self) -> None:
        """Open branches, the current run, the selected ones and the first row in sight are what they were."""
        for number in range(self._runs.rowCount()):
            branch = self._runs.index(number, 0)
            self.setExpanded(branch, _key(branch.data(ROW_ROLE)) not in self._folded)
        self._select_again()
        self._arranging = False
        if self._top is None:
            return
        key, offset = self._top
        top = self._index_of(key)
        if top.isValid():
            self.executeDelayedItemsLayout()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.visualRect(top).top() - offset)

    def _select_again(self) -> None:
        model = self.selectionModel()
        current = self._runs.index_of(self._current) if self._current is not None else QModelIndex()
        selected = QItemSelection()
        for run_id in self._selected:
            index = self._runs.index_of(run_id)
            if index.isValid():
                selected.select(index, index)
        self.setAutoScroll(False)  # else the view would run to the current row
        model.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(selected, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.setAutoScroll(True)

    def _index_of(self, key: str) -> QModelIndex:
        branches = (self._runs.index(number, 0) for number in range(self._runs.rowCount()))
        return next((each for each in branches if _key(each.data(ROW_ROLE)) == key), self._runs.index_of(key))

    # -- what the user chooses ------------------------------------------------------------------

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if self._arranging:
            return
        row = current.data(ROW_ROLE)
        if isinstance(row, RunRow):
            self._current = row.id
            self.chosen.emit(row.id)
        elif isinstance(row, GroupRow):
            members = self._runs.members(current)
            if members and self._current not in members:
                self._current = members[0]
                self.chosen.emit(members[0])

    @Slot(QItemSelection, QItemSelection)
    def _selection_changed(self, _more: QItemSelection, _less: QItemSelection) -> None:
        if self._arranging:
            return
        indexes = self.selectionModel().selectedIndexes()
        groups = [index for index in indexes if isinstance(index.data(ROW_ROLE), GroupRow)]
        if groups and self._select_members(groups):
            return  # told by the selection that this made
        found = [run_id for index in indexes if index.internalId() for run_id in self._runs.members(index)]
        self._selected = tuple(sorted(found, key=self._place_of))
        self.runs_selected.emit(self._selected)

    def _select_members(self, groups: list[QModelIndex]) -> bool:
        """Tells whether any was not selected yet."""
        wanted, missing = QItemSelection(), False
        for group in groups:
            count = self._runs.rowCount(group)
            first, last = self._runs.index(0, 0, group), self._runs.index(count - 1, 0, group)
            missing = missing or not all(
                self.selectionModel().isSelected(self._runs.index(row, 0, group)) for row in range(count)
            )
            wanted.select(first, last)
        if missing:
            self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.Select)
        return missing

    def _place_of(self, run_id: str) -> tuple[int, int]:
        index = self._runs.index_of(run_id)
        return index.parent().row(), index.row()


def _key(row: AnyRow | None) -> str:
    """What a row is known by when its place is another one."""
    if isinstance(row, RunRow):
        return row.id
    if isinstance(row, FolderRow):
        return f"folder:{row.folder}"
    return f"group:{row.label}" if isinstance(row, GroupRow) else ""
