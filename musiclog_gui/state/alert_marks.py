"""Which alerts the user has seen and which kinds are muted, kept beside the user's settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

# Runs come and go; the oldest acknowledgements are dropped beyond this many.
MOST_KEPT = 10_000

Key = tuple[str, str]  # run id, episode id


class AlertMarks:
    """Acknowledged episodes and muted kinds. Without a path they last as long as the window."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._acknowledged: dict[Key, None] = {}  # in the order they were made
        self._muted: set[str] = set()
        self.trouble: str | None = None  # why they could not be kept
        self._read()

    def is_acknowledged(self, key: Key) -> bool:
        return key in self._acknowledged

    def is_muted(self, kind: str) -> bool:
        return kind in self._muted

    def muted(self) -> list[str]:
        return sorted(self._muted)

    def acknowledge(self, keys: Iterable[Key], acknowledged: bool = True) -> None:
        for key in keys:
            if acknowledged:
                self._acknowledged[key] = None
            else:
                self._acknowledged.pop(key, None)
        while len(self._acknowledged) > MOST_KEPT:
            del self._acknowledged[next(iter(self._acknowledged))]
        self._write()

    def mute(self, kind: str, muted: bool = True) -> None:
        (self._muted.add if muted else self._muted.discard)(kind)
        self._write()

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            self._acknowledged = {(str(run), str(episode)): None for run, episode in kept["acknowledged"]}
            self._muted = {str(kind) for kind in kept["muted"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.trouble = f"{self._path.name} cannot be read ({error}); alerts start unacknowledged"

    def _write(self) -> None:
        if self._path is None:
            return
        kept = {"acknowledged": list(self._acknowledged), "muted": sorted(self._muted)}
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            self.trouble = f"{self._path.name} cannot be written ({error}); marks last until the window closes"
        else:
            self.trouble = None
