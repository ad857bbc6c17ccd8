"""All metrics of a run around one alert: the page's second face, reached from an alert and left by Escape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..icons import dress
from ..state import wording
from ..state.alerts import SEVERITY_ROLES, SIGNS, AlertRow, kind_words
from ..state.moment import REACHES, around, window
from ..state.runs import Changes, RunStore
from ..theme import scaled_font, theme, theme_changed

if TYPE_CHECKING:
    from .chart_moment import MomentCharts

USUAL = REACHES[1]


class MomentView(QWidget):
    """Names the alert above small charts; keeps up with a run that grows."""

    left = Signal()
    charts_wanted = Signal(object)  # AlertRow
    sample_clicked = Signal(str, str)  # run id, path

    def __init__(self, store: RunStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._row: AlertRow | None = None
        self._stale = False
        self.charts: MomentCharts | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(10)
        self._layout.addLayout(self._head())
        theme_changed.connect(self._tell)

    # -- orders ---------------------------------------------------------------------------------

    def show_alert(self, row: AlertRow) -> None:
        if self.charts is None:
            self._build_charts()
        self._row = row
        self._tell()
        self._draw()
        self._back.setFocus()

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        if self._row is None or not changes.get(self._row.run, frozenset()) & {"points", "alerts"}:
            return
        if self.isVisible():
            self._draw()
        else:
            self._stale = True

    def row(self) -> AlertRow | None:
        return self._row

    # -- private --------------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        self._back = QPushButton("Alerts")
        self._back.setToolTip("Back to the list (Esc)")
        dress(self._back, "previous")
        self._back.clicked.connect(self.left)
        self._badge, self._title, self._where = QLabel(), QLabel(), QLabel()
        for label in (self._badge, self._title, self._where):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title.setWordWrap(True)
        self._title.setFont(scaled_font(self.font(), 1.15, bold=True))
        self._where.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(1)
        for label in (self._badge, self._title, self._where):
            words.addWidget(label)
        self._reach = QComboBox()
        self._reach.setAccessibleName("How much to show around the alert")
        for reach in REACHES:
            self._reach.addItem("The whole run" if reach is None else f"± {reach:,} points", reach)
        self._reach.setCurrentIndex(REACHES.index(USUAL))
        self._reach.currentIndexChanged.connect(self._zoom)
        live = QPushButton("On the Live page")
        dress(live, "chart")
        live.clicked.connect(self._go_live)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._back, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        head.addWidget(self._reach, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(live, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _build_charts(self) -> None:
        from .chart_moment import MomentCharts  # noqa: PLC0415  pyqtgraph takes 0.75 s to import

        self.charts = MomentCharts()
        self.charts.sample_clicked.connect(self.sample_clicked)
        self._layout.addWidget(self.charts, 1)

    @Slot()
    def _tell(self, _theme: object = None) -> None:
        if self._row is None:
            return
        episode = self._row.episode
        self._badge.setText(f"{SIGNS[episode.severity]}  {episode.severity}  ·  {kind_words(episode.kind)}")
        self._badge.setStyleSheet(f"color: {getattr(theme(), SEVERITY_ROLES[episode.severity])}")
        self._title.setText(wording.one_line(episode.title))
        self._title.setToolTip(wording.tool_tip(episode.title))
        step = wording.step_text(episode.opened_step)
        order = "the alert's own metric first, then the others by how far they moved"
        self._where.setText(f"{wording.one_line(self._row.run_name, 60)}, step {step}: {order}")

    def _draw(self) -> None:
        self._stale = False
        entry = self._store.entry(self._row.run) if self._row else None
        if entry is None or self.charts is None or self._row.episode.opened_step is None:
            return
        found = around(entry.data, self._row.episode, entry.roles)
        before = {tile.around.plan: place for place, tile in enumerate(self.charts.tiles)}
        if len(before) == len(found) and all(each.plan in before for each in found):
            found.sort(key=lambda each: before[each.plan])  # nothing changes places under the user's eyes
        role = SEVERITY_ROLES[self._row.episode.severity]
        self.charts.show_moment(entry, found, self._row.episode.opened_step, role)
        self._zoom()

    @Slot()
    def _zoom(self) -> None:
        entry = self._store.entry(self._row.run) if self._row else None
        if entry is not None and self.charts is not None:
            self.charts.set_window(window(entry.data, self._row.episode, self._reach.currentData()))

    @Slot()
    def _go_live(self) -> None:
        if self._row is not None:
            self.charts_wanted.emit(self._row)

    # -- Qt -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
