"""Paints a line of the text log: time, level with its sign, module, message, and the step it leads to."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..state import wording
from ..state.log_lines import LEVEL_SIGNS, LINE_ROLE, LogLine, LogLines
from ..theme import theme

_LEVEL_ROLES = {"DEBUG": "muted", "INFO": "muted", "WARNING": "warning", "ERROR": "critical", "CRITICAL": "critical"}
# Widths in characters of the fixed pitch: "2026-11-23 14:30", "CRITICAL", and modules up to 16 before an ellipsis.
TIME, LEVEL, MODULE = 17, 9, 17
MARGIN = 8  # pixels
AIR = 4  # pixels above and below a line, together


class LogDelegate(QStyledItemDelegate):
    """Columns are set in characters, so that they stand straight whatever the glyph of a sign is wide."""

    def __init__(self, lines: LogLines, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines = lines

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(option.fontMetrics.averageCharWidth() * 60, option.fontMetrics.height() + AIR)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line: LogLine = index.data(LINE_ROLE)
        painter.save()
        painter.setFont(option.font)
        wear = theme()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, wear.qcolor("selection"))
        elif line.level in ("ERROR", "CRITICAL") and line.field is None:
            painter.fillRect(option.rect, wear.qcolor("critical", 0.10))
        elif line.level == "WARNING" and line.field is None:
            painter.fillRect(option.rect, wear.qcolor("warning", 0.10))
        pen = _Pen(painter, option.rect.adjusted(MARGIN, 0, -MARGIN, 0), option.fontMetrics)
        if line.field is None:
            self._head(pen, line)
        else:
            pen.skip(TIME + LEVEL + MODULE + 2)
            pen.rest(wording.one_line(line.field, 2_000), "muted")
        painter.restore()

    def _head(self, pen: _Pen, line: LogLine) -> None:
        record = line.record
        link = step_words(self._lines, line)
        if link:
            pen.right(link, "accent")
        role = _LEVEL_ROLES[line.level]
        pen.column(wording.log_moment(record.time), TIME, "muted")
        pen.sign(LEVEL_SIGNS[line.level], role)
        pen.column(wording.one_line(record.level), LEVEL, role)
        pen.column(wording.one_line(record.module), MODULE, "muted")
        if record.tag:
            tag = wording.one_line(record.tag, 40)
            pen.column(tag, len(tag) + 1, "accent")
        pen.rest(wording.one_line(record.message, 2_000), role if role != "muted" else "text")


class _Pen:
    """Writes from left to right in a line."""

    def __init__(self, painter: QPainter, line: QRect, metrics: QFontMetrics) -> None:
        self._painter, self._line, self._metrics = painter, line, metrics
        self._unit = metrics.averageCharWidth()

    def skip(self, characters: int) -> None:
        self._line.setLeft(self._line.left() + characters * self._unit)

    def column(self, text: str, characters: int, role: str) -> None:
        room = QRect(self._line)
        room.setWidth((characters - 1) * self._unit + 1)
        self._write(room & self._line, text, role)
        self.skip(characters)

    def sign(self, text: str, role: str) -> None:
        room = QRect(self._line)
        room.setWidth(2 * self._unit - 3)
        self._painter.setPen(theme().qcolor(role))
        self._painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        self.skip(2)

    def right(self, text: str, role: str) -> None:
        width = self._metrics.horizontalAdvance(text)
        self._write(QRect(self._line.right() - width, self._line.top(), width + 1, self._line.height()), text, role)
        self._line.setRight(self._line.right() - width - 2 * self._unit)

    def rest(self, text: str, role: str) -> None:
        self._write(self._line, text, role)

    def _write(self, room: QRect, text: str, role: str) -> None:
        if room.width() <= 0:
            return
        self._painter.setPen(theme().qcolor(role))
        cut = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        self._painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


def step_words(lines: LogLines, line: LogLine) -> str:
    """What leads to the charts, at the right end of a head line; empty where the record has no step."""
    found = lines.step(line.record) if line.field is None else None
    if found is None:
        return ""
    return f"{'≈ ' if found[1] == 'by time' else ''}step {wording.step_text(found[0])} ↗"


def link_width(font: QFont, words: str) -> int:
    return QFontMetrics(font).horizontalAdvance(words) + MARGIN
