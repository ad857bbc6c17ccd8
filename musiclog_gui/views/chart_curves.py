"""The curves of a chart: values as logged, smoothed values over them, dots where points are few."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QTransform
from PySide6.QtWidgets import QWidget

from musiclog.records import Floats
from musiclog.series import Series
from musiclog.timeline import Axis

from ..state.smoothing import SmoothedSeries

# Points that stand this far apart, in pixels, get a dot each, so that a curve of one point is seen at all.
DOTTED_PX = 7.0
# Fewer points are seen one by one, and a smoothed line would only lag behind them.
SMOOTHED_FROM = 20
FAINT = 0.32  # opacity of the values behind their smoothed curve


@dataclass(frozen=True, slots=True)
class Window:
    """What of the curves is drawn, and on how many pixel columns."""

    axis: Axis
    x0: float
    x1: float
    columns: int
    log_y: bool

    def up(self, values: Floats) -> Floats:
        """Values as the chart places them: their logarithms on a logarithmic axis, NaN where there is none."""
        if not self.log_y:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)


def placed(value: float, log_y: bool) -> float:
    """Window.up() of one value."""
    if not log_y:
        return value
    return math.log10(value) if value > 0 else math.nan


class Line(pg.PlotCurveItem):
    """A polyline, bold by painting it twice, and plain where there are more points than pixels.

    Measured for 12 curves of 1,000 noisy points: antialiased 1 px pen 4 ms, 2 px pen 205 ms. Strokes of the thin pen,
    set off across the slope that falling losses have, look like the wide one. A curve that fills its columns from
    lowest to highest looks the same without antialiasing, at half the cost.
    """

    OFFSETS = ((0.0, 0.0), (0.6, -0.6), (-0.5, 0.5))

    def __init__(self) -> None:
        super().__init__(skipFiniteCheck=True)
        self._strokes = 1
        self._dense = False
        self._style: tuple[object, ...] = ()

    def show_points(self, x: Floats, y: Floats, columns: int) -> None:
        """Draw these points on so many pixel columns."""
        # Logarithms of values that are not positive are missing; the line has a gap there.
        finite = bool(np.isfinite(y).all())
        self._dense = len(x) > columns
        self.setData(x, y, connect="all" if finite else "finite", skipFiniteCheck=finite, antialias=not self._dense)

    def style(self, colour: QColor, strokes: int, dashed: bool = False) -> None:
        self._strokes = strokes
        if (wanted := (colour.rgba(), dashed)) == self._style:
            return
        self._style = wanted
        pen = pg.mkPen(colour, width=1)
        if dashed:
            pen.setDashPattern([5, 3])
        self.setPen(pen)

    # The view never asks the curves how far they reach: the chart sets its range itself. So their bounds need not be
    # found again for every new point.

    def informViewBoundsChanged(self) -> None:
        pass

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, option: object, widget: QWidget | None) -> None:
        for offset in self.OFFSETS[: 1 if self._dense else self._strokes]:
            painter.save()
            painter.setWorldTransform(painter.worldTransform() * QTransform.fromTranslate(*offset))
            super().paint(painter, option, widget)
            painter.restore()


class Curve:
    """One metric of one run, as it is drawn in a plot."""

    def __init__(self, plot: pg.PlotWidget, *, dashed: bool) -> None:
        self._plot, self._dashed = plot, dashed
        self.raw, self.smooth, self.dots = Line(), Line(), pg.ScatterPlotItem(pxMode=True)
        self._twin: SmoothedSeries | None = None
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
    def series(self) -> Series | None:
        """What its line shows: the smoothed values where they are drawn."""
        return self._twin.current() if self._twin is not None and self.smoothed else self._series

    def draw(
        self, series: Series, window: Window, colour: QColor, *, smoothing: float, emphasised: bool
    ) -> tuple[float, float] | None:
        """Bring it up to date; returns the lowest and the highest y that is drawn."""
        self._series = series
        smoothed = smoothing > 0 and len(series) >= SMOOTHED_FROM and not self._dashed
        x, y = self._thinned(series, window)
        self.raw.show_points(x, y, window.columns)
        self.raw.style(_faint(colour) if smoothed else colour, 1 if smoothed or self._dashed else 2, self._dashed)
        reach = _reach(y)
        if smoothed:
            twin_x, twin_y = self._thinned(self._smoothed(series, window.axis, smoothing), window)
            self.smooth.show_points(twin_x, twin_y, window.columns)
            self.smooth.style(colour, 3 if emphasised else 2)
        self.smooth.setVisible(smoothed)
        self._draw_dots(x, y, window, _faint(colour) if smoothed else colour)
        self._emphasise(emphasised)
        return reach

    def remove(self) -> None:
        for item in self._items:
            self._plot.removeItem(item)

    @staticmethod
    def _thinned(series: Series, window: Window) -> tuple[Floats, Floats]:
        x, y = series.thin(window.axis, window.x0, window.x1, window.columns)
        return x, window.up(y)

    def _smoothed(self, series: Series, axis: Axis, factor: float) -> Series:
        twin = self._twin
        if twin is None or twin.source is not series or (twin.axis, twin.factor) != (axis, factor):
            self._twin = twin = SmoothedSeries(series, axis, factor)
        return twin.current()

    def _draw_dots(self, x: Floats, y: Floats, window: Window, colour: QColor) -> None:
        apart = window.columns * float(np.median(np.diff(x))) / (window.x1 - window.x0) if len(x) > 1 else math.inf
        self.dots.setVisible(apart >= DOTTED_PX)
        if apart >= DOTTED_PX:
            finite = np.isfinite(y)
            self.dots.setData(x[finite], y[finite], size=6, pen=None, brush=colour)

    def _emphasise(self, emphasised: bool) -> None:
        if emphasised != self._emphasised:
            self._emphasised = emphasised
            for item in self._items:
                item.setZValue(20 if emphasised else 10)


def _reach(y: Floats) -> tuple[float, float] | None:
    finite = y[np.isfinite(y)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _faint(colour: QColor) -> QColor:
    result = QColor(colour)
    result.setAlphaF(FAINT)
    return result
