"""The notes of a sample over time, with its bars, its findings, and the place that is heard now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from ..state.bars import bar_starts
from ..state.pitch_names import DRUM_NAMES, pitch_name
from ..state.roll_rows import RollRows
from ..state.wording import tool_tip
from ..theme import scaled_font, theme, theme_changed
from .roll_frame import KEYS, RULER, Boxes, RollFrame
from .roll_painting import SHADES, paint_roll, track_shade

if TYPE_CHECKING:
    from musiclog.notes import Notes

BEAT_PX = (0.1, 400.0)  # zoom limits
ROW_PX = (3.0, 28.0)
DRAG_PX = 5.0  # a hand that clicks moves less
SNAP_PX = 12.0  # a region begins and ends on beats where they lie so far apart, else on bars
NO_PEDAL = np.zeros((0, 2))


class PianoRoll(QAbstractScrollArea):
    """Ctrl and the wheel zoom time, Shift and the wheel zoom pitch; a click or a drag goes to that moment.

    A drag on the ruler chooses the part that is repeated, a double click there gives it up. The picture of notes is
    kept: a playhead over 50,000 notes costs two thin strips a frame, and a scroll the strip that comes into sight.
    """

    sought = Signal(float)  # seconds
    region_chosen = Signal(object)  # (from, to) in seconds, or None
    viewed = Signal(float, float)  # the beats in sight
    steered = Signal()  # a hand scrolled or zoomed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(240, 140)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # every pixel is painted by the picture
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else fit() would change the height
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Piano roll")
        self.notes: Notes | None = None
        self.findings: Sequence[Any] = ()
        self.follow = True
        self.led = False  # by a roll beside it, which says where to look and how near
        self._words = ("", "")
        self._picture: QPixmap | None = None
        self._frame: RollFrame | None = None  # as the picture shows it
        self._beat_px, self._row_px = 24.0, 8.0
        self._rows, self._note_rows = RollRows(), np.zeros(0, np.int64)
        self._playhead_beats: float | None = None
        self._region: tuple[float, float] | None = None  # beats
        self._drag_from: float | None = None  # x on the ruler
        self._marked: Any = None
        self._pedal, self._silent = NO_PEDAL, frozenset[int]()
        self._bars = np.zeros(1)
        self._fits = True  # all rows are in sight until the hand zooms
        self._seconds_of_beats = (np.zeros(2), np.zeros(2))
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.horizontalScrollBar().sliderMoved.connect(self._steer)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme_changed.connect(self._changed)

    # -- orders -----------------------------------------------------------------------------------

    def show_notes(self, notes: Notes, findings: Sequence[Any] = (), name: str = "") -> None:
        """Another sample, seen as a whole or, if it is long, from its beginning."""
        self.notes, self.findings, self._marked, self._words = notes, tuple(findings), None, ("", "")
        self._bars = bar_starts(notes)
        grid = np.linspace(0, max(notes.length_beats, 1.0), 2_000)
        self._seconds_of_beats = (grid, notes.seconds_at(grid))
        self._rows = RollRows.of(notes)
        self._note_rows = self._rows.of_notes(notes)
        self._pedal, self._silent, self._region = NO_PEDAL, frozenset(), None
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

    def show_silent(self, tracks: frozenset[int]) -> None:
        """Tracks that are not heard."""
        if tracks != self._silent:
            self._silent = tracks
            self._changed()

    def show_pedal(self, spans_s: np.ndarray) -> None:
        """When the sustain pedal is down: (spans, 2) in seconds."""
        beats, seconds = self._seconds_of_beats
        self._pedal = np.interp(spans_s, seconds, beats).reshape(-1, 2)
        self._after_resize()

    def show_region(self, region: tuple[float, float] | None) -> None:
        """The part that is repeated, in seconds."""
        beats, seconds = self._seconds_of_beats
        self._region = None if region is None else tuple(np.interp(region, seconds, beats).tolist())
        self.viewport().update()

    @Slot(float)
    def centre(self, beats: float) -> None:
        """Scroll so that a moment stands in the middle."""
        self.horizontalScrollBar().setValue(round(beats * self._beat_px - self._body().width() / 2))

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
        self.horizontalScrollBar().setValue(0)
        self._fits = True
        self._fit_rows()

    def _fit_rows(self) -> None:
        self._row_px = float(np.clip(self._body().height() / max(self._rows.count, 1), 5.0, 16.0))
        self._set_ranges()
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
        self.steered.emit()

    def zoom_pitch(self, factor: float, y: float | None = None) -> None:
        """Around the viewport's y, or its middle."""
        y = self._body().center().y() if y is None else y
        row = (y - RULER + self.verticalScrollBar().value()) / self._row_px
        self._fits = False
        self._row_px = float(np.clip(self._row_px * factor, *ROW_PX))
        self._set_ranges()
        self.verticalScrollBar().setValue(round(row * self._row_px - (y - RULER)))
        self._changed()

    def look(self, first_beats: float, beat_px: float) -> None:
        """Begin at this beat in this zoom, as another roll beside this one does."""
        beat_px = float(np.clip(beat_px, *BEAT_PX))
        if beat_px != self._beat_px:
            self._beat_px = beat_px
            self._set_ranges()
            self._changed()
        self.horizontalScrollBar().setValue(round(first_beats * self._beat_px))

    # -- questions --------------------------------------------------------------------------------

    @property
    def first_beat(self) -> float:
        """The beat at the left edge."""
        return self.horizontalScrollBar().value() / self._beat_px

    @property
    def beat_px(self) -> float:
        """Pixels a beat."""
        return self._beat_px

    def seconds_at(self, beats: float) -> float:
        return float(np.interp(beats, *self._seconds_of_beats))

    def beats_at(self, seconds: float) -> float:
        beats, seconds_at = self._seconds_of_beats
        return float(np.interp(seconds, seconds_at, beats))

    def note_at(self, point: QPointF) -> int | None:
        """The note under a point of the viewport, the one that begins last where several lie there."""
        if self.notes is None or not self._body().contains(point):
            return None
        notes, beat, slack = self.notes, self._beat_at(point.x()), 2 / self._beat_px
        there = (self._note_rows == self._view().row_at(point.y())) & (notes.onset <= beat + slack)
        there &= np.maximum(notes.end, notes.onset + 3 / self._beat_px) >= beat
        found = np.flatnonzero(there)
        return int(found[-1]) if len(found) else None

    def finding_at(self, point: QPointF) -> Any:
        if self.notes is None:
            return None
        view = self._view()
        beat, key = view.beat_at(point.x()), view.rows.at(view.row_at(point.y()))
        hits = [
            finding for finding in self.findings
            if finding.start_beats <= beat <= max(finding.end_beats, finding.start_beats + 6 / self._beat_px)
            and (finding.pitch is None or (finding.pitch, view.is_drum(finding)) == key)
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

    def _view(self) -> RollFrame:
        """The view as it is now."""
        assert self.notes is not None
        view = self.viewport().rect()
        return RollFrame(
            self.notes, self._rows, self._note_rows, self._bars, self.findings, self._marked, self._pedal, self._silent,
            view.width(), view.height(), self._beat_px, self._row_px,
            self.horizontalScrollBar().value(), self.verticalScrollBar().value(),
        )  # fmt: skip

    def _keys_width(self) -> int:
        return self._view().keys_width if self.notes is not None else KEYS

    def _body(self) -> QRectF:
        view = QRectF(self.viewport().rect())
        return self._view().body if self.notes is not None else view.adjusted(KEYS, RULER, 0, 0)

    def _x(self, beats: float) -> float:
        return self._keys_width() + beats * self._beat_px - self.horizontalScrollBar().value()

    def _y(self, pitch: int, drum: bool = False) -> float:
        return self._view().y(pitch, drum)

    def _beat_at(self, x: float) -> float:
        return (x - self._keys_width() + self.horizontalScrollBar().value()) / self._beat_px

    def _note_boxes(self) -> Boxes:
        view = self._view()
        return view.note_boxes(view.body)

    def _set_ranges(self) -> None:
        body = self._body()
        length = self._bars[-1] if self.notes is not None else 0.0
        wide = length * self._beat_px
        wide += 24 if wide > body.width() + 1 else 0  # so that the end is seen to be the end
        high = self._rows.count * self._row_px
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
    def _scrolled(self, _value: int = 0) -> None:
        self.viewport().update()
        self._tell_view()

    @Slot()
    def _steer(self, _value: int = 0) -> None:
        self.steered.emit()

    def _tell_view(self) -> None:
        if self.notes is not None:
            body = self._body()
            self.viewed.emit(self._beat_at(body.left()), self._beat_at(body.right()))

    @Slot()
    def _changed(self, _what: object = None) -> None:
        self._picture = None
        self.viewport().update()
        self._tell_view()

    # -- painting ---------------------------------------------------------------------------------

    def _bring_up_to_date(self) -> QPixmap:
        """The picture of the view: shifted where it was scrolled, painted anew where anything else changed."""
        view = self._view()
        if self._picture is not None and self._frame is not None:
            by = (self._frame.scroll_x - view.scroll_x, self._frame.scroll_y - view.scroll_y)
            if by != (0, 0):
                self._shift(self._picture, view, *by)
        else:
            ratio = self.devicePixelRatioF()
            self._picture = QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._paint_part(self._picture, view, QRectF(self.viewport().rect()))
        self._frame = view
        return self._picture

    def _shift(self, picture: QPixmap, view: RollFrame, right: int, down: int) -> None:
        """Move what stays in sight and paint the strip that came into it."""
        whole, ratio = QRectF(self.viewport().rect()), self.devicePixelRatioF()
        body = view.body
        too_far = abs(right) > body.width() / 2 or abs(down) > body.height() / 2
        if (right and down) or too_far or ratio != int(ratio):  # parts of a pixel cannot be moved
            self._paint_part(picture, view, whole)
        elif right:
            moved = QRectF(body.left(), 0, body.width(), whole.height())
            self._scroll(picture, moved, right, 0)
            # Two pixels more: a bar's line or the edge of a note may be cut there.
            left = moved.left() if right > 0 else moved.right() + right - 2
            self._paint_part(picture, view, QRectF(left, 0, abs(right) + 2, whole.height()))
        else:
            moved = QRectF(0, body.top(), whole.width(), body.height())
            self._scroll(picture, moved, 0, down)
            top = moved.top() if down > 0 else moved.bottom() + down - 8
            strip = QRectF(0, top, whole.width(), abs(down) + 8)  # a label may be cut there
            self._paint_part(picture, view, strip.intersected(moved))

    def _scroll(self, picture: QPixmap, part: QRectF, right: int, down: int) -> None:
        ratio = int(self.devicePixelRatioF())
        box = QRect(*(round(ratio * edge) for edge in part.getRect()))
        picture.scroll(right * ratio, down * ratio, box)

    def _paint_part(self, picture: QPixmap, view: RollFrame, part: QRectF) -> None:
        painter = QPainter(picture)
        paint_roll(painter, view, self.font(), part)
        painter.end()

    def _paint_region(self, painter: QPainter) -> None:
        """What is repeated: a band on the ruler, and what is not is dimmed."""
        if self._region is None:
            return
        body = self._body()
        left, right = (min(max(self._x(edge), body.left()), body.right()) for edge in self._region)
        painter.fillRect(QRectF(left, RULER - 6, max(right - left, 1), 5), theme().qcolor("accent"))
        for begin, end in ((body.left(), left), (right, body.right())):
            painter.fillRect(QRectF(begin, RULER, end - begin, body.height()), theme().qcolor("window", 0.45))

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
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._bring_up_to_date())
        self._paint_region(painter)
        if self._playhead_beats is not None:
            self._paint_playhead(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        before = QRectF(0, 0, event.oldSize().width(), event.oldSize().height())
        if not before.width() > 0 and self.notes is not None and not self.led:
            self.fit()
        self._after_resize()
        super().resizeEvent(event)

    def _after_resize(self) -> None:
        """Time keeps its zoom; rows fit as long as they were not zoomed by hand."""
        if self.notes is not None and self._fits:
            self._fit_rows()
        self._set_ranges()
        self._changed()

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
            self.steered.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.position().y() < RULER:
            self._drag_from = event.position().x()
        else:
            self._seek_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._drag_from is None:
            self._seek_to(event.position())
        elif abs(event.position().x() - self._drag_from) >= DRAG_PX and self.notes is not None:
            self._region = self._region_to(event.position().x())
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        begun, self._drag_from = self._drag_from, None
        if begun is None or self.notes is None:
            return
        if abs(event.position().x() - begun) < DRAG_PX:
            self._seek_to(event.position())
        elif self._region is not None:
            beats, seconds = self._seconds_of_beats
            self.region_chosen.emit(tuple(np.interp(self._region, beats, seconds).tolist()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.position().y() < RULER:
            self.region_chosen.emit(None)
        else:
            super().mouseDoubleClickEvent(event)

    def _region_to(self, x: float) -> tuple[float, float]:
        """From where the drag began, on whole beats or bars; it never snaps to nothing."""
        assert self._drag_from is not None
        begin, end = sorted(min(max(self._beat_at(at), 0.0), self._bars[-1]) for at in (self._drag_from, x))
        if self._beat_px >= SNAP_PX:
            return float(np.floor(begin)), float(np.ceil(end))
        first = int(np.searchsorted(self._bars, begin, side="right")) - 1
        last = int(np.searchsorted(self._bars, end))
        return float(self._bars[max(first, 0)]), float(self._bars[min(max(last, first + 1), len(self._bars) - 1)])

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
            self.steered.emit()
        else:
            super().keyPressEvent(event)


def track_name(info: Any, index: int) -> str:
    return info.name.strip() or ("Drums" if info.is_drum else f"Track {index + 1}")


__all__ = ["KEYS", "RULER", "SHADES", "PianoRoll", "bar_starts", "track_name", "track_shade"]
