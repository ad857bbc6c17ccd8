"""Why a sample's score is what it is: its nine parts, the places that cost most, and how its run went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..state.corpus import Course
from ..state.samples import METRICS, SampleRow, measure_words, short, signed
from ..state.wording import one_line, step_text, tool_tip
from ..theme import scaled_font, theme
from .quality_course import QualityCourse
from .sample_table import mix

MOST_FINDINGS = 40
FINDINGS_HEIGHT = 88  # two of them
SET_TIP = (
    "How far the features of this epoch's samples lie from the corpus's excerpts of their length; by chance so far are "
    "two halves of the corpus from one another. The overlap of the distributions is 1 where they are the same."
)
COPY_TIP = " Nearer than chance: look whether the model recites the corpus."


class ScorePanel(QWidget):
    """Bars for the nine metrics, as near to human music as they are long; findings to click."""

    finding_chosen = Signal(object)  # Finding
    finding_wanted = Signal(object)  # it was clicked: to be heard
    epoch_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._measure, self._caption = QLabel(), QLabel(), QLabel()
        self._trend, self._set = QLabel(), QLabel()
        self.course = QualityCourse()
        self.course.epoch_chosen.connect(self.epoch_chosen)
        self._title.setFont(scaled_font(self.font(), 1.25, bold=True))
        self._bars = {name: ClosenessBar(heading) for name, (heading, _) in METRICS.items()}
        self._values = {name: QLabel() for name in METRICS}
        self._heading = QLabel("Findings")
        self._heading.setProperty("role", "title")
        self.findings = QListWidget()
        self.findings.setAccessibleName("Findings, the strongest first")
        self.findings.setWordWrap(True)
        self.findings.setSpacing(3)
        self.findings.setMinimumHeight(FINDINGS_HEIGHT)
        self.findings.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.findings.setToolTip("Click one to hear it")
        self.findings.itemClicked.connect(self._want)
        self.findings.itemActivated.connect(self._want)
        self.findings.currentItemChanged.connect(self._choose)
        self._lay_out()
        self.show_sample(None, None)

    def show_sample(
        self, row: SampleRow | None, trend: float | None, before: Mapping[str, float] | None = None
    ) -> None:
        """trend: quality against the epoch before. before: that epoch's mean closeness of each metric."""
        card = row.assessment.card if row is not None and row.assessment is not None else None
        broken = row is not None and row.reason is not None
        known = card is not None and card.overall is not None
        self._title.setText(f"Quality {card.overall:.2f}" if known else "Broken file" if broken else "Quality –")
        self._measure.setText(f"by {measure_words(row.measure)}" if row is not None and known else "")
        self._measure.setToolTip(tool_tip(self._measure.text()))
        self._caption.setText(self._words(row, trend))
        if self.course.course is None or row is None or row.run_id != self.course.course.run_id:
            self.show_course(None)
        for name, (heading, meaning) in METRICS.items():
            metric = card.metrics.get(name) if card else None
            self._show_metric(name, heading, meaning, metric, (before or {}).get(name))
        self._list_findings(card.findings if card else ())

    def _words(self, row: SampleRow | None, trend: float | None) -> str:
        if row is None:
            return "No sample chosen"
        if row.assessment is None:
            return "Being scored…"
        if row.reason is not None:
            return row.reason
        return "0 is noise, 1 is usual music" if trend is None else f"{signed(trend)} since the epoch before"

    def show_course(self, course: Course | None) -> None:
        """How the sample's run went; None while that is not known."""
        self.course.show_course(course)
        for widget in (self.course, self._trend):
            widget.setVisible(course is not None)
        told = "" if course is None else set_words(course)
        self._set.setVisible(bool(told))
        self._set.setText(told)
        for name, bar in self._bars.items():
            usual = None if course is None else course.usual.metrics.get(name)
            bar.show_usual(None if usual is None or usual[0] != usual[0] else (usual[0], usual[2]))
        if course is None:
            return
        self._trend.setText(f"{len(course.points)} epochs: {course.trend}")
        within = course.as_set is not None and (course.as_set.frechet or 0) < (course.as_set.null_high or 0)
        self._set.setToolTip(tool_tip(SET_TIP + (COPY_TIP if within else "")))

    def _show_metric(self, name: str, heading: str, meaning: str, metric: Any, before: float | None) -> None:
        bar, label = self._bars[name], self._values[name]
        closeness = metric.closeness if metric else None
        bar.show_share(closeness, before)
        known = metric is not None and metric.value is not None
        label.setText(short(float(metric.value)) if known else "–")
        reason = "" if metric is None or known else f": {metric.reason}"
        near = "" if closeness is None else f"\n{closeness:.0%} near to what it is measured against"
        near += "" if bar.usual is None else "; the thin line spans what 80 of 100 excerpts of it have"
        near += "" if before is None else f", {before:.0%} in the epoch before (the line across the bar)"
        bar.setToolTip(tool_tip(f"{meaning}{reason}{near}"))
        label.setToolTip(bar.toolTip())
        bar.setAccessibleName(f"{heading} {label.text()}{near}{reason}")

    def _list_findings(self, findings: Any) -> None:
        self.findings.clear()
        strongest = sorted(findings, key=_rank)[:MOST_FINDINGS]
        for finding in strongest:
            cost = f"  ·  costs {finding.weight:.0%}" if finding.weight >= 0.005 else ""
            item = QListWidgetItem(one_line(finding.text[:1].upper() + finding.text[1:]) + cost)
            item.setData(Qt.ItemDataRole.UserRole, finding)
            item.setToolTip(tool_tip(finding.text))
            if finding.kind == "copied":
                item.setForeground(theme().qcolor("warning"))
            self.findings.addItem(item)
        self._heading.setText(f"Findings ({len(findings)})" if findings else "No findings")
        self.findings.setVisible(bool(findings))

    @Slot(QModelIndex)
    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.finding_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    @Slot(QListWidgetItem)
    def _want(self, item: QListWidgetItem) -> None:
        self._choose(item)
        self.finding_wanted.emit(item.data(Qt.ItemDataRole.UserRole))

    def _lay_out(self) -> None:
        for label in (self._measure, self._caption, self._trend, self._set):
            label.setProperty("role", "muted")
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for number, (name, (heading, meaning)) in enumerate(METRICS.items()):
            caption = QLabel(heading)
            caption.setProperty("role", "muted")
            caption.setToolTip(meaning)
            self._values[name].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(caption, number, 0)
            grid.addWidget(self._bars[name], number, 1)
            grid.addWidget(self._values[name], number, 2)
        # What comes later or is longer scrolls: it must not push the splitter that the user has set.
        scroll, body = QScrollArea(), QWidget()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(6)
        self._measure.setWordWrap(False)
        self._measure.setMinimumWidth(0)
        self._measure.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._measure, 1, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(head)
        layout.addWidget(self._caption)
        layout.addWidget(self.course)
        layout.addLayout(grid)
        layout.addSpacing(8)
        layout.addWidget(self._heading)
        layout.addWidget(self.findings, 1)
        layout.addSpacing(4)
        layout.addWidget(self._trend)
        layout.addWidget(self._set)
        layout.addStretch()


