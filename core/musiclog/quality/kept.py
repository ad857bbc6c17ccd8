"""Keep what was measured of a corpus in the user's cache folder, named by the content of its files."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from platformdirs import user_cache_path

import musiclog.notes
from musiclog.quality.bands import LENGTHS, Bands
from musiclog.quality.calibration import human
from musiclog.quality.copying import Steps
from musiclog.regular_file import open_regular
from musiclog.writer import write_whole

if TYPE_CHECKING:
    from musiclog.quality.reference import Reference

FOLDER = "references"
MOST_KEPT = 20  # corpora; the one used longest ago goes first


@dataclass(frozen=True, slots=True)
class KeptReference:
    """One place in the cache. Numbers and names only, no pickle: a damaged or foreign file is measured again."""

    path: Path

    @classmethod
    def of(cls, paths: Sequence[Path], name: str, folder: Path | None = None) -> KeptReference:
        """Where the measures of these files by today's rules are kept, or would be."""
        digest = hashlib.blake2b(rules().encode(), digest_size=16)
        digest.update(name.encode())
        for path in paths:
            digest.update(_content(path))
        return cls((folder or user_cache_path("musiclog", appauthor=False) / FOLDER) / f"{digest.hexdigest()}.npz")

    def load(self) -> Reference | None:
        """What was kept; None where nothing is, or nothing that can be read."""
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                found = _unpacked(arrays)
            self.path.touch()
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):  # not there, or damaged
            return None
        return found

    def save(self, reference: Reference) -> None:
        """Never costs the reference: a full disk only means that it is measured again next time."""
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **_packed(reference))
        with contextlib.suppress(OSError):
            write_whole(self.path, packed.getvalue())
            _trim(self.path.parent)


@cache
def rules() -> str:
    """A fingerprint of how pieces are read and measured, so that other rules' measures are not taken for these."""
    code = (*sorted(Path(__file__).parent.glob("*.py")), Path(musiclog.notes.__file__))
    digest = hashlib.blake2b(human().to_json(), digest_size=16)
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            return hashlib.sha256(file.read()).digest()
    except OSError as error:  # named as unreadable when it is measured
        return repr(error).encode()


def _packed(reference: Reference) -> dict[str, Any]:
    words = {"name": reference.name, "version": reference.version, "unreadable": reference.unreadable}
    return {
        "words": np.frombuffer(orjson.dumps(words), np.uint8),
        "bands": reference.bands.values,
        "steps": reference.steps.steps,
        "counts": reference.steps.counts,
        **{f"features_{index}": table for index, table in enumerate(reference.features)},
    }


def _unpacked(arrays: Any) -> Reference:
    from musiclog.quality.reference import Reference  # noqa: PLC0415 - which keeps itself by this module

    words = orjson.loads(arrays["words"].tobytes())
    rows = np.split(np.maximum(arrays["steps"], -1), np.cumsum(arrays["counts"])[:-1])
    return Reference(
        name=words["name"],
        version=words["version"],
        bands=Bands(arrays["bands"]),
        features=tuple(arrays[f"features_{index}"] for index in range(len(LENGTHS) + 1)),
        steps=Steps(rows),
        unreadable=tuple(words["unreadable"]),
    )


def _trim(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[MOST_KEPT:]:
        path.unlink(missing_ok=True)
