"""Make a MIDI file into sound, through whichever synthesiser of this machine plays it right.

Two engines stand behind one small interface. FluidSynth is taken where its library is found, the system's or the
one in pygame's wheels; else midirenderer. Measured with TimGM6mb on 60 s in four voices, in one run
on a busy machine of two cores (read the lines against each other):

                wrong pitches of 111   times real time   first sound after
FluidSynth 2.3              5                42               2 ms
midirenderer 0.1.3          5                18             116 ms

The five are the SoundFont's own and the same in both: tubular bells, rock organ, harmonica, orchestra hit, whistle.
symusic's synthesiser is never used: it plays 16 of 32 programs at wrong pitches. benchmarks/synthesis.py measures
again.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
import struct
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from . import loudness
from .arrangement import AS_WRITTEN, Arrangement, arrange
from .errors import MidiError, SynthError
from .midi_events import (
    BEND,
    CONTROL,
    DRUM_CHANNEL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    Performance,
    events_from_notes,
    read_events,
    to_midi,
)
from .soundfont import VARIABLE, find

Pcm = NDArray[np.float32]  # (2, samples)

PCM_HZ = 44_100
# Twenty minutes of stereo are 423 MB of float32; no sample of a training run is longer on purpose.
MAX_SECONDS = 20 * 60
TAIL_S = 1.5  # what rings on after the last note
CHUNK_S = 0.4  # what a player wants first: a piece of sound of 0.37 s
STEP_S = 0.1  # after it: an order to stop is heard within a few milliseconds
BLOCK = 64  # samples; FluidSynth hears messages at these borders: 1.5 ms


class Engine(Protocol):
    """Plays performances with one SoundFont at one rate."""

    name: str

    def stream(self, performance: Performance, samples: int) -> Iterator[Pcm]:
        """The sound in pieces of (2, n), `samples` in all, at the engine's own level."""


def render(
    source: str | os.PathLike[str] | bytes | Any,
    *,
    hz: int = PCM_HZ,
    soundfont: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    target_lufs: float | None = loudness.TARGET_LUFS,
    arrangement: Arrangement = AS_WRITTEN,
) -> tuple[Pcm, int]:
    """(pcm, hz): float32 of shape (2, samples) within [-1, 1], from a MIDI file's path or bytes, or from Notes.

    A file is heard as written: programs, drums, pedal, bends, controllers and tempo changes. The level is matched to
    `target_lufs` (None: left as it is), so that a louder sample does not pass for a better one.
    arrangement: another tempo, another key, without some tracks; rendered anew, so that it is exact.
    engine: "fluidsynth" or "midirenderer"; None takes the first that this machine has.
    Raises MidiError for a file without notes, SynthError where there is no engine or SoundFont, and for what lasts
    longer than 20 minutes.
    """
    performance = perform(source, arrangement)
    samples = sample_count(performance, hz)
    pieces = list(open_engine(soundfont, hz, engine).stream(performance, samples))
    pcm: Pcm = np.concatenate(pieces, axis=1)
    if target_lufs is not None:
        pcm *= np.float32(loudness.gain(pcm, hz, target_lufs))
    return pcm, hz


def perform(source: str | os.PathLike[str] | bytes | Any, arrangement: Arrangement = AS_WRITTEN) -> Performance:
    """What will be played. Where the file's messages cannot be followed, its notes are played instead."""
    if not isinstance(source, str | bytes | os.PathLike):
        performance = events_from_notes(source)
    else:
        performance = _performance_of(source)
    if not performance.note_count:
        raise MidiError("nothing to hear: there are no notes")
    performance = arrange(performance, arrangement, _notes_of(source) if arrangement.silences else None)
    if performance.length_s > MAX_SECONDS:
        minutes = performance.length_s / 60
        raise SynthError(f"lasts {minutes:,.0f} minutes, and at most {MAX_SECONDS // 60} are rendered; cut it first")
    return performance


def sample_count(performance: Performance, hz: int = PCM_HZ) -> int:
    return int((performance.length_s + TAIL_S) * hz)


