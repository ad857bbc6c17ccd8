"""What a chart shows as a picture, and all its points as text: to files and to the clipboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QProgressDialog, QWidget

from ..state.chart_csv import Sheet, pieces, total_rows
from ..state.chart_view import ChartView, smoothing_amount

if TYPE_CHECKING:
    from .chart import Chart

SHARPER = 2  # pixels of a PNG for each of the screen
FILTERS = {"png": "Picture (*.png)", "svg": "Drawing (*.svg)", "csv": "Table (*.csv)"}
COPIED_ROWS = 200_000  # what a clipboard takes at once; more is better saved


def picture_of(chart: QWidget) -> QPixmap:
    """The chart as it is seen, sharp enough for paper."""
    pixmap = QPixmap(chart.size() * SHARPER)
    pixmap.setDevicePixelRatio(SHARPER)
    chart.render(pixmap)
    return pixmap


def write_svg(chart: Chart, path: Path) -> None:
    """Likewise as lines and letters. OSError where the file cannot be written."""
    path.touch()
    drawing = QSvgGenerator()
    drawing.setFileName(str(path))
    drawing.setSize(chart.size())
    drawing.setViewBox(chart.rect())
    drawing.setTitle(chart.accessibleName())
    dots = [item for item in chart.plot.plotItem.items if isinstance(item, pg.ScatterPlotItem)]
    for item in dots:  # drawn one by one, in place of copies of a picture of one
        item.setExportMode(True, {"antialias": True, "resolutionScale": 1.0})
    painter = QPainter(drawing)
    chart.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    painter.end()
    for item in dots:
        item.setExportMode(False)


def ask_for_path(parent: QWidget, kind: str, name: str) -> QFileDialog:
    """A dialog that is not modal; fileSelected tells the path."""
    dialog = QFileDialog(parent, f"Save {name}")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setNameFilter(FILTERS[kind])
    dialog.setDefaultSuffix(kind)
    dialog.selectFile("".join(each if each.isalnum() or each in "-_." else "_" for each in name) + f".{kind}")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setModal(False)
    dialog.show()
    return dialog


def copy_csv(sheets: list[Sheet], view: ChartView) -> bool:
    """Put all points on the clipboard; False where they are too many for it."""
    if total_rows(sheets) > COPIED_ROWS:
        return False
    QGuiApplication.clipboard().setText("".join(text for _, text in _pieces(sheets, view)))
    return True


class CsvWriter(QObject):
    """Writes all points of a chart, a piece in each turn of the event loop; the file appears when it is whole."""

    ended = Signal(str)  # why it could not be written; empty when it was, or when the user stopped it

    def __init__(self, sheets: list[Sheet], view: ChartView, path: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._pieces = _pieces(sheets, view)
        self._file: TextIO | None = None
        self._progress = QProgressDialog(f"Writing {path.name}", "Stop", 0, max(total_rows(sheets), 1), parent)
        self._progress.setModal(False)
        self._progress.setAutoClose(False)
        self._progress.canceled.connect(self._stop)
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._write)

    def start(self) -> None:
        try:
            self._file = self._part.open("w", encoding="utf-8", newline="")
        except OSError as error:
            self._end(str(error))
            return
        self._turn.start()

    @Slot()
    def _write(self) -> None:
        if self._file is None:
            return
        try:
            written, text = next(self._pieces)
            self._file.write(text)
        except StopIteration:
            self._finish()
        except OSError as error:
            self._end(str(error))
        else:
            self._progress.setValue(written)

    def _finish(self) -> None:
        try:
            self._close()
            self._part.replace(self._path)
        except OSError as error:
            self._end(str(error))
        else:
            self._end("")

    @Slot()
    def _stop(self) -> None:
        self._close()
        self._part.unlink(missing_ok=True)
        self._end("")

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _end(self, trouble: str) -> None:
        self._turn.stop()
        self._progress.deleteLater()
        self.ended.emit(trouble)
        self.deleteLater()


def _pieces(sheets: list[Sheet], view: ChartView) -> Iterator[tuple[int, str]]:
    amount = smoothing_amount(view.kind, view.smoothing) if view.smoothing > 0 else 0.0
    return pieces(sheets, view.kind, amount)
