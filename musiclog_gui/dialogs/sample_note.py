"""Stars, tags and a comment for one sample; not modal, so that it can be heard meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from musiclog.sample_marks import MOST_STARS, SampleMarks

from ..state.wording import one_line


class SampleNote(QDialog):
    """Tells what was written when it is accepted."""

    written = Signal(object)  # {"stars": int, "tags": list of str, "comment": str}

    def __init__(self, name: str, marks: SampleMarks, known: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Rating")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.stars, self.tags, self.comment = (
            QComboBox(),
            QLineEdit(" ".join(marks.tags)),
            QPlainTextEdit(marks.comment),
        )
        with QSignalBlocker(self.stars):
            self.stars.addItems(["no star", *("★" * count for count in range(1, MOST_STARS + 1))])
            self.stars.setCurrentIndex(marks.stars)
        self.tags.setPlaceholderText("parted by spaces")
        self.tags.setCompleter(QCompleter(list(known), self.tags))
        self.comment.setTabChangesFocus(True)
        self.comment.setMinimumHeight(5 * self.fontMetrics().height())
        title = QLabel(one_line(name, 80))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setProperty("role", "title")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.close)
        layout = QFormLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setVerticalSpacing(10)
        layout.addRow(title)
        layout.addRow("&Rating", self.stars)
        layout.addRow("&Tags", self.tags)
        layout.addRow("&Comment", self.comment)
        layout.addRow(buttons)
        self.resize(440, 280)

    @Slot()
    def _accept(self) -> None:
        tags = [tag.lstrip("#") for tag in self.tags.text().replace(",", " ").split()]
        comment = self.comment.toPlainText().strip()
        self.written.emit({"stars": self.stars.currentIndex(), "tags": tags, "comment": comment})
        self.close()
