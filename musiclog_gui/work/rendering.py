"""Make one sample into sound in the cache folder, in a worker process. No Qt here.

The file grows while it is rendered, so that playing begins with the first second.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

import numpy as np
import orjson

from musiclog import loudness, synth
from musiclog.arrangement import AS_WRITTEN, Arrangement
from musiclog.errors import SynthError
from musiclog.midi_events import Performance, pedal_spans, read_events, read_file
from musiclog.sound_file import write_sound
from musiclog.soundfont import find

from . import cache

# 1 GB is about 50 minutes of music: every sample that one listens to in a day, and no more of the user's disk.
CACHE_BYTES = 1_000_000_000
FRAME_BYTES = 8  # left and right, float32


@dataclass(frozen=True, slots=True)
class Rendered:
    """Sound in a file: float32 of shape (samples, 2), of which the first `ready` are there.

    gain brings it to the common loudness; while it is being rendered it is an estimate with headroom. lufs is what it
    reaches so, None while that is not known. beat_s and bar_beats are of the opening, in the tempo that is heard.
    """

    path: str  # of the sample
    pcm: str
    hz: int
    samples: int
    ready: int
    gain: float
    arrangement: Arrangement = AS_WRITTEN
    lufs: float | None = None
    beat_s: float = 0.5
    bar_beats: float = 4.0


def warm_up(soundfont: str | None) -> str:
    """Load the synthesiser before the first click, and its SoundFont into the system's memory; its name."""
    engine = synth.open_engine(soundfont)
    path = find(soundfont)
    if path is not None and hasattr(os, "posix_fadvise"):  # Linux; a bank of 148 MB is read from disk meanwhile
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
    return engine.name


def render_to_file(
    path: str, folder: Path, soundfont: str | None, arrangement: Arrangement = AS_WRITTEN,
    limit_bytes: int = CACHE_BYTES,
) -> Generator[Rendered | None, None, Rendered]:  # fmt: skip
    """Yields as the sound grows, each time it is twice as long, and None between; returns when all is there."""
    data = read_file(path)
    engine = synth.open_engine(soundfont)
    pcm_folder = folder / "sound"
    record = _record(pcm_folder, data, engine.name, soundfont, arrangement)
    known = _read(record, path, arrangement)
    if known is not None:
        return known
    performance = synth.perform(data, arrangement)
    samples = synth.sample_count(performance)
    pcm_path = record.with_name(f"{record.stem}.{os.getpid()}.f32")
    begun = Rendered(path, str(pcm_path), synth.PCM_HZ, samples, 0, 1.0, arrangement,
                     beat_s=performance.beat_s, bar_beats=performance.bar_beats)  # fmt: skip
    # Where tracks are silent the others stay as loud as in the whole piece.
    whole = _read(_record(pcm_folder, data, engine.name, soundfont, AS_WRITTEN), path) if arrangement.silences else None
    pcm, file = _empty_file(pcm_path, samples)
    try:
        ready, told_at = 0, int(0.38 * synth.PCM_HZ)
        for piece in engine.stream(performance, samples):
            file.write(np.ascontiguousarray(piece.T))
            ready += piece.shape[1]
            if told_at <= ready < samples:
                told_at = 2 * ready
                yield replace(begun, ready=ready, gain=whole.gain if whole else _estimated_gain(pcm[:ready]))
            else:
                yield None  # the user may have turned to another sample
        gain, lufs = (whole.gain, whole.lufs) if whole else loudness.matched(pcm.T, synth.PCM_HZ)
    except OSError as error:  # the disk is full
        _give_up(pcm_path)
        raise SynthError(f"the cache folder {pcm_folder} cannot be written ({error.strerror})") from error
    except GeneratorExit:
        _give_up(pcm_path)
        raise
    finally:
        file.close()
    result = replace(begun, ready=samples, gain=gain, lufs=lufs)
    fields = {name: getattr(result, name) for name in _KEPT}
    cache.write_whole(record, orjson.dumps({"pcm": pcm_path.name, **fields}))
    cache.trim(pcm_folder, limit_bytes, keep=record)
    return result


def _give_up(pcm_path: Path) -> None:
    with suppress(OSError):  # Windows keeps what a window has mapped; the cache removes it later
        pcm_path.unlink()


_KEPT = ("hz", "samples", "gain", "lufs", "beat_s", "bar_beats")


def _record(folder: Path, data: bytes, engine: str, soundfont: str | None, arrangement: Arrangement) -> Path:
    """The file that tells of the sound of these bytes, played in this way."""
    how = (f"{arrangement.tempo:.4f} {arrangement.transpose} {sorted(arrangement.muted)} {sorted(arrangement.solo)}",)
    return folder / f"{cache.digest(data, engine, str(soundfont), *(how if arrangement != AS_WRITTEN else ()))}.json"


def pedal_of(path: str) -> np.ndarray:
    """When the sustain pedal is down: (spans, 2) in seconds."""
    return pedal_spans(read_events(read_file(path)))


def messages_of(path: str, arrangement: Arrangement) -> Performance:
    """What an instrument has to be told to play a sample."""
    return synth.perform(read_file(path), arrangement)


def export(path: str, target: str, soundfont: str | None, arrangement: Arrangement) -> str:
    """Write a sample's sound as it is heard, at the common loudness, to a file; the kind is its suffix."""
    pcm, hz = synth.render(read_file(path), soundfont=soundfont, arrangement=arrangement)
    write_sound(target, pcm, hz)
    return target


def _empty_file(path: Path, samples: int) -> tuple[np.memmap, FileIO]:
    """To read by mapping and to write by calls: to write by mapping costs a page fault every 4 KB, 7 ms a piece."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb", buffering=0)
        file.truncate(samples * FRAME_BYTES)
        return np.memmap(path, np.float32, "r", shape=(samples, 2)), file
    except OSError as error:
        raise SynthError(f"the cache folder {path.parent} cannot be written ({error.strerror})") from error


def _estimated_gain(pcm: np.ndarray) -> float:
    """With 6 dB left for what is still to come and may be louder."""
    peak = float(np.abs(pcm).max(initial=1e-6))
    return min(loudness.gain(pcm.T, synth.PCM_HZ), 0.5 * loudness.PEAK_LIMIT / peak)


def _read(record: Path, path: str, arrangement: Arrangement = AS_WRITTEN) -> Rendered | None:
    try:
        fields = orjson.loads(record.read_bytes())
        pcm = record.with_name(fields["pcm"])
        kept = {name: fields[name] for name in _KEPT}
        if pcm.stat().st_size != kept["samples"] * FRAME_BYTES:
            return None
        for used in (record, pcm):
            os.utime(used)  # the cache drops first what was not used for longest
        return Rendered(path, str(pcm), ready=kept["samples"], arrangement=arrangement, **kept)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is made again
        return None
