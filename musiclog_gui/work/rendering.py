"""Make one sample into sound in the cache folder, in a worker process. No Qt here.

The file grows while it is rendered, so that playing begins with the first second.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from musiclog import loudness, synth
from musiclog.errors import SynthError

from . import cache

# 1 GB is about 50 minutes of music: every sample that one listens to in a day, and no more of the user's disk.
CACHE_BYTES = 1_000_000_000
FRAME_BYTES = 8  # left and right, float32


@dataclass(frozen=True, slots=True)
class Rendered:
    """Sound in a file: float32 of shape (samples, 2), of which the first `ready` are there.

    gain brings it to the common loudness; while it is being rendered it is an estimate with headroom.
    """

    path: str  # of the sample
    pcm: str
    hz: int
    samples: int
    ready: int
    gain: float


def warm_up(soundfont: str | None) -> str:
    """Load the synthesiser before the first click; its name."""
    return synth.open_engine(soundfont).name


def render_to_file(
    path: str, folder: Path, soundfont: str | None, limit_bytes: int = CACHE_BYTES
) -> Generator[Rendered | None, None, Rendered]:
    """Yields as the sound grows, each time it is twice as long, and None between; returns when all is there."""
    data = cache.read_file(path)
    engine = synth.open_engine(soundfont)
    pcm_folder = folder / "sound"
    record = pcm_folder / f"{cache.digest(data, engine.name, str(soundfont))}.json"
    known = _read(record, path)
    if known is not None:
        return known
    performance = synth.perform(data)
    samples = synth.sample_count(performance)
    pcm_path = record.with_name(f"{record.stem}.{os.getpid()}.f32")
    pcm = _empty_file(pcm_path, samples)
    try:
        ready, told_at = 0, synth.PCM_HZ // 2
        for piece in engine.stream(performance, samples):
            pcm[ready : ready + piece.shape[1]] = piece.T
            ready += piece.shape[1]
            if told_at <= ready < samples:
                told_at = 2 * ready
                gain = _estimated_gain(pcm[:ready])
                yield Rendered(path, str(pcm_path), synth.PCM_HZ, samples, ready, gain)
            else:
                yield None  # the user may have turned to another sample
        gain = loudness.gain(pcm.T, synth.PCM_HZ)
    except GeneratorExit:
        del pcm
        pcm_path.unlink()
        raise
    fields = {"pcm": pcm_path.name, "hz": synth.PCM_HZ, "samples": samples, "gain": gain}
    cache.write_whole(record, orjson.dumps(fields))
    cache.trim(pcm_folder, limit_bytes, keep=record)
    return Rendered(path, str(pcm_path), synth.PCM_HZ, samples, samples, gain)


def _empty_file(path: Path, samples: int) -> np.memmap:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(samples * FRAME_BYTES)
        return np.memmap(path, np.float32, "r+", shape=(samples, 2))
    except OSError as error:
        raise SynthError(f"the cache folder {path.parent} cannot be written ({error.strerror})") from error


def _estimated_gain(pcm: np.ndarray) -> float:
    """With 6 dB left for what is still to come and may be louder."""
    peak = float(np.abs(pcm).max(initial=1e-6))
    return min(loudness.gain(pcm.T, synth.PCM_HZ), 0.5 * loudness.PEAK_LIMIT / peak)


def _read(record: Path, path: str) -> Rendered | None:
    try:
        fields = orjson.loads(record.read_bytes())
        pcm = record.with_name(fields["pcm"])
        if pcm.stat().st_size != fields["samples"] * FRAME_BYTES:
            return None
        for used in (record, pcm):
            os.utime(used)  # the cache drops first what was not used for longest
        return Rendered(path, str(pcm), fields["hz"], fields["samples"], fields["samples"], fields["gain"])
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is made again
        return None
