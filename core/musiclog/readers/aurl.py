"""An experiment of the original program: <save_dir>/experiments/<id> and what lies around it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import folders
from ..harvest import Harvest
from ..records import Event, Floats, Points, RunInfo, SampleFile
from ..tail import Tail
from .cursor import FileCursor
from .inside import inside
from .lines import USAGE_TURN, read_rows
from .rows import Roles, Row, number, points, table, unix
from .text_log import TextLog
from .whole import WholeFile

CONFIG, REPORT = "experiment_config.json", "final_experiment_report.json"
BATCHES, EPOCHS, USAGE = "batch_metrics.jsonl", "epoch_summaries.jsonl", "data_usage.jsonl"
SAMPLES = "generated_samples"
LOG_TURN = 1_000_000
# A sample counts when it stood still for so long: the original writes it in place.
SETTLED_S = 2.0


class AurlReader:
    """Each folder below experiments/ is a run; its TensorBoard files tell the same again and are left alone."""

    name = "Aurl"

    def claims(self, path: Path) -> bool:
        return path.parent.name == "experiments" and ((path / CONFIG).is_file() or (path / BATCHES).is_file())

    def open(self, path: Path) -> AurlCursor:
        return AurlCursor(path)


reader = AurlReader()


class AurlCursor(FileCursor):
    """Steps are counted over all epochs; epoch e ends at x = e. Its reports of anomalies are not read: false alarms."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        self._save_dir = os.path.dirname(os.path.dirname(self._folder))
        self._id = os.path.basename(self._folder)
        super().__init__()

    def files(self) -> Sequence[str]:
        tails = (self._batches, self._epochs, self._usage, self._log.tail)
        return [self._config.path, self._report.path, *(tail.path for tail in tails), self._samples.folder + os.sep]

    def _start(self) -> None:
        self._config = WholeFile(os.path.join(self._folder, CONFIG))
        self._report = WholeFile(os.path.join(self._folder, REPORT))
        self._batches = Tail(os.path.join(self._folder, BATCHES))
        self._epochs = Tail(os.path.join(self._folder, EPOCHS))
        self._usage = Tail(os.path.join(self._folder, USAGE))
        self._log = TextLog(os.path.join(self._save_dir, "logs", f"training_{self._id}.log"))
        self._samples = SampleFolder(os.path.join(self._save_dir, SAMPLES), self._save_dir)
        self._info = RunInfo(name=self._id, format=AurlReader.name, id=self._id)
        self._batches_per_epoch: float | None = None

    def _tails(self) -> Sequence[Tail]:
        return [self._batches]

    def _look(self, harvest: Harvest, limit: int) -> None:
        before = self._info
        self._look_at_config(harvest)
        rows, look = read_rows(self._batches, harvest, limit)
        if rows:
            harvest.add_points(self._batch_points([metrics_of(row) for row in rows]))
        self._look_at_report(harvest)
        if self._info != before or look.restarted:
            harvest.info = self._info
        if look.more:
            return
        rows, _ = read_rows(self._epochs, harvest, limit)
        if rows:
            self._add_epochs(rows, harvest)
        harvest.data_usage += map(usage_of, read_rows(self._usage, harvest, min(limit, USAGE_TURN))[0])
        self._log.look(harvest, min(limit, LOG_TURN))
        first, last = self._lifetime()
        harvest.samples += self._samples.look(first, last, self._step_at_end_of)

    def _look_at_config(self, harvest: Harvest) -> None:
        content = self._config.changed_json(harvest)
        if content is None:
            return
        harvest.config = config_of(content)
        training = content.get("training_config")
        planned = training.get("num_epochs", training.get("epochs")) if isinstance(training, dict) else None
        self._info = replace(
            self._info,
            name=str(content.get("experiment_name") or self._id),
            started=unix(content.get("start_time")),
            planned_epochs=number(planned),
            environment={key: value for key, value in content.items() if not key.endswith("_config")},
        )

    def _look_at_report(self, harvest: Harvest) -> None:
        """The report is written at the end, and only then."""
        if self._report.changed_json(harvest) is not None:
            self._info = replace(self._info, state="finished", ended=self._batches.changed)

    def _batch_points(self, rows: list[Row]) -> dict[str, Points]:
        columns = table(rows)
        epochs, batches, totals = columns.full("epoch"), columns.full("batch"), columns.full("total_batches")
        known = totals[np.isfinite(totals) & (totals > 0)]
        if len(known) and known[-1] != self._batches_per_epoch:
            self._batches_per_epoch = float(known[-1])
            planned = self._info.planned_epochs
            self._info = replace(self._info, planned_steps=planned * self._batches_per_epoch if planned else None)
        totals = np.where(np.isfinite(totals) & (totals > 0), totals, self._batches_per_epoch or np.nan)
        # epochs count from 1, batches from 0
        steps = np.where(np.isfinite(totals), (epochs - 1) * totals + batches, batches)
        positions = np.where(np.isfinite(totals), epochs - 1 + np.minimum((batches + 1) / totals, 1.0), epochs)
        return points(columns, steps, moments(rows, "timestamp"), positions, BATCH_ROLES)

    def _add_epochs(self, rows: Sequence[Row], harvest: Harvest) -> None:
        flat = [epoch_metrics_of(row) for row in rows]
        columns = table(flat)
        epochs, times = columns.full("epoch"), moments(rows, "end_time")
        steps = np.array([self._step_at_end_of(epoch) for epoch in epochs.tolist()])
        harvest.add_points(points(columns, steps, times, epochs, EPOCH_ROLES))
        for row, epoch, step, at in zip(rows, epochs.tolist(), steps.tolist(), times.tolist(), strict=True):
            moment = None if np.isnan(at) else at
            harvest.events.append(Event("epoch_end", step, moment, epoch, {"seconds": row.get("duration")}))
            if row.get("checkpoint_saved"):
                best = {"best": bool(row.get("is_best_model"))}
                harvest.events.append(Event("checkpoint", step, moment, epoch, best))

    def _step_at_end_of(self, epoch: float) -> float:
        return epoch * self._batches_per_epoch - 1 if self._batches_per_epoch else epoch

    def _lifetime(self) -> tuple[float, float]:
        """Samples lie in one folder for all experiments: those written between this start and the next are ours."""
        starts = sorted(
            (start, name)
            for name in folders.names(os.path.dirname(self._folder))
            if (start := start_of(os.path.join(os.path.dirname(self._folder), name))) is not None
        )
        if len(starts) < 2:
            return 0.0, float("inf")
        mine = next((i for i, (_, name) in enumerate(starts) if name == self._id), None)
        if mine is None:
            return 0.0, 0.0
        return starts[mine][0], starts[mine + 1][0] if mine + 1 < len(starts) else float("inf")


