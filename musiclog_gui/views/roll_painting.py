"""Paint any part of a piano roll: a scroll paints the strip that came into sight, and nothing else."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from ..state.pitch_names import BLACK_KEYS, DRUM_NAMES, pitch_name
from ..theme import scaled_font, theme
from .roll_frame import PEDAL, RULER, RollFrame
from .sample_table import mix

SHADES = 5  # steps of velocity that the eye can tell apart side by side
# More notes than these are painted as pixels by numpy: the painter takes 0.4 microseconds for each rectangle.
MANY_NOTES = 3_000


def track_shade(track: int, shade: int) -> QColor:
    """A track's colour, paler the softer the note."""
    colours = theme().tracks
    return mix(theme().panel, colours[track % len(colours)], 0.45 + 0.55 * shade / (SHADES - 1))


def paint_roll(painter: QPainter, frame: RollFrame, font: QFont, part: QRectF) -> None:
    """The part of the roll with its bars, notes, findings, keys, ruler and pedal."""
    body = part.intersected(frame.body)
    if not body.isEmpty():
        painter.setClipRect(body)
        painter.fillRect(body, theme().qcolor("panel"))
        _paint_rows(painter, frame, body)
        _paint_beats(painter, frame, body)
        _paint_bands(painter, frame, body)
        _paint_notes(painter, frame, body)
        _paint_outlines(painter, frame, body)
    painter.setFont(scaled_font(font, 0.8))
    painter.setClipRect(part)
    if len(frame.pedal):
        _paint_pedal(painter, frame, part)
    if part.left() < frame.keys_width:
        _paint_keys(painter, frame, part)
    if part.top() < RULER:
        _paint_ruler(painter, frame, part)
    painter.setClipping(False)


def _paint_rows(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    wear = theme()
    dark = mix(wear.panel, wear.grid, 0.45)
    for row in range(max(frame.row_at(part.top()), 0), min(frame.row_at(part.bottom()) + 1, frame.rows.count)):
        key = frame.rows.at(row)
        box = QRectF(part.left(), frame.row_y(row), part.width(), frame.row_px)
        if key is None:  # between keys and drums
            painter.fillRect(box, wear.qcolor("window"))
        elif key[1] and row % 2:
            painter.fillRect(box, mix(wear.panel, wear.grid, 0.25))
        elif not key[1] and key[0] % 12 in BLACK_KEYS:
            painter.fillRect(box, dark)
        if key is not None and not key[1] and key[0] % 12 == 0:
            painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), wear.qcolor("grid"))


