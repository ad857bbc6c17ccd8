"""Small charts of every metric of one run around one moment, under each other; only those in sight are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ..state.chart_view import ChartView
from ..state.moment import Around
from ..state.runs import RunEntry
from ..theme import scaled_font, theme, theme_changed
from .chart import Chart

HEIGHT = 196
LEAST_WIDTH = 330
SPACING = 10
# Raw values: smoothing would smear the moment.
VIEW = ChartView(axis="step", smoothing=0.0)
WHY_WORDS = {"own": "Where it was found", "incident": "Same incident", "": ""}


class MomentCharts(QScrollArea):
    """Shows what state.moment found, in its order; the moment is a line through every chart."""

    sample_clicked = Signal(str, str)  # run id, path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunEntry | None = None
        self._moment, self._colour_role = 0.0, "critical"
        self._window: tuple[float, float] | None = None
        self._tiles: list[Tile] = []
        self._page = QWidget()
        self._grid = QGridLayout(self._page)
        self._grid.setContentsMargins(0, 0, 4, 4)
        self._grid.setSpacing(SPACING)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self.draw_visible)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme_changed.connect(self._wear_theme)

    # -- orders ---------------------------------------------------------------------------------

    def show_moment(self, run: RunEntry, found: Sequence[Around], moment: float, colour_role: str) -> None:
        """Draw these metrics of a run, marked at the step moment in a colour of the theme."""
        same = self._run is run and [tile.around.plan for tile in self._tiles] == [each.plan for each in found]
        self._run, self._moment, self._colour_role = run, moment, colour_role
        if not same:
            self._build(found)
            self.verticalScrollBar().setValue(0)
        for tile, each in zip(self._tiles, found, strict=True):
            tile.take(each)
        self._look.start()

    def set_window(self, window: tuple[float, float] | None) -> None:
        """Show these steps; None shows all."""
        self._window = window
        for tile in self._tiles:
            tile.stale = True
        self._look.start()

    @property
    def tiles(self) -> list[Tile]:
        return self._tiles

    @Slot()
    def draw_visible(self) -> None:
        """Draw what is stale and in sight; the rest waits until somebody scrolls there.

        A new chart takes 20 ms, so one a turn of the event loop is built.
        """
        if not self.isVisible() or self._run is None:
            return
        self._grid.activate()
        seen = self.viewport().rect()
        for tile in self._tiles:
            if tile.stale and seen.intersects(QRect(tile.mapTo(self.viewport(), QPoint(0, 0)), tile.size())):
                new = tile.chart is None
                self._draw(tile, self._run)
                if new:
                    self._look.start()
                    return

    # -- private --------------------------------------------------------------------------------

    def _build(self, found: Sequence[Around]) -> None:
        for tile in self._tiles:
            self._grid.removeWidget(tile)
            tile.deleteLater()
        self._tiles = [Tile(each) for each in found]
        self._arrange()

    def _arrange(self) -> None:
        columns = max(1, (self.viewport().width() + SPACING) // (LEAST_WIDTH + SPACING))
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for number, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, number // columns, number % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def _draw(self, tile: Tile, run: RunEntry) -> None:
        if tile.chart is None:
            chart = tile.build()
            chart.pointed.connect(self._point)
            chart.sample_clicked.connect(self.sample_clicked)
        tile.stale = False
        tile.draw(run, self._moment, self._colour_role, self._window)

    @Slot()
    def _scrolled(self) -> None:
        self._point(None)  # another place is under the pointer now
        self._look.start()

    @Slot(object)
    def _point(self, x: float | None) -> None:
        pointing = self.sender()
        for tile in self._tiles:
            if tile.chart is not None and (tile.chart is not pointing or x is None):
                tile.chart.point_at(x)

    @Slot(object)
    def _wear_theme(self, _theme: object) -> None:
        for tile in self._tiles:
            if tile.chart is not None:
                tile.chart.wear_theme()
            tile.stale = True
        self._look.start()

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._look.start()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self._look.start()


class Tile(QWidget):
    """One metric: what became of it in words, and under that its chart once somebody looks."""

    def __init__(self, around: Around) -> None:
        super().__init__()
        self.around = around
        self.chart: Chart | None = None
        self.stale = True
        self._line: pg.InfiniteLine | None = None
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "muted")
        self._words.setFont(scaled_font(self.font(), 0.92))
        self._place = QVBoxLayout(self)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.setSpacing(3)
        self._place.addWidget(self._words)
        self.setFixedHeight(HEIGHT + self._words.sizeHint().height() + 3)

    def take(self, around: Around) -> None:
        self.around = around
        self.stale = True
        self._words.setText("  ·  ".join(text for text in (WHY_WORDS[around.why], around.words) if text))

    def build(self) -> Chart:
        self.chart = Chart(self.around.plan)
        self.chart.setFixedHeight(HEIGHT)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.setZValue(30)
        self.chart.plot.addItem(self._line, ignoreBounds=True)
        self._place.addWidget(self.chart)
        return self.chart

    def draw(self, run: RunEntry, moment: float, colour_role: str, window: tuple[float, float] | None) -> None:
        self._line.setPen(pg.mkPen(theme().qcolor(colour_role), width=1, style=Qt.PenStyle.DashLine))
        self._line.setPos(moment)
        self.chart.show_runs([run], run.id, VIEW)
        if window is None:
            self.chart.fit()
        else:
            self.chart.zoom_x(*window)
