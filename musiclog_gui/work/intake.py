"""Put what the reading process tells into the window's store."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.messages import FolderTrouble, Found, Listed, Lost, Update
from musiclog.records import News
from musiclog.run_data import RunData

from ..state.runs import Arrival, RunStore


class Intake(QObject):
    """The only writer of a RunStore's runs.

    A known run that is found again, because its reader was started again, say, shows what it had until the first news
    of it comes: of one that the user stopped that may be never.
    """

    columns_lost = Signal(str)  # run id; its kept columns were gone in this moment, so it has to be read again
    folder_trouble = Signal(str, str)  # folder, what is the matter with it; "" when it is well again

    def __init__(self, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.watched: set[str] = set()  # folders; what is still on its way from a closed one is dropped
        self._anew: dict[str, Found] = {}  # known runs that are about to be read from the start

    @Slot(object)
    def take(self, message: object) -> None:
        match message:
            case Update():
                if (found := self._anew.pop(message.run_id, None)) is not None:
                    self._begin(found)
                self._store.absorb(message.run_id, message.news)
                self._store.set_read(message.run_id, message.fraction)
                entry = self._store.entry(message.run_id)
                if message.news.columns is not None and entry is not None and entry.data.columns_lost:
                    self.columns_lost.emit(message.run_id)
            case Found():
                self._find([message])
            case Listed():
                self._find(message.found)
            case Lost():
                self._anew.pop(message.run_id, None)
                self._store.remove(message.run_id)
            case FolderTrouble():
                self.folder_trouble.emit(message.folder, message.text)

    def _find(self, found: Iterable[Found]) -> None:
        new = []
        for each in found:
            if each.folder in self.watched and self._store.entry(each.run_id) is None:
                new.append(Arrival(each.run_id, each.folder, _recalled(each), each.glance))
                if each.glance is not None:
                    self._anew[each.run_id] = each
            elif each.folder in self.watched:
                self._anew[each.run_id] = each
        self._store.add_all(new)

    def _begin(self, found: Found) -> None:
        if found.folder in self.watched:
            self._store.add(found.run_id, found.folder, RunData(found.ref))


def _recalled(found: Found) -> RunData:
    """What a run said of itself at an earlier time; its points are yet to come."""
    data = RunData(found.ref)
    if found.glance is not None:
        data.absorb(News(info=found.glance.info, changed=found.glance.newest))
    return data
