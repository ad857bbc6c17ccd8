"""The context menu of a chart: what can be taken out of it; the grid adds what can be done with its place."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from ..state.chart_csv import Sheet
from .chart_export import CsvWriter, ask_for_path, copy_csv, picture_of, write_svg

if TYPE_CHECKING:
    from .chart import Chart


class ChartMenu(QMenu):
    """Built anew for every click."""

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart)
        self._chart = chart
        self.addAction("Show &all", chart.fit_by_user)
        self.addSeparator()
        self.addAction("&Copy picture", self.copy_picture)
        self.addAction("Copy &values", self.copy_values)
        for kind in ("png", "svg", "csv"):
            self.addAction(f"Save as &{kind.upper()}…", partial(self._ask, kind))

    def open_at(self, at: QPoint) -> None:
        self.aboutToHide.connect(self.deleteLater)
        self.popup(at)

    @Slot()
    def copy_picture(self) -> None:
        QGuiApplication.clipboard().setPixmap(picture_of(self._chart))

    @Slot()
    def copy_values(self) -> None:
        if not copy_csv(self._sheets(), self._chart.view):
            self._chart.head.warn("Too many points to copy: save them as CSV")

    def save(self, kind: str, path: str) -> None:
        """Write what is seen (png, svg) or everything (csv); trouble is told above the chart."""
        try:
            if kind == "csv":
                writer = CsvWriter(self._sheets(), self._chart.view, Path(path), self._chart)
                writer.ended.connect(self._chart.head.warn)
                writer.start()
            elif kind == "svg":
                write_svg(self._chart, Path(path))
            elif not picture_of(self._chart).save(path, "PNG"):
                self._chart.head.warn(f"{path} cannot be written")
        except OSError as error:
            self._chart.head.warn(str(error))

    def _ask(self, kind: str) -> None:
        dialog = ask_for_path(self._chart, kind, self._chart.plan.name)
        # The menu is gone by then; another one of the same chart does the same.
        dialog.fileSelected.connect(partial(_save_from, self._chart, kind))

    def _sheets(self) -> list[Sheet]:
        return [Sheet(name, series) for name, series in self._chart.sources()]


def _save_from(chart: Chart, kind: str, path: str) -> None:
    menu = ChartMenu(chart)
    menu.save(kind, path)
    menu.deleteLater()
