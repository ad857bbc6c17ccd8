"""The field for the query above the run list: offers what may follow, and marks what it does not understand."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPointF, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QCompleter,
    QLabel,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from musiclog.query import QueryError, Suggestion

from ..state.run_query import RunQuestion
from ..theme import scaled_font, theme

# A half-written word is no mistake yet: the reason is told when the hands rest. The mark is there at once.
PATIENCE_MS = 700
WIDTH = 330  # of the list of suggestions, pixels
HELP = (
    "Words in name, folder, tags or note, and questions that must all hold:\n"
    "state:live   has:samples   is:starred   tag:base   lr<1e-3   steps>10k   age<2h   name~/^run-\\d+$/\n"
    "or, not, a minus and parentheses do what they say. group:seed puts runs together.\n"
    "Down offers what may follow."
)


class QueryField(QWidget):
    """The line and, under it, what is wrong with it or may not be meant."""

    left = Signal()  # Enter: what was asked is to be looked at

    def __init__(self, question: RunQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self.line = QueryLine(question)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName("What the filter says")
        self.words.hide()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._tell)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line)
        layout.addWidget(self.words)
        self.line.textChanged.connect(question.ask)
        self.line.returnPressed.connect(self._leave)
        question.spelled.connect(self._spelled)
        self._spelled()

    def _said(self) -> str:
        trouble = self._question.trouble
        if trouble is not None:
            return trouble.message
        nobody = "No run answers this." if self._question.nobody_answers else ""
        return " ".join(part for part in (nobody, self._question.remark()) if part)

    @Slot()
    def _spelled(self) -> None:
        if self.line.text() != self._question.text:  # asked by a menu
            self.line.setText(self._question.text)
        self.line.mark(self._question.trouble)
        if self._question.trouble is None and self.words.isVisible():
            self._tell()  # it is well again: at once
        self._patience.start()

    @Slot()
    def _tell(self) -> None:
        said = self._said()
        role = "critical" if self._question.trouble is not None else "muted"
        self.words.setStyleSheet(f"color: {getattr(theme(), role)}")
        self.words.setText(said)
        self.words.setVisible(bool(said))

    @Slot()
    def _leave(self) -> None:
        self._patience.stop()
        self._tell()
        if self._question.trouble is None:
            self.left.emit()


class QueryLine(QLineEdit):
    """A line that underlines the place it does not understand, with a list of what may follow below."""

    def __init__(self, question: RunQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self._trouble: QueryError | None = None
        self.setPlaceholderText("Filter: bach state:live lr<1e-3")
        self.setClearButtonEnabled(True)
        self.setAccessibleName("Filter runs")
        self.setToolTip(HELP)
        self._offers = _Offers(self)
        self.completer_ = QCompleter(self._offers, self)
        self.completer_.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.completer_.setWidget(self)
        self.completer_.setMaxVisibleItems(12)
        popup = _OfferList()
        self.completer_.setPopup(popup)
        popup.setItemDelegate(_OfferPainter(popup))
        self.completer_.activated[QModelIndex].connect(self._take)
        self.textEdited.connect(self.offer)

    def mark(self, trouble: QueryError | None) -> None:
        self._trouble = trouble
        self.setAccessibleDescription(trouble.message if trouble is not None else "")
        self.update()

    @Slot()
    def offer(self) -> None:
        """Open the list of what may stand at the cursor; close it where there is nothing to offer."""
        self._offers.show(self._question.suggestions(self.text(), self.cursorPosition()))
        popup = self.completer_.popup()
        if not self._offers.rowCount():
            popup.hide()
            return
        self.completer_.complete(QRect(0, 0, max(WIDTH, self.width()), self.height()))
        popup.setCurrentIndex(QModelIndex())  # Enter leaves the text as it was typed until an arrow chose something

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        chosen = self._offers.suggestion(index.row())
        cursor = chosen.start + len(chosen.text)
        self.setText(chosen.applied(self.text()))
        self.setCursorPosition(cursor)
        if chosen.text.endswith((":", "<", ">")):  # a field: its values are next
            QTimer.singleShot(0, self.offer)

    def _span(self, trouble: QueryError) -> tuple[float, float]:
        """Left and right end of the marked characters, in pixels; measured from the cursor, since the line scrolls."""
        text, advance = self.text(), self.fontMetrics().horizontalAdvance
        origin = self.cursorRect().center().x() - advance(text[: self.cursorPosition()])
        start = min(trouble.position, len(text))
        left = origin + advance(text[:start])
        return left, max(origin + advance(text[: start + trouble.length]), left + 6)

    # -- Qt -------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._trouble is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().qcolor("critical"), 1.4))
        left, right = self._span(self._trouble)
        bottom = (self.height() + self.fontMetrics().height()) / 2
        steps = range(int((right - left) / 2) + 1)
        painter.setClipRect(self.rect().adjusted(6, 0, -24, 0))
        painter.drawPolyline(QPolygonF([QPointF(left + 2 * step, bottom - 2 * (step % 2)) for step in steps]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and not self.completer_.popup().isVisible():
            self.offer()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.completer_.popup().hide()
        super().focusOutEvent(event)


class _OfferList(QListView):
    """What is typed while it is open belongs to the line: no letter is a shortcut of the window then."""

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


class _Offers(QAbstractListModel):
    """Suggestions, best first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._list: list[Suggestion] = []

    def show(self, suggestions: list[Suggestion]) -> None:
        self.beginResetModel()
        self._list = suggestions
        self.endResetModel()

    def suggestion(self, row: int) -> Suggestion:
        return self._list[row]

    def rowCount(self, _parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return len(self._list)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        offer = self._list[index.row()]
        told = {
            Qt.ItemDataRole.DisplayRole: offer.text,
            Qt.ItemDataRole.EditRole: offer.text,
            Qt.ItemDataRole.UserRole: offer.note,
            Qt.ItemDataRole.AccessibleTextRole: f"{offer.text}, {offer.note}",
        }
        return told.get(role)


class _OfferPainter(QStyledItemDelegate):
    """What it is stands muted at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        return QSize(WIDTH, option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        note = QRect(option.rect).adjusted(0, 0, -8, 0)
        words = index.data(Qt.ItemDataRole.UserRole)
        taken = option.fontMetrics.horizontalAdvance(index.data() or "") + 24
        super().paint(painter, option, index)
        painter.save()
        painter.setFont(scaled_font(option.font, 0.9))
        painter.setPen(theme().qcolor("muted"))
        room = note.adjusted(taken, 0, 0, 0)
        cut = painter.fontMetrics().elidedText(words or "", Qt.TextElideMode.ElideRight, max(room.width(), 0))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, cut)
        painter.restore()
