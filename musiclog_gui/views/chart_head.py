"""The line above a chart: its metric, how it is drawn, and the values under a crosshair in another chart."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ..icons import dress
from ..state.chart_plan import ChartPlan
from ..state.wording import one_line, tool_tip
from ..theme import scaled_font, theme
from .readout import Reading, in_one_line

TITLE_PX = 220  # the name comes before everything that is said of it
WIDE = 560  # pixels from which on a warning has room for its details


class ShortLabel(QLabel):
    """Ends in an ellipsis where there is no room: longer words must not push the grid's columns about."""

    def __init__(self, text: str = "", least_px: int = 30) -> None:
        super().__init__(text)
        self._least_px = least_px

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._least_px, super().sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)


class ChartHead(QWidget):
    """Note or values, never both; the button is there only while there is something to fit."""

    fit_requested = Signal()
    alone_requested = Signal()  # to be the only chart, or one of many again
    drag_requested = Signal()  # the chart is to be put elsewhere

    def __init__(self, plan: ChartPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPoint | None = None
        self.setToolTip("Double-click: only this chart · drag: put it elsewhere · right-click: save, copy, pin")
        self._title = ShortLabel(one_line(plan.name), TITLE_PX)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setProperty("role", "title")
        self._title.setToolTip(tool_tip(" and ".join(plan.names)))
        self._note, self._values, self._warning = ShortLabel(), QLabel(), ShortLabel()
        self._warning.setTextFormat(Qt.TextFormat.PlainText)
        self._warning.hide()
        self._note.setProperty("role", "muted")
        for label in (self._note, self._values, self._warning):
            label.setFont(scaled_font(self.font(), 0.9))
        # Its width follows the chart: longer figures must not push the grid's columns about.
        self._values.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._values.setTextFormat(Qt.TextFormat.RichText)
        self._values.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._values.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addStretch(1)
        layout.addWidget(self._warning)
        layout.addWidget(self._note)
        layout.addWidget(self._values, 1000)
        layout.addWidget(self._fit_button(plan.name))

    @property
    def note(self) -> str:
        return self._note.text()

    @property
    def values(self) -> str:
        """The values as rich text, empty while none are told."""
        return self._values.text() if self._values.isVisibleTo(self) else ""

    def tell(self, note: str, *, zoomed: bool) -> None:
        self._note.setText(note)
        self._note.setToolTip(note)
        self.fit.setVisible(zoomed)

    @property
    def warning(self) -> str:
        return self._warning.text()

    def warn(self, text: str) -> None:
        """What is not shown; it stays in sight while values are told."""
        if text != self._warning.text():
            short, _, where = text.partition(": ")
            self._warning.setText(text if self.width() > WIDE else short)
            self._warning.setToolTip(where)
            self._warning.setStyleSheet(f"color: {theme().warning}")
            self._warning.setVisible(bool(text))

    def tell_values(self, readings: Sequence[Reading] | None) -> None:
        """Show what the curves say at the crosshair, as far as there is room; None for the note again."""
        self._note.setVisible(readings is None)
        self._values.setVisible(readings is not None)
        if readings is not None:
            room = self.width() - self._title.sizeHint().width() - 60
            each = self._values.fontMetrics().horizontalAdvance("■ 0.00000  ") + 4
            self._values.setText(in_one_line(readings, max(1, room // each)))

    def _fit_button(self, name: str) -> QToolButton:
        self.fit = QToolButton(toolTip="Show everything again (double-click)")
        self.fit.setProperty("role", "flat")
        self.fit.setAccessibleName(f"Show all of {name}")
        dress(self.fit, "zoom-fit", "muted")
        self.fit.clicked.connect(self.fit_requested)
        policy = self.fit.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.fit.setSizePolicy(policy)
        self.fit.hide()
        return self.fit

    # -- Qt -------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        if (event.position().toPoint() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            self.drag_requested.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.alone_requested.emit()
