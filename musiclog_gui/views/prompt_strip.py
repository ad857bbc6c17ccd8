"""Samples of one prompt over the epochs as a row of small rolls; arrows walk it, the charts' cursor scrubs it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ..icons import dress
from ..state.prompt_history import history, nearest
from ..state.samples import Key, SampleRow, SampleTableModel
from ..state.selection import Selection
from ..state.thumbnail import Thumbnail
from ..state.wording import step_text
from ..theme import theme, theme_changed
from ..work.history_walk import HistoryWalk
from ..work.thumbnails import HEIGHT, WIDTH, Thumbnails
from .sample_table import heat

GAP = 8
LATE_MS = 150
REST_MS = 120  # a cursor that crosses a chart chooses nothing on its way


class PromptStrip(QWidget):
    """Shown while the chosen sample has relatives of its prompt or seed."""

    def __init__(
        self, model: SampleTableModel, selection: Selection, thumbnails: Thumbnails, walk: HistoryWalk,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._model, self._selection, self._walk = model, selection, walk
        self.row = _Row(thumbnails)
        self.play = QToolButton()
        self.play.setAccessibleName("Play the history")
        self.play.setToolTip("Play the history: four bars of each")
        dress(self.play, "play")
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(self.row)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFixedHeight(
            self.row.sizeHint().height() + self._scroll.horizontalScrollBar().sizeHint().height()
        )
        side = QVBoxLayout()
        side.addWidget(self.play)
        side.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(side)
        layout.addWidget(self._scroll, 1)
        self.row.chosen.connect(selection.set_sample)
        self.row.play_requested.connect(self._play)
        self.play.clicked.connect(self._play_history)
        selection.sample_changed.connect(self._show)
        selection.step_pointed.connect(self._point)
        thumbnails.arrived.connect(self._arrived)
        walk.reached.connect(selection.set_sample)
        walk.reached.connect(self._walked)
        walk.ended.connect(self._walked)
        # Scores of a thousand samples come in one by one; they are looked at together.
        self._late = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late.timeout.connect(self._refresh)
        self._step: float | None = None  # where the cursor of a chart was last
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._scrub)
        for change in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            change.connect(self._refresh_soon)
        self._refresh()

    # -- inside ---------------------------------------------------------------------------------

    @Slot()
    def _refresh_soon(self) -> None:
        if not self._late.isActive():
            self._late.start()

    @Slot()
    def _refresh(self) -> None:
        self._show(self._selection.sample)

    @Slot(object)
    def _show(self, key: Key | None) -> None:
        rows = history(self._model.rows(), key)
        self.setVisible(len(rows) > 1)
        self.row.show_rows(rows, key)
        self._bring(self.row.place(key))

    @Slot(object)
    def _point(self, step: float | None) -> None:
        if step is None:  # the cursor left its chart: what it pointed at last stays marked
            self._rest.stop()
            return
        self._step = step
        self._mark()
        if self.isVisible():
            self._rest.start()

    def _mark(self) -> None:
        place = None if self._step is None else nearest(self.row.rows, self._step)
        self.row.point(place)
        self._bring(place)

    @Slot()
    def _scrub(self) -> None:
        """The cursor rests: what was written nearest to it is chosen, as far as this is in sight."""
        if self.isVisible() and self.row.pointed is not None:
            self._selection.set_sample(self.row.rows[self.row.pointed].key)

    def _bring(self, place: int | None) -> None:
        if place is not None:
            middle = self.row.cell(place).center()
            self._scroll.ensureVisible(middle.x(), middle.y(), WIDTH, 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._bring_marked)  # when it has been laid out

    @Slot()
    def _bring_marked(self) -> None:
        self._bring(self.row.place(self._selection.sample))
        self._mark()

    @Slot(str)
    def _arrived(self, path: str) -> None:
        if any(row.file.path == path for row in self.row.rows):
            self.row.update()

    @Slot()
    def _play(self) -> None:
        if self._selection.sample is not None:
            self._selection.play_requested.emit(*self._selection.sample)

    @Slot()
    def _play_history(self) -> None:
        if self._walk.running:
            self._walk.stop()
        else:
            self._walk.begin([row.key for row in self.row.rows if row.reason is None])

    @Slot()
    def _walked(self) -> None:
        running = self._walk.running
        dress(self.play, "stop" if running else "play")
        self.play.setAccessibleName("Stop" if running else "Play the history")


class _Row(QWidget):
    """The thumbnails themselves."""

    chosen = Signal(object)  # Key
    play_requested = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.rows: list[SampleRow] = []
        self._current: Key | None = None
        self.pointed: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Samples of this prompt")
        theme_changed.connect(self._repaint)

    def show_rows(self, rows: Sequence[SampleRow], current: Key | None) -> None:
        if list(rows) == self.rows and current == self._current:
            return
        if len(rows) != len(self.rows):
            self.pointed = None
        self.rows, self._current = list(rows), current
        self.setMinimumWidth(len(rows) * (WIDTH + GAP))
        place = self.place(current)
        told = "" if place is None else f"{place + 1} of {len(rows)}: {self._words(rows[place])}"
        self.setAccessibleDescription(told)
        self.update()

    def place(self, key: Key | None) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.key == key), None)

    def point(self, place: int | None) -> None:
        if place != self.pointed:
            self.pointed = place
            self.update()

    def cell(self, place: int) -> QRect:
        return QRect(place * (WIDTH + GAP), 0, WIDTH, HEIGHT + self._caption())

    def sizeHint(self) -> QSize:
        return QSize(len(self.rows) * (WIDTH + GAP), HEIGHT + self._caption() + 2)

    def _caption(self) -> int:
        return self.fontMetrics().height() + 6

    @staticmethod
    def _words(row: SampleRow) -> str:
        when = step_text(row.file.step) if row.file.epoch is None else f"epoch {step_text(row.file.epoch)}"
        return when if row.overall is None else f"{when}  {row.overall:.2f}"

    @Slot(object)
    def _repaint(self, _theme: object) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, row in enumerate(self.rows):
            cell = self.cell(place)
            if cell.intersects(event.rect()):  # only those in sight are painted at all
                self._paint(painter, place, row, cell)

    def _paint(self, painter: QPainter, place: int, row: SampleRow, cell: QRect) -> None:
        wear = theme()
        roll = QRect(cell.left(), cell.top(), WIDTH, HEIGHT)
        current = row.key == self._current
        painter.fillRect(roll, wear.qcolor("selection" if current else "panel"))
        picture = self._thumbnails.of(row.file.path)
        if picture is not None:
            painter.drawImage(roll, _coloured(picture, QColor(row.colour)))
        elif row.reason is not None:
            painter.setPen(wear.qcolor("critical"))
            painter.drawText(roll, Qt.AlignmentFlag.AlignCenter, "broken")
        role = "accent" if current else "text" if place == self.pointed else "line"
        painter.setPen(QPen(wear.qcolor(role), 1))
        painter.drawRect(roll.adjusted(0, 0, -1, -1))
        under = QRect(cell.left(), roll.bottom() + 2, WIDTH, self._caption() - 3)
        if row.overall is not None:
            painter.fillRect(QRectF(under.left(), under.bottom() - 1, WIDTH * row.overall, 2), heat(row.overall))
        painter.setPen(wear.qcolor("text" if current or place == self.pointed else "muted"))
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self._words(row))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().x()) // (WIDTH + GAP)
        if 0 <= place < len(self.rows):
            self.chosen.emit(self.rows[place].key)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.play_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Home: -len(self.rows),
            Qt.Key.Key_End: len(self.rows),
        }
        place = self.place(self._current)
        if event.key() in moves and place is not None:
            fresh = min(max(place + moves[Qt.Key(event.key())], 0), len(self.rows) - 1)
            self.chosen.emit(self.rows[fresh].key)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.play_requested.emit()
        else:
            super().keyPressEvent(event)


def _coloured(picture: Thumbnail, colour: QColor) -> QImage:
    """The ink in a colour, on nothing."""
    mask = QImage(picture.ink, picture.width, picture.height, picture.width, QImage.Format.Format_Alpha8)
    result = QImage(mask.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(colour)
    painter = QPainter(result)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, mask)
    painter.end()
    return result
