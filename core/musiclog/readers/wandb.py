"""A run of Weights & Biases as it lies on disk, offline or not: <folder>/run-<id>.wandb and files/ beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders
from ..harvest import Harvest
from ..records import Event, LogRecord, RunInfo
from ..regular_file import open_regular
from ..tail import Tail
from . import wandb_records as records
from .cursor import ResumableCursor
from .midi_files import SUFFIXES, MidiFiles
from .output import Printed
from .roles import Placer, roles_of
from .rows import Roles, Row, Table, points, table
from .wandb_log import MAGIC, RecordLog

# Histories that are searched at once.
PIECE = 1_000
# Lines of the program's output that are kept with the columns.
LINES_KEPT = 2_000
# What the trainers of Lightning and Hugging Face draw everything over.
TRAINERS_STEPS = ("trainer/global_step", "train/global_step")
COUNTERS = frozenset({"_step", "_runtime", "_timestamp"})
# What a summary repeats of a history, and what the service notes for itself.
_ECHO, _OWN = b"_step\x82\x01", b"_wandb"


class WandbReader:
    """Each folder with a .wandb file is a run; the file itself may be given as well."""

    name = "W&B"

    def claims(self, path: Path) -> bool:
        file = record_file(path)
        if file is None:
            return False
        try:
            with open_regular(file) as opened:
                return opened.read(len(MAGIC)) == MAGIC
        except OSError:
            return False

    def open(self, path: Path) -> WandbCursor:
        return WandbCursor(record_file(path) or os.path.join(path, "run-.wandb"))


reader = WandbReader()


def record_file(path: Path) -> str | None:
    """run-<id>.wandb in a folder, or path itself where it is such a file."""
    names = (path.name,) if path.suffix == ".wandb" else folders.names(str(path))
    found = next((name for name in names if name.startswith("run-") and name.endswith(".wandb")), None)
    if found is None:
        return None
    return os.path.abspath(path if path.suffix == ".wandb" else path / found)


class WandbCursor(ResumableCursor):
    """Everything comes from one file: what is told besides the points is remembered with them."""

    save_version = 1

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder = os.path.dirname(path)
        self._id = os.path.basename(path).removeprefix("run-").removesuffix(".wandb")
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._path, os.path.join(self._folder, "files") + os.sep]

    def stirred(self) -> bool:
        return self._log.tail.grown() or self._midi.stirred()

    def _start(self) -> None:
        self._log = RecordLog(self._path)
        self._midi = MidiFiles(os.path.join(self._folder, "files"), self._folder)
        self._histories = records.Histories()
        self._placer: Placer | None = None
        self._printed = Printed()
        self._info = RunInfo(name=self._id, format=WandbReader.name, id=self._id, state="running")
        self._config: dict[str, Any] = {}
        self._summary: dict[str, Any] = {}
        self._media: list[tuple[str, float | None]] = []  # MIDI files of histories with their steps
        self._notes: list[Event] = []
        self._lines: list[LogRecord] = []
        self._retell = False

    def _tails(self) -> Sequence[Tail]:
        return [self._log.tail]

    def _remember(self) -> dict[str, Any]:
        info = self._info
        return {
            "lost": self._log.lost,
            "placer": None if self._placer is None else self._placer.remember(),
            "rest": self._printed.rest,
            "info": [info.name, info.id, info.state, info.started, info.ended, info.host, info.tags, info.environment],
            "config": self._config,
            "summary": self._summary,
            "media": self._media,
            "notes": [[note.step, note.time, note.data] for note in self._notes],
            "lines": [[line.time, line.message] for line in self._lines[-LINES_KEPT:]],
        }

    def _recall(self, memory: Mapping[str, Any]) -> None:
        self._log.lost = memory["lost"]
        self._placer = None if memory["placer"] is None else Placer.of(memory["placer"])
        self._printed.rest = memory["rest"]
        name, run_id, state, started, ended, host, tags, environment = memory["info"]
        self._info = RunInfo(name=name, format=WandbReader.name, id=run_id, state=state, started=started, ended=ended,
                             host=host, tags=tuple(tags), environment=environment)  # fmt: skip
        self._config, self._summary = dict(memory["config"]), dict(memory["summary"])
        self._media = [(path, step) for path, step in memory["media"]]
        self._notes = [Event("note", step, at, None, data) for step, at, data in memory["notes"]]
        self._lines = [LogRecord(at, "INFO", "output", message) for at, message in memory["lines"]]
        self._retell = True

    def _look(self, harvest: Harvest, limit: int) -> None:
        before = self._info
        told = not self._log.tail.offset or self._retell
        if self._retell:
            self._retell = False
            harvest.config = dict(self._config)
            harvest.events += self._notes
            harvest.log += self._lines
            for path, step in self._media:
                self._add_sample(harvest, path, step)
        found = self._log.look(harvest, limit)
        if harvest.restarted:
            return
        histories: list[bytes] = []
        # What has no step lies at that of the history before it, so it comes with how many of them are before it.
        measured: list[tuple[int, float | None, Row]] = []
        notes: list[tuple[int, tuple[str, str, str]]] = []
        for record in found:
            try:
                self._take(record, histories, measured, notes, harvest)
            except ValueError as error:
                harvest.add_problem(self._path, self._log.tail.offset, f"a record was left out: {error}")
        last = self._placer.last_step if self._placer is not None else None
        steps = self._add_histories(histories, harvest)
        self._add_measured(measured, steps, last or 0.0, harvest)
        for count, note in notes:
            self._add_note(steps[count - 1] if count else last, note, harvest)
        if not harvest.more:
            self._midi.look(harvest)
        if told or self._info != before:
            harvest.info = self._info

    def _take(self, record: bytes, histories: list[bytes], measured: list[tuple[int, float | None, Row]],
              notes: list[tuple[int, tuple[str, str, str]]], harvest: Harvest) -> None:  # fmt: skip
        kind, start = records.quick_kind(record)
        if kind == records.HISTORY:
            histories.append(record[start:])
            return
        if kind == records.SUMMARY and (_ECHO in record or _OWN in record):
            return
        kind, start, end = records.kind_of(record)
        content = record[start:end]
        if kind == records.SUMMARY:
            self._summary.update((".".join(key), value) for key, value in records.items(content, field_number=1))
        elif kind == records.CONFIG:
            self._configure(dict(records.items(content, field_number=1)), harvest)
        elif kind == records.STATS:
            measured.append((len(histories), *records.stats(content)))
        elif kind == records.OUTPUT_RAW:
            at, text = records.output(content)
            lines = self._printed.feed(text, at)
            self._lines = (self._lines + lines)[-LINES_KEPT:] if lines else self._lines
            harvest.log += lines
        elif kind == records.ALERT:
            notes.append((len(histories), records.alert(content)))
        elif kind == records.RUN:
            self._begin(records.run_record(content), harvest)
        elif kind == records.EXIT:
            self._end(*records.exit_code(content))

    def _begin(self, run: records.RunRecord, harvest: Harvest) -> None:
        told = {"project": run.project, "group": run.group, "notes": run.notes}
        self._info = replace(
            self._info, name=run.name or run.id or self._id, id=run.id or self._id, state="running",
            started=run.started, host=run.host, tags=run.tags,
            environment={key: value for key, value in told.items() if value},
        )  # fmt: skip
        self._configure(run.config, harvest)

    def _configure(self, update: Mapping[tuple[str, ...], Any], harvest: Harvest) -> None:
        for key, value in update.items():
            if key[0] == "_wandb":
                continue
            place = self._config
            for part in key[:-1]:
                inner = place.setdefault(part, {})
                if not isinstance(inner, dict):
                    inner = place[part] = {}
                place = inner
            place[key[-1]] = value
        harvest.config = dict(self._config)

    def _end(self, code: int, runtime_s: float | None) -> None:
        started, environment = self._info.started, dict(self._info.environment)
        if self._summary:
            environment["summary"] = dict(self._summary)
        if code:
            environment["exit_code"] = code
        ended = started + runtime_s if started is not None and runtime_s is not None else None
        self._info = replace(self._info, state="failed" if code else "finished", ended=ended, environment=environment)

    def _add_note(self, step: float | None, alert: tuple[str, str, str], harvest: Harvest) -> None:
        title, text, level = alert
        note = Event("note", step, None, None, {"text": f"{title}: {text}" if text else title, "level": level})
        self._notes.append(note)
        harvest.events.append(note)

    def _add_histories(self, histories: Sequence[bytes], harvest: Harvest) -> list[float]:
        """Gives the step of each."""
        steps: list[float] = []
        for begin in range(0, len(histories), PIECE):
            columns, media, bad = self._histories.table(histories[begin : begin + PIECE])
            for message in bad:
                harvest.add_problem(self._path, self._log.tail.offset, f"a history was left out: {message}")
            if self._placer is None:
                self._placer = Placer(_roles(columns))
            harvest.add_points(self._placer.place(columns, columns.full("_timestamp")))
            placed = columns.full(self._placer.roles.step).tolist()
            for row, each in media:
                if each.path.lower().endswith(SUFFIXES):
                    self._media.append((each.path, placed[row]))
                    self._add_sample(harvest, each.path, placed[row])
            steps += placed
        return steps

    def _add_measured(self, measured: Sequence[tuple[int, float | None, Row]], steps: Sequence[float], last: float,
                      harvest: Harvest) -> None:  # fmt: skip
        """What was measured of the machine has no step: it lies at that of the history before it."""
        if not measured:
            return
        rows = table([row for _, _, row in measured])
        at = np.array([steps[count - 1] if count else last for count, _, _ in measured])
        times = np.array([np.nan if moment is None else moment for _, moment, _ in measured])
        harvest.add_points(points(rows, at, times, np.full(len(at), np.nan), Roles()))

    def _add_sample(self, harvest: Harvest, path: str, step: float | None) -> None:
        sample = self._midi.sample(os.path.join(self._folder, "files", path), step)
        if sample is not None:
            harvest.samples.append(sample)


def _roles(columns: Table) -> Roles:
    """_step counts calls; where a trainer logs its own step, that one is meant."""
    found = roles_of(dict.fromkeys(columns.columns, 0.0)) or Roles(step="_step")
    step = next((name for name in TRAINERS_STEPS if name in columns.columns), found.step or "_step")
    return replace(found, step=step, time="_timestamp", ignored=COUNTERS)
