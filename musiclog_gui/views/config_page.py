"""Configuration and environment of a run: a searchable tree to copy from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QWidget,
)

from ..icons import dress
from ..state import wording
from ..state.config_tree import KEY, PATH_ROLE, VALUE_ROLE, ConfigFilter, ConfigTree, facts
from ..state.runs import RunEntry, RunStore
from ..state.selection import Selection
from ..theme import theme_changed
from .empty_state import EmptyState
from .run_page import RunPage


class ConfigPage(RunPage):
    """Search, tree, copy; another run can be set beside to see what differs."""

    PARTS = frozenset({"config", "info"})

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(store, selection, parent)
        self._tree = ConfigTree(self)
        self._found = ConfigFilter(self._tree, self)
        self._build_bar()
        self._view = QTreeView()
        self._view.setAccessibleName("Configuration")
        self._view.setModel(self._found)
        self._view.setUniformRowHeights(True)
        self._view.setStyleSheet("QTreeView::item { padding: 4px 4px; }")
        self._view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._build_actions()
        self._empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._view)
        self.body.addWidget(self._stack, 1)
        self._soon = QTimer(self, singleShot=True, interval=0)  # one listing for all runs that a turn brings
        self._soon.timeout.connect(self._list_others)
        for happened in (store.added, store.removed, store.shown_changed):
            happened.connect(self._runs_changed)
        theme_changed.connect(self._rebuild)
        self._list_others()

    def _build_bar(self) -> None:
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._search = QLineEdit(placeholderText="Search keys and values", clearButtonEnabled=True)
        self._search.setAccessibleName("Search the configuration")
        self._search.setFixedWidth(220)
        self._search.textChanged.connect(self._narrow)
        self._beside = QComboBox()
        self._beside.setAccessibleName("Compare with another run")
        self._beside.setMaximumWidth(240)
        self._beside.currentIndexChanged.connect(self._rebuild)
        self._copy_all = QPushButton("Copy as JSON")
        self._copy_all.setAutoDefault(False)
        dress(self._copy_all, "copy")
        self._copy_all.clicked.connect(self.copy_all)
        for widget in (self._summary, self._search, self._beside, self._copy_all):
            self.bar.addWidget(widget)

    def _build_actions(self) -> None:
        copies = (("Copy value", "Ctrl+C", self.copy_value), ("Copy key path", "Ctrl+Shift+C", self.copy_path))
        for text, keys, slot in copies:
            action = QAction(text, self._view)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            self._view.addAction(action)

    # -- what the run page asks -----------------------------------------------------------------

    def show_run(self, entry: RunEntry | None) -> None:
        self._list_others()
        if entry is None:
            self._tree.show_facts({})
            self._tell()

    def refresh(self, entry: RunEntry) -> None:
        now = time.time()
        other = self.store.entry(self._beside.currentData())
        beside = None if other is None else facts(other.data, now)
        closed, current = self._closed(), self._view.currentIndex().data(PATH_ROLE)
        scrolled = self._view.verticalScrollBar().value()
        self._tree.show_facts(facts(entry.data, now), beside, "" if other is None else other.name)
        self._restore(closed, current)
        self._view.doItemsLayout()  # now, so that the scroll bar knows how far it reaches
        self._view.verticalScrollBar().setValue(scrolled)
        self._tell()

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def copy_value(self) -> None:
        index = self._view.currentIndex()
        if index.isValid():
            value = index.siblingAtColumn(KEY if index.column() == KEY else index.column()).data(VALUE_ROLE)[0]
            QGuiApplication.clipboard().setText(_copied(value))

    @Slot()
    def copy_path(self) -> None:
        index = self._view.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(str(index.data(PATH_ROLE)))

    @Slot()
    def copy_all(self) -> None:
        QGuiApplication.clipboard().setText(_copied(self._tree.facts))

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self._found.search(text)
        if text:
            self._view.expandAll()
        self._tell()

    @Slot()
    def _rebuild(self, _cause: object = None) -> None:
        entry = self.entry()
        if entry is not None and self.isVisible():
            self.refresh(entry)

    @Slot()
    def _runs_changed(self, _run: object = None) -> None:
        self._soon.start()

    @Slot()
    def _list_others(self) -> None:
        chosen, own = self._beside.currentData(), self.entry()
        self._beside.blockSignals(True)
        self._beside.clear()
        self._beside.addItem("Compare with …", None)
        for entry in self.store.entries():
            if own is None or entry.id != own.id:
                self._beside.addItem(wording.one_line(entry.name, 60), entry.id)
        self._beside.setCurrentIndex(max(self._beside.findData(chosen), 0))
        self._beside.setVisible(self._beside.count() > 1)
        self._beside.blockSignals(False)

    # -- within ---------------------------------------------------------------------------------

    def _indexes(self, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
        parent = QModelIndex() if parent is None else parent
        for row in range(self._found.rowCount(parent)):
            index = self._found.index(row, KEY, parent)
            yield index
            yield from self._indexes(index)

    def _closed(self) -> set[str]:
        """Paths of the branches that the user closed; all others are open, also those that come later."""
        branches = (index for index in self._indexes() if self._found.hasChildren(index))
        return {index.data(PATH_ROLE) for index in branches if not self._view.isExpanded(index)}

    def _restore(self, closed: set[str], current: str | None) -> None:
        columns = self._found.columnCount()
        for column in range(columns - 1):
            self._view.setColumnWidth(column, self.fontMetrics().averageCharWidth() * (36 if column == KEY else 48))
        self._view.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._view.expandAll()
        for index in self._indexes():
            path = index.data(PATH_ROLE)
            if path in closed:
                self._view.collapse(index)
            if current is not None and path == current:
                self._view.setCurrentIndex(index)

    def _tell(self) -> None:
        shown = self._found.rowCount() > 0
        left_out = self._tree.left_out
        self._summary.setText(f"{left_out:,} more keys are only in the JSON" if left_out else "")
        self._copy_all.setEnabled(bool(self._tree.facts))
        if not shown and self.entry() is None:
            self._empty.say("No run is open.", "Open a folder with runs, then choose one in the list on the left.")
        elif not shown:
            self._empty.say("Nothing is called that.", "No key and no value of this run contains the text.")
        self._stack.setCurrentIndex(1 if shown else 0)


def _copied(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
