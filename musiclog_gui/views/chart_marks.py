"""What happened to the runs of a chart: alerts as bands, samples, checkpoints, resumes and NaN as marks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from musiclog.human_band import METRIC, human_band
from musiclog.records import SampleFile
from musiclog.series import Series

from ..state.alerts import SEVERITY_ROLES, episodes
from ..state.chart_plan import SCORED_HERE
from ..state.chart_view import event_x, moment_x
from ..state.runs import RunEntry
from ..state.wording import number
from ..state.y_scale import PLAIN, YScale
from ..theme import theme
from .chart_curves import Window

MOST_EPOCHS = 200  # that are marked; more would be a grey ground
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
    """Something that happened at one x. kind: sample, checkpoint, resume, epoch, missing (NaN or infinity)."""

    kind: str
    x: float
    colour: str
    text: str
    run: str = ""
    path: str = ""  # of a sample
    y: float | None = None  # of a sample: its score, where the chart draws that


@dataclass(frozen=True, slots=True)
class Level:
    """What a corpus has of the drawn metric, in values: most of its pieces lie from low to high."""

    low: float
    typical: float
    high: float
    text: str


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
    """Checkpoints, resumes and the beginnings of epochs."""
    for event in run.data.events:
        x = event_x(run.data, event, axis) if event.kind in ("checkpoint", "resume") else None
        if x is not None:
            yield Mark(event.kind, x, theme().muted, event.kind.capitalize(), run.id)
    yield from _epochs_of(run, axis)


def _epochs_of(run: RunEntry, axis: str) -> Iterator[Mark]:
    """Where the first point of each epoch lies; of very many, evenly chosen ones."""
    longest = max(run.data.series.values(), key=len, default=None)
    extent = None if longest is None else longest.extent("epoch")
    if longest is None or extent is None:
        return
    first, last = math.ceil(extent[0]), math.floor(extent[1])
    epochs = range(first, last + 1, max(1, (last - first) // MOST_EPOCHS))
    steps = longest.translated(np.array(epochs, dtype=float), "epoch", "step")
    for epoch, step in zip(epochs, steps.tolist(), strict=True):
        x = moment_x(run.data, axis, step if math.isfinite(step) else None, epoch)
        if x is not None:
            yield Mark("epoch", x, theme().line, f"Epoch {epoch} of {run.name}", run.id)


def samples_of(run: RunEntry, axis: str, scores: Series | None = None) -> Iterator[Mark]:
    """Samples, where it is known when they were made. scores: what the chart draws of them."""
    for sample in run.data.samples.values():
        x = moment_x(run.data, axis, sample.step, sample.epoch, sample.time)
        if x is not None:
            y = None if scores is None else _score_of(run, sample, scores)
            words = "click to play" if y is None else f"{number(y)}, click to play"
            yield Mark("sample", x, run.colour, f"{sample.name}: {words}", run.id, sample.path, y)


def _score_of(run: RunEntry, sample: SampleFile, scores: Series) -> float | None:
    """From its own card, else as logged at its step; by this window's card where the chart draws those."""
    if scores.name in run.scored:
        return run.scores.get(sample.path, {}).get(scores.name)
    name = scores.name.rpartition("/")[2]
    if sample.card is not None:
        told = sample.card.get("overall") if name == "overall" else sample.card.get("metrics", {}).get(name)
        value = told.get("value") if isinstance(told, Mapping) else told
        if isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    near = None if sample.step is None else scores.nearest("step", sample.step)
    return near[1] if near is not None and math.isfinite(near[1]) else None


def level_of(runs: Sequence[RunEntry], name: str) -> Level | None:
    """What the corpus of the first run that was given one has of a metric, or human music that it was scored by."""
    for run in runs:
        band = run.data.quality_bands.get(name)
        if band is None and name == METRIC:
            band = human_band(sample.card for sample in run.data.samples.values())
        elif name == METRIC + SCORED_HERE:
            band = run.scored_band
        if band is not None:
            length = f", excerpts of {band.length}" if band.length else ""
            return Level(band.low, band.typical, band.high, f"80 of 100 pieces of {band.source}{length}")
    return None


def placed_bands(bands: Sequence[Band], window: Window) -> tuple[Band, ...]:
    """The same bands where a logarithmic axis has them."""
    place = window.across.place
    return tuple(
        replace(band, x0=place(max(band.x0, window.x0)), x1=place(band.x1)) for band in bands if band.x1 > window.x0
    )


def placed_marks(marks: Sequence[Mark], window: Window) -> tuple[Mark, ...]:
    return tuple(replace(mark, x=window.across.place(mark.x)) for mark in marks if mark.x > 0)


