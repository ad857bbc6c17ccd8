"""MLflow's store in SQLite: the runs of all experiments in one file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np

from ..harvest import Harvest
from ..records import RunInfo, RunRef
from .database import DatabaseCursor, split
from .literal import literal
from .long_rows import long_points
from .midi_files import MidiFiles
from .sqlite_file import Database, columns_of, holds

SUFFIXES = (".db", ".sqlite", ".sqlite3")
TABLES = {
    "metrics": frozenset({"key", "value", "timestamp", "run_uuid", "step", "is_nan"}),
    "runs": frozenset({"run_uuid", "name", "status", "start_time", "end_time", "lifecycle_stage", "artifact_uri",
                       "experiment_id"}),
    "params": frozenset({"key", "value", "run_uuid"}),
    "tags": frozenset({"key", "value", "run_uuid"}),
}  # fmt: skip
STATES = {"RUNNING": "running", "SCHEDULED": "scheduled", "FINISHED": "finished", "FAILED": "failed",
          "KILLED": "killed"}  # fmt: skip
# What is infinite is stored as the largest number.
LARGEST = np.finfo(np.float64).max


class MlflowSqliteReader:
    """mlflow.db, whatever it is called; one of its runs is <file>/<id>."""

    name = "MLflow"

    def claims(self, path: Path) -> bool:
        file = path if path.suffix in SUFFIXES else path.parent
        return file.suffix in SUFFIXES and holds(file, TABLES)

    def runs(self, path: Path) -> Sequence[RunRef] | None:
        found = Database(str(path)).ask(Harvest(), _runs)
        return None if found is None else [RunRef(f"{path}{os.sep}{run}", self.name, name) for run, name in found]

    def open(self, path: Path) -> MlflowSqliteCursor:
        return MlflowSqliteCursor(str(path))


reader = MlflowSqliteReader()


def _runs(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    query = "SELECT run_uuid, name FROM runs WHERE lifecycle_stage='active' ORDER BY start_time, run_uuid"
    return [(str(run), str(name or run)) for run, name in connection.execute(query) if os.sep not in str(run)]


@dataclass(frozen=True, slots=True)
class Answer:
    metrics: list[tuple[int, str, float, int, int, int]]  # row, name, value, time in ms, step, whether it is NaN
    run: tuple[Any, ...] | None  # name, status, start, end, artifact URI, experiment
    params: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    top: int
    full: bool


class MlflowSqliteCursor(DatabaseCursor[Answer]):
    def __init__(self, path: str) -> None:
        file, run = split(path)
        folder = os.path.dirname(os.path.abspath(file))
        super().__init__(file, run, MidiFiles(os.path.join(folder, "mlartifacts", run)))

    def _start(self) -> None:
        self._last = 0
        self._told: tuple[Any, ...] = ()

    def _ask(self, connection: sqlite3.Connection, rows: int) -> Answer:
        run = (self._run,)
        metrics = connection.execute(
            "SELECT rowid, key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid=? AND rowid>? "
            "ORDER BY rowid LIMIT ?", (self._run, self._last, rows),
        ).fetchall()  # fmt: skip
        named = "name" in columns_of(connection, "experiments")
        experiment = "(SELECT name FROM experiments WHERE experiments.experiment_id=runs.experiment_id)"
        told = connection.execute(
            f"SELECT name, status, start_time, end_time, artifact_uri, {experiment if named else 'NULL'} "
            "FROM runs WHERE run_uuid=?", run,
        ).fetchone()  # fmt: skip
        params = connection.execute("SELECT key, value FROM params WHERE run_uuid=? ORDER BY key", run).fetchall()
        tags = connection.execute("SELECT key, value FROM tags WHERE run_uuid=? ORDER BY key", run).fetchall()
        top = connection.execute("SELECT max(rowid) FROM metrics").fetchone()[0] or 0
        return Answer(metrics, told, params, tags, top, len(metrics) == rows)

    def _fits(self, answer: Answer) -> bool:
        return answer.top >= self._last

    def _take(self, answer: Answer, harvest: Harvest) -> bool:
        told = (answer.run, answer.params, answer.tags)
        if answer.run is not None and told != self._told:
            self._told = told
            self._tell(answer, harvest)
        if answer.metrics:
            self._last = answer.metrics[-1][0]
            _, names, values, times, steps, are_nan = zip(*answer.metrics, strict=True)
            found = floats(values)
            found[np.abs(found) >= LARGEST] *= 2  # to infinity
            found[floats(are_nan) == 1] = np.nan
            harvest.add_points(long_points([str(name) for name in names], floats(steps), floats(times) / 1000, found))
        self._fraction = self._last / max(1, answer.top) if answer.full else 1.0
        return answer.full

    def _tell(self, answer: Answer, harvest: Harvest) -> None:
        assert answer.run is not None
        name, status, start, end, artifacts, experiment = answer.run
        about = {"name": name, "state": STATES.get(str(status)), "start": start, "end": end, "experiment": experiment}
        harvest.config = {str(key): literal(str(value)) for key, value in answer.params}
        harvest.info = told(self._run, about, dict(answer.tags))
        folder = artifact_folder(str(artifacts or ""), os.path.dirname(self._file), self._run)
        if folder is not None and folder != self._samples.folder:
            self._samples = MidiFiles(folder)


def told(run: str, about: Mapping[str, Any], tags: Mapping[str, Any]) -> RunInfo:
    """What MLflow says of a run, from a file or a database.

    about: name, state, experiment, start and end in milliseconds.
    """
    own = {str(key): str(value) for key, value in tags.items() if not str(key).startswith("mlflow.")}
    environment = {"experiment": str(about["experiment"])} if about.get("experiment") else {}
    for key, title in (("mlflow.source.name", "source"), ("mlflow.source.git.commit", "git_commit"),
                       ("mlflow.note.content", "notes")):  # fmt: skip
        if tags.get(key):
            environment[title] = str(tags[key])
    return RunInfo(
        name=str(about.get("name") or tags.get("mlflow.runName") or run), format=MlflowSqliteReader.name, id=run,
        state=about.get("state"),
        started=seconds(about.get("start")), ended=seconds(about.get("end")), environment=environment,
        tags=tuple(f"{key}={value}" if value else key for key, value in sorted(own.items())),
    )  # fmt: skip


def seconds(milliseconds: object) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None


def artifact_folder(uri: str, home: str, run: str) -> str | None:
    """Where the artifacts lie below home: as the URI says, or by its end where everything was moved."""
    path = unquote(urlparse(uri).path)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if run not in parts or ".." in parts:
        return None
    last = parts.index(run)
    for begin in range(last + 1):
        place = os.path.join(home, *parts[begin:])
        if os.path.isdir(place):
            return place
    return None


def floats(values: Sequence[Any]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Numbers of a column; what is none is NaN."""
    return np.array([float(value) if isinstance(value, (int, float)) else np.nan for value in values])
