"""Names with a value and its interval on one scale, as a paper prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..state.wording import one_line
from ..theme import theme, theme_changed

_ROW = 1.9  # heights of the font
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of the chart. middle None: nothing is known, and words say why."""

    name: str
    words: str
    middle: float | None = None
    low: float = 0.0
    high: float = 0.0


class IntervalChart(QWidget):
    """Dots with whiskers from least to most; a line marks what chance would give."""

    def __init__(self, title: str, least: float, most: float, chance: float, percent: bool = False) -> None:
        super().__init__()
        self._least, self._most, self._chance, self._percent = least, most, chance, percent
        self._rows: tuple[Interval, ...] = ()
        self._title = title
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_changed.connect(self._repaint)

    def show_rows(self, rows: Sequence[Interval]) -> None:
        self._rows = tuple(rows)
        self.setAccessibleDescription("; ".join(f"{row.name}: {row.words}" for row in rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, round((len(self._rows) + 1) * self._row_height()) + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.sizeHint().height())

    def _row_height(self) -> float:
        return _ROW * self.fontMetrics().height()

    @Slot(object)
    def _repaint(self, _theme: object) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, wear = self.fontMetrics(), theme()
        names = min(max((metrics.horizontalAdvance(row.name) for row in self._rows), default=0) + 16, self.width() // 3)
        words = max((metrics.horizontalAdvance(row.words) for row in self._rows), default=0) + 16
        plot = QRectF(names, 0, max(self.width() - names - words, 60), self.height() - self._row_height())
        self._paint_scale(painter, plot)
        for number, row in enumerate(self._rows):
            top = number * self._row_height()
            box = QRectF(0, top, names - 12, self._row_height())
            name = metrics.elidedText(one_line(row.name), Qt.TextElideMode.ElideMiddle, int(box.width()))
            painter.setPen(wear.qcolor("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(wear.qcolor("text" if row.middle is not None else "muted"))
            beside = QRectF(plot.right() + 12, top, words, self._row_height())
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, row.words)
            if row.middle is not None:
                self._paint_row(painter, plot, row, top + self._row_height() / 2)

    def _paint_scale(self, painter: QPainter, plot: QRectF) -> None:
        wear = theme()
        for tick in range(_TICKS):
            value = self._least + (self._most - self._least) * tick / (_TICKS - 1)
            x = self._x(plot, value)
            painter.setPen(QPen(wear.qcolor("grid"), 1))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(wear.qcolor("muted"))
            text = f"{100 * value:.0f} %" if self._percent else f"{value:+.1f}".replace("-", "−").replace("+0.0", "0")
            box = QRectF(x - 40, plot.bottom(), 80, self._row_height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        painter.setPen(QPen(wear.qcolor("muted"), 1, Qt.PenStyle.DashLine))
        x = self._x(plot, self._chance)
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))

    def _paint_row(self, painter: QPainter, plot: QRectF, row: Interval, y: float) -> None:
        certain = row.low > self._chance or row.high < self._chance
        colour = theme().qcolor("accent" if certain else "muted")
        low, middle, high = (self._x(plot, value) for value in (row.low, row.middle or 0.0, row.high))
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        for end in (low, high):
            painter.drawLine(QPointF(end, y - 4), QPointF(end, y + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(middle, y), 4.5, 4.5)

    def _x(self, plot: QRectF, value: float) -> float:
        share = (min(max(value, self._least), self._most) - self._least) / (self._most - self._least)
        return plot.left() + share * plot.width()