BATCH_ROLES = Roles(step=None, epoch="epoch", batch="batch", ignored=frozenset({"total_batches", "progress"}))
EPOCH_ROLES = Roles(epoch="epoch")


def metrics_of(row: Row) -> Row:
    """A line of batch_metrics.jsonl under stable names: total_loss, learning_rate, memory/gpu_allocated, ..."""
    found: Row = {}
    for key, value in row.items():
        if not isinstance(value, dict):
            found[key] = value
        elif key == "losses":
            found.update((loss_name(name), loss) for name, loss in value.items())
        else:
            found.update((f"{key}/{name}", part) for name, part in value.items())
    return found


def epoch_metrics_of(row: Row) -> Row:
    """A line of epoch_summaries.jsonl: what the batches do not say. Means of losses would only repeat them."""
    found: Row = {"epoch": row.get("epoch")}
    for name, value in _mapping(row.get("validation_losses")).items():
        found[f"val/{loss_name(name)}"] = value
    for name in ("duration", "files_processed", "files_augmented", "total_tokens", "average_sequence_length"):
        found[f"epoch/{name}"] = row.get(name)
    return found


def loss_name(name: str) -> str:
    return name if "loss" in name.lower() else f"losses/{name}"


def usage_of(row: Row) -> Row:
    """A line of data_usage.jsonl under the names of our own."""
    names = {"file_name": "name", "augmentation_applied": "augmentation", "processing_time": "seconds"}
    return {names.get(key, key): value for key, value in row.items()}


def config_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """{"model": ..., "training": ..., "data": ...}, as our own configurations are."""
    return {key.removesuffix("_config"): value for key, value in content.items() if key.endswith("_config")}


def moments(rows: Sequence[Row], key: str) -> Floats:
    found = (unix(row.get(key)) for row in rows)
    return np.array([np.nan if moment is None else moment for moment in found])


def start_of(folder: str) -> float | None:
    content = WholeFile(os.path.join(folder, CONFIG)).changed_json(Harvest())
    return None if content is None else unix(content.get("start_time"))


class SampleFolder:
    """Generated files of a foreign run, told when they stood still."""

    def __init__(self, folder: str, home: str) -> None:
        self.folder = folder
        self._home = home
        self._seen: int | None = None  # version of the folder
        self._told: set[str] = set()
        self._waiting = False

    def look(self, first: float, last: float, step_at_end_of: Any) -> list[SampleFile]:
        """New samples with first <= time of writing < last."""
        try:
            version = folders.version(self.folder)
        except OSError:
            return []
        if version is not None and version == self._seen and not self._waiting:
            return []
        self._seen, self._waiting = version, False
        found = []
        for name in folders.names(self.folder):
            path = inside(self._home, os.path.join(self.folder, name))
            if path is None or path in self._told or not name.lower().endswith((".mid", ".midi")):
                continue
            written = os.stat(path).st_mtime
            if time.time() - written < SETTLED_S:
                self._waiting = True
            elif first <= written < last:
                self._told.add(path)
                found.append(self._sample(path, written, step_at_end_of))
        return found

    def _sample(self, path: str, written: float, step_at_end_of: Any) -> SampleFile:
        name = os.path.splitext(os.path.basename(path))[0]
        named = re.search(r"epoch[_-]?(\d+)", name)
        epoch = float(named[1]) if named else None
        step = step_at_end_of(epoch) if epoch is not None else None
        return SampleFile(path=path, name=name, step=step, epoch=epoch, time=written)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
