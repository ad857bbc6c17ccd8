"""Everything that groups or runs came to, as a table that sorts."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QHeaderView, QMenu, QToolButton, QVBoxLayout, QWidget

from ..icons import dress
from ..state.compare_findings import Findings
from ..state.compare_table import FigureTable, group_rows, run_rows
from .calm_views import CalmTable
from .compare_part import ComparePart, plain

GROUPS, RUNS = 0, 1


class CompareValues(ComparePart):
    """Groups with means and intervals, or the runs themselves; a double click selects a run in the whole window."""

    run_chosen = Signal(str)
    copy_wanted = Signal(str)  # "tsv" or "markdown"

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self.model = FigureTable(self)
        self.rows = QComboBox()
        self.rows.addItems(["Groups", "Runs"])
        self.rows.setAccessibleName("Rows of the table")
        self.rows.currentIndexChanged.connect(self.renew)
        self.table = CalmTable("What groups and runs came to")
        self.table.setModel(self.model)
        names, heads = self.table.verticalHeader(), self.table.horizontalHeader()
        names.setVisible(True)
        names.setHighlightSections(False)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setTextElideMode(Qt.TextElideMode.ElideNone)  # it cuts the second line by the length of both
        heads.setSortIndicatorClearable(True)
        heads.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        self.table.doubleClicked.connect(self._choose)
        self._hint = plain("", "muted")
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.rows)
        bar.addWidget(self._hint, 1)
        bar.addWidget(self._copy_button())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)

    def refresh(self) -> None:
        answer = self.findings.answer
        if answer is None:
            self.model.show_rows((), ())
            return
        alone = len(answer.frame.groups) == len(answer.runs)
        self.rows.setEnabled(not alone)
        of_runs = alone or self.rows.currentIndex() == RUNS
        self.model.show_rows(answer.columns(), run_rows(self.findings) if of_runs else group_rows(self.findings))
        arrows = "↓ lower is better   ↑ higher is better"
        means = "mean ± half of its 95 % interval   ★ best   ≈ cannot be told from the best"
        self._hint.setText(f"{'★ best of the column' if of_runs else means}   {arrows}")

    def _copy_button(self) -> QToolButton:
        copy = QToolButton()
        copy.setText("Copy tables")
        copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        dress(copy, "copy")
        menu = QMenu(copy)
        for text, kind in (("As TSV, for a spreadsheet", "tsv"), ("As Markdown", "markdown")):
            action = QAction(text, menu)
            action.setData(kind)
            menu.addAction(action)
        menu.triggered.connect(self._copy)
        copy.setMenu(menu)
        return copy

    @Slot(QAction)
    def _copy(self, action: QAction) -> None:
        self.copy_wanted.emit(action.data())

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        self.run_chosen.emit(self.model.row(index.row()).runs[0])
