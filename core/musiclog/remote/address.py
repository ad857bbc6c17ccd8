"""Addresses such as sftp://host/runs and s3://bucket/runs, and where their copies lie."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from platformdirs import user_cache_path

from ..layout import slug

# One letter is a drive of Windows.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether text names a place elsewhere; file:// is here."""
    return _SCHEME.match(text) is not None and not text.lower().startswith("file://")


@dataclass(frozen=True, slots=True)
class Address:
    """One place elsewhere, as the user wrote it."""

    text: str

    @property
    def shown(self) -> str:
        """Without a password, which nobody looking at the screen needs to see."""
        parts = urlsplit(self.text)
        if parts.password is None:
            return self.text
        return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1)))

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.text.rstrip("/").rpartition("/")[2]

    def folder(self) -> Path:
        """Where its copy is kept, in the user's cache folder: of every address another one."""
        mark = hashlib.sha256(self.text.rstrip("/").encode()).hexdigest()[:12]
        return copies() / mark / slug(self.name)


def copies() -> Path:
    """The folder of all copies."""
    return user_cache_path("musiclog", appauthor=False) / "remote"


def weight_of_copies() -> int:
    """Bytes of all copies."""
    weight = 0
    for path in copies().rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a window may be copying
            weight += path.stat().st_size if path.is_file() else 0
    return weight


def clear_copies() -> int:
    """Remove all copies; returns how many bytes are free again. A window that follows one fetches it anew."""
    weight = weight_of_copies()
    shutil.rmtree(copies(), ignore_errors=True)  # on Windows what a window has open stays
    return weight - weight_of_copies()
