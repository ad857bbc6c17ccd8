"""Have samples read and scored in processes, and remember what came back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..state.assessment import Assessment
from ..state.corpus import Corpus, Course, Scored
from .cache import cache_folder, without_name
from .corpora import Corpora
from .pool import Executor, Task
from .scoring import assess, course_of, notes_of

if TYPE_CHECKING:
    from musiclog.notes import Notes

# Notes of the samples looked at last: 1,000 notes are 60 KB.
NOTES_KEPT = 48


class ScoreDesk(QObject):
    """Assessments of all samples asked for, notes of the last ones."""

    assessed = Signal(object)  # Assessment
    notes_arrived = Signal(str, object)  # path, Notes; or the reason as text where there are none
    described = Signal(object)  # Course

    def __init__(
        self, executor: Executor, folder: Path | None = None, parent: QObject | None = None,
        corpora: Corpora | None = None,
    ) -> None:  # fmt: skip
        """corpora: what samples are measured against; the caller has them measured elsewhere, for that takes long."""
        super().__init__(parent)
        self._executor, self._folder = executor, folder or cache_folder()
        self.corpora = corpora or Corpora(executor, self._folder, parent=self)
        self._known: dict[str, Assessment | None] = {}  # None: under way
        self._against: dict[str, Corpus | None] = {}  # what each was measured against, or is being
        self._tasks: dict[str, Task] = {}
        self._course: Task | None = None
        self._next_course: tuple[str, float, tuple[Scored, ...], Corpus | None] | None = None
        self._notes: OrderedDict[str, Notes] = OrderedDict()
        self._notes_under_way: set[str] = set()

    def assessment(self, path: str) -> Assessment | None:
        return self._known.get(path)

    def request(self, path: str, *, again: bool = False) -> None:
        """Have it scored, unless that was asked before; `again` when the file was replaced."""
        if path not in self._known or again:
            self._assess(path, self._against.get(path))

    def request_by(self, path: str, corpus: Corpus | None) -> None:
        """Have it scored by this corpus, None for human music, unless it is or was asked for by the same."""
        if path not in self._known or self._against[path] != corpus:
            self._assess(path, corpus)

    def describe(self, run_id: str, at: float, scored: Sequence[Scored], corpus: Corpus | None) -> None:
        """Have the course of a run's quality told. While one is being made only the last wish is remembered."""
        wish = (run_id, at, tuple(scored), corpus)
        if self._course is not None and not self._course.finished:
            self._next_course = wish
            return
        self._course = self._executor.submit(course_of, *wish, done=self._take_course, failed=self._miss_course)

    def _take_course(self, course: Course) -> None:
        self.described.emit(course)
        self._miss_course()

    def _miss_course(self, _reason: str = "") -> None:
        """The scores that it would be made of stand in the table; so much for this one."""
        wish, self._next_course = self._next_course, None
        if wish is not None:
            self.describe(*wish)

    def _assess(self, path: str, corpus: Corpus | None) -> None:
        if path in self._tasks:
            self._tasks.pop(path).cancel()
        self._known[path], self._against[path] = None, corpus
        self._notes.pop(path, None)
        task = self._executor.submit(
            assess, path, self._folder, corpus, done=self._take, failed=partial(self._fail, path)
        )
        if not task.finished:
            self._tasks[path] = task

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
        self._tasks.pop(result.path, None)
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
