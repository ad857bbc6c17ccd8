"""A page that is built when somebody first looks: the window stands before what no one sees yet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class LatePage(QWidget):
    """Stands under its tab and takes the page in."""

    def __init__(self, build: Callable[[], QWidget]) -> None:
        super().__init__()
        self._build: Callable[[], QWidget] | None = build
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def page(self) -> QWidget:
        """The page, built now if it was not yet."""
        if self._build is not None:
            # The page is Qt's alone: a reference here would keep its Python half alive when the window is gone.
            build, self._build = self._build, None
            page = build()
            self.layout().addWidget(page)
            page.show()  # now: Qt would do so in the next turn of the loop, after the focus was given
            self.setFocusProxy(page.focusProxy())
        return self.layout().itemAt(0).widget()

    def showEvent(self, event: QShowEvent) -> None:
        self.page()
        super().showEvent(event)
