"""One chart of the Live page: a metric of all shown runs, smoothed, with what happened to them."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from musiclog.records import Floats
from musiclog.series import Series

from ..icons import dress
from ..state.alerts import SEVERITY_ROLES, episodes
from ..state.chart_plan import QUALITY, ChartPlan
from ..state.chart_view import ChartView, event_x, factor_text, moment_x
from ..state.runs import RunEntry
from ..state.smoothing import SmoothedSeries
from ..state.wording import number, one_line
from ..theme import scaled_font, theme
from .chart_axes import XAxis, YAxis, x_text
from .chart_curves import DOTTED, Band, Happenings, Line, Mark
from .readout import Reading, Readout, in_one_line

HEIGHT = 268
# Fewer points are seen one by one, and a smoothed line would only lag behind them.
SMOOTHED_FROM = 20
MARGIN = 0.03  # of the extent, on each side: curves do not touch the frame
NO_POINTS = np.empty(0)


@dataclass(slots=True)
class Curve:
    """The drawn parts of one metric of one run."""

    raw: Line
    smooth: Line
    dots: pg.ScatterPlotItem
    twin: SmoothedSeries | None = None

    @property
    def items(self) -> tuple[pg.GraphicsObject, ...]:
        return self.raw, self.smooth, self.dots


class Chart(QFrame):
    """Draws its plan's metrics for the runs that it is handed; keeps its zoom whatever arrives."""

    pointed = Signal(object)  # x under the mouse, None when the mouse leaves
    run_clicked = Signal(str)
    sample_clicked = Signal(str, str)  # run id, path

    def __init__(self, plan: ChartPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self._view = ChartView()
        self._runs: Sequence[RunEntry] = ()
        self._selected: str | None = None
        self._curves: dict[tuple[str, str], Curve] = {}
        self._zoom: QRectF | None = None
        self._setting_range = False
        self._x_zoom: tuple[float, float] | None = None
        self.setProperty("card", True)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(f"Chart of {plan.name}")
        self._build()
        # A wheel turns many notches in one turn of the event loop; the curves are thinned once for all of them.
        self._redraw = QTimer(self, singleShot=True, interval=0)
        self._redraw.timeout.connect(self._draw)

    # -- orders ---------------------------------------------------------------------------------

    def show_runs(self, runs: Sequence[RunEntry], selected: str | None, view: ChartView) -> None:
        """Draw these runs as they are now."""
        if view.axis != self._view.axis:
            self._zoom = self._x_zoom = None  # a stretch of steps is no stretch of hours
        elif view.log_y != self._view.log_y and self._zoom is not None:
            self._x_zoom, self._zoom = (self._zoom.left(), self._zoom.right()), None
        self._view, self._selected = view, selected
        self._runs = [run for run in runs if any(name in run.data.series for name in self.plan.names)]
        self._draw()

    def zoom_x(self, low: float, high: float) -> None:
        """Show a stretch of x; y follows what is in it."""
        self._x_zoom, self._zoom = (low, high), None
        self._draw()

    @Slot()
    def fit(self) -> None:
        """Show everything again, now and as it grows."""
        self._zoom = self._x_zoom = None
        self._draw()

    @property
    def zoomed(self) -> bool:
        return self._zoom is not None or self._x_zoom is not None

    @property
    def view_rect(self) -> QRectF:
        """What is shown, in the units of the axes (logarithms on a logarithmic one)."""
        return self.plot.viewRect()

    def point_at(self, x: float | None, mouse: QPoint | None = None) -> None:
        """Put the crosshair at x and tell the values there; mouse: its place in the window, where it is in here."""
        told = x is not None and bool(self._runs)
        self._crosshair.setVisible(told)
        self._note.setVisible(not told or mouse is not None)
        self._values.setVisible(told and mouse is None)
        if not told:
            Readout.of(self).hide()
            return
        self._crosshair.setPos(x)
        readings = self.readings_at(x)
        if mouse is None:
            self._values.setText(in_one_line(readings, self._values_that_fit()))
            return
        y = self.plot.getViewBox().mapSceneToView(QPointF(self.plot.mapFrom(self.window(), mouse))).y()
        readings.sort(key=lambda each: _closeness(self._to_view(each.value), y))
        Readout.of(self).tell(x_text(x, self._view.axis), readings, mouse)

    def readings_at(self, x: float) -> list[Reading]:
        """What every drawn curve says at x (smoothed where the curve is), the selected run first."""
        readings = []
        for run in self._runs:
            for name in self.plan.names:
                series = self._drawn_series(run, name)
                near = None if series is None else series.nearest(self._view.axis, x)
                if near is not None:
                    label = f"{run.name} · validation" if name == self.plan.validation else run.name
                    readings.append(Reading(run.id, label, run.colour, near[1], run.id == self._selected))
        readings.sort(key=lambda each: not each.selected)
        return readings

    def curves(self) -> list[tuple[str, str]]:
        """Run id and metric of every drawn curve."""
        return list(self._curves)

    def curve_points(self, run_id: str, name: str) -> tuple[Floats, Floats]:
        """The drawn points of a curve, the smoothed one where there is one."""
        curve = self._curves[run_id, name]
        line = curve.smooth if curve.smooth.isVisible() else curve.raw
        return line.getData()

    def wear_theme(self) -> None:
        """Take the colours of the current theme."""
        self.plot.setBackground(theme().panel)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme().line))
            axis.setTextPen(theme().muted)
        self.plot.getAxis("left").setGrid(90 if theme().name == "light" else 60)
        self._crosshair.setPen(pg.mkPen(theme().muted, width=1, style=Qt.PenStyle.DotLine))
        self.plot.getViewBox().rbScaleBox.setPen(pg.mkPen(theme().accent))
        self.plot.getViewBox().rbScaleBox.setBrush(theme().qcolor("accent", 0.15))

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 8)
        layout.setSpacing(2)
        layout.addLayout(self._head())
        self.plot = pg.PlotWidget(axisItems={"left": YAxis(), "bottom": XAxis()})
        self.plot.setFrameShape(QFrame.Shape.NoFrame)
        self.plot.hideButtons()
        self.plot.plotItem.layout.setContentsMargins(0, 2, 14, 0)  # room for half of the last figure
        self.plot.setMenuEnabled(False)
        self.plot.viewport().installEventFilter(self)
        box = self.plot.getViewBox()
        box.disableAutoRange()
        box.setMouseMode(box.RectMode)
        box.setDefaultPadding(0)
        box.sigRangeChangedManually.connect(self._user_zoomed)
        box.sigRangeChanged.connect(self._range_changed)
        self._happenings = Happenings()
        self.plot.addItem(self._happenings, ignoreBounds=True)
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.hide()
        self.plot.addItem(self._crosshair, ignoreBounds=True)
        self.plot.scene().sigMouseMoved.connect(self._mouse_moved)
        self.plot.scene().sigMouseClicked.connect(self._mouse_clicked)
        layout.addWidget(self.plot)
        self.wear_theme()

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        self._title = QLabel(one_line(self.plan.name))
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setProperty("role", "title")
        self._title.setToolTip(html.escape(" and ".join(self.plan.names)))
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setFont(scaled_font(self.font(), 0.9))
        self._values = QLabel()
        self._values.setTextFormat(Qt.TextFormat.RichText)
        self._values.setFont(self._note.font())
        # Its width follows the chart: longer figures must not push the grid's columns about.
        self._values.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._values.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._values.hide()
        self._fit = QToolButton()
        self._fit.setProperty("role", "flat")
        self._fit.setToolTip("Show everything again (double-click)")
        self._fit.setAccessibleName(f"Fit {self.plan.name}")
        dress(self._fit, "zoom-fit", "muted")
        self._fit.clicked.connect(self.fit)
        policy = self._fit.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._fit.setSizePolicy(policy)
        self._fit.hide()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._note)
        head.addWidget(self._values, 1000)
        head.addWidget(self._fit)
        return head

    # -- drawing --------------------------------------------------------------------------------

    @Slot()
    def _draw(self) -> None:
        self._redraw.stop()
        self.plot.getAxis("bottom").set_kind(self._view.axis)
        self.plot.getAxis("left").set_log(self._view.log_y)
        self._drop_gone()
        x0, x1 = self._window()
        lows, highs = [], []
        for run in self._runs:
            for name in self.plan.names:
                for y in self._draw_curve(run, name, x0, x1):
                    inside = y[np.isfinite(y)]
                    if len(inside):
                        lows.append(float(inside.min()))
                        highs.append(float(inside.max()))
        self._set_range(x0, x1, *(_padded(min(lows), max(highs)) if lows else (0.0, 1.0)))
        self._draw_happenings(x0, x1)
        self._note.setText(self._note_text())
        self._fit.setVisible(self.zoomed)

    def _window(self) -> tuple[float, float]:
        if self._zoom is not None:
            return self._zoom.left(), self._zoom.right()
        if self._x_zoom is not None:
            return self._x_zoom
        found = [self._extent(run.data.series[name]) for run in self._runs for name in self.plan.names
                 if name in run.data.series]  # fmt: skip
        extents = [extent for extent in found if extent is not None]
        if not extents:
            return 0.0, 1.0
        return _padded(min(low for low, _ in extents), max(high for _, high in extents), self._view.axis)

    def _extent(self, series: Series) -> tuple[float, float] | None:
        return series.extent(self._view.axis)

    def _draw_curve(self, run: RunEntry, name: str, x0: float, x1: float) -> list[Floats]:
        """Bring one curve up to date; returns the y of what is drawn."""
        series = run.data.series.get(name)
        if series is None:
            return []
        curve = self._curve(run.id, name)
        axis, columns = self._view.axis, max(int(self.plot.getViewBox().width()), 50)
        x, y = series.thin(axis, x0, x1, columns)
        y = self._to_view_all(y)
        sparse = len(x) <= DOTTED
        validation = name == self.plan.validation
        smoothed = self._smooths and len(series) >= SMOOTHED_FROM and not validation
        drawn = [y]
        colour, emphasised = QColor(run.colour), run.id == self._selected
        curve.raw.show_points(x, y)
        curve.raw.style(_faint(colour) if smoothed else colour, 1 if smoothed or validation else 2, dashed=validation)
        if smoothed:
            twin_x, twin_y = self._twin(curve, series).thin(axis, x0, x1, columns)
            twin_y = self._to_view_all(twin_y)
            curve.smooth.show_points(twin_x, twin_y)
            curve.smooth.style(colour, 3 if emphasised else 2)
            drawn.append(twin_y)
        curve.smooth.setVisible(smoothed)
        self._draw_dots(curve, colour, x, y, sparse=sparse, faint=smoothed)
        for item in curve.items:
            item.setZValue(20 if emphasised else 10)
        return drawn

    def _draw_dots(
        self, curve: Curve, colour: QColor, x: Floats, y: Floats, *, sparse: bool, faint: bool
    ) -> None:
        curve.dots.setVisible(sparse)
        if not sparse:
            return
        finite = np.isfinite(y)
        brush = _faint(colour) if faint and finite.sum() > 1 else colour
        curve.dots.setData(x[finite], y[finite], size=6, pen=None, brush=brush)

    @property
    def _smooths(self) -> bool:
        return self._view.smoothing > 0 and self.plan.measured

    def _drawn_series(self, run: RunEntry, name: str) -> Series | None:
        series, curve = run.data.series.get(name), self._curves.get((run.id, name))
        if series is None or curve is None:
            return None
        return self._twin(curve, series) if curve.smooth.isVisible() else series

    def _twin(self, curve: Curve, series: Series) -> Series:
        twin, view = curve.twin, self._view
        if twin is None or twin.source is not series or (twin.axis, twin.factor) != (view.axis, view.smoothing):
            curve.twin = twin = SmoothedSeries(series, view.axis, view.smoothing)
        return twin.current()

    def _curve(self, run_id: str, name: str) -> Curve:
        curve = self._curves.get((run_id, name))
        if curve is None:
            curve = self._curves[run_id, name] = Curve(Line(), Line(), pg.ScatterPlotItem(pxMode=True))
            for item in curve.items:
                self.plot.addItem(item, ignoreBounds=True)
        return curve

    def _drop_gone(self) -> None:
        wanted = {(run.id, name) for run in self._runs for name in self.plan.names if name in run.data.series}
        for key in [key for key in self._curves if key not in wanted]:
            for item in self._curves.pop(key).items:
                self.plot.removeItem(item)

    def _set_range(self, x0: float, x1: float, y0: float, y1: float) -> None:
        if self._zoom is not None:
            y0, y1 = self._zoom.top(), self._zoom.bottom()
        (old_x, old_y), wanted = self.plot.viewRange(), ([x0, x1], [y0, y1])
        if (old_x, old_y) == wanted:
            return
        self._setting_range = True
        self.plot.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)
        self._setting_range = False

    def _to_view(self, value: float) -> float:
        if not self._view.log_y:
            return value
        return math.log10(value) if value > 0 else math.nan

    def _to_view_all(self, y: Floats) -> Floats:
        if not self._view.log_y:
            return y
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(y > 0, np.log10(y), np.nan)

    def _note_text(self) -> str:
        parts = [self.plan.unit]
        if self.plan.validation and any(self.plan.validation in run.data.series for run in self._runs):
            parts.append("┄ validation")
        if any(curve.smooth.isVisible() for curve in self._curves.values()):
            parts.append(f"smoothing {factor_text(self._view.smoothing)}")
        if self._view.log_y:
            parts.append("log")
        return "  ·  ".join(part for part in parts if part)

    # -- what happened to the runs --------------------------------------------------------------

    def _draw_happenings(self, x0: float, x1: float) -> None:
        if not self._view.marks:
            self._happenings.show_all((), ())
            return
        run = self._told_run()
        bands = tuple(band for each in self._runs for band in self._bands(each))
        marks = [mark for each in self._runs for mark in self._missing(each, x0, x1)]
        if run is not None:
            marks += self._moments(run)
        of_all = self.plan.section == QUALITY
        marks += [mark for each in self._runs if of_all or each is run for mark in self._samples(each)]
        self._happenings.show_all(bands, tuple(marks))

    def _told_run(self) -> RunEntry | None:
        """The run whose checkpoints, resumes and samples are marked: the selected one, or the only one.

        Charts of musical quality mark the samples of all runs, because there they are what is looked for.
        """
        if len(self._runs) == 1:
            return self._runs[0]
        return next((run for run in self._runs if run.id == self._selected), None)

    def _bands(self, run: RunEntry) -> list[Band]:
        bands = []
        for episode in episodes(run.data):
            if episode.metric not in self.plan.names:
                continue
            axis = self._view.axis
            start = moment_x(run.data, axis, episode.opened_step, None, episode.opened_time)
            end = moment_x(run.data, axis, episode.last_step, None, episode.last_time)
            if start is not None:
                colour = getattr(theme(), SEVERITY_ROLES[episode.severity])
                bands.append(Band(start, max(end or start, start), colour, f"{run.name}: {episode.title}"))
        return bands

    def _missing(self, run: RunEntry, x0: float, x1: float) -> list[Mark]:
        columns = max(int(self.plot.getViewBox().width() / 6), 10)
        return [
            Mark("missing", float(x), theme().critical, f"{name} is {number(float(value))} in {run.name}", run.id)
            for name in self.plan.names if name in run.data.series
            for x, value in zip(*run.data.series[name].marks(self._view.axis, x0, x1, columns), strict=True)
        ]  # fmt: skip

    def _moments(self, run: RunEntry) -> list[Mark]:
        marks = []
        for event in run.data.events:
            if event.kind not in ("checkpoint", "resume"):
                continue
            x = event_x(run.data, event, self._view.axis)
            if x is not None:
                marks.append(Mark(event.kind, x, theme().muted, event.kind.capitalize(), run.id))
        return marks

    def _samples(self, run: RunEntry) -> list[Mark]:
        marks = []
        for sample in run.data.samples.values():
            x = moment_x(run.data, self._view.axis, sample.step, sample.epoch, sample.time)
            if x is not None:
                text = f"{sample.name}: click to play"
                marks.append(Mark("sample", x, run.colour, text, run.id, sample.path))
        return marks

    # -- the mouse ------------------------------------------------------------------------------

    @Slot()
    def _user_zoomed(self) -> None:
        self._x_zoom, self._zoom = None, self.plot.viewRect().normalized()
        self._redraw.start()

    @Slot()
    def _range_changed(self) -> None:
        if not self._setting_range:
            self._redraw.start()

    @Slot(object)
    def _mouse_moved(self, at: QPointF) -> None:
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(at):
            self._leave()
            return
        point = box.mapSceneToView(at)
        self.pointed.emit(point.x())
        self.point_at(point.x(), self.plot.mapTo(self.window(), at.toPoint()))
        self._tell_mark(point.x(), at)

    def _leave(self) -> None:
        self.point_at(None)
        self.pointed.emit(None)

    def _values_that_fit(self) -> int:
        room = self.width() - self._title.sizeHint().width() - 90
        return max(1, room // (self._values.fontMetrics().horizontalAdvance("■ 0.00000  ") + 4))

    def _tell_mark(self, x: float, at: QPointF) -> None:
        mark = self._mark_under(at)
        band = self._happenings.band_at(x)
        self.plot.setToolTip(html.escape(mark.text if mark else band.text if band else ""))
        hand = mark is not None and mark.kind == "sample"
        self.plot.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.CrossCursor)

    def _mark_under(self, at: QPointF) -> Mark | None:
        box = self.plot.getViewBox()
        floor = box.sceneBoundingRect().bottom() - at.y()
        return self._happenings.mark_at(box.mapSceneToView(at).x(), floor)

    @Slot(object)
    def _mouse_clicked(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit()
            return
        mark = self._mark_under(event.scenePos())
        if mark is not None and mark.kind == "sample":
            self.sample_clicked.emit(mark.run, mark.path)
        elif (run_id := self.run_near(event.scenePos())) is not None:
            self.run_clicked.emit(run_id)

    def run_near(self, at: QPointF, reach_px: float = 12.0) -> str | None:
        """The run whose curve passes within reach of a point of the scene."""
        box = self.plot.getViewBox()
        point = box.mapSceneToView(at)
        _, pixel_y = box.viewPixelSize()
        readings = self.readings_at(point.x())
        distances = [(_closeness(self._to_view(each.value), point.y()) / pixel_y, each.run) for each in readings]
        best = min(distances, default=None)
        return best[1] if best is not None and best[0] <= reach_px else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._leave()
        if event.type() == QEvent.Type.Wheel and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # the page scrolls; with Ctrl the chart zooms
            return True
        return super().eventFilter(watched, event)


def _closeness(value: float, y: float) -> float:
    """Distance of a value from the pointer; what is not drawn is farthest."""
    return abs(value - y) if math.isfinite(value) else math.inf


def _padded(low: float, high: float, axis: str = "") -> tuple[float, float]:
    """The extent with a margin; a single value gets room on both sides."""
    if high > low:
        margin = (high - low) * MARGIN
        return low - margin, high + margin
    room = 1.0 if axis == "step" else 60.0 if axis in ("relative", "wall") else max(abs(low) * 0.1, 0.5)
    return low - room, high + room


def _faint(colour: QColor) -> QColor:
    result = QColor(colour)
    result.setAlphaF(0.32)
    return result


