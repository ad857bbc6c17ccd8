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
from musiclog.group_curves import (
    Curve,
    GroupCurve,
    Middle,
    RunColumns,
    Spread,
    columns,
    columns_together,
    group_curve,
    in_columns,
)
from musiclog.records import Floats
from musiclog.series import Series

from ..state.smoothing import SmoothedCurve
from ..state.y_scale import PLAIN
from .chart_curves import FAR_PX, Line, Window, pieces_of, polygon, reach_of

FINER = 4  # columns for each pixel, to which runs are thinned until their exact means are known
# The means of a run of a million points take 20 ms, so the window makes those of one run a turn of its event loop.
# Longer runs would be felt; their means stay those of the extremes of each pixel's quarters.
LONG = 2_000_000
OPACITY = 0.28


@dataclass(frozen=True, slots=True)
class BandLook:
    """How a group is drawn. few: its runs have so few points that their means are made for every frame."""

    colour: QColor
    middle: Middle
    spread: Spread
    few: bool = True
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


@dataclass(frozen=True, slots=True)
class Version:
    """What the points of one run in a group depend on."""

    points: int
    made: int  # a hash of which curve it is, and how it is smoothed


@dataclass(frozen=True, slots=True)
class _Kept:
    """The exact columns of a run."""

    version: Version
    place: tuple[object, ...]  # in which columns
    columns: RunColumns


class GroupDrawing:
    """One metric of one group, as it is drawn in a plot.

    Groups of very many points are drawn at once by the extremes of their runs; refine() makes their means exact.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self.area, self.middle = Area(), Line()
        self.curve: GroupCurve | None = None
        self._made_from: tuple[object, ...] = ()
        self.exact = True  # False: of some runs the means of each pixel's extremes were taken, so far
        self._few, self._window = True, Window("step", 0.0, 1.0, 1, PLAIN)
        self._runs: Sequence[Series | SmoothedCurve] = ()
        self._versions: Sequence[Version] = ()
        self._kept: dict[int, _Kept] = {}
        self.middle.setZValue(15)
        for item in (self.area, self.middle):
            plot.addItem(item, ignoreBounds=True)

    def draw(
        self, runs: Sequence[Series | SmoothedCurve], versions: Sequence[Version], window: Window, look: BandLook
    ) -> tuple[float, float] | None:
        """Bring it up to date; returns the lowest and the highest y that is drawn."""
        self._runs, self._versions, self._few, self._window = runs, versions, look.few, window
        waiting = self._waiting()
        self.exact = not waiting
        made_from = (tuple(versions), window, look.middle, look.spread, look.few, len(waiting))
        if self.curve is None or made_from != self._made_from:
            self._made_from = made_from
            self.curve = summarised(runs, window, look) if look.few else self._by_columns(look)
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

    def refine(self) -> bool:
        """Make the means of one more run exact; tells whether there was one to do, so that it is to be drawn again."""
        number = next((each for each in self._waiting() if self._versions[each].points <= LONG), None)
        if number is None:
            return False
        exact = in_columns(self._runs[number].drawn(self._window.axis), edges_of(self._window))
        self._kept[number] = _Kept(self._versions[number], self._place(), exact)
        return True

    @property
    def refinable(self) -> bool:
        return any(self._versions[each].points <= LONG for each in self._waiting())

    def remove(self) -> None:
        for item in (self.area, self.middle):
            self._plot.removeItem(item)

    def _place(self) -> tuple[object, ...]:
        window = self._window
        return window.axis, window.x0, window.x1, window.columns, window.across

    def _waiting(self) -> list[int]:
        """The runs whose exact columns are not known."""
        if self._few:
            self._kept.clear()
            return []
        place = self._place()
        known = {number for number, kept in self._kept.items() if kept.place == place}
        return [n for n, version in enumerate(self._versions) if n not in known or self._kept[n].version != version]

    def _by_columns(self, look: BandLook) -> GroupCurve:
        """Exact where they are known. A run that has only grown since stands as it did: else its curve would jump."""
        found, place, edges = [], self._place(), edges_of(self._window)
        for number, (run, version) in enumerate(zip(self._runs, self._versions, strict=True)):
            kept = self._kept.get(number)
            if kept is not None and kept.place == place and kept.version.made == version.made:
                found.append(kept.columns)
            else:
                found.append(in_columns(_thinned(run, self._window), edges))
        return columns_together(found, edges, look.middle, look.spread)


def summarised(runs: Sequence[Series | SmoothedCurve], window: Window, look: BandLook) -> GroupCurve:
    """At every x that a run has while they are few; by pixel columns from there on."""
    curves = [_within(each, window) for each in runs]
    if sum(len(x) for x, _ in curves) <= 2 * window.columns * max(len(curves), 1):
        return group_curve(curves, look.middle, look.spread)
    return columns(curves, edges_of(window), look.middle, look.spread)


def edges_of(window: Window) -> Floats:
    return column_edges(window.x0, window.x1, window.columns, 0.0 if window.across.log else None)


def _thinned(series: Series | SmoothedCurve, window: Window) -> Curve:
    return series.thin(window.axis, window.x0, window.x1, FINER * window.columns, log=window.across.log)


def _within(series: Series | SmoothedCurve, window: Window) -> Curve:
    """The points in the window and one on each side, so that lines run to its border."""
    x, y = series.drawn(window.axis)
    start, stop = int(x.searchsorted(window.x0)), int(x.searchsorted(window.x1, side="right"))
    inside = slice(max(start - 1, 0), stop + 1)
    return x[inside], y[inside]
