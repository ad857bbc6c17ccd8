"""Paint the rows of the run list: name and state; progress or age, alerts and loss; tags and note."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..state.run_list import ROW_ROLE, STATE_ROLES, AnyRow, FolderRow, GroupRow, RunRow
from ..state.wording import one_line
from ..theme import scaled_font, theme
from .run_tree import RunTree

BOX = 14  # the check box, which is also the run's colour
PADDING = 8
SPARK = QSize(56, 18)
SMALL = 0.9  # of the font, for everything but the name
STAR = 13.0
# Corners of a star of radius 1, every other one at 0.45 of it.
CORNERS = ((0, -1), (0.26, -0.36), (0.95, -0.31), (0.43, 0.14), (0.59, 0.81), (0, 0.45),
           (-0.59, 0.81), (-0.43, 0.14), (-0.95, -0.31), (-0.26, -0.36))  # fmt: skip


class RunPainter(QStyledItemDelegate):
    """Also knows where box, star and tags are, and edits the tags in their place."""

    def __init__(self, tree: RunTree) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        row, line = index.data(ROW_ROLE), option.fontMetrics.height()
        if not isinstance(row, RunRow):
            return QSize(120, line + 14)
        marks = line + 6 if row.tags or row.note else 0
        return QSize(120, 2 * line + 17 + marks)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, rect = index.data(ROW_ROLE), QRectF(option.rect)
        self._paint_ground(painter, option, rect)
        if isinstance(row, RunRow):
            self._paint_run(painter, option, rect, row)
        elif row is not None:
            self._paint_branch(painter, option, rect, row, self._tree.isExpanded(index))
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: QModelIndex
    ) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space:
            return self._toggle(model, index)
        if event.type() != QEvent.Type.MouseButtonRelease or event.button() != Qt.MouseButton.LeftButton:
            return False
        row, rect, at = index.data(ROW_ROLE), QRectF(option.rect), event.position()
        if not isinstance(row, FolderRow) and _near(self._box(rect, row), at):
            return self._toggle(model, index)
        if isinstance(row, RunRow):
            return self._run_clicked(option, index, row, at)
        folds = isinstance(row, FolderRow) or at.x() < self._box(rect, row).left()
        if folds:
            self._tree.toggle_fold(index)
        return folds

    # -- tags in place ----------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: QModelIndex) -> QLineEdit:
        editor = QLineEdit(parent)
        editor.setPlaceholderText("Tags, parted by commas")
        editor.setAccessibleName("Tags, parted by commas")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: QModelIndex) -> None:
        rect = QRectF(option.rect)
        line = self._lines(option, rect)[2 if option.rect.height() > self._two_lines(option) else 1]
        height = editor.sizeHint().height()
        top = min(line.center().y() - height / 2, rect.bottom() - height)
        editor.setGeometry(QRectF(line.left() - 4, top, line.width() + 6, height).toRect())

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex) -> None:
        model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    # -- places -----------------------------------------------------------------------------------

    @staticmethod
    def _two_lines(option: QStyleOptionViewItem) -> int:
        return 2 * option.fontMetrics.height() + 17

    @staticmethod
    def _box(rect: QRectF, row: AnyRow) -> QRectF:
        if isinstance(row, RunRow):
            return QRectF(rect.left() + PADDING + 2, rect.top() + 9, BOX, BOX)
        return QRectF(rect.left() + PADDING + 22, rect.center().y() - BOX / 2, BOX, BOX)

    def _star(self, option: QStyleOptionViewItem, rect: QRectF) -> QRectF:
        middle = self._lines(option, rect)[1].center().y()
        return QRectF(rect.left() + PADDING + 2 + (BOX - STAR) / 2, middle - STAR / 2, STAR, STAR)

    @staticmethod
    def _lines(option: QStyleOptionViewItem, rect: QRectF) -> tuple[QRectF, QRectF, QRectF]:
        line = option.fontMetrics.height()
        first = QRectF(rect.left() + PADDING + BOX + 12, rect.top() + 7, 0, line)
        first.setRight(rect.right() - PADDING - 2)
        second = first.translated(0, line + 3)
        return first, second, second.translated(0, line + 7)  # a live run has a bar between

    def _chips(self, option: QStyleOptionViewItem, rect: QRectF, row: RunRow) -> Iterator[tuple[QRectF, str]]:
        """Place and words of every tag that fits, and of how many do not."""
        line = self._lines(option, rect)[2]
        metrics = QFontMetricsF(scaled_font(option.font, SMALL))
        left, room = line.left(), line.width() * (0.6 if row.note else 1.0)
        for number, tag in enumerate(row.tags):
            words = metrics.elidedText(one_line(tag, 60), Qt.TextElideMode.ElideRight, room / 2)
            rest = len(row.tags) - number
            if number and left + metrics.horizontalAdvance(words) + 40 > line.left() + room:
                words, left_out = f"+{rest}", True
            else:
                left_out = False
            width = metrics.horizontalAdvance(words) + 12
            yield QRectF(left, line.top() - 1, width, line.height()), words
            left += width + 4
            if left_out:
                return

    def _run_clicked(self, option: QStyleOptionViewItem, index: QModelIndex, row: RunRow, at: QPointF) -> bool:
        rect = QRectF(option.rect)
        if _near(self._star(option, rect), at):
            self._tree.star_clicked.emit(row.id)
            return True
        return any(place.contains(at) for place, _ in self._chips(option, rect, row)) and self._tree.edit_tags(index)

    def _toggle(self, model: QAbstractItemModel, index: QModelIndex) -> bool:
        now = index.data(Qt.ItemDataRole.CheckStateRole)
        if now is None:
            return False
        state = Qt.CheckState.Unchecked if Qt.CheckState(now) == Qt.CheckState.Checked else Qt.CheckState.Checked
        return model.setData(index, state, Qt.ItemDataRole.CheckStateRole)

    # -- parts ------------------------------------------------------------------------------------

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF) -> None:
        inner = rect.adjusted(3, 1, -3, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(theme().qcolor("selection"))
            painter.drawRoundedRect(inner, 5, 5)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme().qcolor("window"))
            painter.drawRoundedRect(inner, 5, 5)
        if option.state & QStyle.StateFlag.State_HasFocus and self._tree.hasFocus():
            painter.setPen(QPen(theme().qcolor("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inner.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_branch(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, row: FolderRow | GroupRow, open_: bool
    ) -> None:
        _paint_arrow(painter, rect, open_)
        grouped = isinstance(row, GroupRow)
        text = rect.adjusted(PADDING + (22 + BOX + 8 if grouped else 22), 0, -PADDING, 0)
        trouble = "" if grouped else row.trouble
        if grouped:
            _paint_box(painter, self._box(rect, row), row.colour, row.shown)
        painter.setFont(scaled_font(option.font, SMALL))
        painter.setPen(theme().qcolor("warning" if trouble else "muted"))
        room = text.width() * (0.65 if trouble else 0.4)
        note = painter.fontMetrics().elidedText(
            f"⚠ {trouble}" if trouble else row.count, Qt.TextElideMode.ElideRight, int(room)
        )
        _text_at_right(painter, text, note, 8)
        painter.setFont(scaled_font(option.font, 1.0, bold=True))
        painter.setPen(theme().qcolor("text" if grouped else "muted"))
        _text(painter, text, row.name, Qt.TextElideMode.ElideMiddle)

    def _paint_run(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, row: RunRow) -> None:
        _paint_box(painter, self._box(rect, row), row.colour, "all" if row.shown else "none")
        hovered = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus))
        if row.starred or hovered:
            _paint_star(painter, self._star(option, rect), row.starred)
        first, second, third = self._lines(option, rect)
        self._paint_first_line(painter, option, first, row)
        self._paint_second_line(painter, option, second, row)
        if row.tags or row.note:
            self._paint_marks(painter, option, third, row)

    @staticmethod
    def _paint_first_line(painter: QPainter, option: QStyleOptionViewItem, line: QRectF, row: RunRow) -> None:
        name = QRectF(line)
        painter.setFont(scaled_font(option.font, SMALL))
        painter.setPen(theme().qcolor(STATE_ROLES[row.word]))
        _text_at_right(painter, name, f"{row.sign} {row.word}", 8)
        if row.archived:
            painter.setPen(theme().qcolor("muted"))
            _text_at_right(painter, name, "archived", 8)
        painter.setFont(option.font)
        painter.setPen(theme().qcolor("text" if row.shown and not row.archived else "muted"))
        _text(painter, name, row.name, Qt.TextElideMode.ElideMiddle)

    @staticmethod
    def _paint_second_line(painter: QPainter, option: QStyleOptionViewItem, line: QRectF, row: RunRow) -> None:
        rest = QRectF(line)
        if row.spark:
            spark = QRectF(line.right() - SPARK.width(), line.center().y() - SPARK.height() / 2 + 1,
                           SPARK.width(), SPARK.height())  # fmt: skip
            _paint_spark(painter, spark, row)
            rest.setRight(spark.left() - 8)
        painter.setFont(scaled_font(option.font, SMALL))
        full, short = row.alert_words
        if full:
            advance = painter.fontMetrics().horizontalAdvance
            fits = advance(row.line) + advance(full) + 8 <= rest.width()
            painter.setPen(theme().qcolor("warning" if row.alerts else "muted"))
            _text_at_right(painter, rest, full if fits else short, 6)
        painter.setPen(theme().qcolor("muted"))
        _text(painter, rest, row.line, Qt.TextElideMode.ElideRight)
        if row.word == "live" and row.fraction is not None:
            _paint_progress(painter, QRectF(line.left(), line.bottom() + 2, line.width(), 2.5), row)

    def _paint_marks(self, painter: QPainter, option: QStyleOptionViewItem, line: QRectF, row: RunRow) -> None:
        painter.setFont(scaled_font(option.font, SMALL))
        left = line.left()
        for place, words in self._chips(option, QRectF(option.rect), row):
            painter.setPen(QPen(theme().qcolor("line"), 1))
            painter.setBrush(theme().qcolor("raised"))
            painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
            painter.setPen(theme().qcolor("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            left = place.right() + 6
        painter.setPen(theme().qcolor("muted"))
        rest = QRectF(left, line.top(), line.right() - left, line.height())
        _text(painter, rest, one_line(row.note), Qt.TextElideMode.ElideRight)


def _paint_arrow(painter: QPainter, rect: QRectF, open_: bool) -> None:
    left, middle = rect.left() + PADDING + 4, rect.center().y()
    corners = [(0, -2), (4, 2), (8, -2)] if open_ else [(2, -4), (6, 0), (2, 4)]
    painter.setPen(QPen(theme().qcolor("muted"), 1.6))
    painter.drawPolyline(QPolygonF([QPoint(int(left + x), int(middle + y)) for x, y in corners]))


def _paint_box(painter: QPainter, box: QRectF, ink: str, shown: str) -> None:
    colour, at = QColor(ink), box.topLeft()
    painter.setPen(QPen(colour, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush if shown == "none" else colour)
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
    painter.setPen(QPen(QColor("#ffffff"), 1.8))
    if shown == "all":
        painter.drawPolyline(QPolygonF([at + QPoint(4, 7), at + QPoint(6, 10), at + QPoint(10, 4)]))
    elif shown == "some":
        painter.drawLine(at + QPoint(4, 7), at + QPoint(10, 7))


def _paint_star(painter: QPainter, place: QRectF, starred: bool) -> None:
    radius, middle = place.width() / 2, place.center()
    painter.setPen(QPen(theme().qcolor("warning" if starred else "muted"), 1.2))
    painter.setBrush(theme().qcolor("warning") if starred else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(QPolygonF([middle + QPointF(x * radius, y * radius) for x, y in CORNERS]))


def _paint_progress(painter: QPainter, bar: QRectF, row: RunRow) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().qcolor("line"))
    painter.drawRoundedRect(bar, 1.2, 1.2)
    bar.setWidth(bar.width() * min(row.fraction or 0.0, 1.0))
    painter.setBrush(QColor(row.colour))
    painter.drawRoundedRect(bar, 1.2, 1.2)


def _paint_spark(painter: QPainter, rect: QRectF, row: RunRow) -> None:
    path = QPainterPath()
    for number, (x, y) in enumerate(row.spark):
        at_x, at_y = rect.left() + x * rect.width(), rect.bottom() - y * rect.height()
        path.lineTo(at_x, at_y) if number else path.moveTo(at_x, at_y)
    colour = QColor(row.colour)
    colour.setAlphaF(1.0 if row.shown else 0.45)
    painter.setPen(QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _text(painter: QPainter, rect: QRectF, text: str, elide: Qt.TextElideMode) -> None:
    cut = painter.fontMetrics().elidedText(text, elide, max(int(rect.width()), 0))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


def _text_at_right(painter: QPainter, rect: QRectF, text: str, air: float) -> None:
    """Takes its room away from rect."""
    painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    rect.setRight(rect.right() - painter.fontMetrics().horizontalAdvance(text) - air)


def _near(place: QRectF, at: QPointF) -> bool:
    """A finger is broader than the mark that it means."""
    return place.adjusted(-7, -5, 7, 5).contains(at)