class Happenings(pg.GraphicsObject):
    """Bands behind the curves and marks along the floor of a chart, painted in pixels."""

    FLOOR_PX = 7.0  # height of the marks' middle above the floor
    REACH_PX = 7.0  # a click this close hits a mark

    def __init__(self) -> None:
        super().__init__()
        self.bands: Sequence[Band] = ()
        self.marks: Sequence[Mark] = ()
        self.level: Level | None = None
        self._scale = PLAIN
        self.setZValue(-10)

    def show_all(
        self, bands: Sequence[Band], marks: Sequence[Mark], level: Level | None = None, scale: YScale = PLAIN
    ) -> None:
        if (bands, marks, level, scale) != (self.bands, self.marks, self.level, self._scale):
            self.bands, self.marks, self.level, self._scale = bands, marks, level, scale
            self.update()

    def mark_at(self, at: QPointF, floor_distance_px: float) -> Mark | None:
        """The mark under a click at a point of the view, so many pixels above the floor."""
        box = self.getViewBox()
        if box is None:
            return None
        width, height = box.viewPixelSize()
        near: list[tuple[float, Mark]] = []
        for mark in self.marks:
            x_px = abs(mark.x - at.x()) / width
            if x_px > self.REACH_PX:
                continue
            y_px = floor_distance_px - self.FLOOR_PX if mark.y is None else self._height(mark) - at.y()
            y_px = abs(y_px if mark.y is None else y_px / height)
            if y_px <= self.REACH_PX + 2:
                near.append((x_px + y_px, mark))
        return min(near, key=lambda each: each[0], default=(0.0, None))[1]

    def band_at(self, x: float) -> Band | None:
        return next((band for band in self.bands if band.x0 <= x <= band.x1), None)

    def level_at(self, y: float) -> Level | None:
        if self.level is None:
            return None
        low, high = self._scale.place(self.level.low), self._scale.place(self.level.high)
        return self.level if low <= y <= high else None

    def _height(self, mark: Mark) -> float:
        return self._scale.place(mark.y or 0.0)

    # -- Qt -------------------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None) -> None:
        if not self.bands and not self.marks and self.level is None:
            return
        view = self.boundingRect()
        to_pixels = painter.worldTransform()
        frame = to_pixels.mapRect(view)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.level is not None:
            self._paint_level(painter, frame, to_pixels, self.level)
        scale, offset = to_pixels.m11(), to_pixels.dx()
        for band in self.bands:
            if band.x0 <= view.right() and band.x1 >= view.left():
                _paint_band(painter, frame, scale * band.x0 + offset, scale * band.x1 + offset, QColor(band.colour))
        for mark in self.marks:
            if view.left() <= mark.x <= view.right():
                at = to_pixels.map(QPointF(mark.x, view.center().y() if mark.y is None else self._height(mark)))
                _paint_mark(painter, frame, at.x(), mark, None if mark.y is None else at.y())
        painter.restore()

    def _paint_level(self, painter: QPainter, frame: QRectF, to_pixels: QTransform, level: Level) -> None:
        low, middle, high = (
            to_pixels.map(QPointF(0, self._scale.place(value))).y() for value in (level.low, level.typical, level.high)
        )
        soft = QColor(theme().good)
        soft.setAlphaF(0.10)
        painter.fillRect(QRectF(frame.left(), high, frame.width(), low - high).intersected(frame), soft)
        painter.setPen(QPen(QColor(theme().good), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(frame.left(), middle), QPointF(frame.right(), middle))


def _paint_band(painter: QPainter, frame: QRectF, left: float, right: float, colour: QColor) -> None:
    left, right = max(left, frame.left()), min(max(right, left + 2), frame.right())
    if right <= left:
        return
    soft = QColor(colour)
    soft.setAlphaF(0.14)
    # Whole pixels are filled in half the time.
    area = QRectF(left, frame.top(), right - left, frame.height()).toAlignedRect()
    painter.fillRect(area, soft)
    area.setHeight(3)
    painter.fillRect(area, colour)


def _paint_mark(painter: QPainter, frame: QRectF, x: float, mark: Mark, y: float | None) -> None:
    colour, floor = QColor(mark.colour), frame.bottom() - Happenings.FLOOR_PX
    if mark.kind == "resume":
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
    elif mark.kind == "epoch":
        colour.setAlphaF(0.55)  # the ground of the curves, no curve itself
        painter.setPen(QPen(colour, 1))
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
        radius = 4.2 if y is None else 5.0
        painter.drawEllipse(QPointF(x, floor if y is None else y), radius, radius)
