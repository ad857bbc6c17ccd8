"""Play one sample at a time; what is seen follows what is heard."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from .sound_output import PIECE, MixerOutput, Output, Samples, SilentOutput, SoundUnavailable
from .synth_desk import Sound, SynthDesk

# 60 looks a second: the playhead moves with every frame of the screen.
TICK_MS = 16
SKIP_S = 5.0
FADE_SAMPLES = 128  # 3 ms against a click where playing begins inside a tone


class Phase(StrEnum):
    """What the player does."""

    EMPTY = "empty"
    LOADING = "loading"  # is to play, and the sound is not there yet
    PLAYING = "playing"
    PAUSED = "paused"
    BROKEN = "broken"  # the sample gives no sound; the reason is in the status


@dataclass(frozen=True, slots=True)
class Status:
    """What the player bar shows. sample is (run id, path)."""

    phase: Phase = Phase.EMPTY
    sample: tuple[str, str] | None = None
    length_s: float = 0.0
    loop: bool = False
    volume: float = 0.8
    muted: bool = False
    notice: str = ""  # a sample's or the device's trouble


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the stream and where it comes from in the song, in samples."""

    stream: int
    song: int
    length: int


class Player(QObject):
    """A tape: sounds are fed to an output piece by piece, the position is read from the output's clock."""

    changed = Signal(object)  # Status
    moved = Signal(float)  # position in seconds
    finished = Signal(object)  # the sample that was played to its end

    def __init__(self, desk: SynthDesk, output: Output | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._device: Output = output or MixerOutput()
        self._output: Output = self._device
        self.status = Status()
        self._sound: Sound | None = None
        self._cursor = 0  # the next sample of the song that the output gets
        self._fed = 0  # samples of the stream that the output got
        self._stretches: deque[_Stretch] = deque()
        self._position = 0
        self._gain: float | None = None
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        desk.grown.connect(self._sound_grew)
        desk.failed.connect(self._sound_failed)

    @property
    def position_s(self) -> float:
        return self._position / self._hz

    # -- orders -----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the first click as fast as the next ones; to be called when the window stands."""
        self._desk.warm_up()
        self._device.prepare()

    @Slot(str, str)
    def play_sample(self, run_id: str, path: str) -> None:
        """From its beginning, as soon as its first second is rendered."""
        self.load(run_id, path)
        self.play()

    def load(self, run_id: str, path: str) -> None:
        """Make it the current sample without playing it."""
        self._silence()
        self._sound, self._position = self._desk.sound(path), 0
        length_s = self._sound.length_s if self._sound else 0.0
        self._set(phase=Phase.PAUSED, sample=(run_id, path), length_s=length_s, notice="")
        self.moved.emit(0.0)
        if self._sound is None:
            self._desk.request(path, urgent=True)

    @Slot()
    def play(self) -> None:
        if self.status.sample is None or self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            return
        if self._sound is None:
            self._set(phase=Phase.LOADING, notice="")
            self._desk.request(self.status.sample[1], urgent=True)
            return
        if self._position >= self._sound.samples:
            self._position = 0
        self._begin()

    @Slot()
    def pause(self) -> None:
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._silence()
            self._set(phase=Phase.PAUSED)

    @Slot()
    def toggle(self) -> None:
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self.pause()
        else:
            self.play()

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Go there, playing or not."""
        if self._sound is None:
            return
        self._position = min(max(round(seconds * self._hz), 0), self._sound.samples)
        self.moved.emit(self.position_s)
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._begin()

    @Slot()
    def forward(self) -> None:
        self.seek(self.position_s + SKIP_S)

    @Slot()
    def back(self) -> None:
        self.seek(self.position_s - SKIP_S)

    @Slot(bool)
    def set_loop(self, loop: bool) -> None:
        self._set(loop=loop)

    @Slot(float)
    def set_volume(self, volume: float) -> None:
        self._set(volume=min(max(volume, 0.0), 1.0))
        self._apply_volume()

    @Slot(bool)
    def set_muted(self, muted: bool) -> None:
        self._set(muted=muted)
        self._apply_volume()

    @Slot()
    def close(self) -> None:
        self._timer.stop()
        self._output.stop()
        self._device.close()

    @Slot()
    def tick(self) -> None:
        """Feed the output and tell the position; the timer calls it 60 times a second."""
        if self.status.phase is not Phase.PLAYING:
            return
        self._look()
        if self._output.running():
            self._feed()
        elif self._at_end():
            self._end()
        else:  # the window was held up, or the rendering was overtaken: go on where it broke off
            self._begin()

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _hz(self) -> int:
        return self._sound.hz if self._sound else 1

    def _begin(self) -> None:
        """Start a stream at the position."""
        assert self._sound is not None
        self._cursor, self._fed, self._gain = self._position, 0, None
        self._stretches.clear()
        piece = self._next_piece()
        if piece is None:
            self._output.stop()
            self._set(phase=Phase.LOADING)
            return
        self._open()
        piece[:FADE_SAMPLES] = piece[:FADE_SAMPLES] * np.linspace(0, 1, len(piece[:FADE_SAMPLES]))[:, None]
        self._output.start(piece)
        self._timer.start()
        if self.status.phase is not Phase.PLAYING:
            self._set(phase=Phase.PLAYING)
        self._feed()

    def _open(self) -> None:
        """The device may have come since the last try; without one the playhead runs in silence, and that is said."""
        try:
            self._device.open()
        except SoundUnavailable as trouble:
            if self._output is self._device:
                self._output = SilentOutput()
            self._set(notice=str(trouble))
        else:
            self._output = self._device
        self._apply_volume()

    def _apply_volume(self) -> None:
        """Squared, because ears judge amplitudes on a logarithmic scale: the middle of the slider is -12 dB."""
        self._output.set_volume(0.0 if self.status.muted else self.status.volume**2)

    def _feed(self) -> None:
        while self._output.hungry() and (piece := self._next_piece()) is not None:
            self._output.queue(piece)

    def _next_piece(self) -> Samples | None:
        """The next samples of the stream; across the loop's seam without a gap. None while there are none."""
        assert self._sound is not None
        parts: list[np.ndarray] = []
        wanted = PIECE
        while wanted:
            if self._cursor >= self._sound.samples and self.status.loop:
                self._cursor = 0
            part = self._sound.read(self._cursor, wanted)
            if not len(part):
                break
            self._stretches.append(_Stretch(self._fed, self._cursor, len(part)))
            self._cursor += len(part)
            self._fed += len(part)
            wanted -= len(part)
            parts.append(part)
        return self._levelled(np.concatenate(parts)) if parts else None

    def _levelled(self, part: np.ndarray) -> Samples:
        """At the common loudness. A better estimate of the gain comes in over one piece, unheard."""
        assert self._sound is not None
        target = self._sound.gain
        ramp = np.linspace(self._gain or target, target, len(part), dtype=np.float32)[:, None]
        self._gain = target
        return (np.clip(part * ramp, -1.0, 1.0) * 32767).astype(np.int16)

    def _look(self) -> None:
        heard = self._output.heard()
        while len(self._stretches) > 1 and self._stretches[1].stream <= heard:
            self._stretches.popleft()
        if self._stretches:
            current = self._stretches[0]
            self._position = current.song + min(heard - current.stream, current.length)
            self.moved.emit(self.position_s)

    def _at_end(self) -> bool:
        return self._sound is not None and self._cursor >= self._sound.samples and not self.status.loop

    def _end(self) -> None:
        self._silence()
        self._position = 0
        self._set(phase=Phase.PAUSED)
        self.moved.emit(0.0)
        self.finished.emit(self.status.sample)

    def _silence(self) -> None:
        self._timer.stop()
        self._output.stop()
        self._stretches.clear()

    def _set(self, **fields: object) -> None:
        status = replace(self.status, **fields)
        if status != self.status:
            self.status = status
            self.changed.emit(status)

    @Slot(str, object)
    def _sound_grew(self, path: str, sound: Sound) -> None:
        if self.status.sample is None or self.status.sample[1] != path:
            return
        self._sound = sound
        self._set(length_s=sound.length_s)
        if self.status.phase is Phase.LOADING:
            self._begin()

    @Slot(str, str)
    def _sound_failed(self, path: str, reason: str) -> None:
        if self.status.sample is not None and self.status.sample[1] == path:
            self._silence()
            self._set(phase=Phase.BROKEN, notice=reason)
