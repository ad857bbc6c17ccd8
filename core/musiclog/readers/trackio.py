"""trackio's projects: one SQLite file each, with all its runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest import Harvest
from ..records import Event, Floats, RunInfo, RunRef
from .database import DatabaseCursor, split
from .flat import flat
from .lines import loads
from .midi_files import MidiFiles
from .roles import EPOCH, Placer
from .rows import Roles, Row, points, table, unix
from .sqlite_file import Database, columns_of, holds

SUFFIX = ".db"
# Keys of a row that no metric is called.
STEP, TIME = "\0step", "\0time"
TABLES = {"metrics": frozenset({"id", "timestamp", "run_name", "step", "metrics"})}


class TrackioReader:
    """<project>.db holds the runs of a project; one of them is <project>.db/<id>."""

    name = "trackio"

    def claims(self, path: Path) -> bool:
        if path.suffix == SUFFIX:
            return holds(path, TABLES)
        return path.parent.suffix == SUFFIX and holds(path.parent, TABLES)

    def runs(self, path: Path) -> Sequence[RunRef] | None:
        found = Database(str(path)).ask(Harvest(), _runs)
        return None if found is None else [RunRef(f"{path}{os.sep}{run}", self.name, name) for run, name in found]

    def open(self, path: Path) -> TrackioCursor:
        return TrackioCursor(str(path))


reader = TrackioReader()


def _key(connection: sqlite3.Connection, name: str = "metrics") -> str:
    """Older projects know a run by its name alone."""
    return "run_id" if "run_id" in columns_of(connection, name) else "run_name"


def _runs(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Ids and names of those that can be told apart in a path."""
    found: dict[str, str] = {}
    if "run_name" in columns_of(connection, "configs"):
        key = _key(connection, "configs")
        found.update(connection.execute(f"SELECT {key}, run_name FROM configs ORDER BY id"))
    key = _key(connection)
    # From one run to the next by the index, where DISTINCT would go through all rows.
    listed = connection.execute(
        f"WITH RECURSIVE each(run) AS (SELECT min({key}) FROM metrics UNION ALL "
        f"SELECT (SELECT min({key}) FROM metrics WHERE {key} > run) FROM each WHERE run IS NOT NULL) "
        "SELECT run FROM each WHERE run IS NOT NULL"
    ).fetchall()
    for (run,) in listed:
        if run not in found:
            query = f"SELECT run_name FROM metrics WHERE {key}=? LIMIT 1"
            found[run] = connection.execute(query, (run,)).fetchone()[0]
    return [(str(run), str(name)) for run, name in found.items() if run and os.sep not in str(run)]


@dataclass(frozen=True, slots=True)
class Answer:
    metrics: list[tuple[int, Any, Any, Any]]  # id, time, step, JSON
    system: list[tuple[int, Any, Any]]
    alerts: list[tuple[int, Any, Any, Any, Any, Any]]  # id, time, step, title, text, level
    config: tuple[Any, Any] | None  # name, JSON
    first: int  # the id after which was asked
    last: int  # up to which
    top: int  # of the newest row of any run
    full: bool  # there may be more


