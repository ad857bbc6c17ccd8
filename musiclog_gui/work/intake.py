"""Put what the reading process tells into the window's store."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.messages import FolderTrouble, Found, Lost, Update
from musiclog.run_data import RunData

from ..state.runs import RunStore


class Intake(QObject):
    """The only writer of a RunStore's runs."""

    columns_lost = Signal(str)  # run id; its kept columns were gone in this moment, so it has to be read again
    folder_trouble = Signal(str, str)  # folder, what is the matter with it; "" when it is well again

    def __init__(self, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.watched: set[str] = set()  # folders; what is still on its way from a closed one is dropped

    @Slot(object)
    def take(self, message: object) -> None:
        match message:
            case Update():
                self._store.absorb(message.run_id, message.news)
                self._store.set_read(message.run_id, message.fraction)
                entry = self._store.entry(message.run_id)
                if message.news.columns is not None and entry is not None and entry.data.columns_lost:
                    self.columns_lost.emit(message.run_id)
            case Found() if message.folder in self.watched:
                self._store.add(message.run_id, message.folder, RunData(message.ref))
            case Lost():
                self._store.remove(message.run_id)
            case FolderTrouble():
                self.folder_trouble.emit(message.folder, message.text)
