"""Files that are written whole and replaced: read again when they changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..harvest import Harvest
from .lines import loads

# A configuration of a megabyte is large; more than this is something else.
LARGEST = 64_000_000


class WholeFile:
    """Remembers which version of a file was read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.size = 0
        self._seen: tuple[int, ...] | None = None

    def forget(self) -> None:
        self._seen = None

    def changed(self, harvest: Harvest) -> bytes | None:
        """The content when it is another than at the last look; None when it is not, or cannot be read."""
        try:
            found = os.stat(self.path)
            now = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            if now == self._seen:
                return None
            self._seen, self.size = now, found.st_size
            if found.st_size > LARGEST:
                harvest.add_problem(self.path, 0, f"{found.st_size:,} bytes are too many to be read at once")
                return None
            with open(self.path, "rb") as file:
                content = file.read()
        except OSError:
            return None
        harvest.note_change(found.st_mtime)
        return content

    def changed_json(self, harvest: Harvest) -> Mapping[str, Any] | None:
        """The JSON object in it when it is another than at the last look. Half a file is read again next time."""
        content = self.changed(harvest)
        if content is None:
            return None
        try:
            found = loads(content)
        except ValueError:
            harvest.add_problem(self.path, 0, "no JSON, or only half of it")
            return None
        return found if isinstance(found, dict) else None
