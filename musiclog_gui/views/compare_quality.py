"""The ten metrics of musical quality of every group, as a radar with its figures beside."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from ..state.compare_findings import Findings
from ..state.compare_music import TEN, Card, Profile, profile
from ..state.groups import RunGroup
from ..state.runs import RunEntry
from ..state.swatch import swatch
from ..state.wording import one_line, tool_tip
from ..theme import theme
from .compare_part import ComparePart, card, plain
from .empty_state import EmptyState

MOST = 6  # groups; more polygons over each other cannot be told apart


class Radar(QWidget):
    """A polygon a group; outside is nearer to human music."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shapes: Sequence[tuple[str, Profile]] = ()
        self.setMinimumSize(300, 260)
        self.setAccessibleName("Radar of the ten metrics")

    def show_profiles(self, shapes: Sequence[tuple[str, Profile]]) -> None:
        """Colour and profile of each group."""
        self._shapes = shapes
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(460, 420)

    def _point(self, place: int, share: float) -> QPointF:
        angle = 2 * math.pi * place / len(TEN) - math.pi / 2
        return self._centre() + QPointF(math.cos(angle), math.sin(angle)) * (share * self._radius())

    def _centre(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _radius(self) -> float:
        metrics = self.fontMetrics()
        return max(min(self.width() / 2 - metrics.horizontalAdvance("Structure") - 14,
                       self.height() / 2 - metrics.height() * 1.6), 40)  # fmt: skip

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wear = theme()
        for share in (0.25, 0.5, 0.75, 1.0):
            painter.setPen(QPen(wear.qcolor("line" if share == 1.0 else "grid"), 1))
            painter.drawPolygon(QPolygonF([self._point(place, share) for place in range(len(TEN))]))
        for place, heading in enumerate(TEN.values()):
            painter.setPen(QPen(wear.qcolor("grid"), 1))
            painter.drawLine(self._centre(), self._point(place, 1.0))
            self._paint_heading(painter, place, heading)
        for colour, each in self._shapes:
            self._paint_shape(painter, QColor(colour), each)

    def _paint_heading(self, painter: QPainter, place: int, heading: str) -> None:
        metrics, at = self.fontMetrics(), self._point(place, 1.0)
        out = at - self._centre()
        width, height = metrics.horizontalAdvance(heading) + 4, metrics.height()
        x = at.x() + (6 if out.x() > 1 else -width - 6 if out.x() < -1 else -width / 2)
        y = at.y() + (out.y() / self._radius() - 1) * height / 2
        painter.setPen(theme().qcolor("text"))
        painter.drawText(QRectF(x, y, width, height), Qt.AlignmentFlag.AlignCenter, heading)

    def _paint_shape(self, painter: QPainter, colour: QColor, each: Profile) -> None:
        known = [self._point(place, min(max(each.means[name], 0.0), 1.0))
                 for place, name in enumerate(TEN) if name in each.means]  # fmt: skip
        fill = QColor(colour)
        fill.setAlphaF(0.14)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(known))
        painter.setBrush(colour)
        for point in known:
            painter.drawEllipse(point, 3, 3)


class CompareQuality(ComparePart):
    """Radar and figures. card_of: closeness of a run's sample by metric, {} where it has no card yet."""

    def __init__(
        self, findings: Findings, card_of: Callable[[RunEntry, str], Card], parent: QWidget | None = None
    ) -> None:
        super().__init__(findings, parent)
        self._card_of = card_of
        self._told: tuple[object, ...] = ()
        self.radar, self.empty = Radar(), EmptyState()
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(18)
        self._figures.setVerticalSpacing(6)
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._figures)
        column.addStretch(1)
        self.note = plain("", "muted", wrap=True)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        row.addWidget(self.radar, 1)
        row.addWidget(figures)
        self._stack = QStackedWidget()
        self._stack.addWidget(card("How near to human music", body, note=self.note))
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addWidget(self._stack)

    def figures(self) -> list[list[str]]:
        """What stands beside the radar: a metric's name and its means by group, row by row."""
        grid = self._figures
        return [[item.widget().text() if (item := grid.itemAtPosition(row, column)) is not None else ""
                 for column in range(grid.columnCount())] for row in range(1, grid.rowCount())]  # fmt: skip

    def refresh(self) -> None:
        groups = self._groups()
        profiles = [(group, profile(self._entries(group), self._card_of)) for group in groups]
        known = [(group, each) for group, each in profiles if each.means]
        self._stack.setCurrentIndex(0 if known else 1)
        if not known:
            when = "Runs that log samples are scored in the background; their metrics appear here."
            self.empty.say("No sample of these runs has a score yet.", when)
            return
        known = known[:MOST]
        self.radar.show_profiles([(group.colour, each) for group, each in known])
        self._tell(dict(known))
        more = f" Only the first {MOST} groups are drawn." if len(profiles) > MOST else ""
        self.note.setText(
            "Means over runs of each run's newest round of samples; the edge is human music itself. Whether groups "
            f"differ beyond chance, the Table says.{more}")  # fmt: skip

    def _groups(self) -> list[RunGroup]:
        return self.findings.groups()

    def _entries(self, group: RunGroup) -> list[RunEntry]:
        return [entry for run in group.runs if (entry := self.findings.entry(run)) is not None]

    def _tell(self, known: Mapping[RunGroup, Profile]) -> None:
        told = tuple(
            (group.label, group.colour, tuple(each.means.items()), each.samples) for group, each in known.items()
        )
        if told == self._told:
            return
        self._told = told
        while (item := self._figures.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for column, (group, each) in enumerate(known.items(), 1):
            self._figures.addWidget(_head(group, each, 22 if len(known) < 3 else 11), 0, column)
            for row, name in enumerate(TEN, 1):
                value = each.means.get(name)
                rounded = {round(other.means.get(name, 0.0), 2) for other in known.values()}
                best = value is not None and len(rounded) > 1 and round(value, 2) == max(rounded)
                cell = plain("–" if value is None else f"{value:.2f}", "title" if best else "")
                cell.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._figures.addWidget(cell, row, column)
        for row, heading in enumerate(TEN.values(), 1):
            self._figures.addWidget(plain(heading, "muted"), row, 0)


def _head(group: RunGroup, each: Profile, longest: int) -> QWidget:
    mark, words = QLabel(), plain(one_line(group.label, longest))
    mark.setPixmap(swatch(group.colour).pixmap(14, 14))
    words.setToolTip(tool_tip(f"{group.label}\n{len(group.runs)} runs, {each.samples} samples"))
    head = QWidget()
    row = QHBoxLayout(head)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(5)
    row.addStretch(1)
    row.addWidget(mark)
    row.addWidget(words)
    return head
