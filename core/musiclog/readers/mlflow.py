"""A run in MLflow's folders: mlruns/<experiment>/<run>/{meta.yaml,metrics/,params/,tags/,artifacts/}."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders
from ..harvest import Harvest
from ..records import Floats
from ..regular_file import open_regular
from ..tail import Look, Tail
from . import plain_yaml
from .cursor import ResumableCursor
from .inside import inside
from .literal import literal
from .long_rows import shared
from .midi_files import MidiFiles
from .mlflow_sqlite import artifact_folder, told
from .whole import WholeFile

META = "meta.yaml"
# meta.yaml tells states by their number.
STATES = {1: "running", 2: "scheduled", 3: "finished", 4: "failed", 5: "killed"}
# A parameter that is longer is no setting.
LONGEST_VALUE = 64_000
DEEPEST = 8


class MlflowReader:
    name = "MLflow files"  # the same format to people, another reader

    def claims(self, path: Path) -> bool:
        """An experiment's folder has a meta.yaml too, but no run in it."""
        try:
            with open_regular(path / META) as file:
                head = b"\n" + file.read(8_000)
        except OSError:
            return False
        return b"\nrun_id:" in head or b"\nrun_uuid:" in head

    def open(self, path: Path) -> MlflowCursor:
        return MlflowCursor(path)


reader = MlflowReader()


class MlflowCursor(ResumableCursor):
    save_version = 1

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._meta.path, *self._metrics, os.path.join(self._folder, "metrics") + os.sep]

    def stirred(self) -> bool:
        grown = self._meta.grown() or any(tail.grown() for tail in self._metrics.values())
        return grown or self._version("metrics") != self._metrics_seen or self._samples.stirred()

    def _start(self) -> None:
        self._meta = WholeFile(os.path.join(self._folder, META))
        self._metrics: dict[str, Tail] = {}
        self._metrics_seen: int | None = None
        self._told: tuple[Any, ...] = ()
        self._about: Mapping[str, Any] = {}
        self._samples = MidiFiles(os.path.join(self._folder, "artifacts"), self._folder)
        self._find_metrics()

    def _tails(self) -> Sequence[Tail]:
        return list(self._metrics.values())

    def _remember(self) -> dict[str, Any]:
        return {}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        """All is in the places of the files."""

    def _look(self, harvest: Harvest, limit: int) -> None:
        self._look_at_meta(harvest)
        self._find_metrics()
        found = {}
        for path, tail in self._metrics.items():
            if not tail.grown() and not tail.unread:
                continue
            look = tail.lines(limit)
            harvest.note_change(tail.changed if look.data else None)
            harvest.restarted |= look.restarted
            harvest.more |= look.more
            if look.data:
                name = os.path.relpath(path, os.path.join(self._folder, "metrics")).replace(os.sep, "/")
                found[name] = read(look, path, harvest)
            limit = max(100_000, limit - len(look.data))
        harvest.add_points(shared(found))
        if not harvest.more:
            self._samples.look(harvest)

    def _look_at_meta(self, harvest: Harvest) -> None:
        content = self._meta.changed(harvest)
        if content is not None:
            try:
                about = plain_yaml.loads(content.decode("utf-8", "replace"))
            except ValueError as error:
                harvest.add_problem(self._meta.path, 0, str(error))
                about = None
            self._about = about if isinstance(about, dict) else self._about
        params, tags = dict(self._texts("params")), dict(self._texts("tags"))
        if (self._about, params, tags) == self._told:
            return
        self._told = self._about, params, tags
        harvest.config = {key: literal(value) for key, value in params.items()}
        about, run = self._about, os.path.basename(self._folder)
        status = about.get("status")
        said = {
            "name": about.get("run_name"), "state": STATES.get(status) if isinstance(status, int) else None,
            "start": about.get("start_time"), "end": about.get("end_time"), "experiment": about.get("experiment_id"),
        }  # fmt: skip
        harvest.info = told(run, said, tags)
        home = os.path.dirname(os.path.dirname(os.path.dirname(self._folder)))
        elsewhere = artifact_folder(str(about.get("artifact_uri") or ""), home, run)
        if elsewhere is not None and elsewhere != self._samples.folder:
            self._samples = MidiFiles(elsewhere)

    def _texts(self, kind: str) -> Iterator[tuple[str, str]]:
        """Every small file below params or tags: its name and its text."""
        home = os.path.join(self._folder, kind)
        for path in files_below(home):
            place = inside(self._folder, path)
            if place is None:
                continue
            try:
                with open_regular(place) as file:
                    text = file.read(LONGEST_VALUE).decode("utf-8", "replace")
            except OSError:
                continue
            yield os.path.relpath(path, home).replace(os.sep, "/"), text

    def _find_metrics(self) -> None:
        version = self._version("metrics")
        if version is not None and version == self._metrics_seen and not self._nested():
            return
        self._metrics_seen = version
        for path in files_below(os.path.join(self._folder, "metrics")):
            if path not in self._metrics and inside(self._folder, path) is not None:
                self._metrics[path] = Tail(path)

    def _nested(self) -> bool:
        """A folder below does not change the folder above when it gets a file."""
        return any(os.path.dirname(path) != os.path.join(self._folder, "metrics") for path in self._metrics)

    def _version(self, name: str) -> int | None:
        try:
            return folders.version(os.path.join(self._folder, name))
        except OSError:
            return 0


def files_below(folder: str, depth: int = DEEPEST) -> Iterator[str]:
    """Without following links to folders."""
    for name in folders.names(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            if depth > 1 and not os.path.islink(path):
                yield from files_below(path, depth - 1)
        else:
            yield path


def read(look: Look, path: str, harvest: Harvest) -> tuple[Floats, Floats, Floats]:
    """Steps, times and values of lines of "milliseconds value step"; the oldest have no step, which counts as 0."""
    lines, words = look.data.splitlines(), look.data.split()
    if len(words) == 3 * len(lines) and all(line.count(b" ") == 2 for line in lines):
        try:
            rows = np.fromiter(map(float, words), np.float64, len(words)).reshape(-1, 3)
            return rows[:, 2].copy(), rows[:, 0] / 1000, rows[:, 1].copy()
        except ValueError:  # one of them is bad
            pass
    found, offset = [], look.offset
    for line in lines:
        row = _row(line)
        if row is not None:
            found.append(row)
        elif line.strip():
            harvest.add_problem(path, offset, f"time, value and step were expected: {line[:40]!r}")
        offset += len(line) + 1
    steps, times, values = np.array(found, np.float64).reshape(-1, 3).T
    return steps.copy(), times.copy(), values.copy()


def _row(line: bytes) -> tuple[float, float, float] | None:
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return None
    if len(numbers) not in (2, 3):
        return None
    moment, value, step = (*numbers, 0.0)[:3]
    return step, moment / 1000, value
