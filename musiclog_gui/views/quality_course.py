"""How quality went over the epochs of a run: a small chart of means with their intervals, before what is usual."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..state.corpus import Course, Point
from ..state.samples import measure_words
from ..state.wording import step_text, tool_tip
from ..theme import scaled_font, theme, theme_changed
from .sample_table import mix

HEIGHT = 56
MARGIN = 9.0  # pixels around the dots
REACH = 14.0  # pixels from a dot that still hit it
LEAST_SPAN = 0.2  # of quality, from floor to ceiling: less would draw noise large


class QualityCourse(QWidget):
    """A dot an epoch; the pointer over one points at the epoch, a click chooses it."""

    epoch_chosen = Signal(float)
    epoch_pointed = Signal(object)  # epoch; None when the pointer has left

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.course: Course | None = None
        self._pointed: float | None = None
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Quality over the epochs")
        theme_changed.connect(self._repaint)

    def show_course(self, course: Course | None) -> None:
        self.course = course
        self.setAccessibleDescription("" if course is None else course.trend)
        self.update()

    def place_of(self, point: Point) -> QPointF:
        return QPointF(self._x(point.at), self._y(point.mean))

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    # -- geometry ---------------------------------------------------------------------------------

    def _reach(self) -> tuple[float, float]:
        """Lowest and highest quality in sight."""
        assert self.course is not None
        usual = self.course.usual
        means = [point.mean for point in self.course.points]  # intervals of two samples would reach from 0 to 1
        known = [value for value in (*means, usual.low, usual.high) if math.isfinite(value)]
        low, high = max(min(known, default=0.0), 0.0), min(max(known, default=1.0), 1.0)
        spare = max(LEAST_SPAN - (high - low), 0.0) / 2
        return low - spare, high + spare

    def _x(self, at: float) -> float:
        assert self.course is not None
        first, last = self.course.points[0].at, self.course.points[-1].at
        share = 0.5 if last == first else (at - first) / (last - first)
        return MARGIN + share * (self.width() - 2 * MARGIN)

    def _y(self, quality: float) -> float:
        low, high = self._reach()
        share = (min(max(quality, low), high) - low) / (high - low)
        return self.height() - MARGIN - share * (self.height() - 2 * MARGIN)

    def _point_at(self, place: QPointF) -> Point | None:
        if self.course is None:
            return None
        near = min(self.course.points, key=lambda point: abs(self._x(point.at) - place.x()), default=None)
        return near if near is not None and abs(self._x(near.at) - place.x()) <= REACH else None

    # -- Qt ---------------------------------------------------------------------------------------

    @Slot(object)
    def _repaint(self, _theme: object) -> None:
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = self._point_at(event.position())
        if point is not None and event.button() == Qt.MouseButton.LeftButton:
            self.epoch_chosen.emit(point.at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point, course = self._point_at(event.position()), self.course
        self.setCursor(Qt.CursorShape.ArrowCursor if point is None else Qt.CursorShape.PointingHandCursor)
        if course is None:
            return
        self._point(None if point is None else point.at)
        usual = course.usual
        whose = measure_words(usual.source)
        told = f"Shaded: 80 of 100 excerpts of {whose}, {usual.length}, score {usual.low:.2f} to {usual.high:.2f}"
        if point is not None:
            interval = "" if point.low == point.high else f" (95% interval {point.low:.2f} to {point.high:.2f})"
            told = f"Epoch {step_text(point.at)}: quality {point.mean:.2f}{interval}\n{told}"
        QToolTip.showText(event.globalPosition().toPoint(), tool_tip(told), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def _point(self, epoch: float | None) -> None:
        if epoch != self._pointed:
            self._pointed = epoch
            self.epoch_pointed.emit(epoch)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().qcolor("line"))
        painter.setBrush(theme().qcolor("window"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if self.course is None or not self.course.points:
            return
        self._paint_usual(painter)
        self._paint_cursor(painter)
        for point in self.course.points:
            self._paint_point(painter, point)

    def _paint_usual(self, painter: QPainter) -> None:
        assert self.course is not None
        usual = self.course.usual
        if not math.isfinite(usual.low):
            return
        top, bottom = self._y(usual.high), self._y(usual.low)
        painter.fillRect(QRectF(1, top, self.width() - 2, bottom - top), theme().qcolor("good", 0.14))
        painter.setPen(QPen(theme().qcolor("good", 0.6), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(1, self._y(usual.typical)), QPointF(self.width() - 1, self._y(usual.typical)))
        painter.setPen(theme().qcolor("muted"))
        painter.setFont(scaled_font(self.font(), 0.85))
        painter.drawText(QPointF(5, self._y(usual.typical) - 3), f"{usual.typical:.2f}")

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._pointed is not None:
            painter.setPen(QPen(theme().qcolor("muted"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self._x(self._pointed), 2), QPointF(self._x(self._pointed), self.height() - 2))

    def _paint_point(self, painter: QPainter, point: Point) -> None:
        assert self.course is not None
        chosen = point.at == self.course.at
        place = self.place_of(point)
        painter.setPen(QPen(mix(theme().window, theme().accent, 0.45), 1.5))
        painter.drawLine(QPointF(place.x(), self._y(point.low)), QPointF(place.x(), self._y(point.high)))
        painter.setPen(QPen(theme().qcolor("text"), 1.5) if chosen else Qt.PenStyle.NoPen)
        painter.setBrush(theme().qcolor("accent"))
        painter.drawEllipse(place, 4.0 if chosen else 2.5, 4.0 if chosen else 2.5)
