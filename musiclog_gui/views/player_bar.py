"""The transport at the bottom of the window: what plays, where it is, how good it is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from musiclog.arrangement import Arrangement

from ..icons import dress
from ..state.samples import Key, SampleTableModel, clock, signed
from ..state.wording import one_line, tool_tip
from ..work.player import Phase, Player, Status
from .playing_panel import PlayingPanel

_STEPS = 10_000  # of the position slider: 2 ms of a sample of 20 s


class PlayerBar(QWidget):
    """Previous, play, next, loop, name and quality, position, volume."""

    previous_requested = Signal()
    next_requested = Signal()
    panel_opened = Signal()

    def __init__(self, player: Player, samples: SampleTableModel | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player, self._samples = player, samples
        self._status, self._name = Status(), ""
        self.setAccessibleName("Player")
        self.previous = self._button("previous", "Previous sample", self.previous_requested)
        self.play = self._button("play", "Play", player.toggle)
        self.next = self._button("next", "Next sample", self.next_requested)
        self.loop = self._button("loop", "Repeat", None)
        self.loop.setCheckable(True)
        self.loop.toggled.connect(player.set_loop)
        self.title, self.words = QLabel(), QLabel()
        self.slider = SeekSlider()
        self.times = QLabel()
        self.swap = QPushButton("A")
        self.swap.hide()
        self._rival: Key | None = None
        self.panel = PlayingPanel(player)
        self.how = QToolButton()
        self._hang_panel()
        self.mute = self._button("volume", "Mute", None)
        self.mute.setCheckable(True)
        self.mute.toggled.connect(player.set_muted)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self._lay_out()
        self.slider.sought.connect(self._seek)
        self.volume.valueChanged.connect(self._volume_moved)
        player.changed.connect(self._show)
        player.moved.connect(self._move)
        if samples is not None:
            samples.dataChanged.connect(self._samples_changed)
        self._show(player.status)

    @Slot()
    def _samples_changed(self) -> None:
        self._show_words()

    @Slot(object)
    def _show(self, status: Status) -> None:
        self._status = status
        active = status.phase in {Phase.PLAYING, Phase.LOADING}
        dress(self.play, "pause" if active else "play")
        self._name_button(self.play, "Pause" if active else "Play", "Space")
        self.play.setEnabled(status.sample is not None and status.phase is not Phase.BROKEN)
        self.loop.setChecked(status.loop)
        self.loop.setToolTip(_repeat_words(status))
        self.how.setText(_how(status.arrangement))
        self._show_side()
        self.mute.setChecked(status.muted)
        dress(self.mute, "volume-off" if status.muted else "volume")
        self.volume.blockSignals(True)
        self.volume.setValue(round(100 * status.volume))
        self.volume.blockSignals(False)
        self.slider.setEnabled(status.length_s > 0)
        self._show_words()
        self._move(self._player.position_s)

    def _show_words(self) -> None:
        row = self._samples.sample(self._status.sample) if self._samples is not None else None
        self._name = one_line(row.file.name) if row else _file_name(self._status.sample)
        quality = ""
        if row is not None and row.overall is not None:
            change = self._samples.trend(row)
            quality = f"quality {row.overall:.2f}" + ("" if change is None else f" ({signed(change)})")
        notice = "rendering…" if self._status.phase is Phase.LOADING else self._status.notice
        self.words.setText(one_line(notice or quality, 120))
        self.words.setToolTip(tool_tip(notice) if notice else "Nearness to human music, and against the epoch before")
        self.words.setProperty("role", "muted")
        self.title.setToolTip(tool_tip(self._name))
        self._elide()

    @Slot(object)
    def show_rival(self, b: Key | None) -> None:
        """Of A and B: which one is B; None when nothing is compared."""
        self._rival = b
        self.swap.setVisible(b is not None)
        self._show_side()

    def _show_side(self) -> None:
        side = "B" if self._rival is not None and self._status.sample == self._rival else "A"
        self.swap.setText(side)
        self.swap.setAccessibleName(f"{side} is heard; switch")
        self.swap.setToolTip(f"{side} is heard. Go over to the other one at the same place (B)")

    @Slot(float)
    def _move(self, seconds: float) -> None:
        length_s = self._status.length_s
        self.slider.show_position(seconds / length_s if length_s else 0.0)
        self.times.setText(f"{clock(seconds)} / {clock(length_s)}" if length_s else "–:–– / –:––")

    @Slot(float)
    def _seek(self, share: float) -> None:
        self._player.seek(share * self._status.length_s)

    @Slot(int)
    def _volume_moved(self, percent: int) -> None:
        self.mute.setChecked(False)
        self._player.set_volume(percent / 100)

    def _button(self, name: str, words: str, clicked: object) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setIconSize(QSize(18, 18))
        button.setFixedSize(32, 32)
        dress(button, name)
        self._name_button(button, words)
        if clicked is not None:
            button.clicked.connect(clicked)
        return button

    @staticmethod
    def _name_button(button: QToolButton, words: str, key: str = "") -> None:
        button.setAccessibleName(words)
        button.setToolTip(f"{words} ({key})" if key else words)

    def _hang_panel(self) -> None:
        self.how.setProperty("role", "flat")
        self.how.setAccessibleName("How it is played: tempo, key, count-in, sound bank, instrument")
        self.how.setToolTip("Tempo, key, count-in, sound bank, instrument")
        self.how.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self.panel_opened)
        action = QWidgetAction(menu)
        action.setDefaultWidget(self.panel)
        menu.addAction(action)
        self.how.setMenu(menu)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(4)
        for button in (self.previous, self.play, self.next, self.loop):
            layout.addWidget(button)
        layout.addSpacing(8)
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setProperty("role", "title")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.title.setMinimumWidth(110)
        self.words.setMinimumWidth(self.fontMetrics().horizontalAdvance("quality 0.00 (+0.00)"))
        layout.addWidget(self.title, 3)
        layout.addSpacing(8)
        layout.addWidget(self.words)
        layout.addSpacing(12)
        layout.addWidget(self.slider, 6)
        layout.addSpacing(8)
        self.times.setMinimumWidth(self.fontMetrics().horizontalAdvance("00:00 / 00:00"))
        self.times.setAccessibleName("Position")
        layout.addWidget(self.times)
        layout.addSpacing(8)
        self.swap.setFixedWidth(34)
        layout.addWidget(self.swap)
        layout.addWidget(self.how)
        layout.addSpacing(4)
        layout.addWidget(self.mute)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(96)
        self.volume.setAccessibleName("Volume")
        self.volume.setToolTip("Volume")
        layout.addWidget(self.volume)

    def _elide(self) -> None:
        text = self._name or "Nothing chosen"
        width = max(self.title.width(), 110)
        self.title.setText(self.title.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width))
        self.title.setAccessibleName(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()


class SeekSlider(QSlider):
    """A position in a sample: a click goes there, and the sample does not pull the handle out of a hand."""

    sought = Signal(float)  # share of the length

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, _STEPS)
        self.setAccessibleName("Position in the sample")
        self.setMinimumWidth(120)
        self.setSingleStep(_STEPS // 50)
        self.setPageStep(_STEPS // 10)
        self.actionTriggered.connect(self._acted)

    def show_position(self, share: float) -> None:
        if not self.isSliderDown():
            self.setValue(round(share * _STEPS))

    @Slot(int)
    def _acted(self, _action: int) -> None:
        self.sought.emit(self.sliderPosition() / _STEPS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            room = max(self.width() - handle.width(), 1)
            share = min(max((event.position().x() - handle.width() / 2) / room, 0.0), 1.0)
            self.setValue(round(share * _STEPS))
            self.sought.emit(share)
        super().mousePressEvent(event)


def _how(arrangement: Arrangement) -> str:
    """The tempo, the semitones, and whether tracks are silent: "80 %  +2  M"."""
    parts = [f"{100 * arrangement.tempo:.0f} %"]
    if arrangement.transpose:
        parts.append(f"{arrangement.transpose:+d}".replace("-", "−"))
    return "  ".join([*parts, *("S" if arrangement.solo else "M" for _ in range(arrangement.silences))])


def _repeat_words(status: Status) -> str:
    if status.region is None:
        return "Repeat (R)"
    begin, end = (f"{edge:.1f} s" for edge in status.region)
    return f"Repeat from {begin} to {end} (R); a double click on the ruler repeats the whole sample"


def _file_name(sample: tuple[str, str] | None) -> str:
    return "" if sample is None else one_line(sample[1].replace("\\", "/").rsplit("/", 1)[-1])
