"""Keep one mirror up to date, from a process of its own: often while it changes, seldom while it rests or fails."""

from __future__ import annotations

import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from ..errors import MusiclogError
from .address import Address
from .mirror import Look, Mirror
from .open import open_mirror

# After a look that brought something the next one comes soon; each that brings nothing, or fails, waits longer.
SOONEST_S: Final = 1.0
LATEST_S: Final = 30.0
LATER: Final = 1.6
# All folders are walked through this seldom while files are changing, and for a fifth of the time at most.
WALK_S, WALK_SHARE = 5.0, 0.2
TOLD: Final = 3  # of what was left out, by name


class Keeper:
    """look() does one look and says in words what is wrong, "" for nothing; wait_s is how long to rest after it."""

    def __init__(self, address: Address, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._mirror: Mirror | None = None
        self._walk_at = 0.0
        self._left_out = ""
        self.wait_s = SOONEST_S

    def look(self) -> str:
        try:
            if self._mirror is None:
                self._mirror = open_mirror(self._address, self._folder)
                self._walk_at = 0.0
            done = self._mirror.glance() if time.monotonic() < self._walk_at else self._walk(self._mirror)
        except MusiclogError as error:
            self.close()  # a connection that broke is made anew
            self._rest_longer()
            return f"{error}; the next try comes in {self.wait_s:.0f} s"
        if done.changed:
            self.wait_s = SOONEST_S
        else:
            self._rest_longer()
        return self._left_out

    def close(self) -> None:
        if self._mirror is not None:
            self._mirror.close()
            self._mirror = None

    def _walk(self, mirror: Mirror) -> Look:
        began = time.monotonic()
        done = mirror.look()
        now = time.monotonic()
        self._walk_at = now + max(WALK_S, (now - began) / WALK_SHARE)
        more = len(done.left_out) - TOLD
        self._left_out = "; ".join([*done.left_out[:TOLD], *([f"and {more:,} more"] if more > 0 else [])])
        return done

    def _rest_longer(self) -> None:
        self.wait_s = min(self.wait_s * LATER, LATEST_S)


class Following:
    """Keeps the copy of an address up to date in a thread, for a program without a window, until stop() is called."""

    def __init__(self, address: Address) -> None:
        self.trouble = ""  # what is wrong in words, "" for nothing
        self._keeper = Keeper(address, address.folder())
        self._over = threading.Event()
        threading.Thread(target=self._work, name="musiclog-remote", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _work(self) -> None:
        while not self._over.wait(self._keeper.wait_s):
            self.trouble = self._keeper.look()
        self._keeper.close()


def serve(connection: Connection, address: str, folder: str) -> None:
    """The main function of the process: sends what is wrong when that changes, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window, which closes the pipe
    keeper = Keeper(Address(address), Path(folder))
    said: str | None = None
    while True:
        trouble = keeper.look()
        try:
            if trouble != said:
                connection.send(trouble)
                said = trouble
            if connection.poll(keeper.wait_s):
                return
        except (OSError, EOFError):
            return
