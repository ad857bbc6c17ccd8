"""Any two figures of the runs against each other, with those that no other run beats in both; a click plays a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QToolTip, QVBoxLayout, QWidget

from musiclog.compare import Direction
from musiclog.records import SampleFile

from ..state.compare_axes import Axis, pareto
from ..state.compare_findings import Findings
from ..state.compare_music import Card
from ..state.runs import RunEntry
from ..state.wording import number, one_line, tool_tip
from ..theme import theme
from .compare_part import ComparePart, card, plain
from .compare_scale import ticks
from .flow_layout import FlowLayout

RADIUS, NEAR_PX = 5.5, 14
DIRECTIONS: dict[Direction | None, str] = {"lower": "lower is better", "higher": "higher is better", None: "no matter"}


class ScatterChart(QWidget):
    """Points and the front. Left and right walk the points, Enter is a click."""

    run_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes: tuple[Axis, Axis] | None = None
        self._better: tuple[Direction | None, Direction | None] = (None, None)
        self._runs: Sequence[str] = ()
        self._names: Sequence[str] = ()
        self._colours: Sequence[str] = ()
        self._rows: list[int] = []
        self.front: list[int] = []
        self._selected: str | None = None
        self._current: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(200)
        self.setAccessibleName("Scatter of runs")

    def show_points(
        self, findings: Findings, axes: tuple[Axis, Axis], better: tuple[Direction | None, Direction | None],
        selected: str | None,
    ) -> None:  # fmt: skip
        answer, kept = findings.answer, findings.kept()
        assert answer is not None
        x, y = axes
        self._axes, self._better, self._selected = axes, better, selected
        self._runs, self._names = answer.all_runs, [row.name for row in answer.everything.rows]
        group = findings.colours_by_run()
        self._colours = [group.get(run, findings.run_colour(run)) for run in self._runs]
        self._rows = [row for row, run in enumerate(self._runs) if (kept is None or run in kept)
                      and math.isfinite(x.numbers[row]) and math.isfinite(y.numbers[row])]  # fmt: skip
        self.front = []
        if better[0] is not None and better[1] is not None and self._rows:
            found = pareto(x.numbers[self._rows], y.numbers[self._rows], better[0], better[1])
            self.front = [self._rows[place] for place in found]
        if self._current not in self._rows:
            self._current = None
        self.setAccessibleDescription(f"{len(self._rows)} runs, {len(self.front)} of them on the front")
        self.update()

    # -- geometry -------------------------------------------------------------------------------

    def point_of(self, row: int) -> QPointF:
        assert self._axes is not None
        box = self._box()
        shares = []
        for axis in self._axes:
            low, high = self._extent(axis)
            shares.append((float(axis.numbers[row]) - low) / (high - low))
        return QPointF(box.left() + shares[0] * box.width(), box.bottom() - shares[1] * box.height())

    def row_near(self, point: QPointF) -> int | None:
        best = min(((distance, row) for row in self._rows
                    if (distance := _length(self.point_of(row) - point)) <= NEAR_PX), default=None)  # fmt: skip
        return None if best is None else best[1]

    def _box(self) -> QRectF:
        height = self.fontMetrics().height()
        return QRectF(
            74 + height, height * 0.6, max(self.width() - 96 - height, 40), max(self.height() - height * 4.2, 40)
        )

    def _extent(self, axis: Axis) -> tuple[float, float]:
        low, high = axis.extent
        air = (high - low) * 0.07
        return low - air, high + air

    # -- painting -------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._axes is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_scales(painter)
        self._paint_front(painter)
        for row in self._rows:
            self._paint_point(painter, row)
        if not self._rows:
            painter.setPen(theme().qcolor("muted"))
            painter.drawText(self._box(), Qt.AlignmentFlag.AlignCenter, "No run tells both of these.")

    def _paint_scales(self, painter: QPainter) -> None:
        assert self._axes is not None
        wear, box, metrics = theme(), self._box(), self.fontMetrics()
        for which, axis in enumerate(self._axes):
            low, high = self._extent(axis)
            for at, words in _marks(axis, low, high, 7 if which == 0 else 6):
                share = (at - low) / (high - low)
                painter.setPen(QPen(wear.qcolor("grid"), 1))
                if which == 0:
                    x = box.left() + share * box.width()
                    painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
                    room = QRectF(x - 60, box.bottom() + 4, 120, metrics.height())
                else:
                    y = box.bottom() - share * box.height()
                    painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
                    room = QRectF(0, y - metrics.height() / 2, box.left() - 8, metrics.height())
                painter.setPen(wear.qcolor("muted"))
                side = Qt.AlignmentFlag.AlignHCenter if which == 0 else Qt.AlignmentFlag.AlignRight
                painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(wear.qcolor("text"))
        below = QRectF(box.left(), box.bottom() + metrics.height() * 1.5, box.width(), metrics.height() * 1.4)
        title = metrics.elidedText(one_line(self._axes[0].title, 120), Qt.TextElideMode.ElideMiddle, int(box.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, title)
        painter.save()
        painter.translate(metrics.height() * 0.8, box.center().y())
        painter.rotate(-90)
        upright = QRectF(-box.height() / 2, -metrics.height() * 0.7, box.height(), metrics.height() * 1.4)
        title = metrics.elidedText(one_line(self._axes[1].title, 120), Qt.TextElideMode.ElideMiddle, int(box.height()))
        painter.drawText(upright, Qt.AlignmentFlag.AlignCenter, title)
        painter.restore()

    def _paint_front(self, painter: QPainter) -> None:
        if len(self.front) < 2:
            return
        points = sorted((self.point_of(row) for row in self.front), key=lambda point: point.x())
        painter.setPen(QPen(theme().qcolor("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF(points))

    def _paint_point(self, painter: QPainter, row: int) -> None:
        at, colour = self.point_of(row), QColor(self._colours[row])
        if row in self.front:
            painter.setPen(QPen(theme().qcolor("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, RADIUS + 4, RADIUS + 4)
        chosen = self._runs[row] == self._selected or (self.hasFocus() and row == self._current)
        painter.setPen(QPen(theme().qcolor("text" if chosen else "panel"), 2 if chosen else 1))
        colour.setAlphaF(0.85)
        painter.setBrush(colour)
        painter.drawEllipse(at, RADIUS + 1.5 * chosen, RADIUS + 1.5 * chosen)

    # -- mouse and keys -------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self.row_near(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if row is not None else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), "" if row is None else tool_tip(self.words(row)), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self.row_near(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row is not None:
            self._current = row
            self.run_clicked.emit(self._runs[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        order = sorted(self._rows, key=lambda row: self.point_of(row).x())
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and order:
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            place = order.index(self._current) + step if self._current in order else 0
            self._current = order[place % len(order)]
            self.setAccessibleDescription(self.words(self._current))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.run_clicked.emit(self._runs[self._current])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def words(self, row: int) -> str:
        assert self._axes is not None
        told = [f"{one_line(axis.title, 80)}: {axis.text(float(axis.numbers[row]))}" for axis in self._axes]
        return "\n".join((one_line(self._names[row], 120), *told, *(["no run beats it in both"] * (row in self.front))))


class CompareScatter(ComparePart):
    """The chart, its two axes with what is better on them, and what a click plays."""

    play_wanted = Signal(str, str)  # run id, path of the sample
    run_clicked = Signal(str)
    told = Signal(str)

    def __init__(
        self, findings: Findings, card_of: Callable[[RunEntry, str], Card], parent: QWidget | None = None
    ) -> None:
        super().__init__(findings, parent)
        self._card_of = card_of
        self.selected: str | None = None
        self.chart = ScatterChart()
        self.chart.run_clicked.connect(self._clicked)
        self.x, self.y, self.plays = QComboBox(), QComboBox(), QComboBox()
        self.x_better, self.y_better = QComboBox(), QComboBox()
        self.plays.addItems(["Click plays newest sample", "Click plays best sample"])
        for box, name in ((self.x, "Across"), (self.y, "Up"), (self.plays, "What a click plays")):
            box.setAccessibleName(name)
            box.setMaximumWidth(280)
            box.setMinimumContentsLength(8)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.plays.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for box, name in ((self.x_better, "What is better across"), (self.y_better, "What is better up")):
            box.setAccessibleName(name)
            for direction, words in DIRECTIONS.items():
                box.addItem(words, direction)
            box.currentIndexChanged.connect(self.renew)
        self.x.currentIndexChanged.connect(self._axis_chosen)
        self.y.currentIndexChanged.connect(self._axis_chosen)
        self.note = plain("", "muted")
        bar = FlowLayout(spacing=6)
        for name, boxes in (("Up", (self.y, self.y_better)), ("Across", (self.x, self.x_better))):
            bar.addWidget(plain(name, "muted"))
            for box in boxes:
                bar.addWidget(box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addLayout(bar)
        layout.addWidget(card("Runs", self.chart, self.plays, note=self.note), 1)
        self.setFocusProxy(self.chart)

    def refresh(self) -> None:
        answer = self.findings.answer
        if answer is None or not self.findings.axes:
            return
        self._offer()
        x, y = (self.findings.axis(box.currentData()) for box in (self.x, self.y))
        if x is None or y is None:
            return
        better = self.x_better.currentData(), self.y_better.currentData()
        self.chart.show_points(self.findings, (x, y), better, self.selected)
        count = len(self.chart.front)
        rings = f"{count} run{'s' * (count != 1)} that no other beats in both wear{'s' * (count == 1)} a ring."
        if None in better:
            rings = "Say on both axes what is better to see which runs no other beats."
        self.note.setText(rings)

    def _offer(self) -> None:
        """The axes of the answer; what was chosen stays."""
        keys = [axis.key for axis in self.findings.axes]
        if keys == [self.x.itemData(row) for row in range(self.x.count())]:
            return
        before = [box.currentData() for box in (self.x, self.y)]
        for box, known, usual in ((self.x, before[0], self._usual()[0]), (self.y, before[1], self._usual()[1])):
            box.blockSignals(True)
            box.clear()
            for axis in self.findings.axes:
                box.addItem(one_line(axis.short if axis.result else axis.title, 60), axis.key)
                box.setItemData(box.count() - 1, tool_tip(axis.title), Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(keys.index(known if known in keys else usual))
            box.blockSignals(False)
            if known not in keys:
                self._set_better(box)

    def _usual(self) -> tuple[str, str]:
        """The question across and musical quality up, where there is one."""
        answer = self.findings.answer
        keys = [axis.key for axis in self.findings.axes]
        main = answer.comparison.main if answer is not None else None
        across = main if main in keys else keys[-1]
        others = [key for key in ("quality", "target_step", "steps_per_second", *keys) if key in keys]
        up = next((key for key in others if key != across), across)
        return str(across), str(up)

    @Slot()
    def _axis_chosen(self) -> None:
        self._set_better(self.sender())
        self.renew()

    def _set_better(self, box: QComboBox) -> None:
        axis, other = self.findings.axis(box.currentData()), self.x_better if box is self.x else self.y_better
        other.blockSignals(True)
        other.setCurrentIndex(other.findData(None if axis is None else axis.better))
        other.blockSignals(False)

    @Slot(str)
    def _clicked(self, run_id: str) -> None:
        self.run_clicked.emit(run_id)
        entry = self.findings.entry(run_id)
        path = None
        if entry is not None:
            best = self.plays.currentIndex() == 1
            path = best_sample(entry, self._card_of) if best else newest_sample(entry)
        if path is None:
            self.told.emit("This run has no sample to play")
        else:
            self.play_wanted.emit(run_id, path)


def newest_sample(entry: RunEntry) -> str | None:
    """What the run generated last; None where it has generated nothing."""
    files = list(enumerate(entry.data.samples.values()))
    return max(files, key=_age)[1].path if files else None


def best_sample(entry: RunEntry, card_of: Callable[[RunEntry, str], Card]) -> str | None:
    """The one with the best overall quality, the later of equals; the newest where none has a score yet."""
    scored = [(card["overall"], number, path) for number, path in enumerate(entry.data.samples)
              if "overall" in (card := card_of(entry, path))]  # fmt: skip
    return max(scored)[2] if scored else newest_sample(entry)


def _age(each: tuple[int, SampleFile]) -> tuple[float, int]:
    return (-math.inf if each[1].step is None else each[1].step), each[0]


def _marks(axis: Axis, low: float, high: float, most: int) -> list[tuple[float, str]]:
    if axis.levels is not None:
        return [(float(at), one_line(level, 16)) for at, level in enumerate(axis.levels)][:most]
    if axis.log:
        known = sorted({float(value) for value in axis.numbers if math.isfinite(value)})
        return [(value, axis.text(value)) for value in known[:: max(1, len(known) // most)]]
    return [(at, number(at)) for at in ticks(low, high, most)]


def _length(vector: QPointF) -> float:
    return math.hypot(vector.x(), vector.y())
