"""The list of keys, made from the window's own actions so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget


class Shortcuts(QDialog):
    """Key and meaning of every action; stays beside the window and may be left open."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setModal(False)
        form = QFormLayout()
        form.setHorizontalSpacing(28)
        form.setVerticalSpacing(7)
        for action in actions:
            keys = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
            key_label = QLabel(keys)
            key_label.setProperty("role", "title")
            form.addRow(key_label, QLabel(action.text().replace("&", "").rstrip("…")))
        for keys, meaning in EVERYWHERE.items():
            key_label = QLabel(keys)
            key_label.setProperty("role", "title")
            form.addRow(key_label, QLabel(meaning))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.addLayout(form)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)


# What the parts answer to by themselves.
EVERYWHERE = {
    "Space in the run list": "Show or hide the run in the charts",
    "Drag in a chart": "Zoom to the box",
    "Ctrl+wheel in a chart": "Zoom at the pointer",
    "Middle button in a chart": "Move along",
    "Double-click in a chart": "Show everything again",
    "Click on a curve": "Select its run",
}
