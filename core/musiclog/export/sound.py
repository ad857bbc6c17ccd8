"""A sample as it goes into a file that has to carry everything with it: its MIDI, and how it sounds, kept small."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import MidiError, SynthError
from ..regular_file import open_regular
from ..synth import PCM_HZ, render

# One channel at 22,050 Hz in 16 bits: 44 kB a second, which any browser plays; half a minute tells enough.
SECONDS: Final = 30.0
MIDI_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Sound:
    """midi and wav are None where the file could not be read or played; trouble says why."""

    name: str
    about: str
    midi: bytes | None
    wav: bytes | None
    trouble: str | None = None
    cut: bool = False  # only the first half minute is heard


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
    return Sound(name, about, midi, _wav(np.asarray(pcm), hz), cut=pcm.shape[1] > SECONDS * hz)


def _wav(pcm: np.ndarray[tuple[int, ...], np.dtype[np.float32]], hz: int) -> bytes:
    mono = pcm[:, : int(SECONDS * hz)].mean(axis=0)
    if hz == PCM_HZ:  # neighbours averaged, so that little of what is above 11 kHz folds back
        mono, hz = mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1), hz // 2
    loudest = float(np.abs(mono).max(initial=0.0))
    scaled = np.clip(mono * (32_000 / loudest if loudest > 1 else 32_000), -32_767, 32_767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(hz)
        out.writeframes(scaled.tobytes())
    return file.getvalue()
