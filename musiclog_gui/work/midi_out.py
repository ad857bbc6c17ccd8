"""Play samples on the user's own instruments: messages go to a MIDI port in step with the player."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from musiclog.arrangement import Arrangement
from musiclog.midi_events import CONTROL, NOTE_OFF, NOTE_ON, PROGRAM, Performance

from .player import Key, Phase, Player, Status
from .rendering import messages_of
from .synth_desk import SynthDesk

TICK_MS = 4  # so late a message may be; a player's position comes every 16 ms and is carried on by the clock
JUMP_S = 0.08  # a position that differs by more from where the clock stands was sought
ALL_SOUND_OFF, PEDAL, ALL_NOTES_OFF = 120, 64, 123


class Port(Protocol):
    """An open MIDI output, as mido has it."""

    def send(self, message: Any) -> None: ...

    def close(self) -> None: ...


class PortUnavailable(Exception):
    """The package is missing, or the port is not there."""


def port_names() -> list[str]:
    """MIDI outputs of this machine. Raises PortUnavailable where none can be looked for."""
    mido = _mido()
    try:
        return list(dict.fromkeys(mido.get_output_names()))
    except Exception as error:  # rtmidi's errors share no base with anything
        raise PortUnavailable(f"MIDI ports cannot be listed ({error})") from error


def open_port(name: str) -> Port:
    mido = _mido()
    try:
        return mido.open_output(name)
    except Exception as error:  # as above
        raise PortUnavailable(f"The MIDI port {name} cannot be opened ({error})") from error


def _mido() -> Any:
    try:
        import rtmidi  # noqa: F401, PLC0415  an extra; mido would tell of it only when it is used
    except ImportError as error:
        raise PortUnavailable("MIDI out needs the package python-rtmidi: pip install musiclog[midi]") from error
    import mido  # noqa: PLC0415

    return mido


class MidiOut(QObject):
    """While a port is chosen the player's own sound is silent, and its clock leads."""

    chosen = Signal(object)  # the port's name, or None
    troubled = Signal(str)

    def __init__(
        self, player: Player, desk: SynthDesk, opener: Callable[[str], Port] = open_port,
        clock: Callable[[], float] = time.monotonic, parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._player, self._desk, self._opener, self._clock = player, desk, opener, clock
        self._port: Port | None = None
        self.name: str | None = None
        self._performance: Performance | None = None
        self._of: tuple[Key, Arrangement] | None = None
        self._row = 0  # the next message
        self._anchor = (0.0, 0.0)  # a clock's time and the position in the sound at it
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        player.changed.connect(self._player_changed)
        player.moved.connect(self._player_moved)

    # -- orders -----------------------------------------------------------------------------------

    def choose(self, name: str | None) -> None:
        """Play to this port from now on, or through this computer again."""
        self.close()
        if name is not None:
            try:
                self._port, self.name = self._opener(name), name
            except PortUnavailable as error:
                self.troubled.emit(str(error))
        self._player.set_elsewhere(self._port is not None)
        self.chosen.emit(self.name)
        self._player_changed(self._player.status)

    @Slot()
    def close(self) -> None:
        self._timer.stop()
        if self._port is not None:
            self._hush()
            self._port.close()
        self._port, self.name, self._performance, self._of = None, None, None, None

    @Slot()
    def tick(self) -> None:
        """Send what is due; the timer calls it 250 times a second while it plays."""
        if self._performance is None or not self._timer.isActive():
            return
        begun, position = self._anchor
        due = int(np.searchsorted(self._performance.seconds, position + self._clock() - begun, side="right"))
        for row in range(self._row, due):
            self._send(row)
        self._row = max(due, self._row)

    # -- inside -----------------------------------------------------------------------------------

    @Slot(object)
    def _player_changed(self, status: Status) -> None:
        if self._port is None or status.sample is None:
            return
        wanted = (status.sample, status.arrangement)
        if wanted != self._of:
            self._of, self._performance = wanted, None
            self._desk.submit(messages_of, status.sample[1], status.arrangement,
                              done=lambda performance: self._take(wanted, performance),
                              failed=self._fail)  # fmt: skip
        if status.phase is Phase.PLAYING and not self._timer.isActive():
            self._go_to(self._player.position_s)
            self._timer.start()
        elif status.phase is not Phase.PLAYING and self._timer.isActive():
            self._timer.stop()
            self._hush()

    def _take(self, of: tuple[Key, Arrangement], performance: Performance) -> None:
        if of == self._of:
            self._performance = performance
            self._go_to(self._player.position_s)

    def _fail(self, reason: str) -> None:
        self.troubled.emit(reason)

    @Slot(float)
    def _player_moved(self, seconds: float) -> None:
        if self._port is None or not self._timer.isActive():
            return
        begun, position = self._anchor
        now, place = self._clock(), seconds / self._player.status.arrangement.tempo
        if abs(position + now - begun - place) > JUMP_S:
            self._go_to(seconds)
        else:
            self._anchor = (now, place)

    def _go_to(self, seconds: float) -> None:
        """Silence, then the programs, controllers and bends that rule at this place."""
        place = seconds / self._player.status.arrangement.tempo
        self._anchor = (self._clock(), place)
        self._hush()
        if self._performance is None:
            return
        self._row = int(np.searchsorted(self._performance.seconds, place))
        for row in ruling(self._performance, self._row):
            self._send(row)

    def _hush(self) -> None:
        for channel in range(16):
            for control in (PEDAL, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self._tell((CONTROL | channel, control, 0))

    def _send(self, row: int) -> None:
        assert self._performance is not None
        events = self._performance
        status = int(events.status[row])
        message = (status | int(events.channel[row]) & 15, int(events.first[row]), int(events.second[row]))
        self._tell(message[:2] if status in {PROGRAM, 0xD0} else message)

    def _tell(self, message: tuple[int, ...]) -> None:
        from mido import Message  # noqa: PLC0415  0.1 s, and only for those who have instruments

        if self._port is None:
            return
        try:
            self._port.send(Message.from_bytes(message))
        except Exception as error:  # noqa: BLE001  drivers raise what they like when a cable is pulled
            port, self._port, self.name = self._port, None, None
            self._timer.stop()
            port.close()
            self._player.set_elsewhere(False)
            self.chosen.emit(None)
            self.troubled.emit(f"The MIDI port is gone ({error}); this computer plays again")


def ruling(performance: Performance, row: int) -> list[int]:
    """Of all messages before a row those that are still in force: the last of each kind in each channel."""
    last: dict[tuple[int, int, int], int] = {}
    for number in np.flatnonzero(~np.isin(performance.status[:row], (NOTE_ON, NOTE_OFF))).tolist():
        status = int(performance.status[number])
        kind = int(performance.first[number]) if status == CONTROL else -1
        last[status, int(performance.channel[number]), kind] = number
    return sorted(last.values())
