"""The brushes that narrow what is looked at: each visible, and taken away by a click."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from ..icons import dress
from ..state.compare_findings import Findings
from ..state.wording import one_line, tool_tip
from .compare_part import plain


class BrushRow(QWidget):
    """A button a brush; hidden while there are none."""

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = findings
        self._told: tuple[object, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 4, 4, 0)
        self._row.setSpacing(6)
        findings.brushed.connect(self.refresh)
        findings.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        kept, answer = self._findings.kept(), self._findings.answer
        words = [(brush.key, brush.words(axis)) for brush in self._findings.brushes
                 if (axis := self._findings.axis(brush.key)) is not None]  # fmt: skip
        count = "" if kept is None or answer is None else f"{len(kept)} of {len(answer.all_runs)} runs where"
        told = (*words, count)
        if told == self._told:
            return
        self._told = told
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._row.addWidget(plain(count, "muted"))
        for key, text in words:
            chip = QToolButton()
            chip.setText(one_line(text, 48))
            chip.setToolTip(tool_tip(f"{text}\nClick to look at the others again"))
            chip.setAccessibleName(f"Take away the brush on {one_line(text, 48)}")
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            dress(chip, "close")
            chip.setProperty("brush", key)
            chip.clicked.connect(self._take_away)
            self._row.addWidget(chip)
        if len(words) > 1:
            clear = QPushButton("All away")
            clear.setAutoDefault(False)
            clear.clicked.connect(self._findings.unbrush_all)
            self._row.addWidget(clear)
        self._row.addStretch(1)
        self.setVisible(bool(words))

    def _take_away(self) -> None:
        self._findings.unbrush(self.sender().property("brush"))
