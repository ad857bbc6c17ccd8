"""A sample as it goes into a file that has to carry everything with it: its MIDI, and how it sounds, kept small."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import MidiError, SynthError
from ..regular_file import open_regular
from ..synth import PCM_HZ, render

# One channel at 22,050 Hz; half a minute tells enough. MP3, which every browser plays, takes 0.15 MB for that, WAV 1.3.
SECONDS: Final = 30.0
MIDI_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Sound:
    """midi and audio are None where the file could not be read or played; trouble says why. kind: "mp3" or "wav"."""

    name: str
    about: str
    midi: bytes | None
    audio: bytes | None
    trouble: str | None = None
    cut: bool = False  # only the first half minute is heard
    kind: str = "wav"

    @property
    def mime(self) -> str:
        return "audio/mpeg" if self.kind == "mp3" else "audio/wav"


def sound(path: Path, name: str, about: str = "") -> Sound:
    """The sample at path. Never raises for what is wrong with it."""
    try:
        with open_regular(path) as file:
            midi = file.read(MIDI_BYTES + 1)
    except OSError as error:
        return Sound(name, about, None, None, f"cannot be read: {error.strerror}")
    if len(midi) > MIDI_BYTES:
        return Sound(name, about, None, None, "larger than a megabyte, left out")
    try:
        pcm, hz = render(path)
    except (MidiError, SynthError) as error:
        return Sound(name, about, midi, None, str(error))
    mono, small_hz = _mono(np.asarray(pcm), hz)
    audio = _mp3(mono, small_hz)
    cut = pcm.shape[1] > SECONDS * hz
    if audio is None:
        return Sound(name, about, midi, _wav(mono, small_hz), cut=cut)
    return Sound(name, about, midi, audio, cut=cut, kind="mp3")


Samples = np.ndarray[tuple[int, ...], np.dtype[Any]]


def _mono(pcm: Samples, hz: int) -> tuple[Samples, int]:
    mono = pcm[:, : int(SECONDS * hz)].mean(axis=0)
    if hz == PCM_HZ:  # neighbours averaged, so that little of what is above 11 kHz folds back
        mono, hz = mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1), hz // 2
    loudest = float(np.abs(mono).max(initial=0.0))
    return mono * (0.98 / loudest if loudest > 1 else 0.98), hz


def _mp3(mono: Samples, hz: int) -> bytes | None:
    """None where libsndfile is missing (extra `export`) or older than its MP3 encoder."""
    if find_spec("soundfile") is None:
        return None
    import soundfile  # noqa: PLC0415

    if "MP3" not in soundfile.available_formats():
        return None
    file = io.BytesIO()
    soundfile.write(file, mono, hz, format="MP3")
    return file.getvalue()


def _wav(mono: Samples, hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(hz)
        out.writeframes(np.clip(mono * 32_767, -32_767, 32_767).astype("<i2").tobytes())
    return file.getvalue()