def set_words(course: Course) -> str:
    """The samples of the epoch beside the corpus as a set, in a sentence; none where they were set beside nothing."""
    found = course.as_set
    if found is None:
        return ""
    head = f"Epoch {step_text(course.at)} as a set of {found.samples}"
    overlap = ""
    if found.mean_overlap is not None:
        overlap = f", overlap {found.mean_overlap:.2f}, divergence {found.mean_divergence:.2f}"
    if found.frechet is None or found.null_high is None:
        return f"{head}: {found.reason}{overlap}"
    beyond = "beyond" if found.frechet > found.null_high else "within"
    return f"{head}: Fréchet distance {found.frechet:.1f}, {beyond} chance (up to {found.null_high:.1f}){overlap}"


def _rank(finding: Any) -> tuple[bool, float]:
    """A copy first: it costs nothing and changes what the score means. Then what costs most."""
    return finding.kind != "copied", -finding.weight


class ClosenessBar(QWidget):
    """A share from 0 to 1, an empty groove where there is none.

    A line across it for the epoch before, and one along it for what is usual in the music that it is measured by.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFixedHeight(12)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.share: float | None = None
        self.before: float | None = None
        self.usual: tuple[float, float] | None = None

    def show_usual(self, usual: tuple[float, float] | None) -> None:
        self.usual = usual
        self.update()

    def show_share(self, share: float | None, before: float | None = None) -> None:
        self.share, self.before = share, before
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().qcolor("line"))
        groove = QRectF(self.rect()).adjusted(0.5, 1.5, -0.5, -1.5)
        painter.setBrush(theme().qcolor("window"))
        painter.drawRoundedRect(groove, 3, 3)
        if self.share is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(theme().panel, theme().accent, 0.7))
            filled = groove.adjusted(0.5, 0.5, -0.5, -0.5)
            filled.setWidth(max(filled.width() * min(max(self.share, 0.0), 1.0), 2.0))
            painter.drawRoundedRect(filled, 2.5, 2.5)
        if self.usual is not None:
            low, high = (groove.left() + groove.width() * min(max(end, 0.0), 1.0) for end in self.usual)
            painter.setPen(QPen(theme().qcolor("good"), 2))
            painter.drawLine(QPointF(low, self.height() - 1), QPointF(high, self.height() - 1))
        if self.before is not None:
            across = groove.left() + groove.width() * min(max(self.before, 0.0), 1.0)
            painter.setPen(QPen(theme().qcolor("text"), 2))
            painter.drawLine(QPointF(across, 1), QPointF(across, self.height() - 1))
