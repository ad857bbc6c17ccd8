"""A CSV or TSV file with a step or an epoch column, such as Lightning's CSVLogger writes."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..harvest import Harvest
from ..tail import Look, Tail
from .cursor import ResumableCursor
from .roles import Placer, roles_of

HEAD = 64_000
# A last line without a newline may be torn in the middle of a number; after so long it is as it is.
SETTLED_S = 2.0


class CsvReader:
    name = "CSV"

    def claims(self, path: Path) -> bool:
        """A header that names a step or an epoch, and something else."""
        if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
            return False
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
        except OSError:
            return False
        names = header(head.partition(b"\n")[0])[0]
        return len(names) > 1 and roles_of(dict.fromkeys(names)) is not None

    def open(self, path: Path) -> CsvCursor:
        return CsvCursor(path)


reader = CsvReader()


class CsvCursor(ResumableCursor):
    """Cells are numbers or empty; other cells are left out, rows of another length are bad."""

    save_version = 1

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = os.path.abspath(path)
        self._clock = clock
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._path]

    def _start(self) -> None:
        self._tail = Tail(self._path)
        self._names: list[str] = []
        self._comma = ","
        self._placer: Placer | None = None

    def _tails(self) -> Sequence[Tail]:
        return [self._tail]

    def _remember(self) -> dict[str, Any]:
        placer = None if self._placer is None else self._placer.remember()
        return {"names": self._names, "comma": self._comma, "placer": placer}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        self._names, self._comma = list(memory["names"]), memory["comma"]
        self._placer = None if memory["placer"] is None else Placer.of(memory["placer"])

    def _look(self, harvest: Harvest, limit: int) -> None:
        if not self._tail.grown() and not self._tail.unread:
            return
        look = self._tail.lines(limit)
        harvest.note_change(self._tail.changed if look.data else None)
        harvest.more |= look.more
        harvest.restarted |= look.restarted
        for offset in look.too_long:
            harvest.add_problem(self._path, offset, "this line is too long for a row; it was passed over")
        rows = self._rows(look, harvest)
        if not look.more and not harvest.restarted:
            rows += self._last_row(harvest)
        if rows and self._placer is None:
            roles = roles_of(rows[0])
            self._placer = None if roles is None else Placer(roles)
        if rows and self._placer is not None:
            harvest.add_points(self._placer.points(rows))

    def _rows(self, look: Look, harvest: Harvest) -> list[dict[str, str | None]]:
        data, offset = look.data, look.offset
        if not self._names and data:
            head, newline, data = data.partition(b"\n")
            self._names, self._comma = header(head)
            offset += len(head) + len(newline)
        lines = data.split(b"\n")[:-1]
        rows: list[dict[str, str | None]] = []
        for line in lines:
            if line.strip():
                row = self._row(line)
                if row is None:
                    harvest.add_problem(self._path, offset, f"{len(self._names)} cells were expected: {line[:40]!r}")
                else:
                    rows.append(row)
            offset += len(line) + 1
        return rows

    def _row(self, line: bytes) -> dict[str, str | None] | None:
        try:
            cells = next(csv.reader([line.decode("utf-8", "replace").rstrip("\r")], delimiter=self._comma))
        except (csv.Error, StopIteration):
            return None
        if len(cells) != len(self._names):
            return None
        return dict(zip(self._names, (cell.strip() or None for cell in cells), strict=True))

    def _last_row(self, harvest: Harvest) -> list[dict[str, str | None]]:
        unfinished = self._tail.unread and self._names
        if not unfinished or self._tail.changed is None or self._clock() - self._tail.changed < SETTLED_S:
            return []
        look = self._tail.last_line()
        row = self._row(look.data) if b"\n" not in look.data else None
        if row is None or look.restarted:
            return []
        self._tail.take(look, len(look.data))
        harvest.note_change(self._tail.changed)
        return [row]


def header(line: bytes) -> tuple[list[str], str]:
    """Names and delimiter of a header line."""
    text = line.decode("utf-8-sig", "replace").strip("\r\n")
    comma = max(",\t;", key=text.count)
    try:
        names = next(csv.reader([text], delimiter=comma), [])
    except csv.Error:
        names = []
    return [name.strip() for name in names], comma
