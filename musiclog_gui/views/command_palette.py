"""Find any command by typing a part of its name: those of all menus, and every run and chart to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from ..state.wording import one_line

SIZE = QSize(560, 380)
BELOW_PX = 70  # the window's upper edge
MOST = 200  # more matches are not read, but typed away
LONGEST = 120
LEAVING = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Command(NamedTuple):
    """What can be chosen. words: as it is listed and looked for; keys: its shortcut, where it has one."""

    words: str
    order: Callable[[], object]
    keys: str = ""


class CommandPalette(QFrame):
    """A field and what matches; the arrows walk in the list while the field keeps the focus. Enter does it.

    It lies over the window and is no window itself: keys that are typed at once would go to the page below until the
    desktop has given a window of its own the focus.
    """

    def __init__(self, commands: Callable[[], Sequence[Command]], window: QWidget) -> None:
        super().__init__(window)
        self.hide()
        self.setProperty("card", True)
        self.setAutoFillBackground(True)
        self._before: QWidget | None = None  # had the focus
        self._commands = commands
        self._found: list[Command] = []
        self.setAccessibleName("Find a command")
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
        window.installEventFilter(self)
        self.line.textChanged.connect(self.look)
        self.line.returnPressed.connect(self.do)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(self.do)

    def open_anew(self) -> None:
        self.line.clear()
        self.look("")
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_again(self) -> None:
        """The focus goes back to where it was."""
        before, self._before = self._before, None
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

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
            self.close_again()
            self._found[row].order()

    def _place(self) -> None:
        window = self.parentWidget()
        self.resize(SIZE.boundedTo(window.size() - QSize(40, BELOW_PX + 40)))
        self.move((window.width() - self.width()) // 2, BELOW_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_again()
        else:
            event.accept()  # nothing that is typed here is meant for the page below

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.line:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
            return super().eventFilter(watched, event)
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() in LEAVING:
            self.hide()  # the user went elsewhere
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
