"""Names of metrics, samples and runs as names of files that every system takes, no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import Final

_LONGEST: Final = 80
# Names that Windows keeps for devices, with any suffix.
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Letters, digits, points, dashes and underlines; never a hidden file, a device, or a way out of the folder."""
    spelt = unicodedata.normalize("NFKC", name)
    kept = re.sub(r"[^\w.=-]+", "_", spelt, flags=re.ASCII).strip("._-")[:_LONGEST]
    return f"_{kept}" if _DEVICES.match(kept) else kept or "unnamed"


def free_name(name: str, suffix: str, taken: Container[str]) -> str:
    """A safe file name that is not taken; systems that know no capitals count."""
    stem = safe_name(name).lower()
    file, number = f"{stem}{suffix}", 2
    while file in taken:
        file, number = f"{stem}-{number}{suffix}", number + 1
    return file
