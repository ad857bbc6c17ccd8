"""One chart of the Live page: a metric of all shown runs, smoothed, with what happened to them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QLabel, QVBoxLayout, QWidget

from musiclog.records import Floats
from musiclog.series import Series
from musiclog.symlog import symlog_for
from musiclog.timeline import Axis

from ..state.chart_plan import QUALITY, ChartPlan
from ..state.chart_view import AXIS_TITLES, SPREAD_TITLES, ChartView, smoothing_amount
from ..state.groups import RunGroup
from ..state.laid_series import LaidSeries
from ..state.outlier_fence import OutlierFence
from ..state.runs import RunEntry
from ..state.smoothing import SmoothedCurve, SmoothedSeries
from ..state.view_history import Zoom
from ..state.wording import number, tool_tip
from ..state.y_scale import LOG, PLAIN, YScale
from ..theme import theme
from .chart_axes import XAxis, YAxis, x_text
from .chart_bands import LONG, BandLook, GroupDrawing, Version
from .chart_curves import SMOOTHED_FROM, Curve, Look, Window, reach_of
from .chart_head import ChartHead
from .chart_marks import (
    Band,
    Happenings,
    Mark,
    bands_of,
    level_of,
    missing_of,
    moments_of,
    placed_bands,
    placed_marks,
    samples_of,
)
from .chart_menu import ChartMenu
from .chart_range import CalmRange, least_room
from .readout import Reading, Readout

HEIGHT = 268
# Groups with more points are summed up from their extremes at first: exact means of them take longer than a frame.
FEW = 200_000
REFINE_MS = 60  # whoever pans or zooms is not held up by exact means
CLICK_PX = 12.0  # a curve this close to a click is meant


class Chart(QFrame):
    """Draws its plan's metrics for the runs that it is handed; keeps its zoom whatever arrives."""

    pointed = Signal(object)  # x under the mouse, None when the mouse leaves
    run_clicked = Signal(str)
    group_clicked = Signal(str)  # label
    sample_clicked = Signal(str, str)  # run id, path
    alone_requested = Signal()  # to be the only chart, or one of many again
    back_requested = Signal()  # Escape
    menu_opened = Signal(object)  # ChartMenu, before it is shown: others add to it
    user_zoomed = Signal(object)  # Zoom; None for everything

    def __init__(self, plan: ChartPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self._view = ChartView()
        self._runs: Sequence[RunEntry] = ()
        self._selected: str | None = None
        self._curves: dict[tuple[str, str], Curve] = {}
        self._series: dict[tuple[str, str], Series] = {}
        self._groups: Sequence[RunGroup] = ()
        self._members: dict[tuple[str, str], list[tuple[str, str]]] = {}  # label and metric -> curves
        self._drawings: dict[tuple[str, str], GroupDrawing] = {}
        self._twins: dict[tuple[str, str], SmoothedSeries] = {}  # of curves that are drawn in a group
        self._laid: dict[tuple[str, str], LaidSeries] = {}  # over a counter
        self._scale, self._fence = PLAIN, OutlierFence()
        self._zoom: Zoom | None = None  # what the user chose to see
        self._x_range, self._y_range = CalmRange(), CalmRange()
        self._setting_range = False
        self._told: tuple[object, ...] = ()  # what the bands and marks were made from
        self._bands: tuple[Band, ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self.setProperty("card", True)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(f"Chart of {plan.name}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        # A wheel turns many notches in one turn of the event loop; the curves are thinned once for all of them.
        self._redraw = QTimer(self, singleShot=True, interval=0)
        self._redraw.timeout.connect(self._draw)
        self._refine = QTimer(self, singleShot=True, interval=REFINE_MS)
        self._refine.timeout.connect(self._refine_groups)

    # -- orders ---------------------------------------------------------------------------------

    def show_runs(
        self, runs: Sequence[RunEntry], selected: str | None, view: ChartView, groups: Sequence[RunGroup] = ()
    ) -> None:
        """Draw these runs as they are now; those of a group as one curve with a band."""
        drawn = [run for run in runs if any(name in run.curves for name in self.plan.names)]
        if view.axis != self._view.axis:
            self._zoom = None  # a stretch of steps is no stretch of hours
        elif view.log_y != self._view.log_y and self._zoom is not None:
            self._zoom = Zoom(self._zoom.x)
        if view.axis != self._view.axis or view.log_y != self._view.log_y:
            self._scale = LOG if view.log_y else PLAIN
        if (view, groups) != (self._view, self._groups) or [run.id for run in drawn] != [run.id for run in self._runs]:
            self._x_range.forget()
            self._y_range.forget()
        self._view, self._selected, self._runs, self._groups = view, selected, drawn, groups
        self._draw()

    def zoom_x(self, low: float, high: float) -> None:
        """Show a stretch of x; y follows what is in it."""
        self.set_zoom(Zoom((low, high)))

    @Slot()
    def fit(self) -> None:
        """Show everything again, now and as it grows."""
        self.set_zoom(None)

    def set_zoom(self, zoom: Zoom | None) -> None:
        self._zoom = zoom
        self._refine.stop()
        self._x_range.forget()
        self._y_range.forget()
        self._draw()

    def point_at(self, x: float | None, mouse: QPoint | None = None) -> None:
        """Put the crosshair at x and tell the values there; mouse: its place in the window, where it is in here."""
        told = x is not None and bool(self._runs)
        self._crosshair.setVisible(told)
        if not told:
            self.head.tell_values(None)
            Readout.of(self).hide()
            return
        at = self._view.across.place(x)
        self._crosshair.setVisible(math.isfinite(at))
        self._crosshair.setPos(at if math.isfinite(at) else 0.0)
        readings = self.readings_at(x)
        self.head.tell_values(readings if mouse is None else None)
        if mouse is not None:
            y = self._box.mapSceneToView(QPointF(self.plot.mapFrom(self.window(), mouse))).y()
            readings.sort(key=lambda each: self._distance(each, y))
            Readout.of(self).tell(x_text(x, self._view.axis), readings, mouse)

    def wear_theme(self) -> None:
        """Take the colours of the current theme."""
        self.plot.setBackground(theme().panel)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme().line))
            axis.setTextPen(theme().muted)
        self.plot.getAxis("left").setGrid(90 if theme().name == "light" else 60)
        self._crosshair.setPen(pg.mkPen(theme().muted, width=1, style=Qt.PenStyle.DotLine))
        self._box.rbScaleBox.setPen(pg.mkPen(theme().accent))
        self._box.rbScaleBox.setBrush(theme().qcolor("accent", 0.15))

    # -- what others ask ------------------------------------------------------------------------

    @property
    def zoomed(self) -> bool:
        return self._zoom is not None

    @property
    def zoom(self) -> Zoom | None:
        return self._zoom

    @property
    def view_rect(self) -> QRectF:
        """What is shown, in the units of the axes (logarithms on a logarithmic one)."""
        return self.plot.viewRect()

    @property
    def happenings(self) -> Happenings:
        return self._happenings

    def curves(self) -> list[tuple[str, str]]:
        """Run id and metric of every drawn curve."""
        return list(self._curves)

    def curve_points(self, run_id: str, name: str) -> tuple[Floats, Floats]:
        """The drawn points of a curve, the smoothed one where there is one."""
        curve = self._curves[run_id, name]
        return (curve.smooth if curve.smoothed else curve.raw).getData()

    def readings_at(self, x: float) -> list[Reading]:
        """What every drawn curve says at x (smoothed where the curve is), the selected run first."""
        readings = []
        for run in self._runs:
            for name in self.plan.names:
                curve = self._curves.get((run.id, name))
                near = None if curve is None or curve.series is None else curve.series.nearest(self._view.base, x)
                if near is not None:
                    label = f"{run.name} · validation" if name == self.plan.validation else run.name
                    readings.append(Reading(run.id, label, run.colour, near[1], run.id == self._selected))
        readings.sort(key=lambda each: not each.selected)
        return self._group_readings(x) + readings

    def _group_readings(self, x: float) -> list[Reading]:
        found = []
        for (label, name), drawing in self._drawings.items():
            told = drawing.at(x)
            if told is not None and math.isfinite(told[0]):
                middle, low, high, n = told
                band = f" ({number(low)} to {number(high)})" if math.isfinite(low) and math.isfinite(high) else ""
                metric = " · validation" if name == self.plan.validation else ""
                colour = self._group_colour(label)
                found.append(Reading("", f"{label}{metric}: {n} runs{band}", colour, middle, group=label))
        return found

    def curve_near(self, at: QPointF) -> Reading | None:
        """What the curve of a run or of a group says that passes close to a point of the scene."""
        point, pixel_y = self._box.mapSceneToView(at), self._box.viewPixelSize()[1]
        readings = self.readings_at(self._view.across.value(point.x()))
        best = min(readings, key=lambda each: self._distance(each, point.y()), default=None)
        return best if best is not None and self._distance(best, point.y()) <= CLICK_PX * pixel_y else None

    def sources(self) -> list[tuple[str, Series]]:
        """Name of its run, and all points as logged, of everything that is drawn."""
        runs = [(run, name) for run in self._runs for name in self.plan.names]
        return [(run.name, run.curves[name]) for run, name in runs if name in run.curves]

    @property
    def view(self) -> ChartView:
        return self._view

    def open_menu(self, at: QPoint) -> ChartMenu:
        """The context menu at a point of the screen."""
        self._leave()
        menu = ChartMenu(self)
        self.menu_opened.emit(menu)
        menu.open_at(at)
        return menu

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 8)
        layout.setSpacing(2)
        self.head = ChartHead(self.plan)
        self.head.alone_requested.connect(self.alone_requested)
        self.head.fit_requested.connect(self.fit_by_user)
        self.plot = pg.PlotWidget(axisItems={"left": YAxis(), "bottom": XAxis()})
        self.plot.setFrameShape(QFrame.Shape.NoFrame)
        self.plot.hideButtons()
        # The ground is one colour: kept as a picture it costs memory, and drawings would hold that picture.
        self.plot.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.plot.plotItem.layout.setContentsMargins(0, 2, 14, 0)  # room for half of the last figure
        self.plot.setMenuEnabled(False)
        self._happenings, self._crosshair = Happenings(), pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.hide()
        for item in (self._happenings, self._crosshair):
            self.plot.addItem(item, ignoreBounds=True)
        # Curves reach as far as the view and move with every point: an index of where they are would never be right.
        self.plot.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._build_view()
        layout.addWidget(self.head)
        layout.addWidget(self.plot)
        self._empty = QLabel(self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "muted")
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._empty.hide()
        self.wear_theme()

    def _build_view(self) -> None:
        self._box = self.plot.getViewBox()
        self._box.disableAutoRange()
        self._box.setMouseMode(self._box.RectMode)
        self._box.setDefaultPadding(0)
        self._box.sigRangeChangedManually.connect(self._user_zoomed)
        self._box.sigRangeChanged.connect(self._range_changed)
        self.plot.scene().sigMouseMoved.connect(self._mouse_moved)
        self.plot.scene().sigMouseClicked.connect(self._mouse_clicked)
        self.plot.viewport().installEventFilter(self)

    # -- drawing --------------------------------------------------------------------------------

    @Slot()
    def _draw(self) -> None:
        self._redraw.stop()
        self._find_series()
        self._choose_scale()
        self.plot.getAxis("bottom").set_kind(self._view.axis, log=self._view.across.log)
        self.plot.getAxis("left").set_scale(self._scale)
        columns, across = max(int(self._box.width()), 50), self._view.across
        window = Window(self._view.base, *self._stretch(), columns, self._scale, across)
        grouped = {key for keys in self._members.values() for key in keys}
        drawn = [self._draw_curve(key, window) for key in self._series if key not in grouped]
        drawn += [self._draw_group(key, window) for key in self._members]
        self._find_moments()
        drawn.append(self._reach_of_samples(window))
        reaches = [reach for reach in drawn if reach is not None]
        low, high = min((low for low, _ in reaches), default=0.0), max((high for _, high in reaches), default=1.0)
        low, high = self._without_outliers() or (low, high)
        self._set_range(window, *self._y_range.around(low, high, least_room(low)))
        self._say_what_is_missing()
        self._draw_happenings(window)
        self.head.tell(self._note(), zoomed=self.zoomed)

    def _stretch(self) -> tuple[float, float]:
        if self._view.across.log:
            return self._log_stretch()
        if self._zoom is not None:
            return self._zoom.x
        extents = [extent for each in self._series.values() if (extent := each.extent(self._view.base)) is not None]
        if not extents:
            return 0.0, 1.0
        low, high = min(low for low, _ in extents), max(high for _, high in extents)
        return self._x_range.around(low, high, least_room(low, self._view.axis))

    def _log_stretch(self) -> tuple[float, float]:
        """Likewise where only x above 0 has a place."""
        base, across = self._view.base, self._view.across
        ends = [ends for each in self._series.values() if (ends := _above_zero(each, base)) is not None]
        if not ends:
            return 1.0, 10.0
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        if self._zoom is not None:
            x0, x1 = self._zoom.x
            return (x0 if x0 > 0 else low), (x1 if x1 > max(x0, 0.0) else high)
        shown = self._x_range.around(across.place(low), across.place(high), 0.05)
        return across.value(shown[0]), across.value(shown[1])

    def _find_series(self) -> None:
        """What is drawn of every run: its metrics, laid over a counter where that is the axis."""
        runs = {(run.id, name): run for run in self._runs for name in self.plan.names if name in run.curves}
        self._find_members(runs)
        grouped = {key for keys in self._members.values() for key in keys}
        for key in self._curves.keys() - (runs.keys() - grouped):
            self._curves.pop(key).remove()
        for label in self._drawings.keys() - self._members.keys():
            self._drawings.pop(label).remove()
        self._series = {}
        laid, self._laid = self._laid, {}
        for key, run in runs.items():
            source = run.curves[key[1]]
            if self._view.axis in AXIS_TITLES:
                self._series[key] = source
                continue
            known = laid.get(key)
            if known is None or known.source is not source or known.axis != self._view.axis:
                known = LaidSeries(run.data, source, self._view.axis)
            self._laid[key] = known
            self._series[key] = known.current()

    def _find_members(self, known: Collection[tuple[str, str]]) -> None:
        """Which curves are drawn together; a run that is alone in its group is drawn as itself."""
        self._members = {}
        for group in self._groups:
            for name in self.plan.names:
                keys = [(run_id, name) for run_id in group.runs if (run_id, name) in known]
                if len(keys) > 1:
                    self._members[group.label, name] = keys

    def _draw_group(self, key: tuple[str, str], window: Window) -> tuple[float, float] | None:
        drawing = self._drawings.get(key)
        if drawing is None:
            drawing = self._drawings[key] = GroupDrawing(self.plot)
        runs = [self._perhaps_smoothed(each) for each in self._members[key]]
        smoothed = (self._smoothing, self._view.kind)
        versions = [Version(len(self._series[each]), hash((each, *smoothed))) for each in self._members[key]]
        look = BandLook(
            QColor(self._group_colour(key[0])), self._view.middle, self._view.spread,
            sum(version.points for version in versions) <= FEW, key[1] == self.plan.validation,
        )  # fmt: skip
        reach = drawing.draw(runs, versions, window, look)
        if drawing.refinable and not self._refine.isActive():
            self._refine.start()
        return reach

    @Slot()
    def _refine_groups(self) -> None:
        """Make the means of one run exact; drawing the others again asks for the next turn."""
        if self.isVisible() and any(drawing.refine() for drawing in self._drawings.values()):
            self._redraw.start()

    def _group_colour(self, label: str) -> str:
        return next(group.colour for group in self._groups if group.label == label)

    @property
    def _smoothing(self) -> float:
        return self._view.smoothing if self.plan.measured else 0.0

    def _perhaps_smoothed(self, key: tuple[str, str]) -> Series | SmoothedCurve:
        """Every run of a group is smoothed before they are summed up."""
        series, kind = self._series[key], self._view.kind
        scattered = key in self._laid and self._laid[key].scattered
        if self._smoothing <= 0 or len(series) < SMOOTHED_FROM or scattered or key[1] == self.plan.validation:
            return series
        twin, amount, base = self._twins.get(key), smoothing_amount(kind, self._smoothing), self._view.base
        if twin is None or twin.source is not series or (twin.axis, twin.kind, twin.amount) != (base, kind, amount):
            twin = self._twins[key] = SmoothedSeries(series, base, kind, amount)
        return twin.current()

    def _choose_scale(self) -> None:
        """Logarithms; through zero as soon as any value is not positive."""
        base, scale = self._view.base, LOG if self._view.log_y else PLAIN
        if scale.log:
            if self._scale.symlog is not None:
                scale = self._scale
            elif any(_lowest(each, base) <= 0 for each in self._series.values()):
                scale = YScale(log=True, symlog=symlog_for([each.drawn(base)[1] for each in self._series.values()]))
        if scale != self._scale:
            self._scale = scale
            self._y_range.forget()
            if self._zoom is not None:
                self._zoom = Zoom(self._zoom.x)

    def _draw_curve(self, key: tuple[str, str], window: Window) -> tuple[float, float] | None:
        curve, run = self._curves.get(key), self._run(key[0])
        if curve is None:
            curve = self._curves[key] = Curve(self.plot, dashed=key[1] == self.plan.validation)
        look = Look(
            QColor(run.colour), self._smoothing, self._view.kind,
            run.id == self._selected, key in self._laid and self._laid[key].scattered,
        )  # fmt: skip
        return curve.draw(self._series[key], window, look)

    def _run(self, run_id: str) -> RunEntry:
        return next(run for run in self._runs if run.id == run_id)

    def _without_outliers(self) -> tuple[float, float] | None:
        """The bulk of the values, if that is asked for; the corner says how many points it hides."""
        fence = None
        if self._view.clip and (self._zoom is None or self._zoom.y is None):
            x = None if self._zoom is None else self._zoom.x
            fence = self._fence.around(list(self._series.values()), self._view.base, x, self._scale)
        self.head.warn("" if fence is None else str(fence))
        return None if fence is None else (fence.low, fence.high)

    def _set_range(self, window: Window, y0: float, y1: float) -> None:
        if self._zoom is not None and self._zoom.y is not None:
            y0, y1 = self._zoom.y
        x0, x1 = window.across.place(window.x0), window.across.place(window.x1)
        if self.plot.viewRange() == [[x0, x1], [y0, y1]]:
            return
        self._setting_range = True
        self.plot.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)
        self._setting_range = False

    def _say_what_is_missing(self) -> None:
        """An empty chart tells why it is empty."""
        unknown = bool(self._series) and not any(each.has(self._view.base) for each in self._series.values())
        self._empty.setVisible(unknown)
        if unknown:
            self._empty.setText(f"Logged without {self._view.axis_words}")
            self._empty.setGeometry(self.plot.geometry())

    def _find_moments(self) -> None:
        counts = [
            (run.id, run.colour, id(data), len(data.events), len(data.samples), int(data.last_epoch or 0))
            for run in self._runs
            if (data := run.data)
        ]
        made_from = (counts, self._selected, self._view, theme().name, self._scores_known())
        if made_from != self._told:  # thirty times a second nothing has happened
            self._told = made_from
            names, axis = self.plan.names if self._view.marked("alert") else (), self._view.axis
            self._bands = tuple(band for run in self._runs for band in bands_of(run, names, axis))
            self._marks = tuple(mark for mark in self._marks_of(self._told_run()) if self._view.marked(mark.kind))

    def _reach_of_samples(self, window: Window) -> tuple[float, float] | None:
        """Single samples lie farther apart than their means; none of them is cut off."""
        heights = [mark.y for mark in self._marks if mark.y is not None and window.x0 <= mark.x <= window.x1]
        return reach_of(window.scale.up(np.array(heights, dtype=np.float64)))

    def _draw_happenings(self, window: Window) -> None:
        missing: tuple[Mark, ...] = ()
        if self._view.marked("missing"):
            missing = tuple(
                mark for key, series in self._series.items() for mark in missing_of(self._run(key[0]), series, window)
            )
        level = level_of(self._runs, self.plan.name) if self._view.marked("corpus") else None
        bands, marks = self._bands, missing + self._marks
        if window.across.log:
            bands, marks = placed_bands(bands, window), placed_marks(marks, window)
        self._happenings.show_all(bands, marks, level, self._scale)

    def _scores_known(self) -> int:
        """How many scores there are: samples come before their scores."""
        if self.plan.section != QUALITY:
            return 0
        return sum(map(len, self._series.values())) + sum(len(run.scores) for run in self._runs)

    def _marks_of(self, told: RunEntry | None) -> list[Mark]:
        """Charts of musical quality mark the samples of all runs, at their score, because there they are looked for."""
        axis = self._view.axis
        marks = [] if told is None else list(moments_of(told, axis))
        if self.plan.section != QUALITY:
            return marks + ([] if told is None else list(samples_of(told, axis)))
        series = self.plan.name
        return marks + [mark for run in self._runs for mark in samples_of(run, axis, run.curves.get(series))]

    def _told_run(self) -> RunEntry | None:
        """The run whose checkpoints, resumes and samples are marked: the selected one, or the only one."""
        if len(self._runs) == 1:
            return self._runs[0]
        return next((run for run in self._runs if run.id == self._selected), None)

    def _reading(self) -> str:
        """A curve that is not whole yet says so."""
        read = min((run.read for run in self._runs), default=1.0)
        return "" if read >= 1 else f"{read:.0%} read"

    def _scored_by(self) -> str:
        """Values that nobody logged say where they come from."""
        if not self.plan.scored_here:
            return ""
        samples = sum(len(run.scores) for run in self._runs)
        return f"means of {samples:,} samples, by this window's score cards"

    def _note(self) -> str:
        parts = [self._reading(), self.plan.unit, self._scored_by()]
        if any(name == self.plan.validation for _, name in (*self._curves, *self._drawings)):
            parts.append("┄ validation")
        if self._drawings:
            parts.append(f"{self._view.middle}, {SPREAD_TITLES[self._view.spread].lower()}")
            if any(drawing.refinable for drawing in self._drawings.values()):
                parts.append("approximate so far")
            elif not all(drawing.exact for drawing in self._drawings.values()):
                parts.append(f"approximate: runs of over {LONG:,} points")
        if (self._view.smoothing and self._twins) or any(curve.smoothed for curve in self._curves.values()):
            kind = "smoothing" if self._view.kind == "exponential" else self._view.kind
            parts.append(f"{kind} {self._view.smoothing_words}")
        parts += [self._scale.word, "log x" if self._view.across.log else ""]
        return "  ·  ".join(part for part in parts if part)

    # -- the mouse ------------------------------------------------------------------------------

    @Slot()
    def _user_zoomed(self) -> None:
        seen = self.plot.viewRect().normalized()
        value = self._view.across.value
        self._zoom = Zoom((value(seen.left()), value(seen.right())), (seen.top(), seen.bottom()))
        self._refine.stop()
        self._redraw.start()
        self.user_zoomed.emit(self._zoom)

    @Slot()
    def fit_by_user(self) -> None:
        """Likewise, as a change of the view that can be undone."""
        self.fit()
        self.user_zoomed.emit(None)

    @Slot()
    def _range_changed(self) -> None:
        if not self._setting_range:
            self._redraw.start()

    @Slot(object)
    def _mouse_moved(self, at: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(at):
            self._leave()
            return
        x = self._view.across.value(self._box.mapSceneToView(at).x())
        self.pointed.emit(x)
        self.point_at(x, self.plot.mapTo(self.window(), at.toPoint()))
        self._tell_mark(at)

    def _leave(self) -> None:
        self.point_at(None)
        self.pointed.emit(None)

    def _tell_mark(self, at: QPointF) -> None:
        place = self._box.mapSceneToView(at)
        told = self._mark_under(at) or self._happenings.band_at(place.x()) or self._happenings.level_at(place.y())
        self.plot.setToolTip(tool_tip(told.text) if told else "")
        hand = isinstance(told, Mark) and told.kind == "sample"
        self.plot.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.CrossCursor)

    def _mark_under(self, at: QPointF) -> Mark | None:
        floor = self._box.sceneBoundingRect().bottom() - at.y()
        return self._happenings.mark_at(self._box.mapSceneToView(at), floor)

    @Slot(object)
    def _mouse_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.open_menu(event.screenPos().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit_by_user()
            return
        mark = self._mark_under(event.scenePos())
        if mark is not None and mark.kind == "sample":
            self.sample_clicked.emit(mark.run, mark.path)
        elif (near := self.curve_near(event.scenePos())) is not None:
            if near.group:
                self.group_clicked.emit(near.group)
            else:
                self.run_clicked.emit(near.run)

    def _distance(self, reading: Reading, y: float) -> float:
        """From a value to the pointer, in the units of the axis; what is not drawn is farthest."""
        value = self._scale.place(reading.value)
        return abs(value - y) if math.isfinite(value) else math.inf

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.alone_requested.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.back_requested.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.open_menu(event.globalPos())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._leave()
        if event.type() == QEvent.Type.Wheel and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # the page scrolls; with Ctrl the chart zooms
            return True
        return super().eventFilter(watched, event)


def _above_zero(series: Series, axis: Axis) -> tuple[float, float] | None:
    """Lowest and highest x above 0 that is drawn."""
    extent = series.extent(axis)
    if extent is None or extent[1] <= 0:
        return None
    if extent[0] > 0:
        return extent
    x, _ = series.thin(axis, math.ulp(0.0), extent[1], 1)
    above = x[x > 0]
    return (float(above.min()), extent[1]) if len(above) else None


def _lowest(series: Series, axis: Axis) -> float:
    """The lowest finite value that is drawn; infinity where there is none."""
    extent = series.extent(axis)
    y = np.empty(0) if extent is None else series.thin(axis, *extent, 1)[1]
    return float(y.min()) if len(y) else math.inf
