"""Names of metrics and samples as names of files, no two alike."""

from __future__ import annotations

from collections.abc import Container

from ..file_names import DEVICE
from ..layout import slug


def free_name(name: str, suffix: str, taken: Container[str]) -> str:
    """A file name that is not taken, also where capitals do not count, and that stays in its folder."""
    stem = slug(name).lower()
    stem = f"_{stem}" if DEVICE.match(stem) else stem
    file, number = f"{stem}{suffix}", 2
    while file in taken:
        file, number = f"{stem}-{number}{suffix}", number + 1
    return file
