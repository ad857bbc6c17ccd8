"""File names as text that every file, pipe and terminal can take."""

from __future__ import annotations

import os


def as_text(path: str | os.PathLike[str]) -> str:
    """The path itself; bytes that are no UTF-8, as in old archives, are spelt out: caf\\\\xe9.mid."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
