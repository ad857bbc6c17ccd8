"""The list at the left: what is asked, the runs that answer, and what the user notes about them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from ..dialogs.run_note import RunNote
from ..icons import dress
from ..state.run_list import ROW_ROLE, AnyRow, FolderRow, GroupRow, RunListModel, RunRow
from ..state.run_marks import RunMarks
from ..state.run_query import RunQuestion
from ..state.runs import RunStore
from ..state.selection import Selection
from ..theme import scaled_font
from .query_field import QueryField
from .run_menu import RunMenu, fill_group_menu
from .run_painter import RunPainter
from .run_tree import RunTree


class RunList(QWidget):
    """Query, tree and the way to open another folder. Orders about runs mean the selected ones."""

    open_requested = Signal()
    close_requested = Signal(str)  # folder
    stop_requested = Signal(object)  # tuple of run ids, of which no more is to be read for now
    go_on_requested = Signal(object)

    def __init__(
        self, store: RunStore, selection: Selection, model: RunListModel, marks: RunMarks,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store, self._selection, self._model, self._marks = store, selection, model, marks
        self._groups = model.groups
        self._build()
        selection.run_changed.connect(self.tree.show_current)

    @property
    def question(self) -> RunQuestion:
        return self._groups.question

    def focus_search(self) -> None:
        self.field.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.line.selectAll()

    # -- what is noted about the selected runs ----------------------------------------------------

    def selected_runs(self) -> tuple[str, ...]:
        """The selected runs, else the current one."""
        return self.tree.selected_runs() or ((self._selection.run,) if self._selection.run else ())

    def toggle_star(self) -> None:
        runs = self.selected_runs()
        self._marks.star(runs, not all(self._marks.of(run_id).starred for run_id in runs))

    def toggle_archive(self) -> None:
        runs = self.selected_runs()
        self._marks.archive(runs, not all(self._marks.of(run_id).archived for run_id in runs))

    def edit_tags(self) -> None:
        """Of the current run, in its row."""
        index = self._model.index_of(self._selection.run or "")
        if index.isValid():
            self.tree.edit_tags(index)

    def edit_note(self) -> None:
        entry = self._store.entry(self._selection.run)
        if entry is not None:
            note = RunNote(self._marks, entry, self.window())
            note.show()
            note.activateWindow()

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        title = QLabel("Runs")
        title.setFont(scaled_font(self.font(), 1.05, bold=True))
        self._group = self._button("Group", "Put runs together that share a setting")
        self._group.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._group.setText("Group")
        self._group.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.group_menu = QMenu("&Group by", self)
        self.group_menu.aboutToShow.connect(self._fill_group_menu)
        self._group.setMenu(self.group_menu)
        self._open = self._button("Open a folder", "Open a folder with runs (Ctrl+O)")
        dress(self._open, "open-folder")
        self._open.clicked.connect(self.open_requested)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._group)
        head.addWidget(self._open)
        self.field = QueryField(self.question)
        self._build_tree()
        self.field.left.connect(self.tree.setFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 6, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.field)
        layout.addWidget(self.tree, 1)
        self.setMinimumWidth(264)  # a name, a state and a sparkline side by side

    def _build_tree(self) -> None:
        self.tree = RunTree()
        self.tree.setModel(self._model)
        self.tree.setItemDelegate(RunPainter(self.tree))
        self.tree.customContextMenuRequested.connect(self._menu_at)
        self.tree.chosen.connect(self._selection.set_run)
        self.tree.runs_selected.connect(self._selection.set_runs)
        self.tree.star_clicked.connect(self._toggle_star_of)

    @staticmethod
    def _button(name: str, tip: str) -> QToolButton:
        button = QToolButton(toolTip=tip)
        button.setAccessibleName(name)
        button.setProperty("role", "flat")
        return button

    # -- menus and clicks -------------------------------------------------------------------------

    @Slot()
    def _fill_group_menu(self) -> None:
        fill_group_menu(self.group_menu, self._groups)

    @Slot(str)
    def _toggle_star_of(self, run_id: str) -> None:
        self._marks.star([run_id], not self._marks.of(run_id).starred)

    @Slot(QPoint)
    def _menu_at(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        menu = self.menu_for(index)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, index: QModelIndex) -> RunMenu:
        """What can be done with a row, or with the list where there is none."""
        row: AnyRow | None = index.data(ROW_ROLE)
        menu = RunMenu(self._store, self._marks, self)
        if isinstance(row, RunRow):
            runs = self.tree.selected_runs()
            menu.offer_run(row, runs if row.id in runs else (row.id,), self._groups.of(row.id))
            menu.offer_marks(self)
            menu.offer_reading(self)
            entry = self._store.entry(row.id)
            menu.offer_folder(entry.folder if entry else "", self.close_requested)
        elif isinstance(row, GroupRow):
            menu.offer_group(row, tuple(self._model.members(index)))
        elif isinstance(row, FolderRow):
            menu.offer_path(row.folder)
            menu.offer_folder(row.folder, self.close_requested)
        menu.add("Open a folder…", self.open_requested.emit)
        return menu
