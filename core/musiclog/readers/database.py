"""What cursors over one run of a database have in common."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from ..harvest import Harvest
from ..records import News
from ..tail import TURN
from .midi_files import MidiFiles
from .sqlite_file import Database

# Bytes that a row of metrics takes, about.
ROW_BYTES = 100
Answer = TypeVar("Answer")


class DatabaseCursor(ABC, Generic[Answer]):
    """Asks for what is new, and takes it in only when it is known to be one state of the database."""

    def __init__(self, file: str, run: str, samples: MidiFiles) -> None:
        self._file = os.path.abspath(file)
        self._run = run
        self._database = Database(self._file)
        self._samples = samples
        self._place: tuple[int, int] | None = None  # device and inode
        self._more = False
        self._fraction = 1.0
        self._start()

    def poll(self, limit_bytes: int = TURN) -> News:
        harvest = Harvest()
        if self._is_another_file():
            self._begin_again(harvest)
        if self._more or self._database.grown():
            answer = self._database.ask(harvest, lambda connection: self._ask(connection, limit_bytes // ROW_BYTES))
            if answer is not None and not self._fits(answer):
                self._begin_again(harvest)
                answer = self._database.ask(harvest, lambda connection: self._ask(connection, limit_bytes // ROW_BYTES))
            if answer is not None:
                self._more = self._take(answer, harvest)
                if harvest.news():  # of this run; the database changes with all of them
                    harvest.note_change(self._database.changed())
        harvest.more = self._more
        if not self._more:
            self._samples.look(harvest)
        return harvest.news()

    def stirred(self) -> bool:
        return self._more or self._database.grown() or self._samples.stirred()

    def files(self) -> Sequence[str]:
        return self._database.files()

    def fraction(self) -> float:
        return self._fraction

    def close(self) -> None:
        """Nothing is held open."""

    def _is_another_file(self) -> bool:
        try:
            found = os.stat(self._file)
        except OSError:
            return False
        place, self._place = self._place, (found.st_dev, found.st_ino)
        return place not in (None, self._place)

    def _begin_again(self, harvest: Harvest) -> None:
        harvest.restarted = True
        self._more = False
        self._samples.rewind()
        self._start()

    @abstractmethod
    def _start(self) -> None:
        """Forget what was read."""

    @abstractmethod
    def _ask(self, connection: sqlite3.Connection, rows: int) -> Answer:
        """What is new, about so many rows of metrics at most. Must not change anything here."""

    @abstractmethod
    def _fits(self, answer: Answer) -> bool:
        """Whether it goes on from what was taken; else rows were removed."""

    @abstractmethod
    def _take(self, answer: Answer, harvest: Harvest) -> bool:
        """Take it in; tells whether there is more."""


def split(path: str) -> tuple[str, str]:
    """The database and the run that <file>/<run> names."""
    file, _, run = path.rpartition(os.sep)
    return file, run
