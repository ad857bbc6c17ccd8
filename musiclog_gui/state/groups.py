"""Which runs belong together, as the query above the run list says: by a configuration key, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from musiclog.grouping import differing, group_by

from ..theme import run_colour
from .run_marks import RunMarks
from .run_query import RunQuestion

# Offered beside the configuration keys in which the runs differ.
OTHER_KEYS = ("tag", "format", "state")


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs with the same values of the keys: "learning_rate 0.001 · seed 3"."""

    label: str
    runs: tuple[str, ...]  # ids, in the order in which they were found
    colour: str  # "#rrggbb", chosen by the user or the next free one


class RunGroups(QObject):
    """The groups of the runs that the list shows; none while nobody asked for groups.

    They are found anew once a turn of the event loop, because a thousand runs may arrive in one; settle() does it now.
    """

    changed = Signal()  # other groups, members or colours

    def __init__(self, question: RunQuestion, marks: RunMarks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.question, self._marks = question, marks
        self._keys: tuple[str, ...] = ()
        self._groups: tuple[RunGroup, ...] = ()
        self._numbers: dict[str, int] = {}  # of every label ever met: a group that comes back keeps its colour
        self._due = QTimer(self, singleShot=True, interval=0)
        self._due.timeout.connect(self.settle)
        question.reviewed.connect(self._plan)
        marks.colours_changed.connect(self._plan)

    @property
    def keys(self) -> tuple[str, ...]:
        """What the current groups were made by; empty while the runs are not grouped."""
        return self._keys

    def current(self) -> tuple[RunGroup, ...]:
        return self._groups

    def of(self, run_id: str) -> RunGroup | None:
        return next((group for group in self._groups if run_id in group.runs), None)

    def offered(self) -> list[str]:
        """What the runs can be grouped by: the configuration keys in which they differ first."""
        return [*differing(self.question.all_facts()), *OTHER_KEYS]

    @Slot()
    def settle(self) -> None:
        self._due.stop()
        keys = self.question.query.group_keys
        groups = tuple(self._found(keys)) if keys else ()
        if (keys, groups) != (self._keys, self._groups):
            self._keys, self._groups = keys, groups
            self.changed.emit()

    @Slot()
    def _plan(self) -> None:
        if self._keys or self.question.query.group_keys:
            self._due.start()

    def _found(self, keys: tuple[str, ...]) -> list[RunGroup]:
        facts = {run_id: self.question.facts(run_id) for run_id in self.question.matching()}
        found = group_by(facts, keys)
        return [RunGroup(group.label, group.members, self._colour(group.label)) for group in found]

    def _colour(self, label: str) -> str:
        number = self._numbers.setdefault(label, len(self._numbers))
        return self._marks.label_colour("group", label) or run_colour(number)
