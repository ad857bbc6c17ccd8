"""The list at the left: watched folders, their runs, and what each of them is doing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QGuiApplication, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from ..icons import dress
from ..state.run_list import ROW_ROLE, STATE_ROLES, FolderRow, RunFilter, RunListModel, RunRow
from ..state.runs import RunStore
from ..state.selection import Selection
from ..theme import scaled_font, theme

BOX = 14  # the check box, which is also the run's colour
PADDING = 8
SPARK = QSize(56, 18)


class RunList(QWidget):
    """Search, tree and the way to open another folder."""

    open_requested = Signal()
    close_requested = Signal(str)  # folder

    def __init__(
        self, store: RunStore, selection: Selection, model: RunListModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._selection, self._model = store, selection, model
        self.filter = RunFilter(model, self)
        self._build()
        selection.run_changed.connect(self._follow_selection)

    def focus_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def set_recent_menu(self, menu: QMenu) -> None:
        self._open.setMenu(menu)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        head = QHBoxLayout()
        title = QLabel("Runs")
        title.setFont(scaled_font(self.font(), 1.05, bold=True))
        self._open = QToolButton(toolTip="Open a folder with runs (Ctrl+O)")
        self._open.setAccessibleName("Open a folder")
        self._open.setProperty("role", "flat")
        dress(self._open, "open-folder")
        self._open.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
        self._open.clicked.connect(self.open_requested)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._open)
        self._search = QLineEdit(placeholderText="Filter: bach state:live has:alerts", clearButtonEnabled=True)
        self._search.setAccessibleName("Filter runs")
        self._search.setToolTip(
            "Words in name or path. state:live, tag:…, format:…, has:alerts, has:samples; -word turns one round."
        )
        self._search.textChanged.connect(self.filter.ask)
        self.tree = RunTree()
        self.tree.setModel(self.filter)
        self.tree.setItemDelegate(RunPainter(self.tree))
        self.tree.customContextMenuRequested.connect(self._menu_at)
        self.tree.selectionModel().currentChanged.connect(self._chosen)
        self.filter.rowsInserted.connect(self._unfold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 6, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._search)
        layout.addWidget(self.tree, 1)
        self.setMinimumWidth(220)

    # -- following --------------------------------------------------------------------------------

    @Slot(QModelIndex, int, int)
    def _unfold(self, parent: QModelIndex, first: int, last: int) -> None:
        """Folders are open from the start; one that the user folded stays so."""
        if not parent.isValid():
            for row in range(first, last + 1):
                self.tree.expand(self.filter.index(row, 0))
        elif first == 0 and self.filter.rowCount(parent) == last + 1:
            self.tree.expand(parent)

    @Slot(QModelIndex, QModelIndex)
    def _chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        row = current.data(ROW_ROLE)
        if isinstance(row, RunRow):
            self._selection.set_run(row.id)

    @Slot(object)
    def _follow_selection(self, run_id: str | None) -> None:
        row = self.tree.currentIndex().data(ROW_ROLE)
        if run_id is None or (isinstance(row, RunRow) and row.id == run_id):
            return
        index = self.filter.mapFromSource(self._model.index_of(run_id))
        if index.isValid():
            self.tree.setCurrentIndex(index)

    # -- the menu of a row --------------------------------------------------------------------------

    @Slot(QPoint)
    def _menu_at(self, at: QPoint) -> None:
        row = self.tree.indexAt(at).data(ROW_ROLE)
        menu = self.menu_for(row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, row: RunRow | FolderRow | None) -> QMenu:
        """What can be done with a row, or with the list where there is none."""
        menu = QMenu(self)
        if isinstance(row, RunRow):
            _add(menu, "Show only this run", lambda: self._show_only(row.id))
            _add(menu, "Show all runs", self._show_all)
            _add(menu, "Choose a colour…", lambda: self._choose_colour(row))
            menu.addSeparator()
            _add(menu, "Copy path", lambda: QGuiApplication.clipboard().setText(row.id))
            entry = self._store.entry(row.id)
            folder = entry.folder if entry else ""
        elif isinstance(row, FolderRow):
            _add(menu, "Copy path", lambda: QGuiApplication.clipboard().setText(row.folder))
            folder = row.folder
        else:
            folder = ""
        if folder:
            _add(menu, "Close this folder", lambda: self.close_requested.emit(folder))
        menu.addSeparator()
        _add(menu, "Open a folder…", self.open_requested.emit)
        return menu

    def _show_only(self, run_id: str) -> None:
        for entry in self._store.entries():
            self._store.set_shown(entry.id, entry.id == run_id)

    def _show_all(self) -> None:
        for entry in self._store.entries():
            self._store.set_shown(entry.id, True)

    def _choose_colour(self, row: RunRow) -> None:
        dialog = QColorDialog(QColor(row.colour), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(f"Colour of {row.name}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda colour: self._store.set_colour(row.id, colour.name()))
        dialog.show()


def _add(menu: QMenu, text: str, slot: object) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _checked=False: slot())
    return action


class RunTree(QTreeView):
    """The tree; a click on a run's box shows or hides it, a double click shows it alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Runs")
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(False)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def toggle_fold(self, index: QModelIndex) -> None:
        self.setExpanded(index, not self.isExpanded(index))


