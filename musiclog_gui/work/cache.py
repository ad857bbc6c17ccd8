"""The user's cache folder for scores and sound: files named by content, bounded in size. No Qt here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    return user_cache_path("musiclog", appauthor=False)


def digest(data: bytes, *more: str) -> str:
    """A name for what was made from these bytes with these circumstances."""
    result = hashlib.blake2b(data, digest_size=16)
    for text in more:
        result.update(b"\0" + text.encode())
    return result.hexdigest()


def write_whole(path: Path, data: bytes) -> bool:
    """Write under another name and rename. A full disk costs the cache entry, never the result: then False."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        return False
    return True


def trim(folder: Path, limit_bytes: int, keep: Path | None = None) -> None:
    """Remove what was not used for longest until the folder is within its limit."""
    files = []
    for path in folder.glob("*"):
        try:
            stat = path.stat()
        except OSError:  # another window trims too
            continue
        files.append((stat.st_mtime, stat.st_size, path))
    excess = sum(size for _, size, _ in files) - limit_bytes
    for _, size, path in sorted(files):
        if excess <= 0:
            return
        if keep is not None and path.stem == keep.stem:
            continue
        try:
            path.unlink()
        except OSError:  # mapped by a window on Windows: it goes next time
            continue
        excess -= size


def without_name(reason: str, path: str) -> str:
    """A reason without the file's name before it: where it is shown, the name stands beside it."""
    for start in (f"{Path(path).name}: ", "MIDI data: "):
        reason = reason.removeprefix(start)
    return reason[:1].upper() + reason[1:]
