"""How far reading has come, where it takes long enough to be wondered about, and a way to stop it and to go on."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from ..state.runs import RunStore
from ..state.wording import one_line

# Most runs are read within a blink; a line that flickers up for them tells nobody anything.
PATIENCE_MS = 400
LONGEST_NAME = 40


class ReadingNote(QWidget):
    """Hidden while all is read. What was read stays on the screen also when the user stops."""

    stop_requested = Signal(object)  # tuple of run ids
    go_on_requested = Signal(object)

    def __init__(self, store: RunStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._words, self.button = QLabel(), QToolButton()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "muted")
        self.button.clicked.connect(self._clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 18, 0)
        layout.setSpacing(8)
        layout.addWidget(self._words)
        layout.addWidget(self.button)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.tell)
        store.reading_changed.connect(self._changed)
        store.removed.connect(self._changed)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text()

    @Slot()
    def tell(self) -> None:
        """Say it now."""
        self._patience.stop()
        going, stopped = self._under_way()
        concerned = going or stopped
        self.setVisible(bool(concerned))
        if not concerned:
            return
        runs = [self._store.entry(run_id) for run_id in concerned]
        read = sum(run.read for run in runs if run) / len(runs)
        name = one_line(runs[0].name, LONGEST_NAME) if len(runs) == 1 and runs[0] else f"{len(runs):,} runs"
        self._words.setText(f"Reading {name}: {read:.0%}" if going else f"{name}: {read:.0%} read")
        self.button.setText("Stop" if going else "Read on")
        self.button.setToolTip(
            "Read no more of it for now; what was read stays on the screen" if going else "Read what is left of it"
        )
        self.button.setAccessibleName(f"{self.button.text()} reading {name}" if going else f"Read on: {name}")

    @Slot(str)
    def _changed(self, _run: str) -> None:
        if self.isVisible():
            self.tell()
        elif not self._patience.isActive():
            self._patience.start()

    @Slot()
    def _clicked(self) -> None:
        going, stopped = self._under_way()
        if going:
            self.stop_requested.emit(going)
        else:
            self.go_on_requested.emit(stopped)

    def _under_way(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is being read, and what the user stopped."""
        partly = [entry for entry in self._store.entries() if entry.read < 1]
        return (
            tuple(entry.id for entry in partly if not entry.stopped),
            tuple(entry.id for entry in partly if entry.stopped),
        )
