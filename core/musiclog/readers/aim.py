"""Aim's repositories: the list of runs is SQLite and always read; metrics lie in RocksDB and need the package aim.

RocksDB writes beside what it opens, also to read. So a run's part of the repository is copied, and the copy is opened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest import Harvest
from ..records import Floats, News, RunInfo, RunRef
from ..tail import TURN
from .database import split
from .flat import DEEPEST
from .long_rows import shared
from .rows import unix
from .sqlite_file import Database, columns_of, holds

FILE = "run_metadata.sqlite"
TABLES = {"run": frozenset({"id", "hash", "name", "experiment_id", "created_at"})}
# A run is copied again at most this often while it changes, and never when it is larger.
PAUSE_S, LARGEST = 5.0, 1_000_000_000
Column = tuple[Floats, Floats, Floats, Floats]  # steps, times, epochs, values
NEEDS = "the metrics of Aim runs need the package aim (pip install 'musiclog[aim]'); without it the runs are listed"


class AimReader:
    """.aim/run_metadata.sqlite; one of its runs is <file>/<hash>."""

    name = "Aim"

    def claims(self, path: Path) -> bool:
        file = path if path.name == FILE else path.parent
        return file.name == FILE and holds(file, TABLES)

    def runs(self, path: Path) -> Sequence[RunRef] | None:
        found = Database(str(path)).ask(Harvest(), _runs)
        return None if found is None else [RunRef(f"{path}{os.sep}{run}", self.name, name) for run, name in found]

    def open(self, path: Path) -> AimCursor:
        return AimCursor(str(path))


reader = AimReader()


def _runs(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT hash, name FROM run ORDER BY id").fetchall()
    return [(str(run), str(name or run)) for run, name in rows if os.sep not in str(run)]


class AimCursor:
    def __init__(self, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        file, self._run = split(path)
        self._repository = os.path.dirname(os.path.abspath(file))
        self._database = Database(os.path.abspath(file))
        self._clock = clock
        self._due = 0.0
        self._start()

    def _start(self) -> None:
        self._info: RunInfo | None = None
        self._config: object = None
        self._seen: tuple[object, ...] | None = None
        self._known: dict[str, Column] = {}
        self._broken: tuple[object, ...] | None = None  # met once; perhaps it was only half written
        self._told = False  # that the package is missing

    def poll(self, limit_bytes: int = TURN) -> News:  # noqa: ARG002 - a run is read whole
        harvest = Harvest()
        self._look(harvest)
        if harvest.restarted:
            self._start()
            self._due = 0.0
            harvest = Harvest()
            self._look(harvest)
            harvest.restarted = True
        return harvest.news()

    def stirred(self) -> bool:
        if self._database.grown() or (self._info is not None and self._info.state != self._state()):
            return True
        return self._clock() >= self._due and self._stamps() != self._seen

    def files(self) -> Sequence[str]:
        return [*self._database.files(), *(folder + os.sep for folder in self._chunks())]

    def fraction(self) -> float:
        return 1.0

    def close(self) -> None:
        """Nothing is held open."""

    def _look(self, harvest: Harvest) -> None:
        stamps = self._stamps()
        ended = self._info is not None and self._info.state != self._state()
        if stamps and stamps != self._seen and (ended or self._clock() >= self._due):
            self._due = self._clock() + PAUSE_S
            self._look_at_metrics(stamps, harvest)
        if harvest.restarted:
            return
        info = self._database.ask(harvest, self._ask) if self._database.grown() else self._info
        if info is not None:
            info = replace(info, state=self._state())
            if info != self._info:
                self._info = harvest.info = info

    def _ask(self, connection: sqlite3.Connection) -> RunInfo:
        query = "SELECT id, name, experiment_id, created_at FROM run WHERE hash=?"
        number, name, experiment, created = connection.execute(query, (self._run,)).fetchone() or (None,) * 4
        environment: dict[str, Any] = {}
        if "name" in columns_of(connection, "experiment"):
            found = connection.execute("SELECT name FROM experiment WHERE id=?", (experiment,)).fetchone()
            environment = {"experiment": str(found[0])} if found else {}
        tags: list[Any] = []
        if columns_of(connection, "run_tag") and columns_of(connection, "tag"):
            query = "SELECT name FROM tag JOIN run_tag ON tag.id=run_tag.tag_id WHERE run_tag.run_id=? ORDER BY name"
            tags = [row[0] for row in connection.execute(query, (number,))]
        return RunInfo(
            name=str(name or self._run), format=AimReader.name, id=self._run, started=unix(f"{created}+00:00"),
            tags=tuple(map(str, tags)), environment=environment,
        )  # fmt: skip

    def _look_at_metrics(self, stamps: tuple[object, ...], harvest: Harvest) -> None:
        try:
            config, columns = read(self._chunks(), self._run)
        except ImportError:
            self._seen = stamps
            if not self._told:
                self._told = True
                harvest.add_problem(self._database.path, 0, NEEDS)
            return
        except Exception as error:  # noqa: BLE001 - RocksDB and its decoders raise of all kinds on a copy made in a write
            if self._broken == stamps:
                self._seen = stamps
                harvest.add_problem(self._chunks()[0], 0, f"this run cannot be read: {error}")
            self._broken = stamps
            return
        self._seen = stamps
        self._take(columns, harvest)
        if config != self._config and not harvest.restarted:
            self._config = config
            harvest.config = config

    def _take(self, columns: Mapping[str, Column], harvest: Harvest) -> None:
        fresh = {}
        for name, column in columns.items():
            known = self._known.get(name)
            count = 0 if known is None else len(known[0])
            if known is not None and not np.array_equal(column[0][:count], known[0]):
                harvest.restarted = True
                return
            self._known[name] = column
            if len(column[0]) > count:
                fresh[name] = tuple(part[count:] for part in column)
        axes = shared({name: (steps, times, values) for name, (steps, times, _, values) in fresh.items()})
        harvest.add_points({name: replace(axes[name], epochs=column[2]) for name, column in fresh.items()})
        harvest.note_change(max((float(np.nanmax(points.times)) for points in axes.values()), default=None))

    def _state(self) -> str:
        """Aim keeps a file for every run that is under way."""
        is_running = os.path.exists(os.path.join(self._repository, "meta", "progress", self._run))
        return "running" if is_running else "finished"

    def _chunks(self) -> list[str]:
        return [os.path.join(self._repository, part, "chunks", self._run) for part in ("meta", "seqs")]

    def _stamps(self) -> tuple[object, ...]:
        return tuple((name, size, changed) for _, name, size, changed in self._files())

    def _files(self) -> Iterator[tuple[str, str, int, int]]:
        for folder in self._chunks():
            try:
                with os.scandir(folder) as entries:
                    for entry in sorted(entries, key=lambda each: each.name):
                        if entry.is_file(follow_symlinks=False):
                            found = entry.stat()
                            yield folder, entry.name, found.st_size, found.st_mtime_ns
            except OSError:
                continue


def read(chunks: Sequence[str], run: str) -> tuple[dict[str, Any], dict[str, Column]]:
    """Configuration and metrics of a run. Raises ImportError without the package aim, and whatever aim raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # aim's own about what it is built on
        from aim.storage.rockscontainer import RocksContainer  # noqa: PLC0415 - takes two seconds, and is an extra

    with tempfile.TemporaryDirectory(prefix="musiclog-aim-") as folder:
        copies = [os.path.join(folder, part) for part in ("meta", "seqs")]
        for chunk, copy in zip(chunks, copies, strict=True):
            _copy(chunk, copy)
        with closing(RocksContainer(copies[0], read_only=True)) as meta:
            about = meta.tree().subtree("meta").collect().get("chunks", {}).get(run, {})
        columns: dict[str, Column] = {}
        with closing(RocksContainer(copies[1], read_only=True)) as sequences:
            for context, traces in about.get("traces", {}).items():
                for name, trace in traces.items():
                    if trace.get("dtype") in ("float", "int", "number"):
                        place = ("chunks", run, context, name)
                        version = ("v2",) if trace.get("version", 1) == 2 else ()
                        tree = sequences.tree().subtree("seqs").subtree((*version, *place))
                        columns[series_name(name, about.get("contexts", {}).get(context, {}))] = _column(tree)
    attributes = about.get("attrs", {})
    config = attributes.get("hparams", {}) if isinstance(attributes.get("hparams"), dict) else {}
    others = {key: value for key, value in attributes.items() if key not in ("hparams", "__system_params")}
    return _plain({**config, **others}), columns


