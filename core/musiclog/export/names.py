"""Names of metrics and samples as names of files, no two alike."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from ..layout import slug

# Names that Windows keeps for devices, with any suffix.
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def free_name(name: str, suffix: str, taken: Container[str]) -> str:
    """A file name that is not taken, also where capitals do not count, and that stays in its folder."""
    stem = slug(name).lower()
    stem = f"_{stem}" if _DEVICES.match(stem) else stem
    file, number = f"{stem}{suffix}", 2
    while file in taken:
        file, number = f"{stem}-{number}{suffix}", number + 1
    return file
