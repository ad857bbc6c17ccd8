"""Which colour of the piano roll is which track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..state.wording import one_line, tool_tip
from ..theme import theme
from .piano_roll import SHADES, track_name, track_shade

SWATCH, GAP = 10, 14
LONGEST_NAME = 120  # pixels


class TrackLegend(QWidget):
    """One line; what does not fit is counted at its end and listed in the tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: list[str] = []

    def show_tracks(self, tracks: Sequence[Any]) -> None:
        self._names = [one_line(track_name(info, index)) for index, info in enumerate(tracks)]
        self.setToolTip(tool_tip("\n".join(self._names)) if self._names else "")
        self.setAccessibleName("Tracks: " + ", ".join(self._names[:12]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, metrics, x = QPainter(self), self.fontMetrics(), 0
        middle = self.height() / 2
        for index, name in enumerate(self._names):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST_NAME)
            width = SWATCH + 6 + metrics.horizontalAdvance(text)
            rest = f"+{len(self._names) - index}"
            room = self.width() - (0 if index == len(self._names) - 1 else metrics.horizontalAdvance(rest) + GAP)
            if x + width > room:
                painter.setPen(theme().qcolor("muted"))
                painter.drawText(QRectF(x, 0, self.width() - x, self.height()), Qt.AlignmentFlag.AlignVCenter, rest)
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(track_shade(index, SHADES - 1))
            painter.drawRect(QRectF(x, middle - SWATCH / 2, SWATCH, SWATCH))
            painter.setPen(theme().qcolor("text"))
            box = QRectF(x + SWATCH + 6, 0, width, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            x += width + GAP
