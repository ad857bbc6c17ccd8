"""Join all changes into frames, so that drawing costs follow the screen and not the data rate."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

# 33 ms: thirty frames a second, a third of the 100 ms from flush to pixel.
FRAME_MS = 33


class FrameClock(QObject):
    """Collects what was touched and hands it out once a frame; silent while nothing changes."""

    frame = Signal(object)  # state.runs.Changes

    def __init__(self, parent: QObject | None = None, period_ms: int = FRAME_MS) -> None:
        super().__init__(parent)
        self._pending: dict[str, frozenset[str]] = {}
        self._period_ms = period_ms
        self._since = QElapsedTimer()  # the last frame
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.flush)

    @Slot(str, object)
    def touch(self, run_id: str, what: frozenset[str]) -> None:
        self._pending[run_id] = self._pending.get(run_id, frozenset()) | what
        if not self._timer.isActive():
            # What comes after a pause is shown at once, so it is on the screen half a period earlier on average.
            waited = self._since.elapsed() if self._since.isValid() else self._period_ms
            self._timer.start(max(0, self._period_ms - waited))

    @Slot()
    def flush(self) -> None:
        """Hand out what is pending now; tests call it in place of waiting."""
        self._timer.stop()
        if not self._pending:
            return
        changes, self._pending = self._pending, {}
        self._since.start()
        self.frame.emit(changes)
