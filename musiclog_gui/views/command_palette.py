"""Find any command by typing a part of its name: those of all menus, and every run and chart to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from ..state.wording import one_line

SIZE = (560, 380)
MOST = 200  # more matches are not read, but typed away
LONGEST = 120
WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Command(NamedTuple):
    """What can be chosen. words: as it is listed and looked for; keys: its shortcut, where it has one."""

    words: str
    order: Callable[[], object]
    keys: str = ""


class CommandPalette(QDialog):
    """A field and what matches; the arrows walk in the list while the field keeps the focus. Enter does it."""

    def __init__(self, commands: Callable[[], Sequence[Command]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._found: list[Command] = []
        self.setWindowTitle("Find a command")
        self.setModal(False)
        self.line, self.list = QLineEdit(placeholderText="Find a command, a run or a chart…"), QListWidget()
        self.line.setAccessibleName("Find a command")
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(8)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.resize(*SIZE)
        self.line.textChanged.connect(self.look)
        self.line.returnPressed.connect(self.do)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(self.do)

    def open_anew(self) -> None:
        self.line.clear()
        self.look("")
        self.show()
        self.activateWindow()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(str)
    def look(self, text: str) -> None:
        """List what holds every word; what begins with the text comes first."""
        self._found = matching(self._commands(), text)[:MOST]
        self.list.clear()
        for command in self._found:
            keys = f"   ({command.keys})" if command.keys else ""
            self.list.addItem(QListWidgetItem(one_line(command.words, LONGEST) + keys))
        self.list.setCurrentRow(0)

    @Slot()
    def do(self) -> None:
        """The chosen command, once the window is as it was before."""
        row = self.list.currentRow()
        if 0 <= row < len(self._found):
            self.hide()
            self._found[row].order()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() in WALKING:
            self.list.keyPressEvent(QKeyEvent(event))
            return True
        return super().eventFilter(watched, event)


def matching(commands: Iterable[Command], text: str) -> list[Command]:
    words = text.casefold().split()
    held = [each for each in commands if all(word in each.words.casefold() for word in words)]
    return sorted(held, key=lambda each: not each.words.casefold().startswith(text.casefold()))


def commands_of(menus: Iterable[QMenu]) -> list[Command]:
    """Every line of the menus that can be chosen now: "Run: Star". Menus in menus are named in between."""
    found: list[Command] = []
    for menu in menus:
        found += _lines(menu, _plain(menu.title()))
    return found


def _lines(menu: QMenu, path: str) -> Iterable[Command]:
    for action in menu.actions():
        if action.menu() is not None:
            action.menu().aboutToShow.emit()  # some are filled only then
            yield from _lines(action.menu(), f"{path}: {_plain(action.text())}")
        elif action.text() and action.isEnabled():
            yield Command(f"{path}: {_plain(action.text())}", action.trigger, _keys(action))


def _keys(action: QAction) -> str:
    return action.shortcut().toString()


def _plain(text: str) -> str:
    """Without the sign of its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
