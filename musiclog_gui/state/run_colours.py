"""Give every run the colour that the user chose for it, for its group or for one of its settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from musiclog.config_diff import flatten

from .groups import RunGroups
from .run_marks import RunMarks
from .runs import Changes, RunStore


class RunColours(QObject):
    """Runs for which nothing was chosen wear the colour that the store gave them."""

    def __init__(self, store: RunStore, marks: RunMarks, groups: RunGroups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self._marks, self._groups = store, marks, groups
        store.added.connect(self._dress)
        marks.changed.connect(self._dress)
        marks.colours_changed.connect(self._dress_all)
        groups.changed.connect(self._dress_all)
        self._dress_all()

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        for run_id, what in changes.items():
            if what & {"info", "config"}:  # a run is known by its id, and coloured by its configuration
                self._dress(run_id)

    @Slot()
    def _dress_all(self) -> None:
        for entry in self._store.entries():
            self._dress(entry.id)

    @Slot(str)
    def _dress(self, run_id: str) -> None:
        entry = self._store.entry(run_id)
        if entry is None:
            return
        group = self._groups.of(run_id)
        chosen = self._marks.colour_of(run_id, group.label if group else "", flatten(entry.data.config))
        self._store.set_colour(run_id, chosen or entry.usual_colour)
