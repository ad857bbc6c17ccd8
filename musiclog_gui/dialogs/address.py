"""Ask for the address of runs on another machine."""

from __future__ import annotations

from importlib.util import find_spec

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from musiclog.remote import is_address
from musiclog.remote.open import MISSING

EXAMPLES = "sftp://host/home/me/runs, s3://bucket/runs"


class AddressDialog(QDialog):
    """Stays open beside the window. A text that is no address is said, and kept to be mended."""

    chosen = Signal(object)  # [address]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open an address")
        self.setModal(False)
        self.line = QLineEdit(placeholderText=EXAMPLES, clearButtonEnabled=True)
        self.line.setMinimumWidth(420)
        self.line.setAccessibleName("Address")
        self.told = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.told.setProperty("role", "warning")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._open)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(QLabel("Runs on another machine, or in an object store. Hosts are found as ssh finds them."))
        layout.addWidget(self.line)
        layout.addWidget(self.told)
        layout.addWidget(buttons)
        self._show_state("" if find_spec("fsspec") else MISSING)

    @Slot()
    def _open(self) -> None:
        text = self.line.text().strip()
        if not is_address(text):
            self._show_state(f"An address begins with what it is reached by: {EXAMPLES}")
            return
        self._show_state("")
        self.chosen.emit([text])
        self.accept()

    def _show_state(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        width = max(self.width(), self.sizeHint().width())
        self.resize(width, self.layout().totalHeightForWidth(width))
