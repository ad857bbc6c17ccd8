"""Say something on the desktop, where there is a place for that; elsewhere the task bar flashes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from ..icons import icon
from ..state.herald import Notice

SHOWN_MS = 15_000


class Tray(QObject):
    """The icon is there only once there was something to say; a click on message or icon asks for the alert."""

    clicked = Signal(object)  # key of the alert

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._icon: QSystemTrayIcon | None = None
        self._latest: Notice | None = None

    @Slot(object)
    def tell(self, notice: Notice) -> None:
        self._latest = notice
        QApplication.alert(self._window)
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._icon is None:
            self._icon = QSystemTrayIcon(icon("critical", "critical"), self)
            self._icon.messageClicked.connect(self._go)
            self._icon.activated.connect(self._go)
        self._icon.setToolTip(f"musiclog: {notice.title}")
        self._icon.show()
        self._icon.showMessage(notice.title, notice.text, QSystemTrayIcon.MessageIcon.Critical, SHOWN_MS)

    @Slot()
    def _go(self, _reason: object = None) -> None:
        if self._latest is None:
            return
        self._window.setWindowState(self._window.windowState() & ~self._window.windowState().WindowMinimized)
        self._window.show()
        self._window.activateWindow()
        self.clicked.emit(self._latest.key)
