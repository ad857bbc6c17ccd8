"""The curves of a chart: values as logged, smoothed values over them, dots where points are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from musiclog.records import Floats
from musiclog.series import Series
from musiclog.smoothing import Kind
from musiclog.timeline import Axis

from ..state.chart_view import smoothing_amount
from ..state.smoothing import SmoothedCurve, SmoothedSeries
from ..state.y_scale import PLAIN, YScale

# Points that stand this far apart, in pixels, get a dot each, so that a curve of one point is seen at all.
DOTTED_PX = 7.0
# Fewer points are seen one by one, and a smoothed line would only lag behind them.
SMOOTHED_FROM = 20
FAR_PX = 1e5  # what lies farther outside of the chart is drawn there: the painter's numbers end at 2**23
FILLING = 8.0  # a curve that goes up and down for more than so many widths of the chart fills its columns
MANY_DOTS = 500  # more of them are drawn smaller
FAINT = 0.32  # opacity of the values behind their smoothed curve


@dataclass(frozen=True, slots=True)
class Window:
    """What of the curves is drawn, on how many pixel columns, in which heights and at which places across."""

    axis: Axis
    x0: float
    x1: float
    columns: int
    scale: YScale
    across: YScale = PLAIN

    @property
    def width(self) -> float:
        """In places."""
        return self.across.place(self.x1) - self.across.place(self.x0)


@dataclass(frozen=True, slots=True)
class Look:
    """How a curve is drawn."""

    colour: QColor
    smoothing: float = 0.0  # factor; 0 for the values as they are
    kind: Kind = "exponential"
    emphasised: bool = False
    scattered: bool = False  # dots only: their order in x is not the order in which they came


class Line(pg.GraphicsObject):
    """A polyline in pixels, bold by painting it twice, and plain where there are more points than pixels.

    Measured for 12 curves of 1,000 noisy points: antialiased 1 px pen 4 ms, 2 px pen 205 ms. Strokes of the thin pen,
    set off across the slope that falling losses have, look like the wide one. A curve that fills its columns from
    lowest to highest looks the same without antialiasing, at half the cost.
    """

    OFFSETS = ((0.0, 0.0), (0.6, -0.6), (-0.5, 0.5))

    def __init__(self) -> None:
        super().__init__()
        self._x, self._y = np.empty(0), np.empty(0)
        self._pieces: list[slice] = []
        self._pen = QPen()
        self._strokes = 1
        self._crowded = False
        self._style: tuple[object, ...] = ()

    def show_points(self, x: Floats, y: Floats, columns: int) -> None:
        """Draw these points on so many pixel columns."""
        self._x, self._y = x, y
        self._crowded = len(x) > columns
        self._pieces = pieces_of(y)
        self.update()

    def getData(self) -> tuple[Floats, Floats]:
        return self._x, self._y

    def style(self, colour: QColor, strokes: int, dashed: bool = False) -> None:
        self._strokes = strokes
        if (wanted := (colour.rgba(), dashed)) == self._style:
            return
        self._style = wanted
        self._pen = pg.mkPen(colour, width=1)
        if dashed:
            self._pen.setDashPattern([5, 3])
        self.update()

    # -- Qt: the curve may be anywhere in the view, so that its bounds need not be found again for every new point

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None) -> None:
        if not self._pieces:
            return
        to_pixels = painter.worldTransform()
        x = self._x * to_pixels.m11() + to_pixels.dx()
        y = np.clip(self._y * to_pixels.m22() + to_pixels.dy(), -FAR_PX, FAR_PX)
        painter.save()
        painter.resetTransform()
        dense = self._crowded and self._fills(y, to_pixels.m11() * self.boundingRect().width())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not dense)
        painter.setPen(self._pen)
        polygons = [polygon(x[piece], y[piece]) for piece in self._pieces]
        for offset in self.OFFSETS[: 1 if dense else self._strokes]:
            painter.setTransform(QTransform.fromTranslate(*offset))
            for each in polygons:
                painter.drawPolyline(each)
        painter.restore()

    @staticmethod
    def _fills(y_px: Floats, width_px: float) -> bool:
        return float(np.nansum(np.abs(np.diff(y_px)))) > FILLING * width_px


def pieces_of(y: Floats) -> list[slice]:
    """Stretches without a gap. Logarithms of values that are not positive are missing; the line stops there."""
    known = np.isfinite(y)
    if known.all():
        return [slice(0, len(y))] if len(y) else []
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False)).tolist()
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def polygon(x: Floats, y: Floats) -> QPolygonF:
    result = QPolygonF()
    result.resize(len(x))
    points = pg.functions.ndarray_from_qpolygonf(result)
    points[:, 0], points[:, 1] = x, y
    return result


class Curve:
    """One metric of one run, as it is drawn in a plot."""

    def __init__(self, plot: pg.PlotWidget, *, dashed: bool) -> None:
        self._plot, self._dashed = plot, dashed
        self.raw, self.smooth, self.dots = Line(), Line(), pg.ScatterPlotItem(pxMode=True)
        self._twin: SmoothedSeries | None = None
        self._smooth_curve: SmoothedCurve | None = None
        self._series: Series | None = None
        self._emphasised: bool | None = None
        for item in self._items:
            plot.addItem(item, ignoreBounds=True)

    @property
    def _items(self) -> tuple[pg.GraphicsObject, ...]:
        return self.raw, self.smooth, self.dots

    @property
    def smoothed(self) -> bool:
        return self.smooth.isVisible()

    @property
    def series(self) -> Series | SmoothedCurve | None:
        """What its line shows: the smoothed values where they are drawn."""
        return self._smooth_curve if self.smoothed else self._series

    def draw(self, series: Series, window: Window, look: Look) -> tuple[float, float] | None:
        """Bring it up to date; returns the lowest and the highest y that is drawn."""
        self._series = series
        smoothed = look.smoothing > 0 and len(series) >= SMOOTHED_FROM and not self._dashed and not look.scattered
        behind = _faint(look.colour) if smoothed else look.colour
        x, y = self._thinned(series, window)
        self.raw.setVisible(not look.scattered)
        self.raw.show_points(x, y, window.columns)
        self.raw.style(behind, 1 if smoothed or self._dashed else 2, self._dashed)
        if smoothed:
            self._smooth_curve = self._smoothed(series, window.axis, look).current()
            self.smooth.show_points(*self._thinned(self._smooth_curve, window), window.columns)
            self.smooth.style(look.colour, 3 if look.emphasised else 2)
        self.smooth.setVisible(smoothed)
        self._draw_dots(x, y, behind, look.scattered or self._points_stand_apart(x, window))
        self._emphasise(look.emphasised)
        return reach_of(y)

    def remove(self) -> None:
        for item in self._items:
            self._plot.removeItem(item)

    @staticmethod
    def _thinned(series: Series | SmoothedCurve, window: Window) -> tuple[Floats, Floats]:
        x, y = series.thin(window.axis, window.x0, window.x1, window.columns, log=window.across.log)
        at = window.across.up(x)
        placed = np.isfinite(at)  # what lies at 0 or before has no place on a logarithmic axis
        return (at, window.scale.up(y)) if placed.all() else (at[placed], window.scale.up(y[placed]))

    def _smoothed(self, series: Series, axis: Axis, look: Look) -> SmoothedSeries:
        twin, amount = self._twin, smoothing_amount(look.kind, look.smoothing)
        if twin is None or (twin.source is not series) or (twin.axis, twin.kind, twin.amount) != (
            axis, look.kind, amount,
        ):  # fmt: skip
            self._twin = twin = SmoothedSeries(series, axis, look.kind, amount)
        return twin

    def _draw_dots(self, x: Floats, y: Floats, colour: QColor, dotted: bool) -> None:
        self.dots.setVisible(dotted)
        if dotted:
            finite = np.isfinite(y)
            self.dots.setData(x[finite], y[finite], size=6 if len(x) < MANY_DOTS else 3, pen=None, brush=colour)

    @staticmethod
    def _points_stand_apart(x: Floats, window: Window) -> bool:
        if len(x) < 2:
            return True
        if len(x) > 2 * window.columns / DOTTED_PX + 4:  # more than half of them cannot stand so far apart
            return False
        return window.columns * float(np.median(np.diff(x))) / window.width >= DOTTED_PX

    def _emphasise(self, emphasised: bool) -> None:
        if emphasised != self._emphasised:
            self._emphasised = emphasised
            for item in self._items:
                item.setZValue(20 if emphasised else 10)


def reach_of(y: Floats) -> tuple[float, float] | None:
    finite = y[np.isfinite(y)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _faint(colour: QColor) -> QColor:
    result = QColor(colour)
    result.setAlphaF(FAINT)
    return result
