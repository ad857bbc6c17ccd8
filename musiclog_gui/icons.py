"""The window's own icons, drawn in a colour of the theme and drawn again when the theme changes."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from .theme import theme, theme_changed

# 64: four times the usual 16 px, sharp on every screen up to a scale of four.
PIXELS = 64


def icon(name: str, role: str = "text") -> QIcon:
    """The icon resources/icons/<name>.svg in the theme's role, as it is now; dress() keeps it up to date."""
    result = QIcon(pixmap(name, getattr(theme(), role)))
    result.addPixmap(pixmap(name, theme().line), QIcon.Mode.Disabled)
    return result


def dress(target: QAbstractButton | QAction, name: str, role: str = "text") -> None:
    """Give target this icon, now and after every change of the theme. Called again, the new icon replaces the old."""
    worn = target.findChild(_Dress, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if worn is None:
        worn = _Dress(target)
    worn.wear(name, role)


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, pixels: int = PIXELS) -> QPixmap:
    """The icon as a square pixmap in one colour, "#rrggbb"."""
    svg = (files("musiclog_resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    result = QPixmap(pixels, pixels)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode())).render(painter, QRectF(result.rect()))
    painter.end()
    return result


class _Dress(QObject):
    """Lives in the button or action that it dresses, and goes with it."""

    def __init__(self, target: QAbstractButton | QAction) -> None:
        super().__init__(target)
        self._target, self._name, self._role = target, "", "text"
        theme_changed.connect(self._put_on)

    def wear(self, name: str, role: str) -> None:
        self._name, self._role = name, role
        self._put_on(theme())

    @Slot(object)
    def _put_on(self, _theme: object) -> None:
        self._target.setIcon(icon(self._name, self._role))
