"""Rings when files in a folder change, where the system can tell; polling does the rest."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

# inotify gives a user 128 instances, of which each folder takes one; other programs want some too.
MOST = 32


class Bell:
    """Native notification for a few folders, not for what lies below them.

    ring is called from another thread after a change; touched() then tells which folders it was. Network and FUSE
    mounts stay silent, so nobody may rely on it.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._touched: set[str] = set()
        self._watches: dict[str, Any] = {}
        self._observer = _observer()

    @property
    def works(self) -> bool:
        return self._observer is not None

    def listen(self, folders: Iterable[str]) -> None:
        """Listen to these folders, the first ones if they are too many, and to no others."""
        if self._observer is None:
            return
        wanted = list(dict.fromkeys(folders))[:MOST]
        for folder in [folder for folder in self._watches if folder not in wanted]:
            self._observer.unschedule(self._watches.pop(folder))
        for folder in wanted:
            if folder not in self._watches:
                try:
                    self._watches[folder] = self._observer.schedule(self, folder)
                except OSError:  # gone again, or no more watches to be had: polling sees it
                    continue

    def touched(self) -> set[str]:
        """Folders that changed since the last call."""
        with self._lock:
            touched, self._touched = self._touched, set()
        return touched

    def dispatch(self, event: Any) -> None:
        """What the observer calls, in its own thread, for every change."""
        if event.event_type in ("opened", "closed_no_write"):  # our own reading
            return
        places = {os.path.dirname(path) for path in (event.src_path, event.dest_path) if path}
        if event.is_directory:
            places.add(event.src_path)
        with self._lock:
            self._touched |= places
        self._ring()

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


def _observer() -> Any:
    """A running observer; None where watchdog is not installed or the system gives no notification."""
    try:
        from watchdog.observers import Observer  # noqa: PLC0415 - only the window brings watchdog along

        observer = Observer()
        observer.start()
    except (ImportError, OSError):
        return None
    return observer
