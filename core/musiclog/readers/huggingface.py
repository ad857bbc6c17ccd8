"""The output folder of a Hugging Face Trainer: the newest trainer_state.json holds all that was logged."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import folders
from ..harvest import Harvest
from ..records import Event, RunInfo
from ..tail import Tail
from .cursor import FileCursor
from .flat import flat
from .midi_files import MidiFiles
from .roles import Placer
from .rows import Roles, number
from .whole import WholeFile

STATE, MODEL = "trainer_state.json", "config.json"
ROLES = Roles(step="step", epoch="epoch")
# What the state says of the training besides its course.
SETTINGS = ("train_batch_size", "num_train_epochs", "max_steps", "eval_steps", "logging_steps", "save_steps")


class HuggingFaceReader:
    """A folder with checkpoints, of which the newest counts. TensorBoard files may lie in a folder below."""

    name = "Hugging Face"
    holds_runs = True

    def claims(self, path: Path) -> bool:
        folder = str(path)
        if checkpoint_step(os.path.basename(folder)) is not None:
            return False  # a part of the run above
        return next(states(folder), None) is not None

    def open(self, path: Path) -> HuggingFaceCursor:
        return HuggingFaceCursor(path)


reader = HuggingFaceReader()


class HuggingFaceCursor(FileCursor):
    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__()

    def files(self) -> Sequence[str]:
        return [self._folder + os.sep, *states(self._folder)]

    def stirred(self) -> bool:
        return self._newest() != self._seen or self._samples.stirred()

    def _tails(self) -> Sequence[Tail]:
        return []

    def _start(self) -> None:
        self._files: dict[str, WholeFile] = {}
        self._seen: tuple[str, int, int] | None = None
        self._history: list[Any] = []
        self._placer = Placer(ROLES)
        self._checkpoints: set[str] = set()
        self._samples = MidiFiles(self._folder)

    def _look(self, harvest: Harvest, limit: int) -> None:  # noqa: ARG002 - a file is read whole
        newest = self._newest()
        if newest is not None and newest != self._seen:
            file = self._files.setdefault(newest[0], WholeFile(newest[0]))
            content = file.changed_json(harvest)
            if content is not None:
                self._seen = newest
                self._take(content, newest[0], harvest)
        self._add_checkpoints(harvest)
        self._samples.look(harvest)

    def _newest(self) -> tuple[str, int, int] | None:
        """The state that was written last, with its time and size."""
        found = []
        for path in states(self._folder):
            try:
                stat = os.stat(path)
            except OSError:  # a checkpoint that was just removed
                continue
            found.append((stat.st_mtime_ns, checkpoint_step(os.path.basename(os.path.dirname(path))) or 0, path, stat))
        if not found:
            return None
        *_, path, stat = max(found, key=lambda each: each[:3])
        return path, stat.st_mtime_ns, stat.st_size

    def _take(self, content: Mapping[str, Any], path: str, harvest: Harvest) -> None:
        history = content.get("log_history")
        entries = history if isinstance(history, list) else []
        if entries[: len(self._history)] != self._history:  # another training in the same folder
            harvest.restarted = True
            return
        fresh, self._history = entries[len(self._history) :], entries
        rows = [flat(entry) for entry in fresh if isinstance(entry, dict)]
        if len(rows) < len(fresh):
            harvest.add_problem(path, 0, f"{len(fresh) - len(rows)} entries of its history are no objects")
        if rows:
            harvest.add_points(self._placer.points(rows))
        steps, planned = number(content.get("global_step")), number(content.get("max_steps"))
        done = steps is not None and planned is not None and planned > 0 and steps >= planned
        told = {key: content[key] for key in ("best_metric", "best_model_checkpoint", "total_flos") if content.get(key)}
        harvest.info = RunInfo(
            name=os.path.basename(self._folder), format=HuggingFaceReader.name, state="finished" if done else None,
            planned_steps=planned if planned and planned > 0 else None,
            planned_epochs=number(content.get("num_train_epochs")), environment=told,
        )  # fmt: skip
        training = {key: content[key] for key in SETTINGS if content.get(key) is not None}
        model = WholeFile(os.path.join(os.path.dirname(path), MODEL)).changed_json(harvest)
        harvest.config = {"training": training, **({"model": dict(model)} if model else {})}

    def _add_checkpoints(self, harvest: Harvest) -> None:
        for path in states(self._folder):
            folder = os.path.dirname(path)
            step = checkpoint_step(os.path.basename(folder))
            if step is None or folder in self._checkpoints:
                continue
            self._checkpoints.add(folder)
            try:
                written = os.stat(path).st_mtime
            except OSError:
                continue
            harvest.events.append(Event("checkpoint", step, written, None, {"path": os.path.basename(folder)}))


def states(folder: str) -> Iterator[str]:
    """trainer_state.json of every checkpoint, and of the folder itself."""
    for name in ("", *folders.names(folder)):
        if name and checkpoint_step(name) is None:
            continue
        path = os.path.join(folder, name, STATE)
        if os.path.isfile(path):
            yield path


def checkpoint_step(name: str) -> float | None:
    found = re.fullmatch(r"checkpoint-(\d{1,15})", name)
    return float(found[1]) if found else None
