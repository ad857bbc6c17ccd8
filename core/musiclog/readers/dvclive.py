"""A folder of DVCLive: a table for every metric, and the settings as YAML."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders
from ..harvest import Harvest
from ..records import Floats, RunInfo
from ..tail import Look, Tail
from . import plain_yaml
from .cursor import ResumableCursor
from .inside import inside
from .long_rows import shared
from .midi_files import MidiFiles
from .mlflow import files_below
from .rows import number, unix
from .whole import WholeFile

TABLES, SETTINGS, SUMMARY = os.path.join("plots", "metrics"), "params.yaml", "metrics.json"


class DvcliveReader:
    """The folder that is called dvclive where nobody says otherwise."""

    name = "DVCLive"

    def claims(self, path: Path) -> bool:
        if not (path / SUMMARY).is_file() and not (path / SETTINGS).is_file():
            return False
        return any(name.endswith(".tsv") for name in files_below(str(path / TABLES)))

    def open(self, path: Path) -> DvcliveCursor:
        return DvcliveCursor(path)


reader = DvcliveReader()


class DvcliveCursor(ResumableCursor):
    save_version = 1

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        self._home = os.path.join(self._folder, TABLES)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._settings.path, self._summary.path, *self._tables]

    def stirred(self) -> bool:
        grown = self._settings.grown() or any(tail.grown() for tail in self._tables.values())
        return grown or self._version() != self._seen or self._samples.stirred()

    def _start(self) -> None:
        self._settings = WholeFile(os.path.join(self._folder, SETTINGS))
        self._summary = WholeFile(os.path.join(self._folder, SUMMARY))
        self._tables: dict[str, Tail] = {}
        self._columns: dict[str, list[str]] = {}
        self._seen: int | None = None
        self._samples = MidiFiles(self._folder)
        self._find_tables()

    def _tails(self) -> Sequence[Tail]:
        return list(self._tables.values())

    def _remember(self) -> dict[str, Any]:
        return {"columns": self._columns}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        self._columns = {path: list(names) for path, names in memory["columns"].items()}

    def _look(self, harvest: Harvest, limit: int) -> None:
        self._look_at_settings(harvest)
        self._find_tables()
        found = {}
        for path, tail in self._tables.items():
            if not tail.grown() and not tail.unread:
                continue
            look = tail.lines(limit)
            harvest.note_change(tail.changed if look.data else None)
            harvest.restarted |= look.restarted
            harvest.more |= look.more
            name = os.path.relpath(path, self._home).removesuffix(".tsv").replace(os.sep, "/")
            if look.data:
                found[name] = self._read(look, path, harvest)
            limit = max(100_000, limit - len(look.data))
        harvest.add_points(shared({name: columns for name, columns in found.items() if len(columns[0])}))
        if not harvest.more:
            self._samples.look(harvest)

    def _look_at_settings(self, harvest: Harvest) -> None:
        content = self._settings.changed(harvest)
        if content is not None:
            try:
                config = plain_yaml.loads(content.decode("utf-8", "replace"))
                harvest.config = config if isinstance(config, dict) else {}
            except ValueError as error:
                harvest.add_problem(self._settings.path, 0, str(error))
        summary = self._summary.changed_json(harvest)
        if summary is not None:
            harvest.info = RunInfo(
                name=title(self._folder), format=DvcliveReader.name, environment={"summary": summary}
            )

    def _read(self, look: Look, path: str, harvest: Harvest) -> tuple[Floats, Floats, Floats]:
        """Steps, times and values; the value is in the last column."""
        found, offset = [], look.offset
        for line in look.data.decode("utf-8", "replace").split("\n")[:-1]:
            cells = next(csv.reader([line.rstrip("\r")], delimiter="\t"), [])
            columns = self._columns.setdefault(path, cells)
            row = dict(zip(columns[:-1], cells, strict=False))
            step, value = number(row.get("step")), number(cells[-1]) if cells else None
            if len(cells) == len(columns) and step is not None and value is not None:
                moment = unix(row.get("timestamp"))
                found.append((step, np.nan if moment is None else moment, value))
            elif cells is not columns and line.strip():
                harvest.add_problem(path, offset, f"{len(columns)} cells were expected: {line[:40]!r}")
            offset += len(line.encode()) + 1
        steps, times, values = np.array(found, np.float64).reshape(-1, 3).T
        return steps.copy(), times.copy(), values.copy()

    def _find_tables(self) -> None:
        for path in files_below(self._home):
            if path.endswith(".tsv") and path not in self._tables and inside(self._folder, path) is not None:
                self._tables[path] = Tail(path)
        self._seen = self._version()

    def _version(self) -> int | None:
        try:
            return folders.version(self._home)
        except OSError:
            return 0


def title(folder: str) -> str:
    name, above = os.path.basename(folder), os.path.basename(os.path.dirname(folder))
    return above if name == "dvclive" and above else name
