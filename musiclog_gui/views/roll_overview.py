"""The whole piece in a strip: its notes, what of it is in sight, and which bars are like the one under the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..state.bars import bar_patterns, bar_starts
from ..theme import theme
from .sample_table import mix

if TYPE_CHECKING:
    from musiclog.notes import Notes

HEIGHT, LIKENESS = 44, 12  # pixels; of them the row of likeness
_SHADES = 32


class RollOverview(QWidget):
    """A click goes to a moment. The row below shades every bar by its likeness to the one heard or pointed at."""

    sought = Signal(float)  # beats

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)  # the roll does not jump from sample to sample
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setAccessibleName("Overview of the sample")
        self._notes: Notes | None = None
        self._bars = np.zeros(1)
        self._patterns = np.zeros((0, 1), np.float32)
        self._view = (0.0, 0.0)
        self._heard, self._pointed = 0, None
        self._picture: QImage | None = None
        self._seconds_of_beats = (np.zeros(2), np.zeros(2))

    # -- orders -----------------------------------------------------------------------------------

    def show_notes(self, notes: Notes | None) -> None:
        self._notes, self._picture, self._heard, self._pointed = notes, None, 0, None
        if notes is not None and len(notes):
            self._bars = bar_starts(notes)
            self._patterns = bar_patterns(notes, self._bars)
            grid = np.linspace(0, max(notes.length_beats, 1.0), 2_000)
            self._seconds_of_beats = (grid, notes.seconds_at(grid))
        self.setVisible(notes is not None and len(notes) > 0)
        self.update()

    @Slot(float, float)
    def show_view(self, first: float, last: float) -> None:
        """The beats that are in sight in the roll."""
        self._view = (first, last)
        self.update()

    @Slot(float)
    def show_position(self, seconds: float) -> None:
        beats, seconds_at = self._seconds_of_beats
        bar = self._bar_at(float(np.interp(seconds, seconds_at, beats)))
        if bar != self._heard:
            self._heard = bar
            self.update()

    def likeness(self) -> np.ndarray:
        """Of every bar to the one that is pointed at or heard, 0 to 1."""
        bar = self._heard if self._pointed is None else self._pointed
        return self._patterns @ self._patterns[bar] if bar < len(self._patterns) else np.zeros(len(self._patterns))

    def words(self, bar: int) -> str:
        """What is said of a bar: which others are the same or nearly so."""
        like = self._patterns @ self._patterns[bar]
        same = [other + 1 for other in np.flatnonzero(like > 0.999).tolist() if other != bar]
        near = [other + 1 for other in np.flatnonzero((like > 0.8) & (like <= 0.999)).tolist()]
        if not self._patterns[bar].any():
            return f"Bar {bar + 1} has no onsets"
        told = [f"the same onsets as bar {_listed(same)}"] if same else []
        told += [f"much like bar {_listed(near)}"] if near else []
        return f"Bar {bar + 1}: " + ("; ".join(told) or "like no other bar")

    # -- inside -----------------------------------------------------------------------------------

    def _bar_at(self, beats: float) -> int:
        place = int(np.searchsorted(self._bars, beats + 1e-6, side="right")) - 1
        return min(max(place, 0), max(len(self._patterns) - 1, 0))

    def _beats_at(self, x: float) -> float:
        return min(max(x / max(self.width(), 1), 0.0), 1.0) * float(self._bars[-1])

    def _paint_notes(self) -> QImage:
        """How many notes sound in each pixel, as shades."""
        notes, width, height = self._notes, max(self.width(), 1), HEIGHT - LIKENESS - 2
        assert notes is not None
        low, high = int(notes.pitch.min()), int(notes.pitch.max())
        x = np.clip(notes.onset / self._bars[-1] * width, 0, width - 1).astype(int)
        y = np.clip((high - notes.pitch) / max(high - low, 1) * (height - 2), 0, height - 2).astype(int)
        count = np.zeros((height, width), np.int64)
        np.add.at(count, (y, x), 1)
        np.add.at(count, (y, np.minimum(x + 1, width - 1)), 1)
        shade = np.minimum(count * 12, _SHADES - 1)
        wear = theme()
        table = [wear.qcolor("panel").rgba()]
        table += [mix(wear.panel, wear.text, 0.15 + 0.65 * k / (_SHADES - 1)).rgba() for k in range(1, _SHADES)]
        pixels = np.array(table, np.uint32)[shade]
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    # -- Qt ---------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._notes is None or not len(self._notes):
            return
        painter, wear = QPainter(self), theme()
        painter.fillRect(self.rect(), wear.qcolor("panel"))
        if self._picture is None or self._picture.width() != self.width():
            self._picture = self._paint_notes()
        painter.drawImage(QPointF(0, 0), self._picture)
        self._paint_likeness(painter)
        scale = self.width() / self._bars[-1]
        left, right = (min(max(edge * scale, 0.0), self.width()) for edge in self._view)
        top = HEIGHT - LIKENESS - 2
        for begin, end in ((0.0, left), (right, float(self.width()))):
            painter.fillRect(QRectF(begin, 0, end - begin, top), wear.qcolor("window", 0.55))
        painter.setPen(wear.qcolor("accent"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(left + 0.5, 0.5, max(right - left - 1, 2), top - 1))

    def _paint_likeness(self, painter: QPainter) -> None:
        wear, scale = theme(), self.width() / self._bars[-1]
        bar = self._heard if self._pointed is None else self._pointed
        colours = [mix(wear.panel, wear.accent, k / 15) for k in range(16)]
        edges = self._bars * scale
        for number, share in enumerate(np.clip(self.likeness(), 0, 1).tolist()):
            width = edges[number + 1] - edges[number]
            box = QRectF(edges[number], HEIGHT - LIKENESS, max(width - (1 if width > 4 else 0), 1), LIKENESS - 1)
            painter.fillRect(box, colours[round(15 * share)])
            if number == bar:
                painter.fillRect(QRectF(box.left(), HEIGHT - 2, box.width(), 2), wear.qcolor("text"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.sought.emit(self._beats_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = self._bar_at(self._beats_at(event.position().x()))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._beats_at(event.position().x()))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        self.update()
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:  # another theme
            self._picture = None
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and len(self._patterns):
            QToolTip.showText(event.globalPos(), self.words(self._bar_at(self._beats_at(event.pos().x()))), self)
            return True
        return super().event(event)


def _listed(bars: list[int]) -> str:
    return ", ".join(map(str, bars[:8])) + (f" and {len(bars) - 8} more" if len(bars) > 8 else "")
