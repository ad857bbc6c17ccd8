"""The text log of a run, followed as it grows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Slot
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QStackedWidget, QWidget

from ..state.log_lines import LEVEL_SIGNS, LEVELS, LINE_ROLE, LogLine, LogLines
from ..state.runs import RunEntry, RunStore
from ..state.selection import Selection
from .calm_views import CalmList
from .empty_state import EmptyState
from .log_delegate import MARGIN, LogDelegate, link_width, step_words
from .run_page import RunPage


class LogPage(RunPage):
    """Follows the end until the user scrolls up; a click on a step, or Enter, shows that moment on the charts."""

    PARTS = frozenset({"log"})

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(store, selection, parent)
        self._lines = LogLines(self)
        self._build_bar()
        self._view = CalmList("Text log")
        self._view.setItemDelegate(LogDelegate(self._lines, self))
        self._view.setModel(self._lines)
        self._view.setMouseTracking(True)
        self._view.viewport().installEventFilter(self)
        self._view.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._view.verticalScrollBar().actionTriggered.connect(self._moved_by_hand)
        self._view.verticalScrollBar().rangeChanged.connect(self._grown)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            enter = QShortcut(QKeySequence(key), self._view)
            enter.setContext(Qt.ShortcutContext.WidgetShortcut)
            enter.activated.connect(self._go_to_current)
        self._empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._view)
        self.body.addWidget(self._stack, 1)

    def _build_bar(self) -> None:
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._filter = QLineEdit(placeholderText="Filter text", clearButtonEnabled=True)
        self._filter.setAccessibleName("Filter the log by text")
        self._filter.setFixedWidth(200)
        self._filter.textChanged.connect(self._narrow)
        self._level = QComboBox()
        self._level.setAccessibleName("Least level")
        for level in LEVELS:
            words = "Every level" if level == LEVELS[0] else f"{LEVEL_SIGNS[level]}  {level.capitalize()} and above"
            self._level.addItem(words, level)
        self._level.currentIndexChanged.connect(self._narrow)
        self._follow = QCheckBox("Follow the end", checked=True)
        self._follow.setToolTip("Stay at the newest line. Scrolling up switches this off.")
        self._follow.toggled.connect(self._grown)
        for widget in (self._summary, self._filter, self._level, self._follow):
            self.bar.addWidget(widget)

    # -- what the run page asks -----------------------------------------------------------------

    def show_run(self, entry: RunEntry | None) -> None:
        self._lines.show_run(None if entry is None else entry.data)
        self._follow.setChecked(True)
        self._tell()

    def refresh(self, entry: RunEntry) -> None:
        self._lines.take(entry.data)
        self._tell()

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def _narrow(self) -> None:
        top = self._view.indexAt(QPoint(MARGIN, 1))
        record = top.data(LINE_ROLE).record if top.isValid() else None
        self._lines.narrow(self._filter.text(), self._level.currentData())
        self._tell()
        place = None if record is None else self._lines.place(record)
        if place is not None:
            self._view.scrollTo(self._lines.index(place), CalmList.ScrollHint.PositionAtTop)
        self._grown()

    @Slot()
    def _grown(self, *_range: object) -> None:
        following = self._follow.isChecked()
        self._view.anchor.paused = following
        if following:
            self._view.scrollToBottom()

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        """While following, everything but the user ends at the bottom."""
        if self._follow.isChecked() and value < self._view.verticalScrollBar().maximum():
            self._follow.setChecked(False)

    @Slot(int)
    def _moved_by_hand(self, _action: int) -> None:
        bar = self._view.verticalScrollBar()
        if bar.sliderPosition() >= bar.maximum():
            self._follow.setChecked(True)

    @Slot()
    def _go_to_current(self) -> None:
        index = self._view.currentIndex()
        if index.isValid():
            self._go(index.data(LINE_ROLE))

    def _go(self, line: LogLine) -> None:
        found = self._lines.step(line.record)
        entry = self.entry()
        if found is not None and entry is not None:
            self.selection.moment_requested.emit(entry.id, found[0])

    def _link_at(self, point: QPoint) -> LogLine | None:
        """The line whose step is written under the point."""
        index: QModelIndex = self._view.indexAt(point)
        if not index.isValid():
            return None
        line: LogLine = index.data(LINE_ROLE)
        words = step_words(self._lines, line)
        right = self._view.visualRect(index).right()
        return line if words and point.x() >= right - link_width(self._view.font(), words) else None

    # -- what stands beside the list --------------------------------------------------------------

    def _tell(self) -> None:
        records, shown, older = self._lines.records(), self._lines.shown_records(), self._lines.left_out()
        text = f"{records:,} entries" if shown == records else f"{shown:,} of {records:,} entries"
        older_words = f" · {older:,} older ones are only in the file" if older else ""
        self._summary.setText(f"{text}{older_words}" if records else "")
        if not shown:
            self._empty.say(*self._why_empty(records))
        self._stack.setCurrentIndex(1 if shown else 0)

    def _why_empty(self, records: int) -> tuple[str, str]:
        if self.entry() is None:
            return "No run is open.", "Open a folder with runs, then choose one in the list on the left."
        if records:
            return "No entry passes the filter.", f"{records:,} entries are hidden."
        return "This run has no text log.", "Runs of musiclog write logs/training.log; of other trackers, few have one."

    # -- Qt -------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and watched is self._view.viewport():
            link = self._link_at(event.position().toPoint())
            if event.type() == QEvent.Type.MouseMove:
                pointing = Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor
                self._view.viewport().setCursor(pointing)
            if event.type() == QEvent.Type.MouseButtonRelease and link is not None:
                self._go(link)
        return super().eventFilter(watched, event)
