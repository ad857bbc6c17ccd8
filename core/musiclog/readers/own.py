"""Our own run folder: text files that grow, and run.json that is replaced."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders, layout
from ..harvest import Harvest
from ..records import Event, RunInfo, SampleFile
from ..tail import Tail
from .cursor import ResumableCursor
from .epochs import EpochClock
from .inside import inside
from .lines import USAGE_TURN, read_rows, read_table
from .rows import Roles, number, points
from .text_log import TextLog
from .whole import WholeFile

ROLES = Roles(step="step", time="t", epoch="epoch", batch="batch")
# Text logs repeat what the metrics say, so they never hold the curves up.
LOG_TURN = 1_000_000


class OwnReader:
    """A folder with run.json, or with metrics.jsonl and config.json where run.json was lost."""

    name = "musiclog"

    def claims(self, path: Path) -> bool:
        if (path / layout.METRICS).is_file():
            return (path / layout.RUN).is_file() or (path / layout.CONFIG).is_file()
        return (path / layout.RUN).is_file() and (path / layout.EVENTS).is_file()

    def open(self, path: Path) -> OwnCursor:
        return OwnCursor(path)


reader = OwnReader()


class OwnCursor(ResumableCursor):
    """Reads what says most first: what the run is, its events, its curves, then data use and the text log."""

    save_version = 1

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__()

    def _start(self) -> None:
        self._run = WholeFile(self._path(layout.RUN))
        self._config = WholeFile(self._path(layout.CONFIG))
        self._metrics: dict[str, Tail] = {}  # by the prefix of their metrics' names
        self._events: dict[str, Tail] = {}
        self._usage: dict[str, Tail] = {}
        self._clocks: dict[str, EpochClock] = {}
        self._event_count: dict[str, int] = {}  # lines read of the events of a rank
        self._events_known: dict[str, int] = {}  # so many of them the kept clocks had heard
        self._unscored: dict[str, SampleFile] = {}  # by the file's name in the run: samples met before their card
        self._log = TextLog(self._path(layout.TEXT_LOG))
        self._folder_seen: int | None = None  # its version when its files were listed
        self._looks = 0
        self._find_ranks()

    def files(self) -> Sequence[str]:
        grown = (*self._metrics.values(), *self._events.values(), *self._usage.values(), self._log.tail)
        return [self._run.path, self._config.path, *(tail.path for tail in grown)]

    def stirred(self) -> bool:
        """The metrics at every look; events, and the folder, which every heartbeat changes, at every fourth one."""
        self._looks = (self._looks + 1) % 4
        for tail in self._metrics.values():
            if tail.grown():
                return True
        if self._looks == 1:
            return any(tail.grown() for tail in self._events.values())
        return self._looks == 3 and (self._folder_seen is None or self._version() != self._folder_seen)

    def _tails(self) -> Sequence[Tail]:
        return list(self._metrics.values())

    def _remember(self) -> dict[str, Any]:
        clocks = {prefix: clock.remember() for prefix, clock in self._clocks.items()}
        return {"clocks": clocks, "events": self._event_count}

    def _recall(self, memory: Mapping[str, Any]) -> None:
        for prefix, clock in memory["clocks"].items():
            self._clock_of(prefix).recall(clock)
        self._events_known = dict(memory["events"])

    def _look(self, harvest: Harvest, limit: int) -> None:
        self._find_ranks()
        self._look_at_run(harvest)
        for prefix, tail in self._events.items():
            self._look_at_events(prefix, tail, harvest, limit)
        for prefix, tail in self._metrics.items():
            self._look_at_metrics(prefix, tail, harvest, limit // len(self._metrics))
        for tail in self._usage.values():
            harvest.data_usage += read_rows(tail, harvest, min(limit, USAGE_TURN))[0]
        if not harvest.more:
            self._log.look(harvest, min(limit, LOG_TURN))

    def _look_at_run(self, harvest: Harvest) -> None:
        content = self._run.changed_json(harvest)
        if content is not None:
            harvest.info = info_of(content, os.path.basename(self._folder))
        config = self._config.changed_json(harvest)
        if config is not None:
            harvest.config = config

    def _look_at_metrics(self, prefix: str, tail: Tail, harvest: Harvest, limit: int) -> None:
        columns, look = read_table(tail, harvest, limit)
        if not columns.length:
            return
        steps = columns.full("step")
        known = np.isfinite(steps)
        if not known.all():
            lines = columns.length - int(known.sum())
            harvest.add_problem(tail.path, look.offset, f"{lines} lines from here on have no step; they are left out")
            columns = columns.only(known)
            steps = columns.full("step")
        epochs = self._clock_of(prefix).place(steps, columns.full("epoch"))
        found = points(columns, steps, columns.full("t"), epochs, ROLES)
        harvest.add_points({prefix + name: batch for name, batch in found.items()})

    def _look_at_events(self, prefix: str, tail: Tail, harvest: Harvest, limit: int) -> None:
        rows, look = read_rows(tail, harvest, limit)
        before = self._event_count.get(prefix, 0)
        self._event_count[prefix] = before + len(rows)
        for count, row in enumerate(rows, before):
            event = event_of(row)
            harvest.events.append(event)
            if event.kind == "epoch_start" and count >= self._events_known.get(prefix, 0):
                self._clock_of(prefix).expect(number(event.data.get("batches")))
            elif event.kind == "sample":
                self._add_sample(event, tail, look.offset, harvest)
            elif event.kind == "card":
                self._add_card(event, harvest)

    def _add_sample(self, event: Event, tail: Tail, offset: int, harvest: Harvest) -> None:
        named = str(event.data.get("file") or event.data.get("path") or "")
        path = inside(self._folder, named)
        if path is None:
            harvest.add_problem(tail.path, offset, f"the sample {named[:80]!r} lies outside of the run folder")
            return
        sample = sample_of(event, path)
        harvest.samples.append(sample)
        if sample.card is None:
            self._unscored[named] = sample

    def _add_card(self, event: Event, harvest: Harvest) -> None:
        """A card that was made after its sample was announced: the sample is told again, with it."""
        sample = self._unscored.pop(str(event.data.get("file") or ""), None)
        card = None if sample is None else card_beside(sample.path)
        if sample is not None and card is not None:
            harvest.samples.append(replace(sample, card=card))

    def _clock_of(self, prefix: str) -> EpochClock:
        return self._clocks.setdefault(prefix, EpochClock())

    def _find_ranks(self) -> None:
        """metrics.jsonl and metrics.rank3.jsonl; the metrics of other ranks are named rank3/loss."""
        version = self._version()
        if version is not None and version == self._folder_seen:
            return
        self._folder_seen = version
        for tails, plain in (
            (self._metrics, layout.METRICS),
            (self._events, layout.EVENTS),
            (self._usage, layout.DATA_USAGE),
        ):
            stem, _, suffix = plain.rpartition(".")
            for name in folders.names(self._folder):
                rank = name.removeprefix(stem).removesuffix(f".{suffix}")
                is_rank = rank.startswith(".rank") and rank[5:].isdigit() and name == f"{stem}{rank}.{suffix}"
                prefix = f"{rank[1:]}/" if is_rank else ""
                if (name == plain or is_rank) and prefix not in tails:
                    tails[prefix] = Tail(self._path(name))

    def _version(self) -> int | None:
        try:
            return folders.version(self._folder)
        except OSError:
            return None

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)


def info_of(content: Mapping[str, Any], folder_name: str) -> RunInfo:
    """run.json as a record; fields of the wrong kind count as not said."""
    named = ("id", "name", "state", "started", "ended", "heartbeat", "heartbeat_promise_s", "planned_epochs",
             "planned_steps", "host", "pid", "tags", "watches_itself", "reference", "schema")  # fmt: skip
    tags = content.get("tags")
    pid = number(content.get("pid"))
    return RunInfo(
        name=text(content.get("name")) or folder_name,
        format=OwnReader.name,
        id=text(content.get("id")),
        state=text(content.get("state")),
        started=number(content.get("started")),
        ended=number(content.get("ended")),
        heartbeat=number(content.get("heartbeat")),
        heartbeat_promise_s=number(content.get("heartbeat_promise_s")),
        planned_epochs=number(content.get("planned_epochs")),
        planned_steps=number(content.get("planned_steps")),
        host=text(content.get("host")),
        pid=None if pid is None else int(pid),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
        environment={key: value for key, value in content.items() if key not in named},
        watches_itself=content.get("watches_itself") is True,
        reference=text(content.get("reference")),
    )


def event_of(row: Mapping[str, Any]) -> Event:
    kind = text(row.get("event")) or "note"
    data = {key: value for key, value in row.items() if key not in ("event", "t")}
    if kind != "alert":  # an alert's data is the alert itself, its step included
        data = {key: value for key, value in data.items() if key not in ("step", "epoch")}
    return Event(kind, number(row.get("step")), number(row.get("t")), number(row.get("epoch")), data)


def sample_of(event: Event, path: str) -> SampleFile:
    data = event.data
    seed, temperature = number(data.get("seed")), number(data.get("temperature"))
    return SampleFile(
        path=path,
        name=text(data.get("name")) or os.path.splitext(os.path.basename(path))[0],
        step=event.step,
        epoch=event.epoch,
        time=event.time,
        prompt=text(data.get("prompt")),
        seed=None if seed is None else int(seed),
        temperature=temperature,
        checkpoint=text(data.get("checkpoint")),
        card=card_beside(path),
    )


def card_beside(path: str) -> Mapping[str, Any] | None:
    """The score card that the run wrote beside a sample."""
    return WholeFile(os.path.splitext(path)[0] + ".json").changed_json(Harvest())


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None
