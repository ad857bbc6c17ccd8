"""What the parts of the Compare page have in common: they draw when they can be seen, and remember when they cannot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..state.compare_findings import Findings
from ..theme import theme_changed


class ComparePart(QWidget):
    """A tab of the page. Subclasses draw in refresh()."""

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.findings = findings
        self._stale = True
        findings.changed.connect(self.renew)
        findings.brushed.connect(self.renew)
        theme_changed.connect(self._redress)

    @Slot()
    def renew(self) -> None:
        """Draw what is known now, or when the part is shown."""
        if self.isVisible():
            self._stale = False
            self.refresh()
        else:
            self._stale = True

    def refresh(self) -> None:
        raise NotImplementedError

    def dress(self) -> None:
        """Take the colours of the theme, where drawing anew does not."""

    @Slot()
    def _redress(self) -> None:
        # Not to be overridden: Qt for Python goes on calling an overriding slot when the widget is gone.
        self.dress()
        self.renew()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.refresh()


def plain(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A label that takes text as it is, whatever it looks like."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


def card(title: str, body: QWidget, *controls: QWidget, note: QLabel | None = None) -> QFrame:
    """A titled part on a ground of its own; controls stand right of the title, a note below."""
    head = QHBoxLayout()
    head.setSpacing(8)
    head.addWidget(plain(title, "title"))
    head.addStretch(1)
    for control in controls:
        head.addWidget(control)
    frame = QFrame()
    frame.setProperty("card", True)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(14, 10, 14, 12)
    layout.setSpacing(8)
    layout.addLayout(head)
    layout.addWidget(body, 1)
    if note is not None:
        layout.addWidget(note)
    return frame
