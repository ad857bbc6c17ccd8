"""A group of runs as one curve with a band: what they did on average, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from musiclog.decimate import column_edges
from musiclog.group_curves import Curve, GroupCurve, Middle, Spread, columns, group_curve
from musiclog.records import Floats
from musiclog.series import Series

from ..state.smoothing import SmoothedCurve
from .chart_curves import FAR_PX, Line, Window, pieces_of, polygon, reach_of

FINER = 4  # columns for each pixel, to which runs are thinned that have too many points for exact means
OPACITY = 0.28


@dataclass(frozen=True, slots=True)
class BandLook:
    """How a group is drawn. exact: its runs have so few points that none need be thinned."""

    colour: QColor
    middle: Middle
    spread: Spread
    exact: bool = True
    dashed: bool = False  # values of a validation, as in the curves of single runs


class Area(pg.GraphicsObject):
    """What lies between two curves over the same x."""

    def __init__(self) -> None:
        super().__init__()
        self._x, self._low, self._high = np.empty(0), np.empty(0), np.empty(0)
        self._colour = QColor()
        self.setZValue(5)

    def show_between(self, x: Floats, low: Floats, high: Floats, colour: QColor) -> None:
        self._x, self._low, self._high = x, low, high
        self._colour = QColor(colour)
        self._colour.setAlphaF(OPACITY)
        self.update()

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None) -> None:
        to_pixels = painter.worldTransform()
        x = self._x * to_pixels.m11() + to_pixels.dx()
        low, high = (np.clip(y * to_pixels.m22() + to_pixels.dy(), -FAR_PX, FAR_PX) for y in (self._low, self._high))
        painter.save()
        painter.resetTransform()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        for piece in pieces_of(low + high):
            there, back = x[piece], x[piece][::-1]
            painter.drawPolygon(polygon(np.append(there, back), np.append(low[piece], high[piece][::-1])))
        painter.restore()


class GroupDrawing:
    """One metric of one group, as it is drawn in a plot."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self.area, self.middle = Area(), Line()
        self.curve: GroupCurve | None = None
        self._made_from: tuple[object, ...] = ()
        self.exact = True  # False: more points than can be averaged in a frame; those of each pixel's extremes were
        self.middle.setZValue(15)
        for item in (self.area, self.middle):
            plot.addItem(item, ignoreBounds=True)

    def draw(
        self, runs: Sequence[Series | SmoothedCurve], state: tuple[object, ...], window: Window, look: BandLook
    ) -> tuple[float, float] | None:
        """Bring it up to date; returns the lowest and the highest y that is drawn.

        state: what the runs' points depend on.
        """
        made_from = (state, window, look.middle, look.spread)
        self.exact = look.exact
        if self.curve is None or made_from != self._made_from:
            self._made_from = made_from
            self.curve = summarised(runs, window, look)
        found, up, x = self.curve, window.scale.up, window.across.up(self.curve.x)
        centre, low, high = (np.where(np.isnan(x), np.nan, up(each)) for each in (found.middle, found.low, found.high))
        self.middle.show_points(x, centre, window.columns)
        self.middle.style(look.colour, 1 if look.dashed else 3, look.dashed)
        reaches = [reach for each in (centre, low, high) if (reach := reach_of(each)) is not None]
        # A band that goes below zero goes on to the floor of a logarithmic axis.
        low = np.where(np.isnan(low) & ~np.isnan(high) & ~np.isnan(found.low), centre - 300, low)
        self.area.show_between(x, low, high, look.colour)
        return (min(each[0] for each in reaches), max(each[1] for each in reaches)) if reaches else None

    def at(self, x: float) -> tuple[float, float, float, int] | None:
        """Middle, low, high and number of runs at the x closest to this one."""
        if self.curve is None or not len(self.curve):
            return None
        row = int(np.abs(self.curve.x - x).argmin())
        return (
            float(self.curve.middle[row]), float(self.curve.low[row]), float(self.curve.high[row]),
            int(self.curve.n[row]),
        )  # fmt: skip

    def remove(self) -> None:
        for item in (self.area, self.middle):
            self._plot.removeItem(item)


def summarised(runs: Sequence[Series | SmoothedCurve], window: Window, look: BandLook) -> GroupCurve:
    """At every x that a run has while they are few; by pixel columns from there on."""
    curves = [_within(each, look.exact, window) for each in runs]
    if sum(len(x) for x, _ in curves) <= 2 * window.columns * max(len(curves), 1):
        return group_curve(curves, look.middle, look.spread)
    edges = column_edges(window.x0, window.x1, window.columns, 0.0 if window.across.log else None)
    return columns(curves, edges, look.middle, look.spread)


def _within(series: Series | SmoothedCurve, exact: bool, window: Window) -> Curve:
    """The points in the window and one on each side, so that lines run to its border."""
    if not exact:
        return series.thin(window.axis, window.x0, window.x1, FINER * window.columns, log=window.across.log)
    x, y = series.drawn(window.axis)
    start, stop = int(x.searchsorted(window.x0)), int(x.searchsorted(window.x1, side="right"))
    inside = slice(max(start - 1, 0), stop + 1)
    return x[inside], y[inside]
