"""The table of samples: play marks, heat cells, and a selection that stays while rows arrive."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from musiclog.sample_marks import MOST_STARS

from ..icons import pixmap
from ..state.rows import ROW_ROLE
from ..state.sample_lines import HEADING_ROLE, Heading, SampleLines, counted
from ..state.samples import (
    CLOSENESS_ROLE,
    COLUMNS,
    EPOCH,
    NAME,
    OVERALL,
    PLAY,
    RATING,
    Key,
    SampleRow,
    SampleTableModel,
)
from ..theme import theme, theme_changed
from .calm_views import CalmTable

STARS_LEFT = 6  # pixels before the first star
HEADING_LEFT = 30  # pixels before a heading's words
FOLDING = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}


class SampleTable(CalmTable):
    """Enter, Space, a double click or the play mark plays; selecting shows."""

    chosen = Signal(object)  # Key of the current sample, or None
    play_requested = Signal(object)  # Key
    rated = Signal(object, int)  # Key, stars

    def __init__(self, model: SampleTableModel, parent: QWidget | None = None) -> None:
        super().__init__("Samples", parent)
        self.lines = SampleLines(model, self)
        self._held: tuple[Key | Heading | None, Key | Heading | None, int] = (None, None, 0)
        self.lines.modelAboutToBeReset.connect(self._hold)
        self.setModel(self.lines)
        self.lines.modelReset.connect(self._restore)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegate(_SampleCells(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicatorShown(False)
        self.sortByColumn(EPOCH, Qt.SortOrder.DescendingOrder)
        self.set_widths(*(column.characters for column in COLUMNS))
        self.horizontalHeader().setMinimumSectionSize(34)
        self.setColumnWidth(PLAY, 34)
        self._least_name = self.columnWidth(NAME)
        self.setMouseTracking(True)
        self.playing: Key | None = None
        self._pressed_x = 0
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self.doubleClicked.connect(self._play)
        self.clicked.connect(self._clicked)
        theme_changed.connect(self._repaint)

    def current(self) -> Key | None:
        row = self.currentIndex().data(ROW_ROLE)
        return row.key if row is not None else None

    def choose(self, key: Key | None) -> None:
        """Make it the current row, if it is in sight of the filter."""
        if key is None or key == self.current():
            return
        place = self.lines.place(key)
        if place is not None:
            self.setCurrentIndex(self.lines.index(place, NAME))

    def ask(self, hidden: frozenset[str], only: str | None, text: str) -> None:
        """Show the samples that this is true of."""
        before = self.lines.rowCount()
        self.lines.choose(hidden, only, text)
        if self.lines.rowCount() != before:
            self.scrollTo(self.currentIndex())

    def group_by(self, way: str) -> None:
        self.lines.group_by(way)
        self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)  # and so its heading

    def show_playing(self, key: Key | None) -> None:
        if key != self.playing:
            self.playing = key
            self.viewport().update()

    @Slot()
    def _hold(self) -> None:
        """Remember by their keys the current line and the one at the top, unless that is the beginning."""
        bar, current = self.verticalScrollBar(), self.currentIndex()
        top = self.indexAt(QPoint(1, 1)) if bar.value() > bar.minimum() else QModelIndex()
        here = [self.lines.line(index.row()) if index.isValid() else None for index in (current, top)]
        self._held = (here[0], here[1], self.visualRect(top).top())

    @Slot()
    def _restore(self) -> None:
        """What is current stays current, and what stood at the top stays there."""
        current, top, offset = self._held
        bar = self.verticalScrollBar()
        place = self.lines.place(current)
        if place is not None:
            self.setCurrentIndex(self.lines.index(place, NAME))
        place = self.lines.place(top)
        if place is not None:
            self.executeDelayedItemsLayout()
            bar.setValue(bar.value() + self.visualRect(self.lines.index(place, NAME)).top() - offset)
        elif top is None:
            bar.setValue(bar.minimum())

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        row = current.data(ROW_ROLE)
        self.chosen.emit(row.key if row is not None else None)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        heading: Heading | None = index.data(HEADING_ROLE)
        if heading is not None:
            self.lines.fold(heading.group, heading.open)
        elif index.column() == PLAY:
            self._play(index)
        elif index.column() == RATING:
            self._rate(index)

    def _rate(self, index: QModelIndex) -> None:
        """As many stars as there are up to the click; the same number again takes them away."""
        row: SampleRow = index.data(ROW_ROLE)
        stars = self.stars_at(self._pressed_x - self.visualRect(index).left())
        given = self.lines.model.marks(row).stars
        self.rated.emit(row.key, 0 if stars == given else stars)

    def stars_at(self, x: int) -> int:
        """Which star of a rating lies x pixels inside its cell."""
        return min(max(int((x - STARS_LEFT) / self.star_width()) + 1, 1), MOST_STARS)

    def star_width(self) -> float:
        return self.fontMetrics().horizontalAdvance("★" * MOST_STARS) / MOST_STARS

    @Slot(QModelIndex)
    def _play(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if row is not None:
            self.play_requested.emit(row.key)

    @Slot(object)
    def _repaint(self, _theme: object) -> None:
        self.viewport().update()

    def fill_width(self) -> None:
        """Names take what the other columns leave."""
        header = self.horizontalHeader()
        others = header.length() - header.sectionSize(NAME)
        self.setColumnWidth(NAME, max(self.viewport().width() - others, self._least_name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fill_width()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
            event.accept()  # here it means the row, elsewhere what the player holds
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_x = round(event.position().x())
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}
        heading: Heading | None = self.currentIndex().data(HEADING_ROLE)
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}
        if heading is not None and (enter or event.key() in FOLDING):
            self.lines.fold(heading.group, FOLDING.get(event.key(), heading.open))
        elif enter:
            self._play(self.currentIndex())
        elif event.key() in steps and not event.modifiers():
            self.choose(self.lines.neighbour(self.current(), steps[event.key()]))
        else:
            super().keyPressEvent(event)


class _SampleCells(QStyledItemDelegate):
    """Paints play marks and heat cells; everything else is Qt's."""

    def __init__(self, table: SampleTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        closeness, heading = index.data(CLOSENESS_ROLE), index.data(HEADING_ROLE)
        if heading is not None:
            self._paint_heading(painter, option, index, heading)
        elif index.column() == PLAY:
            super().paint(painter, option, index)
            self._paint_mark(painter, option, index)
        elif index.column() == RATING:
            self._paint_stars(painter, option, index)
        elif closeness is not None:
            self._paint_heat(painter, option, index.data(), closeness)
        else:
            super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus  # the row is marked, a frame round one cell says nothing
        option.decorationSize = QSize(10, 10)

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, index: Any, heading: Heading) -> None:
        """One line of words across the cells, of which each paints its part; the mean quality in its own column."""
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, option.palette.highlight() if selected else theme().qcolor("raised"))
        if index.column() == OVERALL and heading.quality is not None:
            self._paint_heat(painter, option, index.data(), heading.quality)
            return
        if index.column() > OVERALL:
            return
        painter.save()
        painter.setClipRect(option.rect)
        left = self._table.columnViewportPosition(PLAY)
        box = QRectF(left, option.rect.top(), self._table.columnViewportPosition(OVERALL) - left, option.rect.height())
        self._paint_fold(painter, QPointF(left + 17, box.center().y()), heading.open)
        count = counted(heading)
        room = int(box.width()) - HEADING_LEFT - option.fontMetrics.horizontalAdvance(count) - 36
        font = QFont(option.font)
        font.setBold(True)
        title = QFontMetrics(font).elidedText(heading.title, Qt.TextElideMode.ElideRight, room)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font)
        painter.setPen(theme().qcolor("text"))
        painter.drawText(box.adjusted(HEADING_LEFT, 0, 0, 0), align, title)
        painter.setFont(option.font)
        painter.setPen(theme().qcolor("muted"))
        after = HEADING_LEFT + QFontMetrics(font).horizontalAdvance(title) + 12
        painter.drawText(box.adjusted(after, 0, 0, 0), align, count)
        painter.restore()

    def _paint_fold(self, painter: QPainter, centre: QPointF, is_open: bool) -> None:
        points = ((-4, -2), (4, -2), (0, 3)) if is_open else ((-2, -4), (3, 0), (-2, 4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().qcolor("muted"))
        painter.drawPolygon(QPolygonF([centre + QPointF(*point) for point in points]))

    def _paint_mark(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        row: SampleRow = index.data(ROW_ROLE)
        playing = row.key == self._table.playing
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        role = "line" if row.reason else "accent" if playing or hovered else "muted"
        mark = pixmap("pause" if playing else "play", getattr(theme(), role))
        box = QRectF(0, 0, 14, 14)
        box.moveCenter(QRectF(option.rect).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(box, mark, QRectF(mark.rect()))

    def _paint_stars(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        row: SampleRow = index.data(ROW_ROLE)
        given = self._table.lines.model.marks(row).stars
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if row.reason is not None or not (given or hovered):
            return
        box = option.rect.adjusted(STARS_LEFT, 0, 0, 0)
        painter.setPen(theme().qcolor("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "☆" * MOST_STARS)
        painter.setPen(theme().qcolor("accent"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "★" * given)

    def _paint_heat(self, painter: QPainter, option: QStyleOptionViewItem, text: str, closeness: float) -> None:
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(heat(closeness))
        painter.drawRoundedRect(QRectF(option.rect).adjusted(2, 2, -2, -2), 3, 3)
        painter.setPen(theme().qcolor("text"))
        painter.drawText(
            option.rect.adjusted(4, 0, -8, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
        )


def heat(closeness: float) -> QColor:
    """From far (orange) over the middle to near (blue)."""
    wear = theme()
    if closeness < 0.5:
        return mix(wear.heat_low, wear.heat_mid, 2 * max(closeness, 0.0))
    return mix(wear.heat_mid, wear.heat_high, 2 * min(closeness, 1.0) - 1)


def mix(one: str, other: str, share: float) -> QColor:
    """A colour between two, `share` of the way to the other."""
    a, b = QColor(one), QColor(other)
    return QColor.fromRgbF(*(x + (y - x) * share for x, y in zip(a.getRgbF()[:3], b.getRgbF()[:3], strict=True)))
