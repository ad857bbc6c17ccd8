"""The notes of a sample over time, with its bars, its findings, and the place that is heard now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from ..state.pitch_names import BLACK_KEYS, DRUM_NAMES, pitch_name
from ..state.wording import tool_tip
from ..theme import scaled_font, theme, theme_changed
from .sample_table import mix

if TYPE_CHECKING:
    from musiclog.notes import Notes

RULER = 24  # pixels: bars on top
KEYS = 54  # pixels: keys at the left
DRUM_KEYS = 96  # names of drums need more room than names of notes
SHADES = 5  # steps of velocity that the eye can tell apart side by side
BEAT_PX = (0.1, 400.0)  # zoom limits
ROW_PX = (3.0, 28.0)
MARGIN_ROWS = 2


class PianoRoll(QAbstractScrollArea):
    """Ctrl and the wheel zoom time, Shift and the wheel zoom pitch; a click or a drag goes to that moment.

    The picture of notes is kept and painted again only when the view changes, so that a playhead over 50,000 notes
    costs two thin strips a frame.
    """

    sought = Signal(float)  # seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(240, 140)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else fit() would change the height
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Piano roll")
        self.notes: Notes | None = None
        self.findings: Sequence[Any] = ()
        self.follow = True
        self._words = ("", "")
        self._picture: QPixmap | None = None
        self._beat_px, self._row_px = 24.0, 8.0
        self._low, self._high = 48, 84  # the lowest and highest pitch with a row
        self._playhead_beats: float | None = None
        self._marked: Any = None
        self._bars = np.zeros(1)
        self._drums_only = False
        self._seconds_of_beats = (np.zeros(2), np.zeros(2))
        self.horizontalScrollBar().valueChanged.connect(self._changed)
        self.verticalScrollBar().valueChanged.connect(self._changed)
        theme_changed.connect(self._changed)

    # -- orders -----------------------------------------------------------------------------------

    def show_notes(self, notes: Notes, findings: Sequence[Any] = (), name: str = "") -> None:
        """Another sample, seen as a whole or, if it is long, from its beginning."""
        self.notes, self.findings, self._marked, self._words = notes, tuple(findings), None, ("", "")
        self._bars = bar_starts(notes)
        self._drums_only = bool(notes.tracks) and all(track.is_drum for track in notes.tracks)
        grid = np.linspace(0, max(notes.length_beats, 1.0), 2_000)
        self._seconds_of_beats = (grid, notes.seconds_at(grid))
        if len(notes):
            self._low = max(int(notes.pitch.min()) - MARGIN_ROWS, 0)
            self._high = min(int(notes.pitch.max()) + MARGIN_ROWS, 127)
        self._playhead_beats = 0.0
        self.setAccessibleDescription(f"{name}: {len(notes)} notes in {len(self._bars) - 1} bars")
        self.fit()

    def say(self, title: str, text: str = "") -> None:
        """Words in place of notes."""
        self.notes, self.findings, self._playhead_beats, self._words = None, (), None, (title, text)
        self.setAccessibleDescription(f"{title} {text}")
        self._set_ranges()
        self._changed()

    def show_findings(self, findings: Sequence[Any]) -> None:
        self.findings = tuple(findings)
        self._changed()

    def mark(self, finding: Any) -> None:
        """Show one finding stronger than the others, and bring it into sight."""
        self._marked = finding
        if finding is not None and self.notes is not None:
            self._bring_into_sight(finding.start_beats)
        self._changed()

    @Slot(float)
    def show_position(self, seconds: float) -> None:
        if self.notes is None:
            return
        beats, seconds_at = self._seconds_of_beats
        before, self._playhead_beats = self._playhead_beats, float(np.interp(seconds, seconds_at, beats))
        if self.follow and seconds > 0:
            self._turn_page(before)
        for place in (before, self._playhead_beats):
            if place is not None:
                self.viewport().update(QRect(round(self._x(place)) - 7, 0, 14, self.viewport().height()))

    @Slot()
    def fit(self) -> None:
        """The whole piece in sight where its notes stay readable, else its first 16 bars; all its pitches."""
        if self.notes is None:
            return
        body = self._body()
        length = max(self.notes.length_beats, 4.0)
        readable = body.width() / (16 * self.notes.bar_beats)
        self._beat_px = float(np.clip(max(body.width() / length, readable), *BEAT_PX))
        self._row_px = float(np.clip(body.height() / (self._high - self._low + 1), 5.0, 16.0))
        self._set_ranges()
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum() // 2)
        self._changed()

    def zoom_time(self, factor: float, x: float | None = None) -> None:
        """Around the viewport's x, or its middle."""
        x = self._body().center().x() if x is None else x
        beat = self._beat_at(x)
        self._beat_px = float(np.clip(self._beat_px * factor, *BEAT_PX))
        self._set_ranges()
        self.horizontalScrollBar().setValue(round(beat * self._beat_px - (x - self._keys_width())))
        self._changed()

    def zoom_pitch(self, factor: float, y: float | None = None) -> None:
        """Around the viewport's y, or its middle."""
        y = self._body().center().y() if y is None else y
        row = (y - RULER + self.verticalScrollBar().value()) / self._row_px
        self._row_px = float(np.clip(self._row_px * factor, *ROW_PX))
        self._set_ranges()
        self.verticalScrollBar().setValue(round(row * self._row_px - (y - RULER)))
        self._changed()

    # -- questions --------------------------------------------------------------------------------

    def note_at(self, point: QPointF) -> int | None:
        """The note under a point of the viewport, the one that begins last where several lie there."""
        if self.notes is None or not self._body().contains(point):
            return None
        notes, beat, slack = self.notes, self._beat_at(point.x()), 2 / self._beat_px
        there = (notes.pitch == self._pitch_at(point.y())) & (notes.onset <= beat + slack)
        there &= np.maximum(notes.end, notes.onset + 3 / self._beat_px) >= beat
        found = np.flatnonzero(there)
        return int(found[-1]) if len(found) else None

    def finding_at(self, point: QPointF) -> Any:
        if self.notes is None:
            return None
        beat, pitch = self._beat_at(point.x()), self._pitch_at(point.y())
        hits = [
            finding for finding in self.findings
            if finding.start_beats <= beat <= max(finding.end_beats, finding.start_beats + 6 / self._beat_px)
            and finding.pitch in {None, pitch}
        ]  # fmt: skip
        return max(hits, key=lambda finding: (finding.pitch is not None, finding.weight), default=None)

    def explain(self, point: QPointF) -> str:
        """What is under the point, in words: the note, then the finding."""
        note, finding = self.note_at(point), self.finding_at(point)
        parts = [self._note_words(note)] if note is not None else []
        if finding is not None:
            parts.append(finding.text)
        return "\n\n".join(parts)

    def bar_and_beat(self, beats: float) -> str:
        """As musicians count, from one: "bar 3, beat 2.5"."""
        bar = max(int(np.searchsorted(self._bars, beats + 1e-6, side="right")) - 1, 0)
        return f"bar {bar + 1}, beat {beats - self._bars[bar] + 1:.4g}"

    # -- geometry ---------------------------------------------------------------------------------

    def _keys_width(self) -> int:
        return DRUM_KEYS if self._drums_only else KEYS

    def _body(self) -> QRectF:
        view = self.viewport().rect()
        return QRectF(view).adjusted(self._keys_width(), RULER, 0, 0)

    def _x(self, beats: float) -> float:
        return self._keys_width() + beats * self._beat_px - self.horizontalScrollBar().value()

    def _y(self, pitch: float) -> float:
        return RULER + (self._high - pitch) * self._row_px - self.verticalScrollBar().value() + self._slack()

    def _slack(self) -> float:
        """Rows that do not fill the height stand in its middle."""
        rows = (self._high - self._low + 1) * self._row_px
        return max((self._body().height() - rows) / 2, 0.0)

    def _beat_at(self, x: float) -> float:
        return (x - self._keys_width() + self.horizontalScrollBar().value()) / self._beat_px

    def _pitch_at(self, y: float) -> int:
        return self._high - int((y - RULER + self.verticalScrollBar().value() - self._slack()) // self._row_px)

    def _set_ranges(self) -> None:
        body = self._body()
        length = self._bars[-1] if self.notes is not None else 0.0
        wide = length * self._beat_px
        wide += 24 if wide > body.width() + 1 else 0  # so that the end is seen to be the end
        high = (self._high - self._low + 1) * self._row_px
        for bar, whole, page in (
            (self.horizontalScrollBar(), wide if self.notes is not None else 0, body.width()),
            (self.verticalScrollBar(), high if self.notes is not None else 0, body.height()),
        ):
            bar.setRange(0, max(round(whole - page), 0))
            bar.setPageStep(round(page))
            bar.setSingleStep(24)

    def _bring_into_sight(self, beats: float) -> None:
        body, x = self._body(), self._x(beats)
        if not body.left() <= x <= body.right() - 60:
            self.horizontalScrollBar().setValue(round(beats * self._beat_px - body.width() / 4))

    def _turn_page(self, before: float | None) -> None:
        """As a page turner does: when the playhead leaves the page, and only if it was on it before."""
        body = self._body()
        was_seen = before is not None and body.left() - 1 <= self._x(before) <= body.right()
        now = self._x(self._playhead_beats or 0.0)
        if was_seen and not body.left() <= now <= body.right() - body.width() / 12:
            value = (self._playhead_beats or 0.0) * self._beat_px - body.width() / 12
            self.horizontalScrollBar().setValue(round(value))

    @Slot()
    def _changed(self, _what: object = None) -> None:
        self._picture = None
        self.viewport().update()

    # -- painting ---------------------------------------------------------------------------------

    def _paint_picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme().qcolor("panel"))
        painter = QPainter(picture)
        painter.setClipRect(self._body())
        self._paint_rows(painter)
        self._paint_beats(painter)
        self._paint_bands(painter)
        self._paint_notes(painter)
        self._paint_outlines(painter)
        painter.setClipping(False)
        self._paint_keys(painter)
        self._paint_ruler(painter)
        painter.end()
        return picture

    def _paint_rows(self, painter: QPainter) -> None:
        body, dark = self._body(), mix(theme().panel, theme().grid, 0.45)
        for pitch in range(self._low, self._high + 1):
            row = QRectF(body.left(), self._y(pitch), body.width(), self._row_px)
            if pitch % 12 in BLACK_KEYS and not self._drums_only:
                painter.fillRect(row, dark)
            if pitch % 12 == 0:
                painter.fillRect(QRectF(row.left(), row.bottom() - 1, row.width(), 1), theme().qcolor("grid"))

    def _paint_beats(self, painter: QPainter) -> None:
        body = self._body()
        first, last = self._beat_at(body.left()), self._beat_at(body.right())
        if self._beat_px >= 9:
            for beat in np.arange(np.floor(first), min(last, self._bars[-1]) + 1):
                painter.fillRect(QRectF(round(self._x(beat)), body.top(), 1, body.height()), theme().qcolor("grid"))
        for bar in self._bars_in_sight(8):
            painter.fillRect(QRectF(round(self._x(bar)), body.top(), 1, body.height()), theme().qcolor("line"))
        end = QRectF(self._x(self._bars[-1]) + 1, body.top(), body.width(), body.height())
        painter.fillRect(end.intersected(body), theme().qcolor("window"))

    def _bars_in_sight(self, apart_px: float) -> list[float]:
        """Bar lines at least so far from one another: every bar, every second, fourth, ..."""
        width = float(np.median(np.diff(self._bars))) * self._beat_px if len(self._bars) > 1 else 1.0
        every = 1
        while width * every < apart_px and every < len(self._bars):
            every *= 2
        body = self._body()
        first, last = self._beat_at(body.left()) - 1, self._beat_at(body.right()) + 1
        return [bar for bar in self._bars[::every].tolist() if first <= bar <= last]

    def _paint_notes(self, painter: QPainter) -> None:
        assert self.notes is not None
        painter.setPen(Qt.PenStyle.NoPen)
        seen, x, y, width = self._note_boxes()
        height = max(self._row_px - 1, 1.5)
        shade = np.clip(self.notes.velocity[seen] * SHADES // 128, 0, SHADES - 1)
        colour = self.notes.track[seen] * SHADES + shade
        for code in np.unique(colour).tolist():
            chosen = colour == code
            painter.setBrush(track_shade(code // SHADES, code % SHADES))
            columns = (x[chosen].tolist(), y[chosen].tolist(), width[chosen].tolist())
            painter.drawRects([QRectF(a, b, w, height) for a, b, w in zip(*columns, strict=True)])

    def _note_boxes(self) -> tuple[Any, Any, Any, Any]:
        """Indices of the notes in sight, and their places in pixels; a hair of light stays between repeated notes."""
        notes, body = self.notes, self._body()
        assert notes is not None
        first, last = self._beat_at(body.left()), self._beat_at(body.right())
        until = int(np.searchsorted(notes.onset, last))
        seen = np.flatnonzero(notes.end[:until] >= first)
        x = self._keys_width() + notes.onset[seen] * self._beat_px - self.horizontalScrollBar().value()
        length = np.where(notes.is_drum[seen], np.minimum(notes.duration[seen], 0.25), notes.duration[seen])
        width = np.maximum(length * self._beat_px - (1 if self._beat_px > 6 else 0), 2.0)
        y = self._y(0) - notes.pitch[seen] * self._row_px + 0.5
        return seen, x, y, width

    def _paint_bands(self, painter: QPainter) -> None:
        """Findings of a stretch of time; those of one note are outlines."""
        body = self._body()
        for finding in self.findings:
            whole = finding.end_beats - finding.start_beats > 0.9 * self._bars[-1]  # says nothing about a place
            if finding.pitch is None and not whole:
                colour = theme().qcolor("warning", 0.28 if finding is self._marked else 0.10)
                left = self._x(finding.start_beats)
                width = max((finding.end_beats - finding.start_beats) * self._beat_px, 3)
                painter.fillRect(QRectF(left, body.top(), width, body.height()), colour)
                painter.fillRect(QRectF(left, body.top(), width, 3), theme().qcolor("warning"))

    def _paint_outlines(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for finding in self.findings:
            if finding.pitch is not None:
                thick = 2.5 if finding is self._marked else 1.25
                painter.setPen(QPen(theme().qcolor("warning"), thick))
                width = max((finding.end_beats - finding.start_beats) * self._beat_px, 4)
                box = QRectF(self._x(finding.start_beats), self._y(finding.pitch), width, self._row_px)
                painter.drawRect(box.adjusted(-1, -0.5, 1, 0.5))

    def _paint_keys(self, painter: QPainter) -> None:
        wear, width = theme(), self._keys_width()
        ivory, ebony = (wear.panel, wear.text) if wear.name == "light" else (wear.muted, wear.window)
        keys = QRectF(0, RULER, width, self.viewport().height())
        painter.fillRect(keys, wear.qcolor("panel") if self._drums_only else QColor(ivory))
        painter.setClipRect(keys)
        painter.setFont(scaled_font(self.font(), 0.8))
        for pitch in range(self._low, self._high + 1):
            row = QRectF(0, self._y(pitch), width, self._row_px)
            if self._drums_only:
                name = DRUM_NAMES.get(pitch, "") if self._row_px >= 9 else ""
                self._paint_label(painter, row, name, wear.qcolor("muted"))
                continue
            if pitch % 12 in BLACK_KEYS:
                painter.fillRect(QRectF(0, row.top(), width * 0.55, row.height()), mix(ivory, ebony, 0.75))
            elif pitch % 12 in {0, 5}:  # where two white keys meet
                painter.fillRect(QRectF(0, row.bottom() - 0.5, width, 1), mix(ivory, ebony, 0.3))
            if pitch % 12 == 0:
                self._paint_label(painter, row, pitch_name(pitch), mix(ivory, ebony, 0.8))
        painter.setClipping(False)
        painter.fillRect(QRectF(width - 1, RULER, 1, self.viewport().height()), wear.qcolor("line"))

    def _paint_label(self, painter: QPainter, row: QRectF, text: str, colour: QColor) -> None:
        painter.setPen(colour)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row.adjusted(0, -6, -6, 6), right, text)

    def _paint_ruler(self, painter: QPainter) -> None:
        wear, view = theme(), self.viewport().rect()
        painter.fillRect(QRectF(0, 0, view.width(), RULER), wear.qcolor("window"))
        painter.fillRect(QRectF(0, RULER - 1, view.width(), 1), wear.qcolor("line"))
        painter.setFont(scaled_font(self.font(), 0.8))
        painter.setPen(wear.qcolor("muted"))
        painter.setClipRect(QRectF(self._keys_width(), 0, view.width(), RULER))
        for bar in self._bars_in_sight(36):
            x, number = self._x(bar), int(np.searchsorted(self._bars, bar + 1e-6))
            painter.fillRect(QRectF(round(x), RULER - 7, 1, 6), wear.qcolor("muted"))
            if bar < self._bars[-1] or len(self._bars) == 1:
                painter.drawText(QPointF(x + 4, RULER - 8), str(number))
        painter.setClipping(False)

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self._x(self._playhead_beats or 0.0)
        if x < self._keys_width() - 1:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().qcolor("accent"))
        painter.drawRect(QRectF(x - 0.75, RULER - 4, 1.5, self.viewport().height()))
        top = RULER - 12
        painter.drawPolygon(QPolygonF([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, RULER - 2)]))

    def _paint_words(self, painter: QPainter) -> None:
        view = QRectF(self.viewport().rect())
        painter.fillRect(view, theme().qcolor("panel"))
        title, text = self._words
        painter.setFont(scaled_font(self.font(), 1.15, bold=True))
        painter.setPen(theme().qcolor("text"))
        box = view.adjusted(24, 0, -24, -view.height() / 2 - 2)
        bottom = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        painter.drawText(box, bottom, title)
        painter.setFont(self.font())
        painter.setPen(theme().qcolor("muted"))
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(view.adjusted(24, view.height() / 2 + 4, -24, 0), top, text)

    def _note_words(self, index: int) -> str:
        assert self.notes is not None
        notes = self.notes
        info, pitch = notes.tracks[int(notes.track[index])], int(notes.pitch[index])
        what = DRUM_NAMES.get(pitch, "percussion") if info.is_drum else pitch_name(pitch)
        beats = float(notes.onset[index])
        return (
            f"{what} ({pitch}), velocity {int(notes.velocity[index])}\n"
            f"beat {beats:.4g} ({self.bar_and_beat(beats)}), {float(notes.onset_s[index]):.2f} s\n"
            f"lasts {float(notes.duration[index]):.3g} beats · {track_name(info, int(notes.track[index]))}"
        )

    # -- Qt ---------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self.notes is None:
            self._paint_words(painter)
            return
        if self._picture is None:
            self._picture = self._paint_picture()
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._picture)
        if self._playhead_beats is not None:
            self._paint_playhead(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        before = QRectF(0, 0, event.oldSize().width(), event.oldSize().height())
        if not before.width() > 0 and self.notes is not None:
            self.fit()
        self._set_ranges()
        self._picture = None
        super().resizeEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.explain(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), tool_tip(words), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        factor = 1.2 ** (turn / 120)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_time(factor, event.position().x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.zoom_pitch(factor, event.position().y())
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _seek_to(self, point: QPointF) -> None:
        if self.notes is None or point.x() < self._keys_width():
            return
        beats, seconds_at = self._seconds_of_beats
        self.sought.emit(float(np.interp(self._beat_at(point.x()), beats, seconds_at)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        orders = {
            Qt.Key.Key_Plus: lambda: self.zoom_time(1.25),
            Qt.Key.Key_Minus: lambda: self.zoom_time(0.8),
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_Home: lambda: self.sought.emit(0.0),
        }
        if event.key() in orders:
            orders[Qt.Key(event.key())]()
        else:
            super().keyPressEvent(event)


def track_shade(track: int, shade: int) -> QColor:
    """A track's colour, paler the softer the note."""
    colours = theme().tracks
    return mix(theme().panel, colours[track % len(colours)], 0.45 + 0.55 * shade / (SHADES - 1))


def track_name(info: Any, index: int) -> str:
    return info.name.strip() or ("Drums" if info.is_drum else f"Track {index + 1}")


def bar_starts(notes: Notes) -> np.ndarray:
    """Beats at which bars begin, through all time signatures, up to the first bar line after the last note."""
    changes = [(beat, 4.0 * above / below) for beat, above, below in notes.time_signatures]
    changes = [(beat, length) for beat, length in changes if 1.5 <= length <= 64]
    if not changes or changes[0][0] > 0:
        changes = [(0.0, notes.bar_beats), *changes]
    ends = [beat for beat, _ in changes[1:]] + [max(notes.length_beats, 1e-6)]
    starts = [np.arange(begin, end, length) for (begin, length), end in zip(changes, ends, strict=True) if end > begin]
    lines = np.concatenate(starts) if starts else np.zeros(1)
    return np.append(lines, lines[-1] + changes[-1][1])
