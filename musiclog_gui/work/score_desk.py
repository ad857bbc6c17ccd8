"""Have samples read and scored in processes, and remember what came back."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..state.assessment import Assessment
from .cache import cache_folder, without_name
from .pool import Executor
from .scoring import assess, notes_of

if TYPE_CHECKING:
    from musiclog.notes import Notes

# Notes of the samples looked at last: 1,000 notes are 60 KB.
NOTES_KEPT = 48


class ScoreDesk(QObject):
    """Assessments of all samples asked for, notes of the last ones."""

    assessed = Signal(object)  # Assessment
    notes_arrived = Signal(str, object)  # path, Notes; or the reason as text where there are none

    def __init__(self, executor: Executor, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor, self._folder = executor, folder or cache_folder()
        self._known: dict[str, Assessment | None] = {}  # None: under way
        self._notes: OrderedDict[str, Notes] = OrderedDict()
        self._notes_under_way: set[str] = set()

    def assessment(self, path: str) -> Assessment | None:
        return self._known.get(path)

    def request(self, path: str, *, again: bool = False) -> None:
        """Have it scored, unless that was asked before; `again` when the file was replaced."""
        if path in self._known and not again:
            return
        self._known[path] = None
        self._notes.pop(path, None)
        self._executor.submit(assess, path, self._folder, done=self._take, failed=partial(self._fail, path))

    def notes(self, path: str) -> Notes | None:
        """The notes if they are here; else they are asked for and notes_arrived tells."""
        if path in self._notes:
            self._notes.move_to_end(path)
            return self._notes[path]
        if path not in self._notes_under_way:
            self._notes_under_way.add(path)
            done, failed = partial(self._take_notes, path), partial(self._fail_notes, path)
            self._executor.submit(notes_of, path, done=done, failed=failed, urgent=True)
        return self._notes.get(path)

    def _take(self, result: Assessment) -> None:
        self._known[result.path] = result
        self.assessed.emit(result)

    def _fail(self, path: str, reason: str) -> None:
        self._take(Assessment(path, reason=without_name(reason, path)))

    def _take_notes(self, path: str, notes: Notes) -> None:
        self._notes_under_way.discard(path)
        self._notes[path] = notes
        while len(self._notes) > NOTES_KEPT:
            self._notes.popitem(last=False)
        self.notes_arrived.emit(path, notes)

    def _fail_notes(self, path: str, reason: str) -> None:
        self._notes_under_way.discard(path)
        self.notes_arrived.emit(path, without_name(reason, path))
