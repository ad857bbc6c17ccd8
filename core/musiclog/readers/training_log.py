"""training_log.json: a JSON list of rows, written anew after every epoch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..harvest import Harvest
from ..tail import Tail
from .cursor import FileCursor
from .flat import flat
from .roles import Placer, roles_of
from .whole import WholeFile


class TrainingLogReader:
    name = "training_log.json"

    def claims(self, path: Path) -> bool:
        """By its name and the first characters: a list of objects."""
        if path.name != "training_log.json" or not path.is_file():
            return False
        try:
            with path.open("rb") as file:
                head = file.read(200).split()
        except OSError:
            return False
        return b"".join(head).startswith(b"[{")

    def open(self, path: Path) -> TrainingLogCursor:
        return TrainingLogCursor(path)


reader = TrainingLogReader()


class TrainingLogCursor(FileCursor):
    def __init__(self, path: Path) -> None:
        self._path = os.path.abspath(path)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._path]

    def _start(self) -> None:
        self._file = WholeFile(self._path)
        self._placer: Placer | None = None
        self._told = 0
        self._last: Any = None  # the last row that was told

    def _tails(self) -> Sequence[Tail]:
        return []

    def _look(self, harvest: Harvest, limit: int) -> None:  # noqa: ARG002 - it can only be read in one piece
        rows = self._file.changed_value(harvest)
        if not isinstance(rows, list):
            return
        if self._told and (len(rows) < self._told or rows[self._told - 1] != self._last):
            harvest.restarted = True
            return
        new = [flat(row) for row in rows[self._told :] if isinstance(row, dict)]
        self._told, self._last = len(rows), rows[-1] if rows else None
        if not new:
            return
        if self._placer is None:
            roles = roles_of(new[0])
            if roles is None:
                harvest.add_problem(self._path, 0, "its rows have neither step nor epoch")
                return
            self._placer = Placer(roles)
        harvest.add_points(self._placer.points(new))