def open_engine(soundfont: str | os.PathLike[str] | None = None, hz: int = PCM_HZ, name: str | None = None) -> Engine:
    """The engine, kept open for the next call, because loading a SoundFont costs up to half a second."""
    path = find(soundfont)
    if path is None:
        raise SynthError(f"no SoundFont found; install pretty_midi, which carries one, or name one in {VARIABLE}")
    return _engine(str(path), hz, name)


def engines() -> list[str]:
    """Names of the engines that this machine has, the preferred first."""
    present = {"fluidsynth": _fluidsynth(), "midirenderer": find_spec("midirenderer")}
    return [name for name, found in present.items() if found]


@lru_cache(maxsize=2)
def _engine(soundfont: str, hz: int, name: str | None) -> Engine:
    available = engines()
    if not available:
        raise SynthError("no synthesiser found; install midirenderer (pip) or FluidSynth")
    wanted = name or available[0]
    if wanted not in available:
        raise SynthError(f"no synthesiser {wanted!r} here, only {', '.join(available)}")
    makers: dict[str, Callable[[str, int], Engine]] = {"fluidsynth": FluidSynth, "midirenderer": MidiRenderer}
    return makers[wanted](soundfont, hz)


def _notes_of(source: str | os.PathLike[str] | bytes | Any) -> Any:
    if not isinstance(source, str | bytes | os.PathLike):
        return source
    from .notes import read_notes  # noqa: PLC0415  only here: symusic takes 0.1 s to import

    return read_notes(source)


def _performance_of(source: str | os.PathLike[str] | bytes) -> Performance:
    try:
        return read_events(source)
    except MidiError as error:
        from .notes import read_notes  # noqa: PLC0415  only here: symusic reads some files that are torn

        try:
            return events_from_notes(read_notes(source))
        except MidiError:
            raise error from None