def series_name(name: str, context: Mapping[str, Any]) -> str:
    """Metrics of a context other than training bear its name: val/loss."""
    told = [str(value) for key, value in context.items() if (key, value) != ("subset", "train")]
    return "/".join([*told, name])


def _column(tree: Any) -> Column:
    order, found = tree.array("val").sparse_numpy()
    values = np.asarray(found, np.float64)
    parts = {name: np.asarray(tree.array(name).sparse_numpy()[1], np.float64) for name in ("step", "time", "epoch")}
    steps = parts["step"] if len(parts["step"]) == len(values) else np.asarray(order, np.float64)
    by_step = np.argsort(steps, kind="stable")
    unknown = np.full(len(values), np.nan)
    times, epochs = (parts[name] if len(parts[name]) == len(values) else unknown for name in ("time", "epoch"))
    return steps[by_step], times[by_step], epochs[by_step], values[by_step]


def _copy(chunk: str, copy: str) -> None:
    """The files of a database, which has no folders in it. Raises OSError."""
    os.mkdir(copy)
    with os.scandir(chunk) as entries:
        files = [
            entry for entry in entries if entry.is_file(follow_symlinks=False) and not entry.name.startswith("LOG")
        ]
    if sum(entry.stat().st_size for entry in files) > LARGEST:
        raise OSError(f"more than {LARGEST:,} bytes")
    for entry in files:
        shutil.copyfile(entry.path, os.path.join(copy, entry.name), follow_symlinks=False)


def _plain(value: Any, depth: int = 0) -> Any:
    """Settings as JSON values; what is none is its text."""
    if depth > DEEPEST:
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, depth + 1) for inner in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
