"""Which colour of the piano roll is which track, and which of them are heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from musiclog.arrangement import AS_WRITTEN, Arrangement

from ..state.wording import one_line, tool_tip
from ..theme import theme
from .piano_roll import SHADES, track_name, track_shade

SWATCH, GAP, MARK = 10, 14, 16
LONGEST_NAME = 120  # pixels
MUTE, SOLO = "M", "S"


class TrackLegend(QWidget):
    """One line; M mutes a track, S lets it play alone. What does not fit is counted at its end and in its menu."""

    arranged = Signal(object)  # Arrangement with other tracks muted or solo

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: list[str] = []
        self._arrangement = AS_WRITTEN
        self._marks: list[tuple[QRectF, int, str]] = []  # where they were painted
        self._rest = QRectF()  # the count of what does not fit

    def show_tracks(self, tracks: Sequence[Any]) -> None:
        self._names = [one_line(track_name(info, index)) for index, info in enumerate(tracks)]
        self.setToolTip(tool_tip("\n".join(self._names)) if self._names else "")
        self.setAccessibleName("Tracks: " + ", ".join(self._names[:12]))
        self.update()

    def show_arrangement(self, arrangement: Arrangement) -> None:
        if arrangement != self._arrangement:
            self._arrangement = arrangement
            self.update()

    def silent(self) -> frozenset[int]:
        return frozenset(track for track in range(len(self._names)) if not self._arrangement.hears(track))

    def toggle(self, track: int, mark: str) -> None:
        """Mute a track or let it be heard again; let it play alone or with the others again."""
        name = "muted" if mark == MUTE else "solo"
        self.arranged.emit(replace(self._arrangement, **{name: getattr(self._arrangement, name) ^ {track}}))

    def fill_menu(self, menu: QMenu) -> None:
        """The same by keyboard, for every track."""
        menu.clear()
        for track, name in enumerate(self._names):
            marks = ((MUTE, "Mute", self._arrangement.muted), (SOLO, "Solo", self._arrangement.solo))
            for mark, words, chosen in marks:
                action = menu.addAction(f"{words} {name}".replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(track in chosen)
                action.triggered.connect(lambda _on, track=track, mark=mark: self.toggle(track, mark))
        if menu.isEmpty():
            menu.addAction("No tracks").setEnabled(False)

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._rest.contains(event.position()):
            menu = QMenu(self)
            self.fill_menu(menu)
            menu.popup(event.globalPosition().toPoint())
        hit = self._mark_at(event.position().toPoint())
        if hit is not None:
            self.toggle(*hit)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hit = self._mark_at(event.pos())
            if hit is not None:
                words = "Mute" if hit[1] == MUTE else "Only"
                QToolTip.showText(event.globalPos(), tool_tip(f"{words} {self._names[hit[0]]}"), self)
                return True
        return super().event(event)

    def _mark_at(self, point: QPoint) -> tuple[int, str] | None:
        return next(((track, mark) for box, track, mark in self._marks if box.contains(point.toPointF())), None)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, metrics, x = QPainter(self), self.fontMetrics(), 0.0
        self._marks, self._rest = [], QRectF()
        for index, name in enumerate(self._names):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST_NAME)
            width = SWATCH + 6 + metrics.horizontalAdvance(text) + 4 + 2 * (MARK + 1)
            rest = f"+{len(self._names) - index}"
            room = self.width() - (0 if index == len(self._names) - 1 else metrics.horizontalAdvance(rest) + GAP)
            if x + width > room:
                painter.setPen(theme().qcolor("muted"))
                self._rest = QRectF(x, 0, self.width() - x, self.height())
                painter.drawText(self._rest, Qt.AlignmentFlag.AlignVCenter, rest)
                return
            self._paint_track(painter, x, index, text)
            x += width + GAP

    def _paint_track(self, painter: QPainter, x: float, index: int, text: str) -> None:
        heard, middle = self._arrangement.hears(index), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track_shade(index, SHADES - 1) if heard else theme().qcolor("line"))
        painter.drawRect(QRectF(x, middle - SWATCH / 2, SWATCH, SWATCH))
        painter.setPen(theme().qcolor("text" if heard else "muted"))
        width = self.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x + SWATCH + 6, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        x += SWATCH + 6 + width + 4
        for mark, chosen in ((MUTE, self._arrangement.muted), (SOLO, self._arrangement.solo)):
            box = QRectF(x, middle - MARK / 2, MARK, MARK)
            self._marks.append((box, index, mark))
            self._paint_mark(painter, box, mark, index in chosen)
            x += MARK + 1

    def _paint_mark(self, painter: QPainter, box: QRectF, mark: str, on: bool) -> None:
        wear = theme()
        painter.setPen(wear.qcolor("line"))
        painter.setBrush(wear.qcolor("accent") if on else wear.qcolor("panel"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(wear.qcolor("on_accent" if on else "muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark)
