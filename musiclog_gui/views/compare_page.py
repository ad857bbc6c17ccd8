"""Runs beside each other: curves, what their metrics came to, and what their configurations differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from musiclog.compare import Row, differences, row_of, table_of
from musiclog.compare.writing import as_markdown, as_tsv

from ..icons import dress
from ..state import wording
from ..state.chart_plan import ChartPlan, plan
from ..state.chart_view import AXIS_TITLES, ChartView
from ..state.compare_choice import CompareChoice
from ..state.compare_table import CompareTable, DiffTable
from ..state.runs import Changes, RunEntry, RunStore
from ..state.selection import Selection
from ..theme import theme_changed
from .calm_views import CalmTable
from .empty_state import EmptyState

if TYPE_CHECKING:
    from .chart import Chart

# Tables are renewed twice a second at most: a row of a million points takes milliseconds, and nobody reads faster.
PERIOD_MS = 500
QT_LARGEST = 16_777_215  # QWIDGETSIZE_MAX


class ComparePage(QWidget):
    """Top: choice and curves. Below: the values, and the configuration diff."""

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._selection = store, selection
        self.choice = CompareChoice(store, self)
        self.values, self.diff = CompareTable(self), DiffTable(self)
        self._rows: dict[str, Row] = {}  # of runs whose row is up to date
        self._plans: list[ChartPlan] = []
        self._chart: Chart | None = None
        self._pending = True
        self._timer = QTimer(self, singleShot=True, interval=PERIOD_MS)
        self._timer.timeout.connect(self._tabulate)
        self._soon = QTimer(self, singleShot=True, interval=0)  # one table for all runs that a turn brings
        self._soon.timeout.connect(self._tabulate)
        self._build()
        self.choice.changed.connect(self._chosen_changed)
        selection.run_changed.connect(self._draw)
        theme_changed.connect(self._redress)

    # -- orders ---------------------------------------------------------------------------------

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        news = {run for run, what in changes.items() if what & {"points", "config", "info"}}
        for run_id in news:
            self._rows.pop(run_id, None)
        if not news & {entry.id for entry in self.choice.chosen()}:
            return
        if not self.isVisible():
            self._pending = True
            return
        self._draw()
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def copy_tsv(self) -> None:
        QGuiApplication.clipboard().setText(self._as_text(as_tsv))

    @Slot()
    def copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(self._as_text(as_markdown))

    def _as_text(self, write: object) -> str:
        tables = [self.values.as_text(), self.diff.as_text()]
        return "\n".join(write(*table) for table in tables if table[1])

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self._empty = EmptyState()
        self._stack = QStackedWidget()
        top = QSplitter(Qt.Orientation.Horizontal)
        top.setChildrenCollapsible(False)
        top.addWidget(self._build_choice())
        top.addWidget(self._build_curves())
        top.setSizes([230, 850])
        top.setStretchFactor(1, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        for part in (top, self._build_values(), self._build_diff()):
            whole.addWidget(part)
        whole.setSizes([330, 210, 180])
        self._stack.addWidget(self._empty)
        self._stack.addWidget(whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addWidget(self._stack)

    def _build_choice(self) -> QWidget:
        self._list = QListView()
        self._list.setAccessibleName("Runs to compare")
        self._list.setModel(self.choice)
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMinimumWidth(160)
        self._same = QPushButton("Use the runs shown on Live")
        self._same.setAutoDefault(False)
        self._same.clicked.connect(self.choice.follow_charts)
        self._same.setEnabled(False)  # they are what is chosen until something is ticked
        return _part("Runs", self._list, below=self._same)

    def _build_curves(self) -> QWidget:
        self._metric = QComboBox()
        self._metric.setAccessibleName("Metric")
        self._metric.setMaximumWidth(320)
        self._metric.currentIndexChanged.connect(self._metric_chosen)
        self._axis = QComboBox()
        self._axis.setAccessibleName("Horizontal axis")
        for axis, title in AXIS_TITLES.items():
            self._axis.addItem(title, axis)
        self._axis.currentIndexChanged.connect(self._draw)
        self._log = QCheckBox("Log y")
        self._log.toggled.connect(self._draw)
        self._frame = QVBoxLayout()
        self._frame.setContentsMargins(0, 0, 0, 0)
        holder = QWidget()
        holder.setLayout(self._frame)
        return _part("Curves", holder, self._metric, self._axis, self._log)

    def _build_values(self) -> QWidget:
        copy = QToolButton()
        copy.setText("Copy tables")
        copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        dress(copy, "copy")
        menu = QMenu(copy)
        for text, slot in (("As TSV, for a spreadsheet", self.copy_tsv), ("As Markdown", self.copy_markdown)):
            action = QAction(text, menu)
            action.triggered.connect(slot)
            menu.addAction(action)
        copy.setMenu(menu)
        self._values = CalmTable("Final and best values")
        self._values.setModel(self.values)
        names = self._values.verticalHeader()
        names.setVisible(True)
        names.setHighlightSections(False)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._values.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._values.horizontalHeader().setSortIndicatorClearable(True)
        self._values.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._values.setSortingEnabled(True)
        self._values.setMinimumHeight(110)
        self._values.doubleClicked.connect(self._select_run)
        hint = QLabel("★ best of the column   ↓ lower is better   ↑ higher is better")
        hint.setProperty("role", "muted")
        return _part("Values", self._values, hint, copy)

    def _build_diff(self) -> QWidget:
        self._diff = CalmTable("What the configurations differ in")
        self._diff.setModel(self.diff)
        self._diff.setMinimumHeight(90)
        self._no_diff = QLabel()
        self._no_diff.setProperty("role", "muted")
        self._no_diff.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._diff_stack = QStackedWidget()
        self._diff_stack.addWidget(self._diff)
        self._diff_stack.addWidget(self._no_diff)
        self._untold = QLabel()
        self._untold.setProperty("role", "muted")
        return _part("Configuration, only what differs", self._diff_stack, self._untold)

    # -- keeping up -----------------------------------------------------------------------------

    @Slot()
    def _chosen_changed(self) -> None:
        self._same.setEnabled(not self.choice.follows_charts())
        self._pending = True
        if self.isVisible():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._pending:
            self._tabulate()

    @Slot()
    def _tabulate(self) -> None:
        self._pending = False
        chosen = self.choice.chosen()
        if self._tell_empty(chosen):
            return
        table = table_of(self._row(entry) for entry in chosen)
        self.values.show_table(table, {self._row(entry).path: entry.colour for entry in chosen})
        self._show_diff(chosen)
        self._list_metrics(chosen)
        self._draw()

    def _row(self, entry: RunEntry) -> Row:
        row = self._rows.get(entry.id)
        if row is None:
            row = self._rows[entry.id] = row_of(entry.data)
        return row

    def _show_diff(self, chosen: list[RunEntry]) -> None:
        told = [entry for entry in chosen if entry.data.config]
        untold = len(chosen) - len(told)
        names, columns = [entry.name for entry in told], self.diff.columnCount()
        found = differences([entry.data.config for entry in told])
        self.diff.show_differences(names, found)
        if self.diff.columnCount() != columns:
            self._diff.set_widths(32, *[26] * len(names))
        self._untold.setText(f"{untold} run{'s tell' if untold != 1 else ' tells'} no configuration" if untold else "")
        one = "Tick a second run that tells its configuration to see what differs."
        self._no_diff.setText(one if len(names) < 2 else "The configurations of these runs are the same.")
        self._diff_stack.setCurrentIndex(0 if found else 1)

    def _list_metrics(self, chosen: list[RunEntry]) -> None:
        plans = plan(dict.fromkeys(name for entry in chosen for name in entry.data.series))
        if plans == self._plans:
            return
        current = self._plan()
        self._plans = plans
        self._metric.blockSignals(True)
        self._metric.clear()
        for each in plans:
            self._metric.addItem(wording.one_line(" and ".join(each.names), 60))
        self._metric.setCurrentIndex(self._metric_to_show(current, chosen))
        self._metric.blockSignals(False)

    def _metric_to_show(self, current: ChartPlan | None, chosen: list[RunEntry]) -> int:
        """The one that was shown; at first the one that most of the runs have."""
        names = [each.name for each in self._plans]
        if current is not None and current.name in names:
            return names.index(current.name)
        have = [sum(name in entry.data.series for entry in chosen) for name in names]
        return have.index(max(have, default=0)) if have else -1

    def _plan(self) -> ChartPlan | None:
        number = self._metric.currentIndex()
        return self._plans[number] if 0 <= number < len(self._plans) else None

    @Slot()
    def _metric_chosen(self) -> None:
        self._draw()

    @Slot()
    def _draw(self, _cause: object = None) -> None:
        wanted = self._plan()
        if wanted is None or not self.isVisible():
            self._pending = self._pending or wanted is not None
            return
        view = ChartView(axis=self._axis.currentData(), log_y=self._log.isChecked())
        self._chart_of(wanted).show_runs(self.choice.chosen(), self._selection.run, view)

    def _chart_of(self, wanted: ChartPlan) -> Chart:
        if self._chart is not None and self._chart.plan == wanted:
            return self._chart
        from .chart import Chart  # noqa: PLC0415  pyqtgraph takes 0.75 s: not before a curve is looked at

        if self._chart is not None:
            self._frame.removeWidget(self._chart)
            self._chart.deleteLater()
        self._chart = Chart(wanted)
        self._chart.setMinimumHeight(170)
        self._chart.setMaximumHeight(QT_LARGEST)
        self._chart.run_clicked.connect(self._selection.set_run)
        self._chart.sample_clicked.connect(self._selection.play_requested)
        self._frame.addWidget(self._chart)
        return self._chart

    @Slot(object)
    def _redress(self, _theme: object) -> None:
        if self._chart is not None:
            self._chart.wear_theme()
            self._draw()

    @Slot(QModelIndex)
    def _select_run(self, index: QModelIndex) -> None:
        path = self.values.path(index.row())
        for entry in self.choice.chosen():
            if entry.data.ref.path == path:
                self._selection.set_run(entry.id)

    def _tell_empty(self, chosen: list[RunEntry]) -> bool:
        """Whether there is nothing at all to compare. An empty choice keeps the list, so that it can be filled."""
        if not self._store.entries():
            self._empty.say("No runs to compare.", "Open a folder with runs; those shown on Live stand here at once.")
            self._stack.setCurrentIndex(0)
            return True
        self._stack.setCurrentIndex(1)
        return not chosen and self._clear()

    def _clear(self) -> bool:
        self.values.show_table(table_of(()), {})
        self.diff.show_differences([], ())
        self._no_diff.setText("Tick the runs to compare in the list above.")
        self._diff_stack.setCurrentIndex(1)
        self._draw()
        return True


def _part(title: str, body: QWidget, *controls: QWidget, below: QWidget | None = None) -> QWidget:
    """A titled part of the page; its controls stand right of the title."""
    head = QHBoxLayout()
    head.setSpacing(8)
    label = QLabel(title)
    label.setProperty("role", "title")
    head.addWidget(label)
    head.addStretch(1)
    for control in controls:
        head.addWidget(control)
    part = QFrame()
    layout = QVBoxLayout(part)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.setSpacing(6)
    layout.addLayout(head)
    layout.addWidget(body, 1)
    if below is not None:
        layout.addWidget(below)
    return part
