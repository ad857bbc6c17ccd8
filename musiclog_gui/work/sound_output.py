"""Where PCM goes: the machine's sound device through pygame's mixer, or nowhere at the right speed."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
import wave
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musiclog.synth import PCM_HZ

Samples = NDArray[np.int16]  # (n, 2)

# 512 samples are 12 ms: the grain of what begins and of what the clock can miss.
BUFFER = 512
# 0.37 s a piece, one playing and one waiting: the GUI thread may be held that long without a gap. A multiple of
# BUFFER, because the mixer begins the next piece at its next buffer only.
PIECE = 32 * BUFFER


class SoundUnavailable(Exception):
    """There is no sound device, or another program holds it."""


class Output(Protocol):
    """A stream of pieces, and a clock that counts what of it was heard."""

    def prepare(self) -> None:
        """Do beforehand what takes time before the first sound."""

    def open(self) -> None:
        """Raises SoundUnavailable. Opening what is open does nothing."""

    def start(self, piece: Samples) -> None:
        """Drop what was playing and begin a new stream with this piece."""

    def queue(self, piece: Samples) -> None:
        """The next piece; allowed while hungry()."""

    def hungry(self) -> bool: ...

    def running(self) -> bool:
        """Whether there is still something to be heard of the stream."""

    def heard(self) -> int:
        """Samples of this stream that have left the device."""

    def taken(self) -> int:
        """Samples of this stream that the device has got: a new stream is heard after them."""

    def check(self) -> None:
        """Raises SoundUnavailable when the device is gone; asked once a second while it plays."""

    def stop(self) -> None: ...

    def set_volume(self, volume: float) -> None: ...

    def close(self) -> None: ...


class MixerOutput:
    """pygame.mixer: two pieces ahead on one channel, without a gap.

    The mixer has no clock for its channels, only one for its music: milliseconds of what it mixed for the device.
    So silence plays as music, and the pieces are timed against it: they follow the device, whose crystal differs from
    the computer's clock by up to 20 ms in four minutes, and SDL's silent device by 0.5 %.
    """

    def __init__(self) -> None:
        self._mixer: Any = None
        self._channel: Any = None
        self._volume = 1.0
        self._began = self._length = 0  # samples
        self._checked = -1  # what was mixed at the last check

    def prepare(self) -> None:
        """pygame takes 0.25 s to import: done in a thread, so that the window answers meanwhile."""
        threading.Thread(target=_import_quietly, name="pygame import", daemon=True).start()

    def open(self) -> None:
        if self._mixer is not None:
            return
        mixer, error = _pygame_mixer()
        try:
            mixer.init(PCM_HZ, -16, 2, BUFFER, allowedchanges=0)
            mixer.music.load(_silence(), "wav")
            mixer.music.play(-1)
        except error as trouble:
            mixer.quit()
            raise SoundUnavailable(f"No sound: {trouble}") from trouble
        self._mixer, self._channel, self._checked = mixer, mixer.Channel(0), -1
        self.set_volume(self._volume)

    def start(self, piece: Samples) -> None:
        self._began = self._mixed() // BUFFER * BUFFER
        self._length = len(piece)
        self._channel.play(self._sound(piece))
        self._channel.set_volume(self._volume)  # play() sets it back to 1

    def queue(self, piece: Samples) -> None:
        self._channel.queue(self._sound(piece))
        self._length += len(piece)

    def hungry(self) -> bool:
        return self._channel.get_queue() is None

    def running(self) -> bool:
        return bool(self._channel.get_busy())

    def heard(self) -> int:
        """What was mixed is heard one buffer later at the earliest."""
        return min(max(self._mixed() - self._began - BUFFER, 0), self._length)

    def taken(self) -> int:
        return min(max(self._mixed() // BUFFER * BUFFER - self._began, 0), self._length)

    def check(self) -> None:
        """A device that is pulled out takes no more sound, or is no longer among the system's devices."""
        before, self._checked = self._checked, self._mixed()
        if self._checked == before:
            raise SoundUnavailable("The sound device is gone or stands still; playing goes on in silence")
        if not _device_names():
            raise SoundUnavailable("The sound device is gone; playing goes on in silence")

    def stop(self) -> None:
        if self._channel is not None:
            self._channel.stop()

    def set_volume(self, volume: float) -> None:
        self._volume = volume
        if self._channel is not None:
            self._channel.set_volume(volume)

    def close(self) -> None:
        if self._mixer is not None:
            self._mixer.quit()
            self._mixer = self._channel = None

    def _mixed(self) -> int:
        return int(self._mixer.music.get_pos() * PCM_HZ // 1000)

    def _sound(self, piece: Samples) -> Any:
        return self._mixer.Sound(buffer=np.ascontiguousarray(piece))


class SilentOutput:
    """Takes the time that the sound would take: where there is no device the playhead runs all the same."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._length = 0

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def open(self) -> None:
        """There is nothing to open."""

    def start(self, piece: Samples) -> None:
        self._began, self._length = self._clock(), len(piece)

    def queue(self, piece: Samples) -> None:
        self._length += len(piece)

    def hungry(self) -> bool:
        return self._length - self.heard() <= PIECE

    def running(self) -> bool:
        return self._began is not None and self.heard() < self._length

    def heard(self) -> int:
        if self._began is None:
            return 0
        return min(round((self._clock() - self._began) * PCM_HZ), self._length)

    def taken(self) -> int:
        return self.heard()

    def check(self) -> None:
        """Silence is never lost."""

    def stop(self) -> None:
        self._began, self._length = None, 0

    def set_volume(self, volume: float) -> None:
        """Silence has no volume."""

    def close(self) -> None:
        self.stop()


def _pygame_mixer() -> tuple[Any, type[Exception]]:
    """Imported at the first sound, because it takes 0.25 s, and without its greeting on the terminal."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame.mixer  # noqa: PLC0415
    except ImportError as error:
        raise SoundUnavailable(f"No sound: pygame cannot be loaded ({error})") from error
    return pygame.mixer, pygame.error


def _device_names() -> list[str]:
    """Of the devices that play; SDL looks again at each question."""
    from pygame._sdl2 import audio  # noqa: PLC0415  after pygame.mixer, which is open

    try:
        return list(audio.get_audio_device_names(False))
    except _pygame_mixer()[1]:  # the sound system itself went away
        return []


def _import_quietly() -> None:
    with contextlib.suppress(SoundUnavailable):  # the player says so when it is to play
        _pygame_mixer()


def _silence() -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(PCM_HZ)
        writer.writeframes(bytes(4 * PCM_HZ))
    file.seek(0)
    return file
