"""Put a generated piece into the run folder, whole or not at all, whatever the trainer has it as."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Protocol

from .writer import beside


class SymusicScore(Protocol):
    def dump_midi(self, path: str) -> object: ...


class MidoFile(Protocol):
    def save(self, filename: str) -> object: ...


class PrettyMidi(Protocol):
    def write(self, filename: str) -> object: ...


Sample = str | os.PathLike[str] | bytes | bytearray | SymusicScore | MidoFile | PrettyMidi


def store(sample: Sample, target: Path) -> None:
    """Write sample to target under a temporary name, then os.replace. Raises what the sample's own writer raises."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = beside(target)
    try:
        _write(sample, half)
        half.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


def suffix(sample: object) -> str:
    """.midi and .mid stay as they are; everything else is written as .mid."""
    if isinstance(sample, (str, os.PathLike)):
        found = Path(os.fspath(sample)).suffix.lower()
        return found if found in (".mid", ".midi", ".kar") else ".mid"
    return ".mid"


def free_name(folder: Path, stem: str, ending: str) -> Path:
    """folder/stem.mid, or stem_01.mid ... when that is taken."""
    path, index = folder / f"{stem}{ending}", 0
    while path.exists():
        index += 1
        path = folder / f"{stem}_{index:02d}{ending}"
    return path


def _write(sample: Sample, half: Path) -> None:
    if isinstance(sample, (bytes, bytearray)):
        half.write_bytes(sample)
    elif isinstance(sample, (str, os.PathLike)):
        half.write_bytes(Path(os.fspath(sample)).read_bytes())
    elif hasattr(sample, "dump_midi"):
        sample.dump_midi(str(half))
    elif hasattr(sample, "save"):
        sample.save(str(half))
    elif hasattr(sample, "write"):
        sample.write(str(half))
    else:
        kind = type(sample).__name__
        raise TypeError(f"a sample is a path, bytes, or a symusic, mido or pretty_midi object, not {kind}")
