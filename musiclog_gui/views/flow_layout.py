"""Controls in a row, and in further rows where one is too narrow: a bar never decides how wide the window has to be."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget

Row = list[QLayoutItem]
GROWING = QSizePolicy.PolicyFlag.ExpandFlag


class FlowLayout(QLayout):
    """Items from left to right; what a row has left goes to those that can grow, which begin at their least width.

    Those added after push() stand at the right end of their row.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: Row = []
        self._pushed: QLayoutItem | None = None  # the last one before what stands at the right
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def push(self) -> None:
        """What is added from now on stands at the right end of its row."""
        self._pushed = self._items[-1]

    # -- Qt ---------------------------------------------------------------------------------------

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        around = self.contentsMargins()
        rows = self._rows(width - around.left() - around.right())
        return sum(map(_height, rows)) + max(len(rows) - 1, 0) * self.spacing() + around.top() + around.bottom()

    def sizeHint(self) -> QSize:
        """All in one row."""
        around, items = self.contentsMargins(), self._visible()
        width = sum(_width(item) for item in items) + max(len(items) - 1, 0) * self.spacing()
        return QSize(width + around.left() + around.right(), _height(items) + around.top() + around.bottom())

    def minimumSize(self) -> QSize:
        around = self.contentsMargins()
        widest = max((item.minimumSize().width() for item in self._visible()), default=0)
        return QSize(widest + around.left() + around.right(), _height(self._visible()) + around.top() + around.bottom())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        inside = rect.marginsRemoved(self.contentsMargins())
        top = inside.top()
        for row in self._rows(inside.width()):
            height = _height(row)
            self._lay(row, QRect(inside.left(), top, inside.width(), height))
            top += height + self.spacing()

    # -- inside -----------------------------------------------------------------------------------

    def _visible(self) -> Row:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[Row]:
        rows: list[Row] = []
        used = 0
        for item in self._visible():
            wanted = _width(item)
            if not rows or used + self.spacing() + wanted > width:
                rows.append([])
                used = -self.spacing()
            rows[-1].append(item)
            used += self.spacing() + wanted
        return rows

    def _lay(self, row: Row, room: QRect) -> None:
        widths = [min(_width(item), room.width()) for item in row]
        left = room.width() - sum(widths) - (len(row) - 1) * self.spacing()
        for place, item in enumerate(row):
            growth = min(left, item.maximumSize().width() - widths[place]) if _grows(item) else 0
            widths[place] += max(growth, 0)
            left -= max(growth, 0)
        x = room.left()
        for item, width in zip(row, widths, strict=True):
            height = min(item.sizeHint().height(), item.maximumSize().height())
            item.setGeometry(QRect(x, room.top() + (room.height() - height) // 2, width, height))
            x += width + self.spacing()
            if item is self._pushed:
                x += max(left, 0)


def _width(item: QLayoutItem) -> int:
    """What it needs in a row: what can grow needs its least width, and takes what the others leave."""
    if _grows(item):
        return item.minimumSize().width()
    return max(min(item.sizeHint().width(), item.maximumSize().width()), item.minimumSize().width())


def _height(row: Row) -> int:
    return max((item.sizeHint().height() for item in row), default=0)


def _grows(item: QLayoutItem) -> bool:
    widget = item.widget()
    return widget is not None and bool(widget.sizePolicy().horizontalPolicy().value & GROWING.value)
