"""The table of samples: play marks, heat cells, and a selection that stays while rows arrive."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from musiclog.sample_marks import MOST_STARS

from ..icons import pixmap
from ..state.rows import ROW_ROLE, SORT_ROLE
from ..state.sample_query import matches
from ..state.samples import CLOSENESS_ROLE, COLUMNS, EPOCH, NAME, PLAY, RATING, Key, SampleRow, SampleTableModel
from ..theme import theme, theme_changed
from .calm_views import CalmTable

STARS_LEFT = 6  # pixels before the first star


class SampleFilter(QSortFilterProxyModel):
    """Samples of one run or of all that a question is true of (see state/sample_query.py)."""

    def __init__(self, model: SampleTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSourceModel(model)
        self.setSortRole(SORT_ROLE)
        self._hidden: frozenset[str] = frozenset()
        self._only: str | None = None
        self._text = ""

    def choose(self, hidden: frozenset[str], only: str | None, text: str) -> None:
        """Leave out some runs (so a new one among a thousand changes nothing), or all but one."""
        wanted = (hidden, only, text.strip())
        if wanted != (self._hidden, self._only, self._text):
            self._hidden, self._only, self._text = wanted
            self.invalidate()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sort arrow stands before the heading: Qt paints its own over a heading that is aligned right."""
        told = super().headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole and section == self.sortColumn() and told:
            return f"{'↑' if self.sortOrder() == Qt.SortOrder.AscendingOrder else '↓'} {told}"
        return told

    def filterAcceptsRow(self, number: int, _parent: QModelIndex | QPersistentModelIndex) -> bool:
        row: SampleRow = self.sourceModel().row(number)
        if row.run_id in self._hidden or self._only not in {None, row.run_id}:
            return False
        return not self._text or matches(self._text, row, self.sourceModel().marks(row))


class SampleTable(CalmTable):
    """Enter, Space, a double click or the play mark plays; selecting shows."""

    chosen = Signal(object)  # Key of the current sample, or None
    play_requested = Signal(object)  # Key
    rated = Signal(object, int)  # Key, stars

    def __init__(self, model: SampleTableModel, parent: QWidget | None = None) -> None:
        super().__init__("Samples", parent)
        self.filter = SampleFilter(model, self)
        self.setModel(self.filter)
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
        place = self.filter.sourceModel().find(key)
        if place is None:
            return
        index = self.filter.mapFromSource(self.filter.sourceModel().index(place, NAME))
        if index.isValid():
            self.setCurrentIndex(index)

    def neighbour(self, key: Key | None, distance: int) -> Key | None:
        """The sample so many rows further down as the table is sorted now; None beyond its ends."""
        place = None if key is None else self.filter.sourceModel().find(key)
        if place is None:
            row = 0 if distance > 0 else self.filter.rowCount() - 1
        else:
            row = self.filter.mapFromSource(self.filter.sourceModel().index(place, NAME)).row() + distance
        found = self.filter.index(row, NAME).data(ROW_ROLE)
        return found.key if found is not None else None

    def show_playing(self, key: Key | None) -> None:
        if key != self.playing:
            self.playing = key
            self.viewport().update()

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        row = current.data(ROW_ROLE)
        self.chosen.emit(row.key if row is not None else None)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == PLAY:
            self._play(index)
        elif index.column() == RATING:
            self._rate(index)

    def _rate(self, index: QModelIndex) -> None:
        """As many stars as there are up to the click; the same number again takes them away."""
        row: SampleRow = index.data(ROW_ROLE)
        stars = self.stars_at(self._pressed_x - self.visualRect(index).left())
        given = self.filter.sourceModel().marks(row).stars
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
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._play(self.currentIndex())
        elif event.key() in steps and not event.modifiers():
            self.choose(self.neighbour(self.current(), steps[event.key()]))
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
        closeness = index.data(CLOSENESS_ROLE)
        if index.column() == PLAY:
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
        given = self._table.filter.sourceModel().marks(row).stars
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
