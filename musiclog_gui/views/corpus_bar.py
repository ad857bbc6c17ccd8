"""Above the samples: whose music scores are measured by, with the progress of measuring it."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMenu, QProgressBar, QToolButton, QWidget

from ..icons import dress
from ..state.wording import one_line, tool_tip
from ..work.corpora import EACH_ITS_OWN, HUMAN, Corpora, Measuring

LONGEST = 260  # pixels


class CorpusBar(QWidget):
    """A button with the choice; beside it a bar and a cross while a corpus is measured, or why it cannot be."""

    chosen = Signal(str)  # to be kept for the next day

    def __init__(self, corpora: Corpora, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corpora = corpora
        self._folders: list[str] = []  # chosen before, newest first
        self._own: frozenset[str] = frozenset()  # the corpora of the runs in the window
        self.button, self.bar, self.stop = QToolButton(), QProgressBar(), QToolButton()
        self.far, self.trouble = QLabel(), QLabel()
        self._lay_out()
        corpora.told.connect(self.refresh)
        self.refresh()

    def offer(self, folders: list[str]) -> None:
        """Folders that were chosen on other days."""
        self._folders = list(folders)

    def show_own(self, folders: frozenset[str]) -> None:
        """The corpora that the runs in the window were given."""
        if folders != self._own:
            self._own = folders
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        self.button.setText(self._elided(f"Measured by: {self._words()}"))
        self.button.setToolTip(tool_tip(self._tip()))
        self._show_progress(next(iter(self._corpora.under_way.values()), None))
        shown = [folder for folder in self._in_use() if folder in self._corpora.troubles]
        self.trouble.setVisible(bool(shown))
        if shown:
            self.trouble.setText(self._elided(f"{PurePath(shown[0]).name}: {self._corpora.troubles[shown[0]]}"))
            told = f"{shown[0]}: {self._corpora.troubles[shown[0]]}. Scores are by human music instead."
            self.trouble.setToolTip(tool_tip(told))

    @Slot()
    def fill(self) -> None:
        """The menu is written anew whenever it is opened."""
        menu, chosen = self.button.menu(), self._corpora.chosen
        menu.clear()
        group = QActionGroup(menu)
        recent = [chosen] if chosen not in {EACH_ITS_OWN, HUMAN, *self._folders} else []
        entries = [(EACH_ITS_OWN, "Each run by its own corpus"), (HUMAN, "Human music of several styles")]
        entries += [(folder, one_line(folder)) for folder in (*recent, *self._folders)]
        for value, words in entries:
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.setActionGroup(group)
            action.triggered.connect(partial(self.choose, value))
        menu.addSeparator()
        menu.addAction("Choose a folder of MIDI files…", self.ask)

    @Slot()
    def ask(self) -> QFileDialog:
        dialog = QFileDialog(self, "The music that samples are measured by")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setModal(False)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.choose)
        dialog.show()
        return dialog

    @Slot(str)
    def choose(self, value: str, _checked: bool = False) -> None:
        self._corpora.choose(value)
        if value not in {EACH_ITS_OWN, HUMAN, *self._folders}:
            self._folders.insert(0, value)
        self.chosen.emit(value)

    def _show_progress(self, measuring: Measuring | None) -> None:
        for widget in (self.bar, self.far, self.stop):
            widget.setVisible(measuring is not None)
        if measuring is None:
            return
        self.bar.setRange(0, measuring.total)
        self.bar.setValue(measuring.done)
        self.far.setText(f"{measuring.done:,} of {measuring.total:,} files" if measuring.total else "looking for files")
        told = f"Measuring {measuring.folder}. Until it is done, scores are by human music."
        for widget in (self.bar, self.far):
            widget.setToolTip(tool_tip(told))
        self.bar.setAccessibleName(told)

    @Slot()
    def _cancel(self) -> None:
        for folder in list(self._corpora.under_way):
            self._corpora.cancel(folder)

    def _in_use(self) -> list[str]:
        chosen = self._corpora.chosen
        return sorted(self._own) if chosen == EACH_ITS_OWN else [] if chosen == HUMAN else [chosen]

    def _words(self) -> str:
        in_use = self._in_use()
        if not in_use:
            return "human music"
        if len(in_use) > 1:
            return f"{len(in_use)} corpora"
        return one_line("/".join(PurePath(in_use[0]).parts[-2:]))

    def _tip(self) -> str:
        told = "Whose music the scores are measured by: human music of several styles, or your corpus"
        return "\n".join((told, *self._in_use()))

    def _elided(self, words: str) -> str:
        return self.button.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, LONGEST)

    def _lay_out(self) -> None:
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setAccessibleName("Whose music scores are measured by")
        menu = QMenu(self)
        menu.aboutToShow.connect(self.fill)
        self.button.setMenu(menu)
        self.bar.setFixedSize(110, 6)
        self.bar.setTextVisible(False)
        dress(self.stop, "close")
        self.stop.setProperty("role", "flat")
        self.stop.setToolTip("Measure it no longer")
        self.stop.setAccessibleName("Measure the corpus no longer")
        self.stop.clicked.connect(self._cancel)
        self.far.setProperty("role", "muted")
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setProperty("role", "warning")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.button, self.bar, self.far, self.stop, self.trouble):
            row.addWidget(widget)
