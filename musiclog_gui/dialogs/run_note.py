"""Write down something about a run: what was tried, what was heard."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from ..state.run_marks import RunMarks
from ..state.runs import RunEntry
from ..state.wording import one_line


class RunNote(QDialog):
    """Not modal; the note is kept with Save or Ctrl+Return."""

    def __init__(self, marks: RunMarks, entry: RunEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks, self._run = marks, entry.id
        self.setWindowTitle(f"Note on {one_line(entry.name, 80)}")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QPlainTextEdit(marks.of(entry.id).note)
        self.text.setAccessibleName("Note")
        self.text.setTabChangesFocus(True)
        lead = QLabel("Kept beside your settings, not in the run's folder. The filter finds its words.")
        lead.setWordWrap(True)
        lead.setProperty("role", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.save)
        buttons.rejected.connect(self.close)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (lead, self.text, buttons):
            layout.addWidget(widget)
        self.resize(460, 260)
        self.text.setFocus()

    @Slot()
    def save(self) -> None:
        self._marks.note(self._run, self.text.toPlainText().strip())
        self.close()
