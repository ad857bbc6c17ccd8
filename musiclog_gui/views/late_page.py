"""A page that is built when somebody first looks: the window stands before what no one sees yet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class LatePage(QWidget):
    """Stands under its tab and takes the page in."""

    def __init__(self, build: Callable[[], QWidget]) -> None:
        super().__init__()
        self._build, self._page = build, None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def page(self) -> QWidget:
        """The page, built now if it was not yet."""
        if self._page is None:
            self._page = self._build()
            self.layout().addWidget(self._page)
            self._page.show()  # now: Qt would do so in the next turn of the loop, after the focus was given
            self.setFocusProxy(self._page.focusProxy())
        return self._page

    def showEvent(self, event: QShowEvent) -> None:
        self.page()
        super().showEvent(event)
