"""What the configurations differ in, and only that, nested as they are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QStackedWidget, QTreeView, QVBoxLayout, QWidget

from ..state.compare_findings import Findings
from ..state.compare_table import Configured, DiffTree
from .compare_part import ComparePart, plain
from .empty_state import EmptyState

GROUPS, RUNS = 0, 1


class CompareDiff(ComparePart):
    """A tree of settings with a column for every group or run."""

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self.model = DiffTree(self)
        self.columns = QComboBox()
        self.columns.addItems(["Groups", "Runs"])
        self.columns.setAccessibleName("Columns of the configuration diff")
        self.columns.currentIndexChanged.connect(self.renew)
        self.tree = QTreeView()
        self.tree.setAccessibleName("What the configurations differ in")
        self.tree.setModel(self.model)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setStyleSheet("QTreeView::item { padding: 4px 5px; }")
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.setAlternatingRowColors(True)
        self.untold = plain("", "muted")
        self.empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.empty)
        bar = QHBoxLayout()
        bar.addWidget(self.columns)
        bar.addWidget(self.untold, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)

    def refresh(self) -> None:
        answer = self.findings.answer
        if answer is None:
            self.model.show_columns(())
            return
        alone = len(answer.frame.groups) == len(answer.runs)
        self.columns.setEnabled(not alone)
        columns, untold = self._columns(by_run=alone or self.columns.currentIndex() == RUNS)
        self.untold.setText(f"{untold} run{'s tell' if untold != 1 else ' tells'} no configuration" if untold else "")
        if self.model.show_columns(columns):
            self.tree.expandAll()
            unit = self.tree.fontMetrics().averageCharWidth()
            for place in range(self.model.columnCount()):
                self.tree.setColumnWidth(place, unit * (34 if place == 0 else 30))
        told = sum(len(column.configs) for column in columns)
        if told < 2:
            self.empty.say("Nothing to compare yet.", "Tick a second run that tells its configuration.")
        else:
            self.empty.say("The configurations of these runs are the same.", "What differs is told here, nested.")
        self._stack.setCurrentIndex(0 if self.model.found else 1)

    def _columns(self, *, by_run: bool) -> tuple[list[Configured], int]:
        columns, untold = [], 0
        for group in self.findings.groups():
            entries = [entry for run in group.runs if (entry := self.findings.entry(run)) is not None]
            told = [entry for entry in entries if entry.data.config]
            untold += len(entries) - len(told)
            if by_run:
                columns += [Configured(entry.name, entry.colour, (entry.data.config,)) for entry in told]
            elif told:
                columns.append(Configured(group.label, group.colour, tuple(entry.data.config for entry in told)))
        return columns, untold
