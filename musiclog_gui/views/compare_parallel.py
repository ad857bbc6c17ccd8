"""Every run a line across settings and results; a stretch brushed on an axis narrows the whole page to its runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QToolTip, QVBoxLayout, QWidget

from ..icons import dress
from ..state.compare_axes import Axis, Brush, first_axes
from ..state.compare_findings import Findings
from ..state.wording import number, one_line, tool_tip
from ..theme import theme
from .compare_part import ComparePart, card, plain
from .compare_scale import ticks

REACH_PX = 14  # from an axis, that a press still means it
LEAST_BRUSH_PX = 4  # a shorter drag is a click
LINE_PX = 8  # from a line, that a click still means it
FINE = 200  # from so many lines on each is drawn thin and without smooth edges
HEAD, FOOT = 2.9, 1.4  # heights of the font above and below the axes


class ParallelChart(QWidget):
    """The axes and the lines. Arrows walk the axes, Up and Down halve what is kept, Delete takes a brush away."""

    brushed = Signal(object)  # Brush
    unbrushed = Signal(str)  # key of the axis
    run_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes: Sequence[Axis] = ()
        self._runs: Sequence[str] = ()
        self._names: Sequence[str] = ()
        self._colours: Sequence[str] = ()
        self._kept: frozenset[str] | None = None
        self._brushes: dict[str, Brush] = {}
        self._selected: str | None = None
        self._pointed: int | None = None
        self._picture: QPixmap | None = None
        self._current = 0
        self._drag: tuple[int, float, float] | None = None  # axis, from and to in pixels
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(220)
        self.setAccessibleName("Parallel coordinates")

    # -- orders ---------------------------------------------------------------------------------

    def show_axes(self, findings: Findings, keys: Sequence[str], selected: str | None) -> None:
        answer = findings.answer
        if answer is None:
            return
        known = {axis.key: axis for axis in findings.axes}
        self._axes = [known[key] for key in keys if key in known]
        self._runs = answer.all_runs
        self._names = [row.name for row in answer.everything.rows]
        group = findings.colours_by_run()
        self._colours = [group.get(run, findings.run_colour(run)) for run in self._runs]
        self._kept, self._selected = findings.kept(), selected
        self._picture = None
        self._brushes = {brush.key: brush for brush in findings.brushes}
        self._current = min(self._current, max(len(self._axes) - 1, 0))
        self.setAccessibleDescription(", ".join(axis.title for axis in self._axes))
        self.update()

    # -- what others ask ------------------------------------------------------------------------

    def x_of(self, axis: int) -> float:
        side = min(90.0, self.width() / (len(self._axes) + 1))
        return side + axis * (self.width() - 2 * side) / max(len(self._axes) - 1, 1)

    def y_of(self, axis: int, at: float) -> float:
        low, high = self._axes[axis].extent
        return self._bottom() - (at - low) / (high - low) * (self._bottom() - self._top())

    def run_near(self, point: QPointF) -> int | None:
        """The kept run whose line passes close to a point."""
        best = min(((distance, row) for row in self._rows() if (distance := self._distance(row, point)) <= LINE_PX),
                   default=None)  # fmt: skip
        return None if best is None else best[1]

    # -- geometry -------------------------------------------------------------------------------

    def _top(self) -> float:
        return HEAD * self.fontMetrics().height()

    def _bottom(self) -> float:
        return self.height() - FOOT * self.fontMetrics().height()

    def _at(self, axis: int, y: float) -> float:
        low, high = self._axes[axis].extent
        share = (self._bottom() - y) / max(self._bottom() - self._top(), 1)
        return low + min(max(share, 0.0), 1.0) * (high - low)

    def _axis_near(self, x: float) -> int | None:
        near = [axis for axis in range(len(self._axes)) if abs(self.x_of(axis) - x) <= REACH_PX]
        return near[0] if near else None

    def _rows(self) -> list[int]:
        return [row for row, run in enumerate(self._runs) if self._kept is None or run in self._kept]

    def _line(self, row: int) -> list[QPointF | None]:
        return [QPointF(self.x_of(place), self.y_of(place, float(axis.numbers[row])))
                if math.isfinite(axis.numbers[row]) else None for place, axis in enumerate(self._axes)]  # fmt: skip

    def _distance(self, row: int, point: QPointF) -> float:
        line = self._line(row)
        for one, other in itertools.pairwise(line):
            if one is not None and other is not None and one.x() <= point.x() <= other.x():
                share = (point.x() - one.x()) / max(other.x() - one.x(), 1e-9)
                return abs(one.y() + share * (other.y() - one.y()) - point.y())
        return math.inf

    # -- painting -------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
            self._picture = self._painted()
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in self._rows():
            if row == self._pointed or self._runs[row] == self._selected:
                self._paint_line(painter, row, QColor(self._colours[row]), 3.2)
        for place in range(len(self._axes)):
            self._paint_axis(painter, place)

    def _painted(self) -> QPixmap:
        """All lines, kept while the mouse moves: a thousand take longer than a frame."""
        picture = QPixmap(self.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        kept = set(self._rows())
        fine = len(self._runs) > FINE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not fine)
        for row in range(len(self._runs)):
            if row not in kept:
                self._paint_line(painter, row, theme().qcolor("line"), 1.0)
        for row in kept:
            colour = QColor(self._colours[row])
            colour.setAlphaF(0.45 if fine else 0.75)
            self._paint_line(painter, row, colour, 1.0 if fine else 1.6)
        painter.end()
        return picture

    def _paint_line(self, painter: QPainter, row: int, colour: QColor, width: float) -> None:
        painter.setPen(QPen(colour, width))
        piece: list[QPointF] = []
        for point in (*self._line(row), None):
            if point is not None:
                piece.append(point)
            elif piece:
                painter.drawPolyline(QPolygonF(piece)) if len(piece) > 1 else painter.drawEllipse(piece[0], 2, 2)
                piece = []

    def _paint_axis(self, painter: QPainter, place: int) -> None:
        axis, wear, x, metrics = self._axes[place], theme(), self.x_of(place), self.fontMetrics()
        current = self.hasFocus() and place == self._current
        painter.setPen(QPen(wear.qcolor("accent" if current else "muted"), 2 if current else 1))
        painter.drawLine(QPointF(x, self._top()), QPointF(x, self._bottom()))
        room = max(int((self.width() - 30) / max(len(self._axes), 1)) - 10, 40)
        arrow = {"lower": "\u00a0↓", "higher": "\u00a0↑", None: ""}[axis.better]
        painter.setPen(wear.qcolor("text" if not axis.result else "accent"))
        for line, words in enumerate(_two_lines(one_line(axis.short, 80) + arrow, room, metrics)):
            painter.drawText(QRectF(x - room / 2, line * metrics.height(), room, metrics.height()), _MIDDLE, words)
        painter.setPen(wear.qcolor("muted"))
        for at, words in self._marks(axis):
            y = self.y_of(place, at)
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
            width = metrics.horizontalAdvance(words)
            box = QRectF(x + 6, y - metrics.height() / 2, width + 6, metrics.height())
            painter.fillRect(box, wear.qcolor("panel", 0.72))
            painter.drawText(box, _LEFT, words)
        self._paint_brush(painter, place)

    def _marks(self, axis: Axis) -> list[tuple[float, str]]:
        longest = max(int(self.width() / max(len(self._axes), 1) / self.fontMetrics().averageCharWidth()) - 5, 4)
        if axis.levels is not None:
            step = max(1, len(axis.levels) // 12)
            return [(float(at), one_line(axis.levels[at], longest)) for at in range(0, len(axis.levels), step)]
        low, high = axis.extent
        known = sorted({float(value) for value in axis.numbers if math.isfinite(value)})
        if not axis.result and len(known) <= 8:
            return [(value, axis.text(value)) for value in known]
        if axis.log:
            return [(at, axis.text(at)) for at in ticks(low, high, 5)] or [
                (low, axis.text(low)),
                (high, axis.text(high)),
            ]
        return [(at, number(at)) for at in ticks(low, high, 5)]

    def _paint_brush(self, painter: QPainter, place: int) -> None:
        ends: tuple[float, float] | None = None
        if self._drag is not None and self._drag[0] == place:
            ends = min(self._drag[1:]), max(self._drag[1:])
        elif (brush := self._brushes.get(self._axes[place].key)) is not None:
            ends = self.y_of(place, brush.high), self.y_of(place, brush.low)
        if ends is None:
            return
        x = self.x_of(place)
        top, bottom = (min(max(end, self._top()), self._bottom()) for end in ends)
        painter.setPen(QPen(theme().qcolor("accent"), 1.5))
        painter.setBrush(theme().qcolor("accent", 0.25))
        painter.drawRoundedRect(QRectF(x - 8, top, 16, max(bottom - top, 2)), 3, 3)

    # -- mouse and keys -------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        axis = self._axis_near(event.position().x())
        if axis is not None:
            self._current = axis
            self._drag = axis, event.position().y(), event.position().y()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._drag is not None:
            self._drag = self._drag[0], self._drag[1], min(max(point.y(), self._top()), self._bottom())
            self.update()
            return
        near_axis = self._axis_near(point.x()) is not None
        self.setCursor(Qt.CursorShape.SizeVerCursor if near_axis else Qt.CursorShape.ArrowCursor)
        row = self.run_near(point)
        if row != self._pointed:
            self._pointed = row
            self.update()
            words = "" if row is None else self._words(row)
            QToolTip.showText(event.globalPosition().toPoint(), tool_tip(words) if words else "", self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        drag, self._drag = self._drag, None
        if drag is not None and abs(drag[2] - drag[1]) >= LEAST_BRUSH_PX:
            self._brush(drag[0], self._at(drag[0], max(drag[1:])), self._at(drag[0], min(drag[1:])))
        elif (row := self.run_near(event.position())) is not None:
            self.run_clicked.emit(self._runs[row])
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        axis = self._axis_near(event.position().x())
        if axis is not None:
            self._drag = None
            self.unbrushed.emit(self._axes[axis].key)

    def leaveEvent(self, _event: QEvent) -> None:
        self._pointed = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if not self._axes:
            super().keyPressEvent(event)
        elif event.key() in moves:
            self._current = (self._current + moves[event.key()]) % len(self._axes)
            self.update()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            low, high = self._stretch(self._current)
            middle = (low + high) / 2
            self._brush(self._current, *((middle, high) if event.key() == Qt.Key.Key_Up else (low, middle)))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.unbrushed.emit(self._axes[self._current].key)
        else:
            super().keyPressEvent(event)

    def _stretch(self, axis: int) -> tuple[float, float]:
        known = self._brushes.get(self._axes[axis].key)
        return self._axes[axis].extent if known is None else (known.low, known.high)

    def _brush(self, axis: int, low: float, high: float) -> None:
        self.brushed.emit(Brush(self._axes[axis].key, low, high))

    def _words(self, row: int) -> str:
        told = [f"{one_line(axis.title, 80)}: {axis.text(float(axis.numbers[row]))}" for axis in self._axes
                if math.isfinite(axis.numbers[row])]  # fmt: skip
        return "\n".join((one_line(self._names[row], 120), *told))

    def sizeHint(self) -> QSize:
        return QSize(700, 420)


class CompareParallel(ComparePart):
    """The chart and the choice of its axes."""

    run_clicked = Signal(str)

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self.selected: str | None = None
        self._own: list[str] | None = None  # axes that the user chose
        self.chart = ParallelChart()
        self.chart.brushed.connect(self.findings.brush)
        self.chart.unbrushed.connect(self.findings.unbrush)
        self.chart.run_clicked.connect(self.run_clicked)
        self.axes = QToolButton()
        self.axes.setText("Axes")
        self.axes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.axes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        dress(self.axes, "plus")
        self.axes.setMenu(QMenu(self.axes))
        self.axes.menu().aboutToShow.connect(self._fill)
        self.axes.menu().triggered.connect(self._choose)
        hint = plain("Drag along an axis to keep the runs inside, double-click to let go   ·   "
                     "keys: ← → axis, ↑ ↓ upper or lower half, Delete", "muted", wrap=True)  # fmt: skip
        bar = QHBoxLayout()
        bar.addWidget(hint, 1)
        bar.addWidget(self.axes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addLayout(bar)
        layout.addWidget(card("Settings and results", self.chart), 1)
        self.setFocusProxy(self.chart)

    def keys(self) -> list[str]:
        """The axes that are shown."""
        answer = self.findings.answer
        if answer is None:
            return []
        if self._own is not None:
            return self._own
        shown = first_axes(self.findings.axes, answer.comparison.main)
        return shown + [brush.key for brush in self.findings.brushes if brush.key not in shown]

    def refresh(self) -> None:
        self.chart.show_axes(self.findings, self.keys(), self.selected)

    @Slot()
    def _fill(self) -> None:
        menu, shown = self.axes.menu(), self.keys()
        menu.clear()
        for axis in self.findings.axes:
            action = menu.addAction(one_line(axis.title, 70).replace("&", "&&"))
            action.setData(axis.key)
            action.setCheckable(True)
            action.setChecked(axis.key in shown)

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        shown = set(self.keys()) ^ {action.data()}
        self._own = [axis.key for axis in self.findings.axes if axis.key in shown]
        self.renew()


def _two_lines(text: str, room: int, metrics: QFontMetrics) -> list[str]:
    """As many words as there is room for, the rest below, cut in the middle where it is too long."""
    words, first = text.split(" "), ""
    while len(words) > 1 and metrics.horizontalAdvance(f"{first} {words[0]}") <= room:
        first = f"{first} {words.pop(0)}".strip()
    return [first, metrics.elidedText(" ".join(words), Qt.TextElideMode.ElideMiddle, room)]


_MIDDLE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
