"""How samples are played: tempo, key, count-in, sound bank, instrument. Opens above the player bar."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from musiclog.arrangement import TRANSPOSE_LIMIT, Arrangement

from ..work.player import Player, Status

# A slider that is drawn across its width would ask for 150 renderings.
SETTLE_MS = 180
HERE = "This computer"


class PlayingPanel(QWidget):
    """Every control acts at once; what sounds goes on until the new sound is there."""

    soundfonts_wanted = Signal()
    export_wanted = Signal()
    port_chosen = Signal(object)  # name, or None for this computer

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self.tempo, self.tempo_box = QSlider(Qt.Orientation.Horizontal), QSpinBox()
        self.transpose, self.count_in = QSpinBox(), QCheckBox("Count in one bar")
        self.port = QComboBox()
        self.soundfonts, self.export = QPushButton("SoundFont…"), QPushButton("Export sound…")
        self.reset = QPushButton("As written")
        self._settled = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settled.timeout.connect(self.apply)
        self._lay_out()
        self.tempo.valueChanged.connect(self.tempo_box.setValue)
        self.tempo_box.valueChanged.connect(self.tempo.setValue)
        self.tempo.valueChanged.connect(self._touched)
        self.transpose.valueChanged.connect(self._touched)
        self.count_in.toggled.connect(player.set_count_in)
        self.reset.clicked.connect(self._reset)
        self.soundfonts.clicked.connect(self.soundfonts_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.port.activated.connect(self._choose_port)
        player.changed.connect(self._show)
        self._show(player.status)

    def offer_ports(self, names: list[str], chosen: str | None, reason: str = "") -> None:
        """What the list of instruments holds; where there can be none it says why."""
        self.port.clear()
        self.port.addItems([HERE, *names])
        self.port.setCurrentIndex(names.index(chosen) + 1 if chosen in names else 0)
        self.port.setEnabled(bool(names))
        self.port.setToolTip(reason or ("" if names else "No MIDI port on this machine"))

    @Slot()
    def apply(self) -> None:
        """Play as the controls say now."""
        self._settled.stop()
        self._player.arrange(self._wanted())

    def nudge_tempo(self, per_cent: int) -> None:
        self.tempo.setValue(self.tempo.value() + per_cent)

    def nudge_key(self, semitones: int) -> None:
        self.transpose.setValue(self.transpose.value() + semitones)

    def _wanted(self) -> Arrangement:
        arrangement = self._player.status.arrangement
        return replace(arrangement, tempo=self.tempo.value() / 100, transpose=self.transpose.value())

    @Slot(int)
    def _touched(self, _value: int) -> None:
        self._settled.start()

    @Slot()
    def _reset(self) -> None:
        self.tempo.setValue(100)
        self.transpose.setValue(0)
        self.apply()

    @Slot(int)
    def _choose_port(self, index: int) -> None:
        self.port_chosen.emit(self.port.itemText(index) if index else None)

    @Slot(object)
    def _show(self, status: Status) -> None:
        self.count_in.setChecked(status.count_in)
        self.export.setEnabled(status.sample is not None)
        if not self._settled.isActive():  # else the hand is on it
            self._set_quietly(status.arrangement)
        self.reset.setEnabled((status.arrangement.tempo, status.arrangement.transpose) != (1.0, 0))

    def _set_quietly(self, arrangement: Arrangement) -> None:
        for control, value in (
            (self.tempo, round(100 * arrangement.tempo)), (self.tempo_box, round(100 * arrangement.tempo)),
            (self.transpose, arrangement.transpose),
        ):  # fmt: skip
            control.blockSignals(True)
            control.setValue(value)
            control.blockSignals(False)

    def _lay_out(self) -> None:
        self.tempo.setRange(50, 200)
        self.tempo.setPageStep(10)
        self.tempo.setMinimumWidth(170)
        self.tempo.setAccessibleName("Tempo in per cent")
        self.tempo_box.setRange(50, 200)
        self.tempo_box.setSuffix(" %")
        self.tempo_box.setAccessibleName("Tempo in per cent")
        self.transpose.setRange(-TRANSPOSE_LIMIT, TRANSPOSE_LIMIT)
        self.transpose.setSuffix(" semitones")
        self.transpose.setAccessibleName("Transpose by semitones")
        self.port.setAccessibleName("Where it is played")
        self.offer_ports([], None)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, words in enumerate(("Tempo", "Transpose", "Instrument")):
            caption = QLabel(words)
            caption.setProperty("role", "muted")
            grid.addWidget(caption, row, 0)
        grid.addWidget(self.tempo, 0, 1)
        grid.addWidget(self.tempo_box, 0, 2)
        grid.addWidget(self.transpose, 1, 1)
        grid.addWidget(self.reset, 1, 2)
        grid.addWidget(self.port, 2, 1, 1, 2)
        grid.addWidget(self.count_in, 3, 1, 1, 2)
        grid.addWidget(self.soundfonts, 4, 1)
        grid.addWidget(self.export, 4, 2)