class RunPainter(QStyledItemDelegate):
    """Paints a run in two lines: name and state; progress or age, alerts and the main loss."""

    def __init__(self, tree: RunTree) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        line = option.fontMetrics.height()
        if isinstance(index.data(ROW_ROLE), FolderRow):
            return QSize(120, line + 14)
        return QSize(120, 2 * line + 17)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, rect = index.data(ROW_ROLE), QRectF(option.rect)
        self._paint_ground(painter, option, rect)
        if isinstance(row, FolderRow):
            self._paint_folder(painter, option, rect, row, self._tree.isExpanded(index))
        else:
            self._paint_run(painter, option, rect, row)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: RunFilter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> bool:
        row = index.data(ROW_ROLE)
        pressed = event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton
        if isinstance(row, FolderRow):
            if pressed:
                self._tree.toggle_fold(index)
            return pressed
        space = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space
        on_box = pressed and self._box(QRectF(option.rect)).adjusted(-8, -8, 8, 8).contains(event.position())
        if not (space or on_box):
            return False
        state = Qt.CheckState.Unchecked if row.shown else Qt.CheckState.Checked
        return model.setData(index, state, Qt.ItemDataRole.CheckStateRole)

    # -- parts ------------------------------------------------------------------------------------

    @staticmethod
    def _box(rect: QRectF) -> QRectF:
        return QRectF(rect.left() + PADDING + 2, rect.top() + 9, BOX, BOX)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF) -> None:
        inner = rect.adjusted(3, 1, -3, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(theme().qcolor("selection"))
            painter.drawRoundedRect(inner, 5, 5)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme().qcolor("window"))
            painter.drawRoundedRect(inner, 5, 5)
        if option.state & QStyle.StateFlag.State_HasFocus and self._tree.hasFocus():
            painter.setPen(QPen(theme().qcolor("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inner.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_folder(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, row: FolderRow, open_: bool
    ) -> None:
        middle = rect.center().y()
        painter.setPen(QPen(theme().qcolor("muted"), 1.6))
        left = rect.left() + PADDING + 4
        arrow = [(0, -2), (4, 2), (8, -2)] if open_ else [(2, -4), (6, 0), (2, 4)]
        painter.drawPolyline(QPolygonF([QPoint(int(left + x), int(middle + y)) for x, y in arrow]))
        text = rect.adjusted(PADDING + 22, 0, -PADDING, 0)
        note = (row.trouble and "⚠ " + row.trouble) or (f"{row.runs} runs" if row.runs != 1 else "1 run")
        painter.setFont(scaled_font(option.font, 0.9))
        painter.setPen(theme().qcolor("warning" if row.trouble else "muted"))
        room = text.width() * (0.65 if row.trouble else 0.4)
        note = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)
        text.setRight(text.right() - painter.fontMetrics().horizontalAdvance(note) - 8)
        painter.setFont(scaled_font(option.font, 1.0, bold=True))
        painter.setPen(theme().qcolor("muted"))
        _text(painter, text, row.name, Qt.TextElideMode.ElideMiddle)

    def _paint_run(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, row: RunRow) -> None:
        self._paint_box(painter, self._box(rect), row)
        line = option.fontMetrics.height()
        first = QRectF(rect.left() + PADDING + BOX + 12, rect.top() + 7, 0, line)
        first.setRight(rect.right() - PADDING - 2)
        second = first.translated(0, line + 3)
        self._paint_first_line(painter, option, first, row)
        self._paint_second_line(painter, option, second, row)

    def _paint_box(self, painter: QPainter, box: QRectF, row: RunRow) -> None:
        colour = QColor(row.colour)
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(colour if row.shown else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
        if row.shown:
            painter.setPen(QPen(QColor("#ffffff"), 1.8))
            at = box.topLeft()
            painter.drawPolyline(QPolygonF([at + QPoint(4, 7), at + QPoint(6, 10), at + QPoint(10, 4)]))

    def _paint_first_line(
        self, painter: QPainter, option: QStyleOptionViewItem, line: QRectF, row: RunRow
    ) -> None:
        state = f"{row.sign} {row.word}"
        painter.setFont(scaled_font(option.font, 0.9))
        painter.setPen(theme().qcolor(STATE_ROLES[row.word]))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, state)
        name = QRectF(line)
        name.setRight(line.right() - painter.fontMetrics().horizontalAdvance(state) - 8)
        painter.setFont(option.font)
        painter.setPen(theme().qcolor("text" if row.shown else "muted"))
        _text(painter, name, row.name, Qt.TextElideMode.ElideMiddle)

    def _paint_second_line(
        self, painter: QPainter, option: QStyleOptionViewItem, line: QRectF, row: RunRow
    ) -> None:
        rest = QRectF(line)
        if row.spark:
            spark = QRectF(line.right() - SPARK.width(), line.center().y() - SPARK.height() / 2 + 1,
                           SPARK.width(), SPARK.height())  # fmt: skip
            self._paint_spark(painter, spark, row)
            rest.setRight(spark.left() - 8)
        painter.setFont(scaled_font(option.font, 0.9))
        if row.alerts:
            text = f"△ {row.alerts}"
            painter.setPen(theme().qcolor("warning"))
            painter.drawText(rest, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            rest.setRight(rest.right() - painter.fontMetrics().horizontalAdvance(text) - 6)
        painter.setPen(theme().qcolor("muted"))
        _text(painter, rest, row.line, Qt.TextElideMode.ElideRight)
        if row.word == "live" and row.fraction is not None:
            self._paint_progress(painter, QRectF(line.left(), line.bottom() + 2, line.width(), 2.5), row)

    @staticmethod
    def _paint_progress(painter: QPainter, bar: QRectF, row: RunRow) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().qcolor("line"))
        painter.drawRoundedRect(bar, 1.2, 1.2)
        bar.setWidth(bar.width() * min(row.fraction or 0.0, 1.0))
        painter.setBrush(QColor(row.colour))
        painter.drawRoundedRect(bar, 1.2, 1.2)

    @staticmethod
    def _paint_spark(painter: QPainter, rect: QRectF, row: RunRow) -> None:
        path = QPainterPath()
        for number, (x, y) in enumerate(row.spark):
            at_x, at_y = rect.left() + x * rect.width(), rect.bottom() - y * rect.height()
            path.lineTo(at_x, at_y) if number else path.moveTo(at_x, at_y)
        colour = QColor(row.colour)
        colour.setAlphaF(1.0 if row.shown else 0.45)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)


def _text(painter: QPainter, rect: QRectF, text: str, elide: Qt.TextElideMode) -> None:
    cut = painter.fontMetrics().elidedText(text, elide, max(int(rect.width()), 0))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)
