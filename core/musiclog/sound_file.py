"""Write sound to a file that others can play: WAV by the standard library, FLAC and OGG by libsndfile.

soundfile brings libsndfile in its wheels for every platform and is an extra; the midirenderer at hand could write
Opus, but only what it synthesises itself, at its own level: not what was heard.
"""

from __future__ import annotations

import os
import sys
import wave
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import MusiclogError, SynthError

# What each suffix becomes in libsndfile. 24 bits keep what FLAC can keep; Vorbis at its usual quality.
_WITH_LIBSNDFILE = {".flac": ("FLAC", "PCM_24"), ".ogg": ("OGG", "VORBIS")}
_BLOCK = 65_536  # samples; libsndfile's Vorbis encoder overflows its stack with minutes in one call


def kinds() -> list[str]:
    """Suffixes that can be written here."""
    return [".wav", *(_WITH_LIBSNDFILE if find_spec("soundfile") else ())]


def write_sound(path: str | os.PathLike[str], pcm: NDArray[np.float32], hz: int) -> None:
    """pcm: (2, samples) within [-1, 1]. Written under another name and renamed, so that no half file is left.

    Raises SynthError for a suffix that cannot be written, and where the folder cannot be.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix in _WITH_LIBSNDFILE and suffix not in kinds():
        kind = suffix[1:].upper()
        raise SynthError(f"{target.name}: {kind} needs the package soundfile: pip install musiclog[export]")
    if suffix not in kinds():
        raise SynthError(f"{target.name}: sound is written as {', '.join(kinds())}; choose one of these endings")
    part = target.with_name(f".{target.stem}.{os.getpid()}{suffix}")
    try:
        if suffix == ".wav":
            _write_wav(part, pcm, hz)
        else:
            _write_with_libsndfile(part, pcm, hz, *_WITH_LIBSNDFILE[suffix])
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SynthError(f"{target.name}: cannot be written ({error.strerror or error})") from error


def _write_wav(path: Path, pcm: NDArray[np.float32], hz: int) -> None:
    with path.open("wb") as opened, wave.open(opened, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(hz)
        file.writeframes(np.round(np.clip(pcm.T, -1, 1) * 32767).astype("<i2").tobytes())


def _write_with_libsndfile(path: Path, pcm: NDArray[np.float32], hz: int, form: str, coding: str) -> None:
    import soundfile  # noqa: PLC0415  an extra

    try:
        with soundfile.SoundFile(path, "w", hz, 2, coding, format=form) as file:
            for start in range(0, pcm.shape[1], _BLOCK):
                file.write(pcm[:, start : start + _BLOCK].T)
    except soundfile.LibsndfileError as error:
        raise OSError(0, str(error)) from error


def main(midi: str, target: str) -> int:
    """`python -m musiclog.sound_file SAMPLE.mid SOUND.wav`: for whoever must not be held up by it. 1 where it fails."""
    from .synth import render  # noqa: PLC0415 - the synthesiser, which nobody else here needs

    try:
        write_sound(target, *render(midi))
    except MusiclogError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
