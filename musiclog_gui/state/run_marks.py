"""Stars, tags, notes, archive and colours of runs: the user's notes for the window, with signals when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.user_data import Marks, RunName, UserData

from .runs import RunEntry, RunStore


class RunMarks(QObject):
    """Marks by the store's run ids. Runs that are not in the store have none."""

    changed = Signal(str)  # run id; its star, archive, tags, note or own colour
    colours_changed = Signal()  # of a group or of a value of a key: any run may look different
    trouble_changed = Signal(str)  # why marks cannot be read or kept; empty when they can again

    def __init__(self, store: RunStore, data: UserData | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._data = data or UserData()
        self._trouble = self._data.trouble or ""

    @property
    def trouble(self) -> str:
        return self._trouble

    # -- what others ask ------------------------------------------------------------------------

    def of(self, run_id: str) -> Marks:
        entry = self._store.entry(run_id)
        return Marks() if entry is None else self._data.marks(_name(entry))

    def tags_of(self, run_id: str) -> tuple[str, ...]:
        """The run's own tags, then those that the user gave."""
        entry = self._store.entry(run_id)
        return () if entry is None else tuple(dict.fromkeys((*entry.data.info.tags, *self.of(run_id).tags)))

    def colour_of(self, run_id: str, group: str = "", keys: Mapping[str, Any] | None = None) -> str | None:
        """The chosen colour by run, else by the label of its group, else by a value of a key; None: none was chosen."""
        entry = self._store.entry(run_id)
        return None if entry is None else self._data.colour(_name(entry), group, keys)

    def label_colour(self, scope: Literal["group", "key"], label: str) -> str | None:
        """The colour that was chosen for a group, or for a value of a key."""
        return self._data.chosen(scope).get(label)

    def known_tags(self) -> list[str]:
        """Every tag there is, for completion."""
        own = {tag for entry in self._store.entries() for tag in entry.data.info.tags}
        return sorted(own.union(self._data.tags()), key=str.casefold)

    # -- orders ---------------------------------------------------------------------------------

    def star(self, run_ids: Iterable[str], starred: bool = True) -> None:
        self._change({run_id: {"starred": starred} for run_id in run_ids})

    def archive(self, run_ids: Iterable[str], archived: bool = True) -> None:
        self._change({run_id: {"archived": archived} for run_id in run_ids})

    def note(self, run_id: str, text: str) -> None:
        self._change({run_id: {"note": text}})

    def tag(self, run_ids: Iterable[str], tag: str) -> None:
        self._change({run_id: {"tags": (*self.of(run_id).tags, tag)} for run_id in run_ids})

    def set_tags(self, run_id: str, tags: Iterable[str]) -> None:
        """All that the user gives it; those of the run itself stay beside them."""
        entry = self._store.entry(run_id)
        own = () if entry is None else entry.data.info.tags
        self._change({run_id: {"tags": [tag for tag in tags if tag.strip() not in own]}})

    def untag(self, run_ids: Iterable[str], tag: str) -> None:
        """Take a tag away that the user gave; those of the run itself stay."""
        kept = {run_id: [each for each in self.of(run_id).tags if each != tag] for run_id in run_ids}
        self._change({run_id: {"tags": tags} for run_id, tags in kept.items()})

    def colour_run(self, run_id: str, colour: str | None) -> None:
        """ "#rrggbb", or None for the run's usual colour."""
        self._change({run_id: {"colour": colour}})

    def colour_label(self, scope: Literal["group", "key"], label: str, colour: str | None) -> None:
        """A group by its label, or a value of a key by user_data.key_label()."""
        if self._data.chosen(scope).get(label) != colour:
            self._data.set_colour(scope, label, colour)
            self.colours_changed.emit()
            self._tell_trouble()

    @Slot()
    def refresh(self) -> None:
        """Take over what another window noted; called when this one comes to the front."""
        if not self._data.refresh():
            return
        for entry in self._store.entries():
            self.changed.emit(entry.id)
        self.colours_changed.emit()
        self._tell_trouble()

    # -- private --------------------------------------------------------------------------------

    def _change(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        entries = [entry for run_id in changes if (entry := self._store.entry(run_id)) is not None]
        before = {entry.id: self.of(entry.id) for entry in entries}
        self._data.change_each({_name(entry): changes[entry.id] for entry in entries})
        for entry in entries:
            if self.of(entry.id) != before[entry.id]:
                self.changed.emit(entry.id)
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        trouble = self._data.trouble or ""
        if trouble != self._trouble:
            self._trouble = trouble
            self.trouble_changed.emit(trouble)


def _name(entry: RunEntry) -> RunName:
    return RunName(entry.data.ref.path, entry.data.info.id)
