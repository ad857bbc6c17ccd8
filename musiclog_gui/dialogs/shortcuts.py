"""The list of keys, made from the window's own menus so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..theme import scaled_font

# What the parts answer to by themselves.
ELSEWHERE = {
    "In the run list": {"Space": "Show or hide the run", "Ctrl+F": "Filter"},
    "In a chart": {
        "Drag": "Zoom to the box", "Ctrl+wheel": "Zoom at the pointer", "Middle button": "Move along",
        "Double-click": "Show everything", "Click on a curve": "Select its run", "Click on a dot": "Play the sample",
    },
}  # fmt: skip


class Shortcuts(QDialog):
    """Key and meaning of every action, a block a menu; stays beside the window and may be left open."""

    def __init__(self, menus: Mapping[str, Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setModal(False)
        blocks = {title: {_keys(action): _meaning(action) for action in actions} for title, actions in menus.items()}
        columns = QHBoxLayout(self)
        columns.setContentsMargins(28, 22, 28, 24)
        columns.setSpacing(44)
        for part in _halves(list((blocks | ELSEWHERE).items())):
            column = QVBoxLayout()
            column.setSpacing(6)
            for title, keys in part:
                self._add_block(column, title, keys)
            column.addStretch(1)
            columns.addLayout(column)

    def _add_block(self, column: QVBoxLayout, title: str, keys: Mapping[str, str]) -> None:
        head = QLabel(title)
        head.setFont(scaled_font(self.font(), 1.05, bold=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(5)
        grid.setColumnMinimumWidth(0, 120)
        grid.setColumnStretch(1, 1)
        for row, (key, meaning) in enumerate(keys.items()):
            key_label = QLabel(key)
            key_label.setProperty("role", "muted")
            grid.addWidget(key_label, row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(QLabel(meaning), row, 1)
        column.addWidget(head)
        column.addLayout(grid)
        column.addSpacing(12)


def _keys(action: QAction) -> str:
    return " or ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())


def _meaning(action: QAction) -> str:
    return action.text().replace("&", "").rstrip("…")


def _halves(blocks: list[tuple[str, Mapping[str, str]]]) -> tuple[list[tuple[str, Mapping[str, str]]], ...]:
    """Blocks in two columns of about equal height, in their order."""
    whole, height = sum(len(keys) + 2 for _, keys in blocks), 0
    for place, (_, keys) in enumerate(blocks):
        height += len(keys) + 2
        if 2 * height >= whole:
            return blocks[: place + 1], blocks[place + 1 :]
    return blocks, []
