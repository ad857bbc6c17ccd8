"""The line at the bottom: what is watched, how fresh it is, and what could not be read."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from ..icons import dress
from ..state.runs import Changes, RunStore
from ..state.wording import one_line, span
from .reading_note import ReadingNote

NOTICE_MS = 12_000
LISTED = 30  # problems in the tool tip; the rest is counted


class StatusBar(QStatusBar):
    """Says how old the newest point is, because files may lag far behind a run."""

    problems_requested = Signal()

    def __init__(self, store: RunStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._folders = 0
        self.setSizeGripEnabled(False)
        self._watching, self._newest, self._notice = QLabel(), QLabel(), QLabel()
        self._notice.setTextFormat(Qt.TextFormat.PlainText)
        self._problems = QToolButton()
        self._problems.setProperty("role", "flat")
        self._problems.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._problems.clicked.connect(self.problems_requested)
        self._forget = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._forget.timeout.connect(self._notice.clear)
        self.setContentsMargins(8, 0, 8, 0)
        for label in (self._watching, self._newest):
            label.setProperty("role", "muted")
            self.addWidget(label)
            label.setContentsMargins(0, 2, 18, 2)
        self.addWidget(self._problems)
        self.reading = ReadingNote(store)
        self.addWidget(self.reading)
        self.addPermanentWidget(self._notice)
        self.tick()

    # -- orders ---------------------------------------------------------------------------------

    def set_folders(self, count: int) -> None:
        self._folders = count
        self.tick()

    @Slot(str)
    def notify(self, text: str) -> None:
        """Say something that passes, without taking the focus."""
        self._notice.setText(one_line(text))
        self._notice.setToolTip(text)
        self._forget.start()

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        if any("problems" in what for what in changes.values()):
            self._tell_problems()

    @Slot()
    def tick(self) -> None:
        """Write the counts and the age anew; called once a second."""
        runs = self._store.entries()
        self._watching.setText(f"Watching {_count(self._folders, 'folder')}, {_count(len(runs), 'run')}")
        newest = max((run.data.newest_time for run in runs if run.data.newest_time is not None), default=None)
        self._newest.setText("" if newest is None else f"Newest point {age(time.time() - newest)} ago")
        self._tell_problems()

    def problem_lines(self) -> list[str]:
        """Every listed problem of every run, in one line each."""
        return [
            f"{run.name}: {problem.file}, byte {problem.offset:,}: {problem.message}"
            for run in self._store.entries() for problem in run.data.problems
        ]  # fmt: skip

    # -- private --------------------------------------------------------------------------------

    def _tell_problems(self) -> None:
        count = sum(run.data.problem_count for run in self._store.entries())
        self._problems.setText(_count(count, "unreadable line"))
        self._problems.setEnabled(count > 0)
        dress(self._problems, "warning" if count else "check", "warning" if count else "good")
        lines = self.problem_lines()[:LISTED]
        self._problems.setToolTip("\n".join(map(one_line, lines)))


def age(seconds: float) -> str:
    """0.4 s while it is fresh, then as span() says it."""
    return f"{max(seconds, 0):.1f} s" if seconds < 10 else span(seconds)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