def _paint_beats(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    first, last = frame.beat_at(part.left()), frame.beat_at(part.right())
    if frame.beat_px >= 9:
        for beat in np.arange(np.floor(first), min(last, frame.bars[-1]) + 1):
            painter.fillRect(QRectF(_pixel_of(frame.x(beat)), part.top(), 1, part.height()), theme().qcolor("grid"))
    for bar in frame.bars_in(part, 8):
        painter.fillRect(QRectF(_pixel_of(frame.x(bar)), part.top(), 1, part.height()), theme().qcolor("line"))
    end = QRectF(frame.x(frame.bars[-1]) + 1, part.top(), part.width() + frame.width, part.height())
    painter.fillRect(end.intersected(part), theme().qcolor("window"))


def _paint_notes(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    seen, x, y, width = frame.note_boxes(part)
    if not len(seen):
        return
    notes, height = frame.notes, max(frame.row_px - 1, 1.5)
    # Whole pixels, rounded the same way wherever the view is scrolled to: what was shifted must fit what is painted.
    left, right, top, bottom = (np.floor(edge + 0.5).astype(int) for edge in (x, x + width, y, y + height))
    shade = np.clip(notes.velocity[seen] * SHADES // 128, 0, SHADES - 1)
    code = notes.track[seen] * SHADES + shade
    if len(seen) > MANY_NOTES:
        pixels = _raster(frame, part.toAlignedRect(), (code, left, right, top, bottom))
        rows, columns = pixels.shape
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
        painter.drawImage(part.toAlignedRect().topLeft(), image)
        return
    for each in np.unique(code).tolist():
        chosen = code == each
        _choose_colours(painter, frame, each)
        columns = (edges[chosen].tolist() for edges in (left, top, right - left, bottom - top))
        painter.drawRects([QRect(*box) for box in zip(*columns, strict=True)])


def _choose_colours(painter: QPainter, frame: RollFrame, code: int) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour(frame, code))


def _raster(frame: RollFrame, part: QRect, boxes: tuple[np.ndarray, ...]) -> np.ndarray:
    """Boxes as pixels of 32 bits, one a point: all first columns at once, then all second ones, ..."""
    code, left, right, top, bottom = boxes
    pixels = np.zeros((part.height(), part.width()), np.uint32)
    colours = np.zeros(int(code.max()) + 1, np.uint32)
    for each in np.unique(code).tolist():
        colours[each] = _colour(frame, each).rgba()
    order = np.argsort(code, kind="stable")  # as the painter does: one colour over the other
    code, left, right, top, bottom = (column[order] for column in (code, left, right, top, bottom))
    left, right = np.maximum(left - part.left(), 0), np.minimum(right - part.left(), part.width())
    for down in range(int((bottom - top).max())):
        row = top + down - part.top()
        inside = (row >= 0) & (row < part.height()) & (right > left) & (top + down < bottom)
        _fill_rows(pixels, row[inside], left[inside], right[inside], colours[code[inside]])
    return pixels


def _fill_rows(
    pixels: np.ndarray, row: np.ndarray, left: np.ndarray, right: np.ndarray, colour: np.ndarray
) -> None:
    """One pixel line of every box: the short ones in few steps over all, the long ones one by one."""
    length = right - left
    short = length <= 8
    for across in range(int(length[short].max(initial=0))):
        part = short & (length > across)
        pixels[row[part], left[part] + across] = colour[part]
    long = np.flatnonzero(~short)
    for r, a, b, c in zip(row[long].tolist(), left[long].tolist(), right[long].tolist(), colour[long].tolist(),
                          strict=True):  # fmt: skip
        pixels[r, a:b] = c


def _pixel_of(place: float) -> int:
    """To the nearest pixel, halves up wherever the view is; round() takes them to even ones."""
    return math.floor(place + 0.5)


def _colour(frame: RollFrame, code: int) -> QColor:
    """A track that is not heard is pale and has no colour."""
    track, shade = divmod(code, SHADES)
    return mix(theme().panel, theme().muted, 0.25) if track in frame.silent else track_shade(track, shade)


def _paint_bands(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    """Findings of a stretch of time; those of one note are outlines."""
    for finding in frame.findings:
        whole = finding.end_beats - finding.start_beats > 0.9 * frame.bars[-1]  # says nothing about a place
        if finding.pitch is None and not whole:
            colour = theme().qcolor("warning", 0.28 if finding is frame.marked else 0.10)
            left = frame.x(finding.start_beats)
            width = max((finding.end_beats - finding.start_beats) * frame.beat_px, 3)
            painter.fillRect(QRectF(left, part.top(), width, part.height()), colour)
            painter.fillRect(QRectF(left, frame.body.top(), width, 3), theme().qcolor("warning"))


def _paint_outlines(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for finding in frame.findings:
        if finding.pitch is not None:
            thick = 2.5 if finding is frame.marked else 1.25
            painter.setPen(QPen(theme().qcolor("warning"), thick))
            width = max((finding.end_beats - finding.start_beats) * frame.beat_px, 4)
            box = QRectF(frame.x(finding.start_beats), frame.y(finding.pitch, frame.is_drum(finding)), width,
                         frame.row_px)  # fmt: skip
            if box.adjusted(-3, -3, 3, 3).intersects(part):
                painter.drawRect(box.adjusted(-1, -0.5, 1, 0.5))


def _paint_pedal(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    """Where the pedal is down, as under a staff."""
    wear, top = theme(), frame.height - PEDAL
    painter.fillRect(QRectF(0, top, frame.width, PEDAL), wear.qcolor("window"))
    painter.fillRect(QRectF(0, top, frame.width, 1), wear.qcolor("line"))
    first, last = frame.beat_at(part.left()), frame.beat_at(part.right())
    painter.setPen(Qt.PenStyle.NoPen)
    for begin, end in frame.pedal[(frame.pedal[:, 1] >= first) & (frame.pedal[:, 0] <= last)].tolist():
        left = max(frame.x(begin), float(frame.keys_width))
        width = max(frame.x(end) - left - 1, 1.0)
        painter.fillRect(QRectF(left, top + 4, width, 5), mix(wear.panel, wear.accent, 0.55))
    if part.left() < frame.keys_width:
        painter.fillRect(QRectF(0, top + 1, frame.keys_width, PEDAL), wear.qcolor("window"))
        painter.setPen(wear.qcolor("muted"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top - 2, frame.keys_width - 6, PEDAL + 4), right, "Pedal")


def _paint_keys(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    wear, width = theme(), frame.keys_width
    ivory, ebony = (wear.panel, wear.text) if wear.name == "light" else (wear.muted, wear.window)
    keys = QRectF(0, RULER, width, frame.body.height()).intersected(part)
    painter.setClipRect(keys)
    painter.fillRect(keys, wear.qcolor("panel"))
    for row in range(max(frame.row_at(keys.top()) - 1, 0), min(frame.row_at(keys.bottom()) + 2, frame.rows.count)):
        key = frame.rows.at(row)
        box = QRectF(0, frame.row_y(row), width, frame.row_px)
        if key is None:
            painter.fillRect(box, wear.qcolor("window"))
        elif key[1]:
            name = DRUM_NAMES.get(key[0], f"{key[0]}") if frame.row_px >= 8 else ""
            name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width - 10)
            _paint_label(painter, box, name, wear.qcolor("muted"))
        else:
            _paint_key(painter, box, key[0], ivory, ebony)
    painter.setClipRect(part)
    painter.fillRect(QRectF(width - 1, RULER, 1, frame.height), wear.qcolor("line"))


def _paint_key(painter: QPainter, box: QRectF, pitch: int, ivory: str, ebony: str) -> None:
    painter.fillRect(box, QColor(ivory))
    if pitch % 12 in BLACK_KEYS:
        painter.fillRect(QRectF(0, box.top(), box.width() * 0.55, box.height()), mix(ivory, ebony, 0.75))
    elif pitch % 12 in {0, 5}:  # where two white keys meet
        painter.fillRect(QRectF(0, box.bottom() - 0.5, box.width(), 1), mix(ivory, ebony, 0.3))
    if pitch % 12 == 0:
        _paint_label(painter, box, pitch_name(pitch), mix(ivory, ebony, 0.8))


def _paint_label(painter: QPainter, row: QRectF, text: str, colour: QColor) -> None:
    painter.setPen(colour)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(row.adjusted(0, -6, -6, 6), right, text)


def _paint_ruler(painter: QPainter, frame: RollFrame, part: QRectF) -> None:
    wear = theme()
    ruler = QRectF(0, 0, frame.width, RULER).intersected(part)
    painter.fillRect(ruler, wear.qcolor("window"))
    painter.fillRect(QRectF(0, RULER - 1, frame.width, 1).intersected(part), wear.qcolor("line"))
    painter.setPen(wear.qcolor("muted"))
    painter.setClipRect(QRectF(frame.keys_width, 0, frame.width, RULER).intersected(part))
    for bar in frame.bars_in(ruler, 36):
        x, number = frame.x(bar), int(np.searchsorted(frame.bars, bar + 1e-6))
        painter.fillRect(QRectF(_pixel_of(x), RULER - 7, 1, 6), wear.qcolor("muted"))
        if bar < frame.bars[-1] or len(frame.bars) == 1:
            painter.drawText(QPointF(x + 4, RULER - 8), str(number))
    painter.setClipRect(part)
