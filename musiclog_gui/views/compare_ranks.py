"""Who ranks where, and who cannot be told apart: the picture of critical differences (Demsar, JMLR 7, 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musiclog.compare import Ranks

from ..state.groups import RunGroup
from ..state.wording import one_line
from ..theme import theme

MOST = 24  # groups whose names there is room for
BAR_PX = 9


class RankPicture(QWidget):
    """An axis of mean ranks, names at both sides, and a bar over groups that are not told apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[RunGroup] = []
        self._ranks = Ranks((), (), None)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Ranks of groups")

    def show_ranks(self, groups: Sequence[RunGroup], ranks: Ranks) -> None:
        self._groups, self._ranks = list(groups), ranks
        told = "; ".join(
            f"{one_line(group.label)}: {rank:.2f}" for group, rank in zip(groups, ranks.ranks, strict=True)
        )
        self.setAccessibleDescription(told)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = math.ceil(min(len(self._groups), MOST) / 2)
        return QSize(480, round(self._axis() + 14 + BAR_PX * len(self._ranks.cliques) + rows * self._row() + 6))

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.sizeHint().height())

    def _row(self) -> float:
        return 1.5 * self.fontMetrics().height()

    def _axis(self) -> float:
        return 1.6 * self.fontMetrics().height() + (0 if self._ranks.critical is None else 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if len(self._groups) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # An axis as long as the scores have ranks; names stand left and right of it.
        low = math.floor(min(self._ranks.ranks))
        high = max(math.ceil(max(self._ranks.ranks)), low + 1)
        side = self.width() * 0.28
        plot = QRectF(side, self._axis(), self.width() - 2 * side, 1)
        self._paint_axis(painter, plot, low, high)
        self._paint_cliques(painter, plot, low, high)
        order = sorted(range(len(self._groups)), key=lambda place: self._ranks.ranks[place])[:MOST]
        half = math.ceil(len(order) / 2)
        for row, place in enumerate(order[:half]):
            self._paint_name(painter, plot, place, row, (low, high), left=True)
        for row, place in enumerate(reversed(order[half:])):
            self._paint_name(painter, plot, place, row, (low, high), left=False)

    def _x(self, plot: QRectF, rank: float, extent: tuple[float, float]) -> float:
        return plot.left() + (rank - extent[0]) / (extent[1] - extent[0]) * plot.width()

    def _paint_axis(self, painter: QPainter, plot: QRectF, low: int, high: int) -> None:
        wear = theme()
        painter.setPen(QPen(wear.qcolor("muted"), 1))
        painter.drawLine(plot.topLeft(), plot.topRight())
        for rank in range(low, high + 1, max(1, (high - low) // 12)):
            x = self._x(plot, rank, (low, high))
            painter.drawLine(QPointF(x, plot.top() - 4), QPointF(x, plot.top()))
            painter.drawText(QRectF(x - 30, plot.top() - 6 - self._row(), 60, self._row()), _BOTTOM, str(rank))
        if self._ranks.critical is not None:
            end = plot.left() + min(self._ranks.critical / (high - low), 1.0) * plot.width()
            y = 7.0
            painter.setPen(QPen(wear.qcolor("text"), 2))
            painter.drawLine(QPointF(plot.left(), y), QPointF(end, y))
            for x in (plot.left(), end):
                painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
            box = QRectF(end + 8, y - self._row() / 2, 260, self._row())
            painter.drawText(box, _LEFT, f"critical difference {self._ranks.critical:.2f}")

    def _paint_cliques(self, painter: QPainter, plot: QRectF, low: int, high: int) -> None:
        painter.setPen(QPen(theme().qcolor("text"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for number, clique in enumerate(self._ranks.cliques):
            ranks = [self._ranks.ranks[place] for place in clique]
            y = plot.top() + 8 + BAR_PX * number
            ends = self._x(plot, min(ranks), (low, high)) - 4, self._x(plot, max(ranks), (low, high)) + 4
            painter.drawLine(QPointF(ends[0], y), QPointF(ends[1], y))

    def _paint_name(
        self, painter: QPainter, plot: QRectF, place: int, row: int, extent: tuple[float, float], *, left: bool
    ) -> None:
        group, rank = self._groups[place], self._ranks.ranks[place]
        x, y = (
            self._x(plot, rank, extent),
            plot.top() + 14 + BAR_PX * len(self._ranks.cliques) + (row + 0.5) * self._row(),
        )
        end = plot.left() - 8 if left else plot.right() + 8
        painter.setPen(QPen(QColor(group.colour), 1.5))
        painter.drawPolyline([QPointF(x, plot.top()), QPointF(x, y), QPointF(end, y)])
        room = plot.left() - 16
        words = self.fontMetrics().elidedText(
            f"{one_line(group.label)}  {rank:.2f}", Qt.TextElideMode.ElideMiddle, int(room))  # fmt: skip
        painter.setPen(theme().qcolor("text"))
        box = QRectF(0 if left else end + 6, y - self._row() / 2, room - 4 if left else room, self._row())
        painter.drawText(box, _RIGHT if left else _LEFT, words)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_BOTTOM = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
