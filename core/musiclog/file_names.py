"""File names as text that every file, pipe and terminal can take, and which names a file can have."""

from __future__ import annotations

import os
import re
import sys
from typing import Final

# Names that Windows keeps for devices, with any suffix.
DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
_RESERVED: Final = frozenset('<>:"|?*\\')  # by Windows


def as_text(path: str | os.PathLike[str]) -> str:
    """The path itself; bytes that are no UTF-8, as in old archives, are spelt out: caf\\\\xe9.mid."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def can_be_a_name(part: str, windows: bool = sys.platform == "win32") -> bool:
    """Whether a file or folder may be called so here, and is one below its folder then."""
    if part in ("", ".", "..") or "\0" in part:
        return False
    if not windows:
        return True
    reserved = part.endswith((".", " ")) or DEVICE.match(part) is not None
    return not reserved and all(letter >= " " and letter not in _RESERVED for letter in part)
