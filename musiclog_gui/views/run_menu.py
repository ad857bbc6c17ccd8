"""What can be done with a row of the run list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QAction, QColor, QGuiApplication
from PySide6.QtWidgets import QColorDialog, QMenu, QWidget

from musiclog.config_diff import flatten
from musiclog.user_data import key_label

from ..state.groups import RunGroup, RunGroups
from ..state.run_list import GroupRow, RunRow
from ..state.run_marks import RunMarks
from ..state.runs import RunStore
from ..state.swatch import swatch
from ..state.wording import one_line

if TYPE_CHECKING:
    from .run_list import RunList

LONGEST_LABEL = 60


class RunMenu(QMenu):
    """Filled for one row; gone when closed."""

    def __init__(self, store: RunStore, marks: RunMarks, parent: QWidget) -> None:
        super().__init__(parent)
        self._store, self._marks, self._parent = store, marks, parent

    def add(self, text: str, slot: Callable[[], object], menu: QMenu | None = None) -> QAction:
        action = (menu or self).addAction(_menu_text(text))
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def offer_run(self, row: RunRow, runs: Sequence[str], group: RunGroup | None) -> None:
        """runs: those that are selected with it, and it."""
        self._runs = tuple(runs)
        self.add("Show only this run" if len(runs) == 1 else f"Show only these {len(runs)} runs", self._show_only)
        self.add("Show all runs", self._show_all)
        self._offer_colours(row, group)
        self.addSeparator()
        self.offer_path(row.id)

    def offer_marks(self, run_list: RunList) -> None:
        """Marks are made by the run list, as by its keys; this only says which way."""
        marks = [self._marks.of(run_id) for run_id in self._runs]
        starred, archived = all(each.starred for each in marks), all(each.archived for each in marks)
        self.addSeparator()
        self.add("Take the star away\tS" if starred else "Star\tS", lambda: self._marks.star(self._runs, not starred))
        self.add("Tags…\tT", run_list.edit_tags)
        self.add("Note…\tN", run_list.edit_note)
        words = "Take out of the archive" if archived else "Archive"
        self.add(words, lambda: self._marks.archive(self._runs, not archived))

    def offer_group(self, row: GroupRow, runs: Sequence[str]) -> None:
        self._runs = tuple(runs)
        self.add("Show only this group", self._show_only)
        self.add("Show all runs", self._show_all)
        self.add("Colour of the group…", lambda: self._choose_for_label("group", row.label, row.colour))
        if self._marks.label_colour("group", row.label):
            self.add("Usual colour", lambda: self._marks.colour_label("group", row.label, None))

    def offer_path(self, path: str) -> None:
        self.add("Copy path", lambda: QGuiApplication.clipboard().setText(path))

    def offer_reading(self, run_list: RunList) -> None:
        """Where reading takes long: to stop it, or to go on."""
        partly = [run for run_id in self._runs if (run := self._store.entry(run_id)) is not None and run.read < 1]
        for words, stopped, order in (
            ("Stop reading", False, run_list.stop_requested), ("Read on", True, run_list.go_on_requested),
        ):  # fmt: skip
            runs = tuple(run.id for run in partly if run.stopped == stopped)
            if runs:
                self.add(words, partial(order.emit, runs))

    def offer_folder(self, folder: str, close: SignalInstance) -> None:
        if folder:
            self.addSeparator()
            self.add("Close this folder", lambda: close.emit(folder))

    # -- colours ----------------------------------------------------------------------------------

    def _offer_colours(self, row: RunRow, group: RunGroup | None) -> None:
        menu = self.addMenu("Colour")
        self.add("Choose for this run…", lambda: self._choose_for_run(row), menu)
        if group is not None:
            label, colour = group.label, group.colour
            self.add(f"Choose for the group {label}…",
                     lambda: self._choose_for_label("group", label, colour), menu)  # fmt: skip
        by_setting = menu.addMenu("Choose for all runs with")
        entry = self._store.entry(row.id)
        for key, value in flatten(entry.data.config if entry else {}).items():
            self._offer_setting(by_setting, key_label(key, value), row.colour)
        by_setting.setEnabled(not by_setting.isEmpty())
        menu.addSeparator()
        self.add("Usual colour", lambda: self._marks.colour_run(row.id, None), menu).setEnabled(
            self._marks.of(row.id).colour is not None
        )

    def _offer_setting(self, menu: QMenu, label: str, colour: str) -> None:
        chosen = self._marks.label_colour("key", label)
        if chosen is None:
            self.add(f"{label}…", lambda: self._choose_for_label("key", label, colour), menu)
            return
        given = menu.addMenu(_menu_text(label))
        given.setIcon(swatch(chosen))
        self.add("Choose another…", lambda: self._choose_for_label("key", label, chosen), given)
        self.add("Usual colours", lambda: self._marks.colour_label("key", label, None), given)

    def _choose_for_run(self, row: RunRow) -> None:
        dialog = self._colour_dialog(f"Colour of {row.name}", row.colour)
        marks, run_id = self._marks, row.id  # the menu is gone when the colour is chosen
        dialog.colorSelected.connect(lambda colour: marks.colour_run(run_id, colour.name()))

    def _choose_for_label(self, scope: str, label: str, colour: str) -> None:
        dialog = self._colour_dialog(f"Colour of all runs with {one_line(label, LONGEST_LABEL)}", colour)
        marks = self._marks
        dialog.colorSelected.connect(lambda chosen: marks.colour_label(scope, label, chosen.name()))

    def _colour_dialog(self, title: str, colour: str) -> QColorDialog:
        dialog = QColorDialog(QColor(colour), self._parent)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        return dialog

    # -- what is drawn ----------------------------------------------------------------------------

    def _show_only(self) -> None:
        for entry in self._store.entries():
            self._store.set_shown(entry.id, entry.id in self._runs)

    def _show_all(self) -> None:
        for entry in self._store.entries():
            self._store.set_shown(entry.id, True)


def fill_group_menu(menu: QMenu, groups: RunGroups) -> None:
    """By what the runs can be put together; what it chooses stands in the query then."""
    menu.clear()
    question, now = groups.question, groups.question.query.group_keys
    offered = [("Not at all", ())]
    offered += [(key, (key,)) for key in groups.offered()]
    offered += [(f"all but {key}", (f"-{key}",)) for key in groups.offered() if key.rpartition(".")[2] == "seed"]
    offered += [(" · ".join(now), now)] if now not in [keys for _, keys in offered] else []
    for title, keys in offered:
        action = menu.addAction(_menu_text(title))
        action.setCheckable(True)
        action.setChecked(keys == now)
        action.triggered.connect(lambda _checked=False, keys=keys: question.ask_grouped(*keys))


def _menu_text(text: str) -> str:
    """A name from a file must not become a mnemonic or fill the screen; a key behind a tab stays."""
    words, tab, key = text.partition("\t")
    return one_line(words, LONGEST_LABEL + 30).replace("&", "&&") + tab + key
