"""An empty page that offers the way out: a picture, what is missing, and a button that helps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from ..icons import pixmap
from ..theme import theme, theme_changed
from .empty_state import EmptyState

PICTURE_PX = 48


class Invitation(EmptyState):
    """An EmptyState with an icon above its words and a button below them."""

    clicked = Signal()

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._icon, self._picture = icon, QLabel()
        self._button = QPushButton()
        self._button.setProperty("role", "primary")
        self._button.clicked.connect(self.clicked)
        middle = Qt.AlignmentFlag.AlignHCenter
        self.layout().insertWidget(1, self._picture, alignment=middle)
        self.layout().insertWidget(self.layout().count() - 1, self._button, alignment=middle)
        theme_changed.connect(self._wear_theme)
        self._wear_theme()

    def invite(self, title: str, text: str, button: str = "") -> None:
        """Say what is missing; without a button's text there is none."""
        self.say(title, text)
        self._button.setText(button)
        self._button.setVisible(bool(button))

    @Slot()
    def _wear_theme(self) -> None:
        self._picture.setPixmap(pixmap(self._icon, theme().muted, PICTURE_PX))