class TrackioCursor(DatabaseCursor[Answer]):
    def __init__(self, path: str) -> None:
        file, run = split(path)
        folder = os.path.dirname(os.path.abspath(file))
        project = os.path.basename(file).removesuffix(SUFFIX)
        self._media = os.path.join(folder, "media", project)
        super().__init__(file, run, MidiFiles(os.path.join(self._media, run), self._media))

    def _start(self) -> None:
        self._last: int | None = None
        self._last_system = self._last_alert = 0
        self._placer: Placer | None = None
        self._config: object = None
        self._info: RunInfo | None = None
        self._marks: tuple[Floats, Floats] = (np.empty(0), np.empty(0))  # times and steps of the newest rows

    def _ask(self, connection: sqlite3.Connection, rows: int) -> Answer:
        key, run = _key(connection), self._run
        top = connection.execute("SELECT max(id) FROM metrics").fetchone()[0] or 0
        first, last = self._last, top
        if first is None:
            ends = connection.execute(f"SELECT min(id), max(id) FROM metrics WHERE {key}=?", (run,)).fetchone()
            first, last = (ends[0] - 1, ends[1]) if ends[0] is not None else (top, top)
        # The plus keeps SQLite from its index of runs: ids are in order, and most new rows are ours.
        metrics = connection.execute(
            f"SELECT id, timestamp, step, metrics FROM metrics WHERE +{key}=? AND id>? AND id<=? ORDER BY id LIMIT ?",
            (run, first, last, rows),
        ).fetchall()
        system = self._newer(connection, "system_metrics", "timestamp, metrics", self._last_system)
        alerts = self._newer(connection, "alerts", "timestamp, step, title, text, level", self._last_alert)
        config = None
        if key in columns_of(connection, "configs"):
            config = connection.execute(f"SELECT run_name, config FROM configs WHERE {key}=?", (run,)).fetchone()
        return Answer(metrics, system, alerts, config, first, last, top, len(metrics) == rows)

    def _newer(self, connection: sqlite3.Connection, name: str, columns: str, last: int) -> list[Any]:
        found = columns_of(connection, name)
        key = "run_id" if "run_id" in found else "run_name"
        if not {"id", key, *columns.split(", ")} <= found:
            return []
        query = f"SELECT id, {columns} FROM {name} WHERE {key}=? AND id>? ORDER BY id"
        return connection.execute(query, (self._run, last)).fetchall()

    def _fits(self, answer: Answer) -> bool:
        return self._last is None or answer.top >= self._last

    def _take(self, answer: Answer, harvest: Harvest) -> bool:
        self._tell_config(answer.config, harvest)
        self._add_metrics(answer.metrics, harvest)
        self._add_system(answer.system, harvest)
        for at, moment, step, title, text, level in answer.alerts:
            self._last_alert = at
            told = {"text": f"{title}: {text}" if text else str(title), "level": str(level)}
            harvest.events.append(Event("note", None if step is None else float(step), unix(moment), None, told))
        self._last = answer.metrics[-1][0] if answer.full else answer.top
        self._fraction = (self._last - answer.first) / max(1, answer.last - answer.first)
        return answer.full

    def _tell_config(self, found: tuple[Any, Any] | None, harvest: Harvest) -> None:
        if self._info is not None and (found is None or found[1] == self._config):
            return
        name, self._config = found if found is not None else (None, None)
        config = self._json(self._config, harvest)
        own = {key.removeprefix("_").lower(): value for key, value in config.items() if key.startswith("_") and value}
        harvest.config = {key: value for key, value in config.items() if not key.startswith("_")}
        harvest.info = self._info = RunInfo(
            name=str(name or self._run), format=TrackioReader.name, id=self._run,
            started=unix(own.get("created")), environment=own,
        )  # fmt: skip

    def _add_metrics(self, rows: Sequence[tuple[int, Any, Any, Any]], harvest: Harvest) -> None:
        found: list[Row] = []
        for _, moment, step, written in rows:
            values = {key: value for key, value in self._json(written, harvest).items() if not _is_media(value)}
            found.append({**flat(values), STEP: step, TIME: unix(moment)})
        if not found:
            return
        if self._placer is None:
            epoch = next((name for name in EPOCH if name in found[0]), None)
            self._placer = Placer(Roles(step=STEP, time=TIME, epoch=epoch))
        columns = table(found)
        times, steps = columns.full(TIME), columns.full(STEP)
        self._marks = times, steps
        harvest.add_points(self._placer.place(columns, times))

    def _add_system(self, rows: Sequence[tuple[int, Any, Any]], harvest: Harvest) -> None:
        """What was measured of the machine has no step: it lies at that of the newest row before it."""
        if not rows:
            return
        self._last_system = rows[-1][0]
        columns = table([flat(self._json(written, harvest)) for _, _, written in rows])
        times = np.array([np.nan if (at := unix(moment)) is None else at for _, moment, _ in rows])
        known, steps = self._marks
        places = np.searchsorted(known, times, side="right") - 1
        placed = steps[np.maximum(places, 0)] if len(steps) else np.zeros(len(times))
        harvest.add_points(points(columns, placed, times, np.full(len(times), np.nan), Roles()))

    def _json(self, written: object, harvest: Harvest) -> Mapping[str, Any]:
        if written is None:
            return {}
        try:
            found = loads(written if isinstance(written, bytes) else str(written).encode())
        except ValueError:
            found = None
        if isinstance(found, dict):
            return found
        harvest.add_problem(self._file, 0, f"no JSON object: {str(written)[:40]!r}")
        return {}


def _is_media(value: object) -> bool:
    return isinstance(value, dict) and "_type" in value
