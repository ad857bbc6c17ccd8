"""Where a chart stands in the grid, or will stand once somebody looks; it can also stand in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDrag, QDragEnterEvent, QDropEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from ..state.chart_plan import ChartPlan
from ..state.wording import one_line
from .chart import HEIGHT, Chart

MIME = "application/x-musiclog-chart"  # what a dragged chart is known by
QT_LARGEST = 16_777_215  # QWIDGETSIZE_MAX, which Qt for Python does not export
WINDOW_SIZE = (900, 560)
GRIP_PX = 7  # below the figures of the axis nothing is drawn


class Grip(QWidget):
    """The lower edge of a chart, by which charts are made higher and lower."""

    pulled = Signal(int)  # the height that the chart would have; 0 for the usual one

    def __init__(self, place: QWidget) -> None:
        super().__init__(place)
        self._from: tuple[float, int] | None = None  # where it was taken hold of, and the height then
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setToolTip("Drag: the height of all charts · double-click: the usual height")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.globalPosition().y(), self.parentWidget().height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            at, height = self._from
            self.pulled.emit(max(round(height + event.globalPosition().y() - at), 1))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self._from = None
        self.pulled.emit(0)


class Place(QFrame):
    """Keeps a chart's room while the chart itself is out."""

    dropped = Signal(str, str)  # the metric of the chart that was dropped here, and the one that stands here
    came_back = Signal()
    pulled = Signal(int)  # the height that all charts are to have

    def __init__(self, chart_plan: ChartPlan) -> None:
        super().__init__()
        self.plan = chart_plan
        self.chart: Chart | None = None
        self.stale = True
        self.drawn = 0  # the turn of its grid in which it was drawn last
        self._height = HEIGHT
        self._window: ChartWindow | None = None
        self._away = QLabel("In a window of its own", alignment=Qt.AlignmentFlag.AlignCenter)
        self._away.setProperty("role", "muted")
        self._away.hide()
        self.setMinimumHeight(HEIGHT)
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._away)
        self.grip = Grip(self)
        self.grip.pulled.connect(self.pulled)

    @property
    def out(self) -> bool:
        """Whether the chart stands in a window of its own."""
        return self._window is not None

    def build(self) -> Chart:
        self.chart = Chart(self.plan)
        self.chart.setFixedHeight(self._height)
        self.chart.head.drag_requested.connect(self._drag)
        self.layout().addWidget(self.chart)
        self.grip.raise_()
        return self.chart

    def set_height(self, height: int) -> None:
        self._height = height
        self.setMinimumHeight(height)
        if self.chart is not None and not self.out:
            self.chart.setFixedHeight(height)

    def go_out(self) -> None:
        """Give the chart a window of its own."""
        if self.chart is None or self.out:
            return
        self._window = ChartWindow(self.chart, self.window())
        self._window.closed.connect(self.come_back)
        self._away.show()
        self._window.show()

    @Slot()
    def come_back(self) -> None:
        if self._window is None or self.chart is None:
            return
        window, self._window = self._window, None
        self._away.hide()
        self.layout().addWidget(self.chart)
        self.chart.setFixedHeight(self._height)
        self.chart.show()
        self.grip.raise_()
        window.close()
        window.deleteLater()
        self.came_back.emit()

    @Slot()
    def _drag(self) -> None:
        drag, data = QDrag(self), QMimeData()
        data.setData(MIME, self.plan.name.encode())
        drag.setMimeData(data)
        drag.setPixmap(self.grab().scaledToWidth(260, Qt.TransformationMode.SmoothTransformation))
        drag.exec(Qt.DropAction.MoveAction)

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.grip.setGeometry(0, self.height() - GRIP_PX, self.width(), GRIP_PX)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData().data(MIME).data().decode(), self.plan.name)


class ChartWindow(QWidget):
    """Holds one chart; closing it sends the chart back to its place."""

    closed = Signal()

    def __init__(self, chart: Chart, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Window)
        self.setWindowTitle(f"{one_line(chart.plan.name)} – musiclog")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        chart.setMinimumHeight(180)
        chart.setMaximumHeight(QT_LARGEST)
        layout.addWidget(chart)
        self.resize(*WINDOW_SIZE)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
