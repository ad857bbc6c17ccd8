"""A run of Sacred's FileStorageObserver: <folder>/<id>/{run,config,metrics}.json and cout.txt."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest import Harvest
from ..records import Floats, RunInfo
from ..regular_file import open_regular
from ..tail import Tail
from .cursor import FileCursor
from .long_rows import shared
from .midi_files import MidiFiles
from .output import PrintedFile
from .rows import number
from .whole import WholeFile

RUN, CONFIG, METRICS, OUTPUT = "run.json", "config.json", "metrics.json", "cout.txt"
HEAD = 64_000
STATES = {"COMPLETED": "finished", "RUNNING": "running", "FAILED": "failed", "INTERRUPTED": "interrupted",
          "TIMED_OUT": "killed", "DIED": "crashed"}  # fmt: skip
# run.json and metrics.json are written anew this often where nobody says otherwise.
BEAT_S = 10.0
Column = tuple[Floats, Floats, Floats]  # steps, times, values


class SacredReader:
    name = "Sacred"

    def claims(self, path: Path) -> bool:
        """run.json with Sacred's words in it; our own run folders have a run.json with others."""
        if not (path / CONFIG).is_file():
            return False
        try:
            with open_regular(path / RUN) as file:
                head = file.read(HEAD)
        except OSError:
            return False
        return all(word in head for word in (b'"experiment"', b'"command"', b'"host"'))

    def open(self, path: Path) -> SacredCursor:
        return SacredCursor(path)


reader = SacredReader()


class SacredCursor(FileCursor):
    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._run.path, self._config.path, self._metrics.path, self._output.tail.path]

    def stirred(self) -> bool:
        whole = self._run.grown() or self._config.grown() or self._metrics.grown()
        return whole or self._output.tail.grown() or self._samples.stirred()

    def _tails(self) -> Sequence[Tail]:
        return [self._output.tail]

    def _start(self) -> None:
        self._run, self._config, self._metrics = (
            WholeFile(os.path.join(self._folder, name)) for name in (RUN, CONFIG, METRICS)
        )
        self._output = PrintedFile(os.path.join(self._folder, OUTPUT))
        self._samples = MidiFiles(self._folder)
        self._known: dict[str, Column] = {}

    def _look(self, harvest: Harvest, limit: int) -> None:
        about = self._run.changed_json(harvest)
        if about is not None:
            harvest.info = info_of(about, os.path.basename(self._folder))
        config = self._config.changed_json(harvest)
        if config is not None:
            harvest.config = config
        metrics = self._metrics.changed_json(harvest)
        if metrics is not None:
            self._take(metrics, harvest)
        if harvest.restarted:
            return
        self._output.look(harvest, limit)
        self._samples.look(harvest)

    def _take(self, metrics: Mapping[str, Any], harvest: Harvest) -> None:
        """The file holds all points since the start; those that were known are passed over."""
        fresh = {}
        for name, written in metrics.items():
            columns = self._columns(written, name, harvest)
            if columns is None:
                continue
            known = self._known.get(name)
            count = 0 if known is None else len(known[0])
            if known is not None and not all(
                np.array_equal(new[:count], old, equal_nan=True) for new, old in zip(columns, known, strict=True)
            ):
                harvest.restarted = True
                return
            self._known[name] = columns
            if len(columns[0]) > count:
                fresh[name] = columns[0][count:], columns[1][count:], columns[2][count:]
        harvest.add_points(shared(fresh))

    def _columns(self, written: object, name: str, harvest: Harvest) -> Column | None:
        parts = [written.get(key) for key in ("steps", "timestamps", "values")] if isinstance(written, dict) else []
        if not all(isinstance(part, list) for part in parts) or len({len(part or ()) for part in parts}) != 1:
            harvest.add_problem(self._metrics.path, 0, f"steps, timestamps and values of {name[:40]!r} do not fit")
            return None
        steps, moments, values = parts
        return (
            _floats(map(number, steps or ())),
            _floats(map(moment, moments or ())),
            _floats(map(_value, values or ())),
        )


def info_of(about: Mapping[str, Any], run: str) -> RunInfo:
    """run.json as a record; fields of the wrong kind count as not said."""
    experiment, host, meta = (_mapping(about.get(key)) for key in ("experiment", "host", "meta"))
    beat = number(_mapping(meta.get("options")).get("--beat-interval"))
    told = {key: about[key] for key in ("command", "result", "fail_trace") if about.get(key) is not None}
    if isinstance(meta.get("comment"), str):
        told["notes"] = meta["comment"]
    status = str(about.get("status"))
    return RunInfo(
        name=f"{experiment.get('name') or 'sacred'}/{run}", format=SacredReader.name, id=run, state=STATES.get(status),
        started=moment(about.get("start_time")), ended=moment(about.get("stop_time")),
        heartbeat=moment(about.get("heartbeat")),
        heartbeat_promise_s=(beat or BEAT_S) if status == "RUNNING" else None,
        host=host["hostname"] if isinstance(host.get("hostname"), str) else None, environment=told,
    )  # fmt: skip


def moment(written: object) -> float | None:
    """A time of Sacred, which is that of Greenwich and does not say so, as Unix seconds."""
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _value(written: object) -> float | None:
    """A number; those of numpy are objects that hold it."""
    return number(written.get("value")) if isinstance(written, dict) else number(written)


def _floats(found: Any) -> Floats:
    return np.array([np.nan if each is None else each for each in found], np.float64)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
