"""Choose the run to look at before the user has chosen one: the one that changed last."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from .runs import Changes, RunEntry, RunStore
from .selection import Selection

# Two live runs write one after the other all the time: only a run that is newer by more takes the place.
LEAD_S = 5.0
# Folders are read within a second or two. A run that begins later is news, and no reason to turn the page.
LAST_TICK = 5


class FirstLook(QObject):
    """Looks on while the first folders are read, and never again once the user chose or they are read."""

    def __init__(self, store: RunStore, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self._selection = store, selection
        self._chosen: str | None = None
        self._ticks = 0
        self.done = False

    @Slot(object)
    def absorb(self, _changes: Changes) -> None:
        if self.done:
            return
        if self._selection.run != self._chosen:
            self.done = True  # the user was faster
            return
        newest = max(self._store.entries(), key=changed_at, default=None)
        current = self._store.entry(self._chosen)
        if newest is not None and (current is None or changed_at(newest) > changed_at(current) + LEAD_S):
            self._chosen = newest.id
            self._selection.set_run(newest.id)

    @Slot()
    def tick(self) -> None:
        if self._chosen is not None:
            self._ticks += 1
            self.done = self.done or self._ticks >= LAST_TICK


def changed_at(entry: RunEntry) -> float:
    """Unix seconds: of the newest point or sign of life, else of the files; 0 while nothing is known."""
    return entry.data.newest_time or entry.data.changed or 0.0
