"""Choose the sound bank by ear: what is listened to is the current sample, from where it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from musiclog.soundfont import candidates, is_soundfont

from ..state.wording import tool_tip
from ..work.player import Phase, Player
from ..work.synth_desk import SynthDesk


class SoundFontDialog(QDialog):
    """Not modal: one may play, seek and choose other samples meanwhile. Cancel brings the former bank back."""

    kept = Signal(object)  # path as text

    def __init__(self, desk: SynthDesk, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._player = desk, player
        self._before: str | None = None
        self.setWindowTitle("SoundFont")
        self.setModal(False)
        self.list = QListWidget()
        self.list.setAccessibleName("SoundFonts of this machine, the best first")
        self.list.itemActivated.connect(self.listen)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self.buttons = QDialogButtonBox()
        self._add_button("Listen", QDialogButtonBox.ButtonRole.ActionRole, self.listen)
        self._add_button("Another file…", QDialogButtonBox.ButtonRole.ActionRole, self._ask_for_file)
        self._add_button("Use it", QDialogButtonBox.ButtonRole.AcceptRole, self.accept)
        self._add_button("Cancel", QDialogButtonBox.ButtonRole.RejectRole, self.reject)
        self.ask: QFileDialog | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(QLabel("Samples are played with one of these sound banks."))
        for widget in (self.list, self.words, self.buttons):
            layout.addWidget(widget)
        self.resize(560, 320)

    def open_list(self) -> None:
        """List what this machine has now, and show the dialog."""
        self._before = self._desk.soundfont
        self.list.clear()
        for found in candidates(self._before):
            self._add(found.path, f"{found.path.name}   {found.size_bytes / 1e6:,.0f} MB   {found.reason}")
        self.list.setCurrentRow(0)
        count = self.list.count()
        self.words.setText("Listen plays the current sample with the marked one." if count else
                           "None was found. Any .sf2 or .sf3 file will do.")  # fmt: skip
        self.show()
        self.activateWindow()

    @Slot()
    def listen(self, _item: object = None) -> None:
        """Play the current sample with the bank that is marked."""
        self._use(self._marked())
        if self._player.status.sample is None:
            self.words.setText("Choose a sample in the table first: it is what is listened to.")
        elif self._player.status.phase not in {Phase.PLAYING, Phase.LOADING}:
            self._player.play()

    @Slot()
    def accept(self) -> None:
        self._use(self._marked())
        self.kept.emit(self._marked())
        super().accept()

    @Slot()
    def reject(self) -> None:
        self._use(self._before)
        super().reject()

    def _use(self, path: str | None) -> None:
        if path != self._desk.soundfont:
            self._desk.choose_soundfont(path)
            self._player.refresh()

    def _marked(self) -> str | None:
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else self._before

    def _add(self, path: Path, text: str) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, str(path))
        item.setToolTip(tool_tip(str(path)))
        self.list.addItem(item)
        return item

    def _add_button(self, text: str, role: QDialogButtonBox.ButtonRole, slot: object) -> None:
        self.buttons.addButton(text, role).clicked.connect(slot)

    @Slot()
    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self, "Open a SoundFont")
        dialog.setNameFilter("SoundFonts (*.sf2 *.sf3)")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)  # the system's is modal on some desktops
        dialog.setModal(False)
        dialog.fileSelected.connect(self.add_file)
        self.ask = dialog
        dialog.show()

    @Slot(str)
    def add_file(self, name: str) -> None:
        path = Path(name)
        if not is_soundfont(path):
            self.words.setText(f"{path.name} is no SoundFont: its first bytes say so.")
            return
        self.list.setCurrentItem(self._add(path, f"{path.name}   {path.stat().st_size / 1e6:,.0f} MB   chosen by hand"))
