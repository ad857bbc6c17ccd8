"""All alerts of all runs, newest first, and the chosen one in full."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..icons import dress
from ..state import wording
from ..state.alert_filter import AlertFilter
from ..state.alert_marks import Key
from ..state.alerts import SEVERITIES, SIGNS, AlertModel, AlertRow, kind_words
from ..state.rows import ROW_ROLE
from ..state.runs import RunStore
from ..state.selection import Selection
from .alert_detail import AlertDetail
from .calm_views import CalmTable
from .empty_state import EmptyState
from .flow_layout import FlowLayout
from .moment_view import MomentView

WATCHED = "loss spikes, exploding gradients, learning-rate faults and values that are not numbers"


SENSITIVITIES = {
    "low": "Low: only what is beyond doubt",
    "normal": "Normal",
    "high": "High: early, with some false alarms",
}


class AlertsPage(QWidget):
    """Left the list with its filters, right the detail; or all metrics around one alert.

    The model counts also while the page is hidden.
    """

    sensitivity_chosen = Signal(str)
    notices_chosen = Signal(bool)
    roles_wanted = Signal(str)  # id of a run whose metrics are to be corrected

    def __init__(
        self, store: RunStore, selection: Selection, alerts: AlertModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._selection, self._alerts = store, selection, alerts
        self._listed = AlertFilter(alerts, self)
        self._inside: Key | None = None  # shown in full, though it is listed under its incident's leader
        self._build_filters()
        self._build_options()
        self._build_list()
        self._build_faces()
        alerts.counts_changed.connect(self._tell)
        for happened in (alerts.rowsInserted, alerts.rowsRemoved, alerts.modelReset, alerts.dataChanged):
            happened.connect(self._tell)
        # A folder of a thousand runs is found in a few turns of the event loop; the choice is listed once a turn.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._list_runs)
        for happened in (store.added, store.removed, store.shown_changed):
            happened.connect(self._runs_changed)
        self._list_runs()

    @Slot(object)
    def absorb(self, changes: object) -> None:
        """The frame's changes; the alert model has its own connection and tells the list row by row."""
        self.moment.absorb(changes)

    def set_options(self, sensitivity: str, notices: bool) -> None:
        for action in self._sensitivities.actions():
            action.setChecked(action.data() == sensitivity)
        self._notices.setChecked(notices)

    # -- building -------------------------------------------------------------------------------

    def _build_filters(self) -> None:
        self._open_only = QCheckBox("Open only")
        self._open_only.setToolTip("Hide what has ended, was acknowledged or is muted")
        self._open_only.toggled.connect(self._filter)
        self._joins = QCheckBox("One row an incident")
        self._joins.setToolTip("Alerts that come of one cause are listed as one")
        self._joins.setChecked(self._alerts.joins)
        self._joins.toggled.connect(self._join)
        self._severity = QComboBox()
        self._severity.setAccessibleName("Least severity")
        for word in SEVERITIES:
            text = "Every severity" if word == SEVERITIES[0] else f"{SIGNS[word]}  {word} and above"
            self._severity.addItem(text if word != SEVERITIES[-1] else f"{SIGNS[word]}  {word} only", word)
        self._severity.currentIndexChanged.connect(self._filter)
        self._run = QComboBox()
        self._run.setAccessibleName("Run")
        self._run.setMaximumWidth(260)
        self._run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._run.currentIndexChanged.connect(self._filter)
        self._muted = QToolButton()
        self._muted.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._muted_menu = QMenu(self._muted)
        self._muted_menu.triggered.connect(self._unmute)
        self._muted.setMenu(self._muted_menu)
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._summary.setTextFormat(Qt.TextFormat.PlainText)

    def _bar(self) -> FlowLayout:
        bar = FlowLayout()
        for widget in (self._open_only, self._joins, self._severity, self._run, self._muted):
            bar.addWidget(widget)
        bar.push()
        bar.addWidget(self._summary)
        bar.addWidget(self._options)
        return bar

    def _build_options(self) -> None:
        """How runs are watched: rare enough for a menu."""
        self._options = QToolButton(text="Watching")
        self._options.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._options.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._options.setToolTip("How sensitive musiclog is, what the metrics are, and when it calls you")
        dress(self._options, "chevron-down", "muted")
        menu = QMenu(self._options)
        menu.setToolTipsVisible(True)
        menu.addAction("Sensitivity, for runs that do not watch themselves").setEnabled(False)
        self._sensitivities = QActionGroup(menu)
        for word, text in SENSITIVITIES.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(word)
            self._sensitivities.addAction(action)
        self._sensitivities.triggered.connect(self._choose_sensitivity)
        menu.addSeparator()
        menu.addAction("What the metrics are…").triggered.connect(self._ask_for_roles)
        self._notices = menu.addAction("Critical alerts on the desktop")
        self._notices.setToolTip("One message an incident, while the window is not in front")
        self._notices.setCheckable(True)
        self._notices.toggled.connect(self.notices_chosen)
        self._options.setMenu(menu)

    def _build_faces(self) -> None:
        self.moment = MomentView(self._store)
        self.moment.left.connect(self._leave_moment)
        self.moment.charts_wanted.connect(self._go)
        self.moment.sample_clicked.connect(self._selection.play_requested)
        listing = QWidget()
        inner = QVBoxLayout(listing)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addLayout(self._bar())
        inner.addWidget(self._stack, 1)
        self._faces = QStackedWidget()
        self._faces.addWidget(listing)
        self._faces.addWidget(self.moment)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addWidget(self._faces)

    def _build_list(self) -> None:
        self._table = CalmTable("Alerts")
        self._table.setSelectionMode(CalmTable.SelectionMode.SingleSelection)
        self._table.setModel(self._listed)
        self._table.setSortingEnabled(True)
        self._table.sortByColumn(AlertModel.SINCE, Qt.SortOrder.DescendingOrder)
        self._table.set_widths(11, 0, 16, 7, 9, 17)
        self._table.selectionModel().currentRowChanged.connect(self._choose_listed)
        self._table.doubleClicked.connect(self._show_moment_of)
        self._detail = AlertDetail()
        self._detail.moment_wanted.connect(self.show_moment)
        self._detail.charts_wanted.connect(self._go)
        self._detail.acknowledge_wanted.connect(self._acknowledge)
        self._detail.snooze_wanted.connect(self._snooze)
        self._detail.wake_wanted.connect(self._alerts.wake)
        self._detail.mute_wanted.connect(self._alerts.mute_kind)
        self._detail.mute_run_wanted.connect(self._alerts.mute_run)
        self._detail.other_wanted.connect(self.choose)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self._table)
        split.addWidget(self._detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([600, 440])
        self._empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(split)

    # -- orders ---------------------------------------------------------------------------------

    @Slot(object)
    def choose(self, key: Key) -> None:
        """Select an alert; the filters make room for it when they hide it."""
        if self._alerts.find(key) is None:
            return
        self._leave_moment()
        leader = self._alerts.leader(key)
        place = self._alerts.find(leader)
        if not self._listed.passes(self._alerts.row(place)):
            self._open_only.setChecked(False)
            self._severity.setCurrentIndex(0)
            self._run.setCurrentIndex(0)
        index = self._listed.mapFromSource(self._alerts.index(place, 0))
        self._table.setCurrentIndex(index)
        self._table.scrollTo(index)
        self._inside = key if key != leader else None
        self._show_current()

    def current(self) -> AlertRow | None:
        """The alert that is shown in full."""
        place = None if self._inside is None else self._alerts.find(self._inside)
        if place is not None:
            return self._alerts.row(place)
        index = self._table.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    @Slot(object)
    def show_moment(self, row: AlertRow) -> None:
        """All metrics of the run around an alert."""
        if row.episode.opened_step is not None:
            self._faces.setCurrentWidget(self.moment)
            self.moment.show_alert(row)

    @Slot()
    def _leave_moment(self) -> None:
        if self._faces.currentIndex() != 0:
            self._faces.setCurrentIndex(0)
            self._table.setFocus()

    @Slot(bool)
    def _join(self, joins: bool) -> None:
        self._inside = None
        self._alerts.join_incidents(joins)
        self._filter()

    @Slot(QAction)
    def _choose_sensitivity(self, action: QAction) -> None:
        self.sensitivity_chosen.emit(action.data())

    @Slot()
    def _ask_for_roles(self) -> None:
        row, entries = self.current(), self._store.entries()
        run = row.run if row is not None else self._selection.run or (entries[0].id if entries else None)
        if run is not None:
            self.roles_wanted.emit(run)

    @Slot()
    def _filter(self) -> None:
        self._listed.show_only(
            open_only=self._open_only.isChecked(), least=self._severity.currentData(), run=self._run.currentData()
        )
        self._tell()

    @Slot()
    def _runs_changed(self, _run: object = None) -> None:
        self._soon.start()

    @Slot()
    def _list_runs(self) -> None:
        chosen = self._run.currentData()
        self._run.blockSignals(True)
        self._run.clear()
        self._run.addItem("Every run", None)
        for entry in self._store.entries():
            self._run.addItem(wording.one_line(entry.name, 60), entry.id)
        self._run.setCurrentIndex(max(self._run.findData(chosen), 0))
        self._run.blockSignals(False)
        self._filter()

    @Slot()
    def _tell(self) -> None:
        """Bring everything beside the list up to date with it."""
        self._tell_counts()
        self._tell_muted()
        if not self._listed.rowCount():
            self._empty.say(*self._why_empty())
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        # Only once somebody looks: what stands first then is the newest.
        if self.isVisible() and not self._table.currentIndex().isValid():
            self._table.setCurrentIndex(self._listed.index(0, 0))
        self._show_current()

    def _tell_counts(self) -> None:
        known, hidden = self._alerts.leading(), self._listed.hidden()
        parts = [f"{self._alerts.total()} open", f"{known} in all"] if known else []
        parts += [f"{hidden} hidden"] if hidden else []
        parts += [self._alerts.marks.trouble] if self._alerts.marks.trouble else []
        self._summary.setText("  ·  ".join(parts))

    def _tell_muted(self) -> None:
        marks = self._alerts.marks
        kinds, runs = marks.muted(), marks.muted_runs()
        self._muted.setVisible(bool(kinds or runs))
        self._muted.setText(f"{len(kinds) + len(runs)} muted")
        self._muted_menu.clear()
        for kind in kinds:
            self._muted_menu.addAction(f"Unmute “{kind_words(kind)}”".replace("&", "&&")).setData(("kind", kind))
        for run in runs:
            entry = self._store.entry(run)
            name = wording.one_line(entry.name if entry is not None else run, 60)
            self._muted_menu.addAction(f"Unmute the run {name}".replace("&", "&&")).setData(("run", run))

    def _why_empty(self) -> tuple[str, str]:
        runs = len(self._store.entries())
        if self._alerts.rowCount():
            return "No alert passes the filters.", f"{self._listed.hidden()} are hidden; loosen the filters above."
        if not runs:
            return "No runs yet.", f"Open a folder with runs, and musiclog watches them for {WATCHED}."
        return "No alerts.", f"musiclog is watching {runs} run{'s' if runs != 1 else ''} for {WATCHED}."

    @Slot()
    def _choose_listed(self) -> None:
        self._inside = None
        self._show_current()

    @Slot()
    def _show_current(self, _current: object = None, _previous: object = None) -> None:
        row = self.current()
        self._detail.show_row(row, [] if row is None else self._related(row))

    def _related(self, row: AlertRow) -> list[AlertRow]:
        """The other alerts of the same incident."""
        if row.episode.incident is None:
            return []
        others = (other for other in self._alerts.rows() if other.run == row.run and other.key != row.key)
        return [other for other in others if other.episode.incident == row.episode.incident]

    @Slot(QModelIndex)
    def _show_moment_of(self, index: QModelIndex) -> None:
        self.show_moment(index.data(ROW_ROLE))

    @Slot(object)
    def _go(self, row: AlertRow) -> None:
        if row.episode.opened_step is not None:
            self._selection.moment_requested.emit(row.run, row.episode.opened_step)

    @Slot(object, bool)
    def _acknowledge(self, row: AlertRow, acknowledged: bool) -> None:
        self._alerts.acknowledge(row.keys, acknowledged)

    @Slot(object, object, object)
    def _snooze(self, row: AlertRow, seconds: float | None, steps: float | None) -> None:
        self._alerts.snooze(row, seconds=seconds, steps=steps)

    @Slot(QAction)
    def _unmute(self, action: QAction) -> None:
        what, name = action.data()
        (self._alerts.mute_kind if what == "kind" else self._alerts.mute_run)(name, False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current()
        if row is not None and self._table.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.show_moment(row)
        else:
            super().keyPressEvent(event)
