"""The small table beside the pointer: what every curve says at its x."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QLabel, QWidget

from ..state.wording import number, one_line
from ..theme import scaled_font, theme, theme_changed

ROWS = 12
NAME_LENGTH = 52  # a group with its number of runs and its band
OFF = QPoint(18, 16)  # from the pointer


@dataclass(frozen=True, slots=True)
class Reading:
    """One curve's value at the crosshair."""

    run: str  # run id
    name: str  # of the run, and of the metric where the chart has several
    colour: str
    value: float
    selected: bool = False
    group: str = ""  # label of the group whose middle it is; its run is empty then


class Readout(QLabel):
    """One for a window, above all charts, so that it need not cover the chart that it tells about."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFont(scaled_font(self.font(), 0.95))
        self.hide()
        theme_changed.connect(self._wear_theme)
        self._wear_theme()

    @classmethod
    def of(cls, widget: QWidget) -> Readout:
        """The readout of the window that the widget is in."""
        window = widget.window()
        return window.findChild(cls, options=Qt.FindChildOption.FindDirectChildrenOnly) or cls(window)

    def tell(self, head: str, readings: Sequence[Reading], at: QPoint) -> None:
        """Show the readings, in their order, beside a point of the window."""
        self.setText(_table(head, readings))
        self.adjustSize()
        window = self.parentWidget()
        x, y = at.x() + OFF.x(), at.y() + OFF.y()
        if x + self.width() > window.width() - 4:
            x = at.x() - OFF.x() - self.width()
        if y + self.height() > window.height() - 4:
            y = at.y() - OFF.y() - self.height()
        self.move(max(x, 4), max(y, 4))
        self.show()
        self.raise_()

    @Slot()
    def _wear_theme(self) -> None:
        ground = theme().qcolor("panel", 0.94)
        rgba = f"rgba({ground.red()}, {ground.green()}, {ground.blue()}, {ground.alpha()})"
        border = f"border: 1px solid {theme().line}; border-radius: 6px"
        self.setStyleSheet(f"background: {rgba}; {border}; padding: 6px 8px;")


def in_one_line(readings: Sequence[Reading], most: int) -> str:
    """Values only, in their colours' squares, for the charts that the pointer is not in."""
    parts = [f"<span style='color:{each.colour}'>■</span>&nbsp;{number(each.value)}" for each in readings[:most]]
    if len(readings) > most:
        parts.append("…")
    return "&nbsp; ".join(parts)


def _table(head: str, readings: Sequence[Reading]) -> str:
    muted = theme().muted
    rows = [f"<tr><td colspan=3 style='color:{muted}; padding-bottom:3px'>{html.escape(head)}</td></tr>"]
    for each in readings[:ROWS]:
        weight = "bold" if each.selected else "normal"
        rows.append(
            f"<tr><td style='color:{each.colour}; padding-right:5px'>■</td>"
            f"<td align=right style='font-weight:{weight}; padding-right:9px'>{number(each.value)}</td>"
            f"<td style='color:{muted}; font-weight:{weight}; white-space:pre'>"
            f"{html.escape(one_line(each.name, NAME_LENGTH))}</td></tr>"
        )
    if len(readings) > ROWS:
        rows.append(f"<tr><td></td><td colspan=2 style='color:{muted}'>and {len(readings) - ROWS} more</td></tr>")
    return f"<table cellspacing=0 cellpadding=0>{''.join(rows)}</table>"
