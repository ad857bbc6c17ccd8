"""Files that are written whole and replaced: read again when they changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..harvest import Harvest
from ..regular_file import open_regular
from .lines import loads

# A configuration of a megabyte is large; more than this is something else.
LARGEST = 64_000_000


class WholeFile:
    """Remembers which version of a file was read. A broken version is reported when it stays as it is."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.size = 0
        self._seen: tuple[int, ...] | None = None
        self._broken: tuple[int, ...] | None = None  # met once; perhaps it was only half written

    def grown(self) -> bool:
        """Whether there is another version than the one that was read; one stat."""
        try:
            found = os.stat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) != self._seen

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
            with open_regular(self.path) as file:
                content = file.read()
        except OSError:
            return None
        harvest.note_change(found.st_mtime)
        return content

    def changed_value(self, harvest: Harvest) -> Any:
        """The JSON value in it when it is another than at the last look, else None."""
        content = self.changed(harvest)
        if content is None:
            return None
        try:
            return loads(content)
        except ValueError:
            if self._broken == self._seen:
                harvest.add_problem(self.path, 0, "no JSON, or only half of it")
            else:
                self._broken, self._seen = self._seen, None
            return None

    def changed_json(self, harvest: Harvest) -> Mapping[str, Any] | None:
        """The JSON object in it when it is another than at the last look, else None."""
        found = self.changed_value(harvest)
        return found if isinstance(found, dict) else None
