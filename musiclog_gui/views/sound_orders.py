"""The orders of the Samples menu and of the panel over the player bar that need a dialog or a port."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from musiclog import sound_file

from ..dialogs.soundfonts import SoundFontDialog
from ..settings import Settings
from ..state.samples import Key
from ..work.midi_out import MidiOut, PortUnavailable, port_names
from ..work.player import Player
from ..work.rendering import export
from ..work.synth_desk import SynthDesk

if TYPE_CHECKING:
    from .main_window import MainWindow
    from .player_bar import PlayerBar
    from .samples_page import SamplesPage


class SoundOrders(QObject):
    """Fills the menu, opens the dialogs, and keeps what was chosen."""

    told = Signal(str)  # for the status line

    def __init__(  # noqa: PLR0917  what app.py hands in
        self, window: MainWindow, page: SamplesPage, bar: PlayerBar, player: Player, desk: SynthDesk,
        settings: Settings,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._page, self._bar = window, page, bar
        self._player, self._desk, self._settings = player, desk, settings
        self.midi = MidiOut(player, desk, parent=self)
        self.soundfonts: SoundFontDialog | None = None
        self.save: QFileDialog | None = None
        self.open_b: QFileDialog | None = None
        self._fill_menu()
        panel = bar.panel
        panel.soundfonts_wanted.connect(self.choose_soundfont)
        panel.export_wanted.connect(self.export)
        panel.port_chosen.connect(self.midi.choose)
        bar.panel_opened.connect(self.look_for_ports)
        bar.swap.clicked.connect(page.duel.switch)
        page.duel.rival_changed.connect(bar.show_rival)
        page.export_wanted.connect(self.export_sample)
        self.midi.troubled.connect(self.told)
        self.midi.chosen.connect(self._port_changed)

    # -- orders -----------------------------------------------------------------------------------

    @Slot()
    def choose_soundfont(self) -> None:
        if self.soundfonts is None:
            self.soundfonts = SoundFontDialog(self._desk, self._player, self._window)
            self.soundfonts.kept.connect(self._keep_soundfont)
        self.soundfonts.open_list()

    @Slot()
    def export(self) -> None:
        if self._player.status.sample is not None:
            self.export_sample(self._player.status.sample)

    @Slot(object)
    def export_sample(self, sample: Key) -> None:
        """Ask where to; what is written is what is heard: in this tempo and key, with these tracks."""
        dialog = QFileDialog(self._window, "Export sound")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)  # the system's is modal on some desktops
        dialog.setModal(False)
        kinds = sound_file.kinds()
        dialog.setNameFilters([f"{kind[1:].upper()} (*{kind})" for kind in kinds])
        dialog.setDefaultSuffix(kinds[0][1:])
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(chosen.split()[0].lower()))
        dialog.selectFile(Path(sample[1]).stem)
        dialog.fileSelected.connect(lambda target: self.write(sample, target))
        self.save = dialog
        dialog.show()

    @Slot()
    def ask_for_b(self) -> None:
        """A piece of a corpus, or any other MIDI file, beside the sample that is chosen."""
        self.open_b = QFileDialog(self._window, "Compare with a MIDI file")
        self.open_b.setFileMode(QFileDialog.FileMode.ExistingFile)
        self.open_b.setNameFilter("MIDI (*.mid *.midi *.MID *.MIDI)")
        self.open_b.setOption(QFileDialog.Option.DontUseNativeDialog)  # the system's is modal on some desktops
        self.open_b.setModal(False)
        self.open_b.fileSelected.connect(self._page.duel.set_file_as_b)
        self.open_b.show()

    def write(self, sample: Key, target: str) -> None:
        """Have the sound of a sample written; the status line tells when it is there."""
        arrangement = self._player.arrangement_of(sample)
        self.told.emit(f"Writing {Path(target).name}…")
        self._desk.submit(export, sample[1], target, self._desk.soundfont, arrangement,
                          done=self._written, failed=self.told.emit)  # fmt: skip

    @Slot()
    def look_for_ports(self) -> None:
        """Instruments may have been plugged in since the panel was open last."""
        try:
            self._bar.panel.offer_ports(port_names(), self.midi.name)
        except PortUnavailable as error:
            self._bar.panel.offer_ports([], None, str(error))

    # -- inside -----------------------------------------------------------------------------------

    def _fill_menu(self) -> None:
        menu, add, player = self._window.samples_menu, self._window.add_action, self._player
        menu.addSeparator()
        add(menu, "Set as &B", "Shift+B", self._page.set_as_b)
        add(menu, "Set a &file as B…", "", self.ask_for_b)
        add(menu, "S&witch A and B", "B", self._page.duel.switch)
        add(menu, "&Slower", "Ctrl+-", lambda: self._bar.panel.nudge_tempo(-10))
        add(menu, "&Faster", "Ctrl++", lambda: self._bar.panel.nudge_tempo(10))
        add(menu, "Semitone &up", "Ctrl+Shift+Up", lambda: self._bar.panel.nudge_key(1))
        add(menu, "Semitone &down", "Ctrl+Shift+Down", lambda: self._bar.panel.nudge_key(-1))
        add(menu, "Repeat the &whole sample", "", lambda: player.set_region(None))
        tracks = menu.addMenu("&Tracks")
        tracks.aboutToShow.connect(lambda: self._page.legend.fill_menu(tracks))
        menu.addSeparator()
        add(menu, "SoundF&ont…", "", self.choose_soundfont)
        add(menu, "&Export sound…", "Ctrl+E", self.export)

    @Slot(object)
    def _keep_soundfont(self, path: str | None) -> None:
        self._settings.soundfont = path or ""

    @Slot(object)
    def _port_changed(self, name: str | None) -> None:
        self.told.emit(f"Playing on {name}" if name else "This computer plays")

    def _written(self, target: str) -> None:
        self.told.emit(f"Written: {target}")
