"""What happened to the runs of a chart: alerts as bands, samples, checkpoints, resumes and NaN as marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from musiclog.series import Series

from ..state.alerts import SEVERITY_ROLES, episodes
from ..state.chart_view import event_x, moment_x
from ..state.runs import RunEntry
from ..state.wording import number
from ..theme import theme
from .chart_curves import Window

MARK_PX = 6  # marks of NaN closer than this are one


@dataclass(frozen=True, slots=True)
class Band:
    """An alert episode: from x0 to x1, in the colour of its severity."""

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


def bands_of(run: RunEntry, names: Sequence[str], axis: str) -> Iterator[Band]:
    """The alert episodes of these metrics."""
    for episode in episodes(run.data):
        if episode.metric not in names:
            continue
        start = moment_x(run.data, axis, episode.opened_step, None, episode.opened_time)
        end = moment_x(run.data, axis, episode.last_step, None, episode.last_time)
        if start is not None:
            colour = getattr(theme(), SEVERITY_ROLES[episode.severity])
            yield Band(start, max(start if end is None else end, start), colour, f"{run.name}: {episode.title}")


def missing_of(run: RunEntry, series: Series, window: Window) -> Iterator[Mark]:
    """Where a metric was NaN or infinite."""
    found = series.marks(window.axis, window.x0, window.x1, max(window.columns // MARK_PX, 10))
    for x, value in zip(*found, strict=True):
        text = f"{series.name} is {number(float(value))} in {run.name}"
        yield Mark("missing", float(x), theme().critical, text, run.id)


def moments_of(run: RunEntry, axis: str) -> Iterator[Mark]:
    """Checkpoints and resumes."""
    for event in run.data.events:
        x = event_x(run.data, event, axis) if event.kind in ("checkpoint", "resume") else None
        if x is not None:
            yield Mark(event.kind, x, theme().muted, event.kind.capitalize(), run.id)


def samples_of(run: RunEntry, axis: str) -> Iterator[Mark]:
    """Samples, where it is known when they were made."""
    for sample in run.data.samples.values():
        x = moment_x(run.data, axis, sample.step, sample.epoch, sample.time)
        if x is not None:
            yield Mark("sample", x, run.colour, f"{sample.name}: click to play", run.id, sample.path)


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
        top = frame.top() + 1  # samples often come with checkpoints, and stand on the floor
        painter.drawPolygon(QPolygonF([QPointF(x - 4, top), QPointF(x + 4, top), QPointF(x, top + 7)]))
    elif mark.kind == "missing":
        painter.setPen(QPen(colour, 1.6))
        painter.drawLine(QPointF(x - 3.5, floor - 3.5), QPointF(x + 3.5, floor + 3.5))
        painter.drawLine(QPointF(x - 3.5, floor + 3.5), QPointF(x + 3.5, floor - 3.5))
    else:  # a sample: a note head
        painter.setPen(QPen(QColor(theme().panel), 1))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, floor), 4.2, 4.2)
