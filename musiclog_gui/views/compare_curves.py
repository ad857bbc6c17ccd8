"""Curves of what is compared, groups as one curve with a band."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..state.chart_plan import ChartPlan, plan
from ..state.chart_view import AXIS_TITLES, COUNTER_TITLES, SPREAD_TITLES, ChartView
from ..state.compare_findings import Findings
from ..state.runs import RunEntry
from ..state.swatch import swatch
from ..state.wording import one_line, tool_tip
from .compare_part import ComparePart, plain

if TYPE_CHECKING:
    from .chart import Chart

QT_LARGEST = 16_777_215  # QWIDGETSIZE_MAX
MOST_NAMED = 8  # groups in the legend; the readout under the mouse has all


class CompareCurves(ComparePart):
    """One chart, as on the Live page, of the metric that is asked for or any other."""

    run_clicked = Signal(str)
    sample_clicked = Signal(str, str)

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self.selected: str | None = None
        self._plans: list[ChartPlan] = []
        self._asked: str | None = None  # the metric of the question that was shown last
        self.chart: Chart | None = None
        self.metric, self.axis, self.spread = QComboBox(), QComboBox(), QComboBox()
        self.metric.setMaximumWidth(320)
        for axis, title in {**AXIS_TITLES, **COUNTER_TITLES}.items():
            self.axis.addItem(title, axis)
        for spread, title in SPREAD_TITLES.items():
            self.spread.addItem(title, spread)
        for box, name in ((self.metric, "Curve"), (self.axis, "Horizontal axis"), (self.spread, "Band of a group")):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.currentIndexChanged.connect(self._draw)
        self.log = QCheckBox("Log y")
        self.log.toggled.connect(self._draw)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for widget in (self.metric, self.axis, self.spread, self.log):
            bar.addWidget(widget)
        bar.addStretch(1)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(14)
        self._legend_told: tuple[object, ...] = ()
        self._frame = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addLayout(bar)
        layout.addLayout(self._legend)
        layout.addLayout(self._frame, 1)

    def refresh(self) -> None:
        self._list_metrics()
        self._tell_groups()
        self._draw()

    @Slot()
    def draw_points(self) -> None:
        """New points of runs that are drawn already."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def _entries(self) -> list[RunEntry]:
        answer, kept = self.findings.answer, self.findings.kept()
        runs = () if answer is None else answer.all_runs
        left = runs if kept is None else [run for run in runs if run in kept]
        return [entry for run in left if (entry := self.findings.entry(run)) is not None]

    def _list_metrics(self) -> None:
        answer = self.findings.answer
        plans = plan(dict.fromkeys(name for entry in self._entries() for name in entry.data.series))
        asked = None if answer is None else answer.frame.main
        if plans == self._plans and asked == self._asked:
            return
        current = self._plan()
        self._plans = plans
        self.metric.blockSignals(True)
        self.metric.clear()
        for each in plans:
            self.metric.addItem(one_line(" and ".join(each.names), 60))
        wanted = asked if asked != self._asked or current is None else current.name
        self._asked = asked
        self.metric.setCurrentIndex(next((row for row, each in enumerate(plans) if wanted in each.names), 0))
        self.metric.blockSignals(False)

    def _plan(self) -> ChartPlan | None:
        row = self.metric.currentIndex()
        return self._plans[row] if 0 <= row < len(self._plans) else None

    def _tell_groups(self) -> None:
        groups = [group for group in self.findings.groups() if len(group.runs) > 1]
        told = tuple((group.label, group.colour) for group in groups)
        if told == self._legend_told:
            return
        self._legend_told = told
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for group in groups[:MOST_NAMED]:
            mark, words = QLabel(), plain(one_line(group.label, 44), "muted")
            mark.setPixmap(swatch(group.colour).pixmap(14, 14))
            words.setToolTip(tool_tip(group.label))
            self._legend.addWidget(mark)
            self._legend.addWidget(words)
        self._legend.addStretch(1)

    @Slot()
    def _draw(self, _cause: object = None) -> None:
        wanted = self._plan()
        if wanted is None or not self.isVisible():
            return
        self.spread.setVisible(bool(self._legend_told))
        view = replace(ChartView(), axis=self.axis.currentData(), log_y=self.log.isChecked(),
                       marks=False, spread=self.spread.currentData())  # fmt: skip
        self._chart_of(wanted).show_runs(self._entries(), self.selected, view, self.findings.groups())

    def _chart_of(self, wanted: ChartPlan) -> Chart:
        if self.chart is not None and self.chart.plan == wanted:
            return self.chart
        from .chart import Chart  # noqa: PLC0415  pyqtgraph takes 0.75 s: not before a curve is looked at

        if self.chart is not None:
            self._frame.removeWidget(self.chart)
            self.chart.deleteLater()
        self.chart = Chart(wanted)
        self.chart.setMinimumHeight(170)
        self.chart.setMaximumHeight(QT_LARGEST)
        self.chart.run_clicked.connect(self.run_clicked)
        self.chart.sample_clicked.connect(self.sample_clicked)
        self._frame.addWidget(self.chart)
        return self.chart

    def dress(self) -> None:
        if self.chart is not None:
            self.chart.wear_theme()
