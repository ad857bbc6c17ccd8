"""Groups on one scale: every run a small dot, the mean a large one with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musiclog.compare import Column

from ..state.compare_findings import Findings
from ..state.compare_table import BEST_SIGN, TIE_SIGN
from ..state.wording import number, one_line
from ..theme import theme
from .compare_scale import ticks

ROW = 2.1  # heights of the font
MOST_ROWS = 60  # groups that are drawn; the table has all


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    colour: str
    runs: tuple[float, ...]
    middle: float | None
    low: float | None
    high: float | None
    mark: str

    @property
    def words(self) -> str:
        if self.middle is None:
            return "not told"
        reach = "" if self.high is None else f" ± {self.high - self.middle:.2g}"
        return f"{self.mark} {number(self.middle)}{reach}".strip()


class GroupIntervals(QWidget):
    """A row a group, in the order of the answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self._more = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Groups with intervals")

    def show_groups(self, findings: Findings, column: Column) -> None:
        answer = findings.answer
        assert answer is not None
        study = findings.studies.get(column.key)
        ties = frozenset() if study is None else study.ties()
        values = answer.frame.grouped(column.key)
        rows = []
        for place, group in enumerate(findings.groups()[:MOST_ROWS]):
            estimate = findings.estimate(place, column.key)
            best = study is not None and study.best == place
            mark = BEST_SIGN if best else TIE_SIGN if place in ties else ""
            told = (None, None, None) if estimate is None else (estimate.middle, estimate.low, estimate.high)
            rows.append(Row(group.label, group.colour, tuple(values[place]), *told, mark))
        self._rows, self._more = tuple(rows), max(0, len(answer.frame.groups) - MOST_ROWS)
        self.setAccessibleDescription("; ".join(f"{one_line(row.name)}: {row.words}" for row in self._rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self._rows) + bool(self._more)
        return QSize(480, round((rows + 1) * self._row_height()) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.sizeHint().height())

    def _row_height(self) -> float:
        return ROW * self.fontMetrics().height()

    def _extent(self) -> tuple[float, float]:
        told = [value for row in self._rows for value in (*row.runs, row.middle, row.low, row.high)]
        known = [value for value in told if value is not None and math.isfinite(value)]
        if not known:
            return 0.0, 1.0
        low, high = min(known), max(known)
        air = (high - low or abs(high) or 1.0) * 0.06
        return low - air, high + air

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, wear, height = self.fontMetrics(), theme(), self._row_height()
        names = min(max((metrics.horizontalAdvance(one_line(row.name)) for row in self._rows), default=0) + 18,
                    self.width() // 3)  # fmt: skip
        words = max((metrics.horizontalAdvance(row.words) for row in self._rows), default=0) + 18
        plot = QRectF(names, 0, max(self.width() - names - words, 60), height * (len(self._rows)))
        low, high = self._extent()
        self._paint_scale(painter, plot, low, high)
        for place, row in enumerate(self._rows):
            top = place * height
            name = metrics.elidedText(one_line(row.name), Qt.TextElideMode.ElideMiddle, int(names) - 14)
            painter.setPen(wear.qcolor("text"))
            painter.drawText(QRectF(0, top, names - 14, height), _RIGHT, name)
            painter.setPen(wear.qcolor("muted" if row.middle is None else "text"))
            painter.drawText(QRectF(plot.right() + 14, top, words, height), _LEFT, row.words)
            self._paint_row(painter, plot, row, top + height / 2, (low, high))
        if self._more:
            painter.setPen(wear.qcolor("muted"))
            box = QRectF(names, plot.bottom() + height, plot.width(), height)
            painter.drawText(box, _LEFT, f"{self._more} more groups are in the table")

    def _paint_scale(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        for value in ticks(low, high, max(3, int(plot.width() / 110))):
            x = plot.left() + (value - low) / (high - low) * plot.width()
            painter.setPen(QPen(theme().qcolor("grid"), 1))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(theme().qcolor("muted"))
            painter.drawText(QRectF(x - 50, plot.bottom() + 2, 100, self._row_height()), _TOP, number(value))

    def _paint_row(self, painter: QPainter, plot: QRectF, row: Row, y: float, extent: tuple[float, float]) -> None:
        low, high = extent

        def at(value: float) -> QPointF:
            return QPointF(plot.left() + (value - low) / (high - low) * plot.width(), y)

        colour = QColor(row.colour)
        faint = QColor(colour)
        faint.setAlphaF(0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faint)
        if len(row.runs) > 1:
            for value in row.runs:
                painter.drawEllipse(at(value), 3.0, 3.0)
        if row.middle is None:
            return
        if row.low is not None and row.high is not None:
            painter.setPen(QPen(colour, 2))
            painter.drawLine(at(row.low), at(row.high))
            for end in (at(row.low), at(row.high)):
                painter.drawLine(end + QPointF(0, -5), end + QPointF(0, 5))
        painter.setPen(QPen(theme().qcolor("panel"), 1.5))
        painter.setBrush(colour)
        painter.drawEllipse(at(row.middle), 5.5, 5.5)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TOP = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
