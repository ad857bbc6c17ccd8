"""How much each setting explains, how the figure goes along it, and what cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from musiclog.compare import Dependence, Influence, Influences

from ..state.compare_answer import Answer
from ..state.compare_findings import Findings
from ..state.wording import breakable, number, one_line
from ..theme import theme
from .compare_part import ComparePart, card, plain
from .compare_scale import ticks
from .empty_state import EmptyState
from .interval_chart import Interval, IntervalChart

MOST_SHOWN = 12  # settings with a row
MOST_DRAWN = 6  # settings with a plot
PLOT_HEIGHT = 190


class DependencePlot(QWidget):
    """The figure predicted along one setting, the others averaged out, with a band over resampled runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._along: Dependence | None = None
        self._extent = 0.0, 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_dependence(self, along: Dependence, extent: tuple[float, float], name: str) -> None:
        """extent: of the figure, the same for all plots, so that they can be compared."""
        self._along, self._extent = along, extent
        self.setAccessibleName(f"Partial dependence on {name}")
        told = zip(self._words(), along.mean.tolist(), strict=True)
        self.setAccessibleDescription("; ".join(f"{words}: {number(mean)}" for words, mean in told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, PLOT_HEIGHT)

    def _words(self) -> list[str]:
        assert self._along is not None
        if self._along.labels is not None:
            return [one_line(self._along.labels[round(at)], 24) for at in self._along.x]
        return [number(float(f"{at:.3g}")) for at in self._along.x]

    def _places(self) -> list[float]:
        """Where the values of the setting stand, in [0, 1]."""
        assert self._along is not None
        x = np.log10(self._along.x) if self._along.log else self._along.x
        low, high = float(x.min()), float(x.max())
        if self._along.labels is not None:
            low, high = low - 0.5, high + 0.5
        return [0.5 if high == low else (float(at) - low) / (high - low) for at in x]

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._along is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = self.fontMetrics().height()
        box = QRectF(58, 6, max(self.width() - 78, 30), self.height() - height * 1.8 - 6)
        low, high = self._extent
        self._paint_scale(painter, box, low, high)

        def at(share: float, value: float) -> QPointF:
            return QPointF(box.left() + share * box.width(), box.bottom() - (value - low) / (high - low) * box.height())

        places, along = self._places(), self._along
        accent = theme().qcolor("accent")
        rows = list(zip(places, along.mean.tolist(), along.low.tolist(), along.high.tolist(), strict=True))
        if along.labels is None:
            band = [at(share, top) for share, _, _, top in rows] + [
                at(share, bottom) for share, _, bottom, _ in rows[::-1]
            ]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().qcolor("accent", 0.22))
            painter.drawPolygon(QPolygonF(band))
            painter.setPen(QPen(accent, 2))
            painter.drawPolyline(QPolygonF([at(share, mean) for share, mean, _, _ in rows]))
        for share, mean, bottom, top in rows:
            if along.labels is not None:
                painter.setPen(QPen(accent, 2))
                painter.drawLine(at(share, bottom), at(share, top))
            painter.setPen(QPen(theme().qcolor("panel"), 1))
            painter.setBrush(accent)
            painter.drawEllipse(at(share, mean), 4, 4)
        self._paint_words(painter, box, places)

    def _paint_scale(self, painter: QPainter, box: QRectF, low: float, high: float) -> None:
        metrics = self.fontMetrics()
        for value in ticks(low, high, 4):
            y = box.bottom() - (value - low) / (high - low) * box.height()
            painter.setPen(QPen(theme().qcolor("grid"), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(theme().qcolor("muted"))
            room = QRectF(0, y - metrics.height() / 2, box.left() - 8, metrics.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(value))

    def _paint_words(self, painter: QPainter, box: QRectF, places: Sequence[float]) -> None:
        metrics, right = self.fontMetrics(), -math.inf
        painter.setPen(theme().qcolor("muted"))
        for share, words in zip(places, self._words(), strict=True):
            x, width = box.left() + share * box.width(), metrics.horizontalAdvance(words)
            if x - width / 2 > right + 8:
                room = QRectF(x - width / 2 - 2, box.bottom() + 4, width + 4, metrics.height() * 1.3)
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                right = x + width / 2


class CompareImportance(ComparePart):
    """Shares with intervals, plots of the strongest, single correlations; warnings before all of them."""

    wanted = Signal()  # somebody looks: it is worth some seconds of work

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self._told: tuple[object, ...] = ()
        self.empty = EmptyState()
        self.shares = IntervalChart("Share of the variance that each setting explains", 0.0, 1.0, 0.0, percent=True)
        self.note, self.warning = plain("", "muted", wrap=True), plain("", wrap=True)
        self.single = plain("", "muted", wrap=True)
        self._plots = QGridLayout()
        self._plots.setSpacing(12)
        self._shares = card("What explains the differences", self.shares, note=self.note)
        self._alone = card("Each setting alone", self.single)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 8, 12, 12)
        layout.setSpacing(12)
        layout.addWidget(self.warning)
        layout.addWidget(self.empty)
        layout.addWidget(self._shares)
        layout.addLayout(self._plots)
        layout.addWidget(self._alone)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("What explains the differences")
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def refresh(self) -> None:
        answer, found = self.findings.answer, self.findings.influences
        if answer is None:
            return
        mixed = answer.comparison.confounded
        self.warning.setVisible(bool(mixed))
        self.warning.setText("\n".join(f"!  {breakable(one_line(str(each), 500))}" for each in mixed))
        self.warning.setStyleSheet(f"color: {theme().warning}")
        self._tell_single(answer)
        usable = found is not None and found.usable
        self._shares.setVisible(usable)
        self.empty.setVisible(not usable)
        if found is None or not usable:
            self._draw(())
            self.empty.say(*self._why_not(answer, found))
            return
        shown = found.settings[:MOST_SHOWN]
        self.shares.show_rows([_row(each) for each in shown])
        self.note.setText(
            f"Random forests on {found.n} runs, resampled, predict {100 * (found.explained or 0):.0f} % of the "
            f"variance of {one_line(answer.comparison.main, 80)} in runs not seen. Share: of what they predict, with "
            "a 95 % interval. Error: how much worse they predict with the setting shuffled.")  # fmt: skip
        self._draw(shown[:MOST_DRAWN])

    def _why_not(self, answer: Answer, found: Influences | None) -> tuple[str, str]:
        if not answer.settings:
            return "No setting differs.", "Compare runs whose configurations differ to see which setting matters."
        if self.findings.why_no_influences is not None:
            return "This cannot be calculated here.", one_line(self.findings.why_no_influences)
        if found is None:
            return "Growing forests…", "Forty forests learn the result from the settings; this takes some seconds."
        why = found.why or "the forests cannot predict runs that they have not seen"
        return "Which setting matters cannot be said yet.", f"{why[0].upper()}{one_line(why[1:])}."

    def _tell_single(self, answer: Answer) -> None:
        lines = []
        for each in answer.comparison.associations[:MOST_SHOWN]:
            p = each.p_corrected
            sure = each.why or ("" if p is None else f"p {'< 0.001' if p < 0.001 else f'= {p:.3f}'} after Holm")
            rho = "" if each.rho is None else f"Spearman's rho {each.rho:+.2f}, ".replace("-", "−")
            verdict = "goes with it beyond chance" if each.sure else "nothing beyond chance"
            lines.append(f"{one_line(each.key, 60)}: {verdict} ({rho}{one_line(sure, 120)}, {each.n} runs)")
        self._alone.setVisible(bool(lines))
        self.single.setText("\n".join(lines))

    def _draw(self, shown: Sequence[Influence]) -> None:
        """The plots anew where other settings are drawn, else in place: what one looks at stays."""
        keys = (*(each.key for each in shown),)
        if keys != self._told:
            self._told = keys
            while (item := self._plots.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            for place, each in enumerate(shown):
                frame = card(one_line(each.key, 48), DependencePlot())
                self._plots.addWidget(frame, place // 2, place % 2)
        if not shown:
            return
        ends = [float(value) for each in shown for value in (each.dependence.low.min(), each.dependence.high.max())]
        air = (max(ends) - min(ends) or 1.0) * 0.06
        for place, each in enumerate(shown):
            plot = self._plots.itemAtPosition(place // 2, place % 2).widget().findChild(DependencePlot)
            plot.show_dependence(each.dependence, (min(ends) - air, max(ends) + air), one_line(each.key, 80))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.wanted.emit()


def _row(each: Influence) -> Interval:
    lost = "" if each.importance is None else f"   error {each.importance:+.2f}".replace("-", "−")
    share, low, high = (f"{100 * value:.0f}" for value in (each.share, each.share_low, each.share_high))
    words = f"{share} % ({low} to {high} %){lost}"
    return Interval(each.key, words, each.share, each.share_low, each.share_high)
