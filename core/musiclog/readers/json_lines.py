"""A file of JSON lines with a step or an epoch in each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..harvest import Harvest
from ..tail import Tail
from .cursor import ResumableCursor
from .flat import flat
from .lines import loads, read_rows
from .roles import Placer, roles_of
from .rows import number

HEAD = 64_000


class JsonLinesReader:
    name = "JSON lines"

    def claims(self, path: Path) -> bool:
        """A first line that is an object with a step or an epoch and at least one other number."""
        if path.suffix.lower() not in (".jsonl", ".ndjson", ".jsonlines") or not path.is_file():
            return False
        try:
            with path.open("rb") as file:
                row = loads(file.read(HEAD).partition(b"\n")[0])
        except (OSError, ValueError):
            return False
        if not isinstance(row, dict):
            return False
        row = flat(row)
        roles = roles_of(row)
        if roles is None:
            return False
        return any(number(value) is not None for key, value in row.items() if key not in roles.keys)

    def open(self, path: Path) -> JsonLinesCursor:
        return JsonLinesCursor(path)


reader = JsonLinesReader()


class JsonLinesCursor(ResumableCursor):
    save_version = 1

    def __init__(self, path: Path) -> None:
        self._path = os.path.abspath(path)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._path]

    def _start(self) -> None:
        self._tail = Tail(self._path)
        self._placer: Placer | None = None

    def _tails(self) -> Sequence[Tail]:
        return [self._tail]

    def _remember(self) -> dict[str, Any]:
        return {"placer": None if self._placer is None else self._placer.remember()}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        self._placer = None if memory["placer"] is None else Placer.of(memory["placer"])

    def _look(self, harvest: Harvest, limit: int) -> None:
        rows, look = read_rows(self._tail, harvest, limit)
        if not look.more and not harvest.restarted:
            self._take_last(rows)
        if any(dict in map(type, row.values()) for row in rows):
            rows = [flat(row) for row in rows]
        if rows and self._placer is None:
            roles = roles_of(rows[0])
            if roles is None:
                harvest.add_problem(self._path, look.offset, "its lines have neither step nor epoch")
                return
            self._placer = Placer(roles)
        if rows and self._placer is not None:
            harvest.add_points(self._placer.points(rows))

    def _take_last(self, rows: list[dict[str, object]]) -> None:
        """A last line without a newline counts when it is a whole object: nothing can follow its brace."""
        look = self._tail.last_line()
        if look.data.rstrip().endswith(b"}"):
            try:
                row = loads(look.data)
            except ValueError:  # a brace inside the torn line
                return
            if isinstance(row, dict):
                self._tail.take(look, len(look.data))
                rows.append(row)
