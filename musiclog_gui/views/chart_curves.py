"""What is painted inside a chart: curves, points, and the marks of what happened to a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from musiclog.records import Floats

from ..theme import theme

NO_POINTS = np.empty(0)
# Up to so many points in the window each one gets a dot, so that a curve of one point is seen at all.
DOTTED = 60


class Line(pg.PlotCurveItem):
    """A polyline, bold by painting it twice.

    Measured for 12 curves of 1,000 noisy points: antialiased 1 px pen 4 ms, 2 px pen 205 ms. Two strokes of the
    thin pen, set off across the slope that falling losses have, look like the wide one.
    """

    OFFSETS = ((0.0, 0.0), (0.6, -0.6), (-0.5, 0.5))

    def __init__(self) -> None:
        super().__init__(antialias=True, skipFiniteCheck=True)
        self.strokes = 1

    def show_points(self, x: Floats, y: Floats) -> None:
        # Logarithms of values that are not positive are missing; the line has a gap there.
        finite = bool(np.isfinite(y).all())
        self.setData(x, y, connect="all" if finite else "finite", skipFiniteCheck=finite)

    def style(self, colour: QColor, strokes: int, dashed: bool = False) -> None:
        self.strokes = strokes
        pen = pg.mkPen(colour, width=1)
        if dashed:
            pen.setDashPattern([5, 3])
        self.setPen(pen)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None) -> None:
        for offset in self.OFFSETS[: self.strokes]:
            painter.save()
            painter.setWorldTransform(painter.worldTransform() * QTransform.fromTranslate(*offset))
            super().paint(painter, option, widget)
            painter.restore()


@dataclass(frozen=True, slots=True)
class Band:
    """An alert episode: from x0 to x1, in a colour of its severity."""

    x0: float
    x1: float
    colour: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one x. kind: sample, checkpoint, resume, missing (NaN or infinity)."""

    kind: str
    x: float
    colour: str
    text: str
    run: str = ""
    path: str = ""  # of a sample


class Happenings(pg.GraphicsObject):
    """Bands behind the curves and marks along the floor of a chart, painted in pixels."""

    FLOOR_PX = 7.0  # height of the marks' middle above the floor
    REACH_PX = 7.0  # a click this close hits a mark

    def __init__(self) -> None:
        super().__init__()
        self.bands: Sequence[Band] = ()
        self.marks: Sequence[Mark] = ()
        self.setZValue(-10)

    def show_all(self, bands: Sequence[Band], marks: Sequence[Mark]) -> None:
        if (bands, marks) != (self.bands, self.marks):
            self.bands, self.marks = bands, marks
            self.update()

    def mark_at(self, x: float, floor_distance_px: float) -> Mark | None:
        """The mark under a click at x, so many pixels above the floor."""
        box = self.getViewBox()
        if box is None or not 0 <= floor_distance_px <= 2 * self.FLOOR_PX + 2 or not self.marks:
            return None
        reach = self.REACH_PX * box.viewPixelSize()[0]
        best = min(self.marks, key=lambda mark: abs(mark.x - x))
        return best if abs(best.x - x) <= reach else None

    def band_at(self, x: float) -> Band | None:
        return next((band for band in self.bands if band.x0 <= x <= band.x1), None)

    # -- Qt -------------------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def dataBounds(self, *_args: object, **_more: object) -> tuple[None, None]:
        return None, None

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None) -> None:
        if not self.bands and not self.marks:
            return
        view = self.boundingRect()
        to_pixels = painter.worldTransform()
        frame = to_pixels.mapRect(view)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for band in self.bands:
            left, right = (to_pixels.map(QPointF(x, view.center().y())).x() for x in (band.x0, band.x1))
            _paint_band(painter, frame, left, right, QColor(band.colour))
        for mark in self.marks:
            if view.left() <= mark.x <= view.right():
                at = to_pixels.map(QPointF(mark.x, view.center().y())).x()
                _paint_mark(painter, frame, at, mark)
        painter.restore()


def _paint_band(painter: QPainter, frame: QRectF, left: float, right: float, colour: QColor) -> None:
    left, right = max(left, frame.left()), min(max(right, left + 2), frame.right())
    if right <= left:
        return
    soft = QColor(colour)
    soft.setAlphaF(0.14)
    painter.fillRect(QRectF(left, frame.top(), right - left, frame.height()), soft)
    painter.fillRect(QRectF(left, frame.top(), right - left, 3), colour)


def _paint_mark(painter: QPainter, frame: QRectF, x: float, mark: Mark) -> None:
    colour, floor = QColor(mark.colour), frame.bottom() - Happenings.FLOOR_PX
    if mark.kind == "resume":
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
    elif mark.kind == "checkpoint":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(x - 4, floor + 5), QPointF(x + 4, floor + 5), QPointF(x, floor - 2)]))
    elif mark.kind == "missing":
        painter.setPen(QPen(colour, 1.6))
        painter.drawLine(QPointF(x - 3.5, floor - 3.5), QPointF(x + 3.5, floor + 3.5))
        painter.drawLine(QPointF(x - 3.5, floor + 3.5), QPointF(x + 3.5, floor - 3.5))
    else:  # a sample: a note head
        painter.setPen(QPen(QColor(theme().panel), 1))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, floor), 4.2, 4.2)
