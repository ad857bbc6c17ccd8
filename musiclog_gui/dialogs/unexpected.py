"""Show an error that nobody expected, with a copy button, and let the window go on."""

from __future__ import annotations

import platform
import sys
import traceback
from types import TracebackType

import PySide6
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from .text_report import TextReport

MOST = 20  # errors of one window that are shown; one that comes with every frame would bury it


class Unexpected(QObject):
    """hook() stands for sys.excepthook. One report at a time; what comes while it is open is in the terminal."""

    _caught = Signal(str)  # may come from any thread

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._shown = 0
        self._report: TextReport | None = None
        self._caught.connect(self._show)

    def hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        if issubclass(kind, Exception):
            self._caught.emit("".join(traceback.format_exception(kind, error, trace)))

    @Slot(str)
    def _show(self, text: str) -> None:
        if self._report is not None or self._shown >= MOST:
            return
        self._shown += 1
        lead = "Something went wrong in the window. Your run is not touched by it. Please report this text."
        versions = f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, {platform.platform()}"
        self._report = TextReport("Unexpected error", lead, f"{versions}\n\n{text}", self._window)
        self._report.destroyed.connect(self._closed)
        self._report.show()

    @Slot()
    def _closed(self) -> None:
        self._report = None
