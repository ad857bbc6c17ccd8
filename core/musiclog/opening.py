"""Decide which folder a new Run writes, and what of a run that was there before goes on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from . import layout
from .errors import RunError
from .run_file import is_being_written, read_json

Resume = bool | Literal["auto"]


class Opening(NamedTuple):
    """Where a run is written and as what. known is the run.json that was there, empty for a new run."""

    folder: Path
    id: str
    name: str
    known: Mapping[str, Any]
    resumed: bool


def open_folder(wanted: Path, *, name: str | None, resume: Resume, rank: int, now: float) -> Opening:
    """Choose the folder and make it. Raises RunError when that cannot be.

    Other ranks than 0 join what rank 0 describes, whether it has begun or not.
    """
    was_there = layout.is_run(wanted)
    resumed = rank == 0 and _goes_on(wanted, was_there, resume, now)
    fresh_beside = rank == 0 and was_there and not resumed
    folder = wanted.with_name(layout.new_id(name or wanted.name, now)) if fresh_beside else wanted
    _make(folder)
    known = {} if fresh_beside else read_json(folder / layout.RUN)
    shown = name or str(known.get("name") or wanted.name)
    return Opening(folder, str(known.get("id") or _id_for(folder, shown, now)), shown, known, resumed)


def check(folder: str | os.PathLike[str], rank: int, **numbers: float | None) -> None:
    """RunError for a folder without a name, a rank below 0, and counts or periods that are not above zero."""
    if not os.fspath(folder):  # it would be the working directory
        raise RunError("the run's folder has no name; give one such as runs/bach-gru")
    if rank < 0:
        raise RunError(f"rank is {rank}; give 0 for the process that describes the run, 1, 2, ... for the others")
    for name, value in numbers.items():
        if value is not None and not (isinstance(value, (int, float)) and value > 0):
            raise RunError(f"{name} is {value!r}; give a number above zero")


def _goes_on(wanted: Path, was_there: bool, resume: Resume, now: float) -> bool:
    if not was_there:
        if resume is True:
            raise RunError(f"{wanted} holds no run to resume; check the folder, or leave resume out")
        return False
    if resume is False:
        return False
    known = read_json(wanted / layout.RUN)
    busy = is_being_written(known, now)
    if busy and resume is True:
        raise RunError(f"{wanted} is being written by process {known.get('pid')}; end that first")
    return not busy


def _make(folder: Path) -> None:
    try:
        (folder / layout.SAMPLES).mkdir(parents=True, exist_ok=True)
        (folder / layout.TEXT_LOG).parent.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be a run folder: {error.strerror}; give one that can be written") from error


def _id_for(folder: Path, name: str, started: float) -> str:
    """A folder that is named like an id keeps its name as the run's id."""
    return folder.name if layout.is_id(folder.name) else layout.new_id(name, started)