class FluidSynth:
    """FluidSynth's library through ctypes: the synthesiser alone, no audio driver, no MIDI player."""

    name = "fluidsynth"

    def __init__(self, soundfont: str, hz: int) -> None:
        library = _fluidsynth()
        if library is None:
            raise SynthError("FluidSynth's library is not on this machine")
        self._library, self.hz = library, hz
        self._soundfont = os.fsencode(soundfont)
        self._settings = library.new_fluid_settings()
        library.fluid_settings_setnum(self._settings, b"synth.sample-rate", float(hz))
        library.fluid_settings_setint(self._settings, b"synth.midi-channels", 64)
        library.fluid_settings_setint(self._settings, b"synth.polyphony", 256)
        # Only the programs that are played are loaded: FluidR3's 148 MB open in 0.04 s instead of 0.27.
        library.fluid_settings_setint(self._settings, b"synth.dynamic-sample-loading", 1)
        self._synth: Any = None  # what plays
        self._spare = self._fresh()

    def _fresh(self) -> Any:
        """A synthesiser in which nothing has sounded yet."""
        synth = self._library.new_fluid_synth(self._settings)
        if not synth or self._library.fluid_synth_sfload(synth, self._soundfont, 1) < 0:
            self._library.delete_fluid_synth(synth)
            raise SynthError(f"{os.fsdecode(self._soundfont)}: FluidSynth cannot load this SoundFont")
        return synth

    def stream(self, performance: Performance, samples: int) -> Iterator[Pcm]:
        """Every performance has a fresh synthesiser, so that equal ones sound equal: a reset leaves the hall and the
        chorus swinging where they were. The next one is made after the first piece, in 20 ms that nobody waits for.
        """
        self._synth, self._spare = self._spare or self._fresh(), None
        try:
            for piece in self._play(performance, samples):
                yield piece
                if self._spare is None:
                    self._spare = self._fresh()
        finally:
            self._library.delete_fluid_synth(self._synth)
            self._synth = None

    def _play(self, performance: Performance, samples: int) -> Iterator[Pcm]:
        whole = -(-samples // BLOCK) * BLOCK  # parts of a block would shift all that is played later
        chunk, filled, position = self._silence(CHUNK_S, whole), 0, 0
        for sample, status, channel, first, second in (*_schedule(performance, self.hz), (whole, 0, 0, 0, 0)):
            while position < min(sample, whole):
                count = min(sample - position, chunk.shape[1] - filled)
                self._write(chunk, filled, count)
                position, filled = position + count, filled + count
                if filled == chunk.shape[1]:
                    yield chunk[:, : chunk.shape[1] - max(position - samples, 0)]
                    chunk, filled = self._silence(STEP_S, whole - position), 0
            if sample >= whole:
                return
            self._send(status, channel, first, second)

    def _silence(self, seconds: float, remaining: int) -> Pcm:
        return np.zeros((2, min(int(seconds * self.hz) // BLOCK * BLOCK, remaining)), np.float32)

    def _write(self, chunk: Pcm, offset: int, count: int) -> None:
        left, right = chunk[0].ctypes.data, chunk[1].ctypes.data
        self._library.fluid_synth_write_float(self._synth, count, left, offset, 1, right, offset, 1)

    def _send(self, status: int, channel: int, first: int, second: int) -> None:
        library, synth = self._library, self._synth
        if status == NOTE_ON and second:
            library.fluid_synth_noteon(synth, channel, first, second)
        elif status in {NOTE_ON, NOTE_OFF}:
            library.fluid_synth_noteoff(synth, channel, first)
        elif status == CONTROL:
            library.fluid_synth_cc(synth, channel, first, second)
        elif status == PROGRAM:
            library.fluid_synth_program_change(synth, channel, first)
        elif status == BEND:
            library.fluid_synth_pitch_bend(synth, channel, first | second << 7)
        elif status == 0xD0:
            library.fluid_synth_channel_pressure(synth, channel, first)

    def __del__(self) -> None:
        for synth in (getattr(self, "_synth", None), getattr(self, "_spare", None)):
            if synth:
                self._library.delete_fluid_synth(synth)
        if getattr(self, "_settings", None):
            self._library.delete_fluid_settings(self._settings)


class MidiRenderer:
    """midirenderer (rustysynth): wheels for every platform, but only whole files, and at its own rate."""

    name = "midirenderer"

    def __init__(self, soundfont: str, hz: int) -> None:
        self.hz = hz
        self._soundfont = Path(soundfont).read_bytes()

    def stream(self, performance: Performance, samples: int) -> Iterator[Pcm]:
        """The first seconds come first, so that playing begins while the rest is being made."""
        lead = 4 * self.hz
        if samples > 3 * lead:
            yield self._play(performance.only(performance.seconds < lead / self.hz), lead)
            yield self._play(performance, samples)[:, lead:]
        else:
            yield self._play(performance, samples)

    def _play(self, performance: Performance, samples: int) -> Pcm:
        import midirenderer  # noqa: PLC0415  an extra

        wave = midirenderer.render_wave_from(self._soundfont, to_midi(performance))
        pcm = np.zeros((2, samples), np.float32)
        played = resample(*_wave_samples(wave), self.hz)[:, :samples]
        pcm[:, : played.shape[1]] = played
        return pcm


def _schedule(performance: Performance, hz: int) -> Iterator[tuple[int, int, int, int, int]]:
    sample = np.round(performance.seconds * (hz / BLOCK)).astype(np.int64) * BLOCK
    columns = (sample, performance.status, performance.channel, performance.first, performance.second)
    return zip(*(column.tolist() for column in columns), strict=True)


def _wave_samples(wave: bytes) -> tuple[Pcm, int]:
    """Stereo samples of 16 bits of a WAV file as (2, n) in [-1, 1], and their rate."""
    (hz,) = struct.unpack("<I", wave[24:28])
    start = wave.index(b"data") + 8
    (length,) = struct.unpack("<I", wave[start - 4 : start])
    samples = np.frombuffer(wave[start : start + length], "<i2").reshape(-1, 2)
    return samples.T.astype(np.float32) / np.float32(32768), hz


def resample(pcm: Pcm, hz: int, wanted_hz: int, taps: int = 48) -> Pcm:
    """The same sound at another rate, by a windowed sinc: flat within 0.1 dB up to 0.8 of the lower rate's half."""
    if hz == wanted_hz:
        return pcm
    ratio = Fraction(wanted_hz, hz)
    up, down = ratio.numerator, ratio.denominator
    cut = min(1.0, up / down) * 0.95
    count = pcm.shape[1] * up // down
    padded = np.pad(pcm, ((0, 0), (taps // 2, taps + down)))
    result = np.zeros((2, count), np.float32)
    for phase in range(up):  # every up-th sample falls between the same two neighbours
        whole, part = divmod(phase * down, up)
        distance = np.arange(taps) - taps // 2 - part / up
        kernel = cut * np.sinc(cut * distance) * np.cos(np.pi * distance / (taps + 2)) ** 2
        windows = sliding_window_view(padded, taps, axis=1)[:, whole::down][:, : len(range(phase, count, up))]
        result[:, phase::up] = windows @ (kernel / kernel.sum()).astype(np.float32)
    return result


@lru_cache(maxsize=1)
def _fluidsynth() -> ctypes.CDLL | None:
    for path in _fluidsynth_paths():
        library = _load_with_neighbours(path)
        if library is not None:
            return _declare(library)
    return None


def _fluidsynth_paths() -> list[str]:
    """The system's library, Homebrew's, then the one that pygame's wheels bring for their own mixer."""
    if sys.platform.startswith("linux"):
        # By the loader: find_library starts gcc, 30 ms a name, and leaves its temporary file when it is interrupted.
        paths = ["libfluidsynth.so.3", "libfluidsynth.so.2"]
    else:
        names = ("fluidsynth", "fluidsynth-3", "libfluidsynth-3", "fluidsynth-2")
        paths = [found for found in map(ctypes.util.find_library, names) if found]
    paths += [f"{prefix}/lib/libfluidsynth.dylib" for prefix in ("/opt/homebrew", "/usr/local")
              if Path(f"{prefix}/lib/libfluidsynth.dylib").exists()]  # fmt: skip
    spec = find_spec("pygame")  # looked up, not imported: that would cost 0.25 s
    for package in (spec.submodule_search_locations or ()) if spec else ():
        for folder in (Path(package).with_name("pygame.libs"), Path(package) / ".dylibs", Path(package)):
            paths += sorted(str(path) for path in folder.glob("libfluidsynth*") if path.is_file())
    return paths


def _load_with_neighbours(path: str, depth: int = 24) -> ctypes.CDLL | None:
    """Load a library; where it misses one that lies beside it, as wheels have them, load that first."""
    for _ in range(depth):
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            missing = re.match(r"(\S+): cannot open shared object", str(error))
            neighbour = Path(path).with_name(missing[1]) if missing else None
            if neighbour is None or not neighbour.is_file() or str(neighbour) == path:
                return None
            if _load_with_neighbours(str(neighbour), depth - 1) is None:
                return None
    return None


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, integer, text, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_double
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "new_fluid_settings": (pointer, []),
        "delete_fluid_settings": (None, [pointer]),
        "fluid_settings_setnum": (integer, [pointer, text, real]),
        "fluid_settings_setint": (integer, [pointer, text, integer]),
        "new_fluid_synth": (pointer, [pointer]),
        "delete_fluid_synth": (None, [pointer]),
        "fluid_synth_sfload": (integer, [pointer, text, integer]),
        "fluid_synth_write_float": (integer, [pointer, integer, pointer, integer, integer, pointer, integer, integer]),
        "fluid_synth_noteon": (integer, [pointer, integer, integer, integer]),
        "fluid_synth_noteoff": (integer, [pointer, integer, integer]),
        "fluid_synth_cc": (integer, [pointer, integer, integer, integer]),
        "fluid_synth_program_change": (integer, [pointer, integer, integer]),
        "fluid_synth_pitch_bend": (integer, [pointer, integer, integer]),
        "fluid_synth_channel_pressure": (integer, [pointer, integer, integer]),
        "fluid_set_log_function": (pointer, [integer, pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for level in range(5):  # it would write warnings of odd SoundFonts to the user's terminal
        library.fluid_set_log_function(level, None, None)
    return library


__all__ = ["DRUM_CHANNEL", "MAX_SECONDS", "PCM_HZ", "Engine", "FluidSynth", "MidiRenderer", "engines", "open_engine",
           "perform", "render", "sample_count"]  # fmt: skip
