"""Item views under which the data may grow: what the user looks at stays where it is."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QObject, QPersistentModelIndex, QPoint, Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QListView, QTableView, QWidget

ROW_AIR = 10  # pixels above and below a row's text, together
# Cells stand under the words of their header; the names of rows have the height of their row.
LOOK = "QTableView::item { padding: 0px 5px; } QHeaderView::section:vertical { padding: 0px 10px; }"


class ScrollAnchor(QObject):
    """Keeps the row at the top of a view at the top while rows come, go and change places.

    A view that is scrolled to its beginning stays there: the newest of a sorted table stays in sight.
    """

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self.paused = False  # while the view follows something else, such as the end of a log
        self._top: QPersistentModelIndex | None = None
        self._offset = 0

    def watch_before(self, model: QAbstractItemModel) -> None:
        """To be called before the view takes the model, so that the old places are seen before the view moves."""
        for before in (model.rowsAboutToBeInserted, model.rowsAboutToBeRemoved, model.layoutAboutToBeChanged):
            before.connect(self.hold)

    def watch_after(self, model: QAbstractItemModel) -> None:
        """To be called after the view took the model, so that the view knows the new places first."""
        for after in (model.rowsInserted, model.rowsRemoved, model.layoutChanged):
            after.connect(self.restore)

    @Slot()
    def hold(self) -> None:
        bar = self._view.verticalScrollBar()
        moved = bar.value() > bar.minimum() and not self.paused
        top = self._view.indexAt(QPoint(1, 1)) if moved else None
        self._top = QPersistentModelIndex(top) if top is not None and top.isValid() else None
        self._offset = self._view.visualRect(top).top() if self._top is not None else 0

    @Slot()
    def restore(self) -> None:
        if self._top is None or not self._top.isValid():
            return
        self._view.doItemsLayout()
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + self._view.visualRect(self._top).top() - self._offset)


class CalmTable(QTableView):
    """A table of whole rows with one look on every page; Ctrl+C copies the selected rows as TSV."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.anchor = ScrollAnchor(self)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table, arrows walk in it
        self.setCornerButtonEnabled(False)
        self.setStyleSheet(LOOK)
        height = self.fontMetrics().height() + ROW_AIR
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setMinimumSectionSize(48)
        columns.setTextElideMode(Qt.TextElideMode.ElideRight)

    def setModel(self, model: QAbstractItemModel) -> None:
        self.anchor.watch_before(model)
        super().setModel(model)
        self.anchor.watch_after(model)

    def set_widths(self, *characters: int) -> None:
        """Column widths in average characters of the font; the first column of width 0 takes what is left."""
        unit = self.fontMetrics().averageCharWidth()
        for column, count in enumerate(characters):
            if count:
                self.setColumnWidth(column, count * unit + 20)
            else:
                self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.selectionModel().hasSelection():
            QGuiApplication.clipboard().setText(selected_text(self))
        else:
            super().keyPressEvent(event)


class CalmList(QListView):
    """Lines of text in a fixed pitch, all of one height, so that a hundred thousand cost no more than a page."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.anchor = ScrollAnchor(self)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def setModel(self, model: QAbstractItemModel) -> None:
        self.anchor.watch_before(model)
        super().setModel(model)
        self.anchor.watch_after(model)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.selectionModel().hasSelection():
            QGuiApplication.clipboard().setText(selected_text(self))
        else:
            super().keyPressEvent(event)


def selected_text(view: QAbstractItemView) -> str:
    """The selected cells as they read on the screen: a line a row, cells parted by tabs."""
    lines: dict[int, list[str]] = {}
    for index in sorted(view.selectionModel().selectedIndexes(), key=lambda index: (index.row(), index.column())):
        lines.setdefault(index.row(), []).append(str(index.data() or ""))
    return "\n".join(map("\t".join, lines.values()))
