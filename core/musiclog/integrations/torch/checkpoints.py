"""Checkpoints that are whole or not there: written beside, synced, renamed, and believed only by their checksum."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import orjson
import torch

from ...errors import MusiclogError

KEPT_ALWAYS = "alert"  # what an alert asked for is there to be looked at, whatever came later


class CheckpointError(MusiclogError, RuntimeError):
    """A checkpoint is damaged, incomplete or cannot be read: which one, why, what now."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known of a checkpoint without reading it; kept as JSON beside it.

    reason: epoch, step, alert, end, interrupted or stopped. value: the figure that best is judged by, if it was taken.
    saved: Unix time.
    """

    file: str
    step: int
    epoch: int
    reason: str
    sha256: str
    size: int
    saved: float
    value: float | None = None


class CheckpointFolder:
    """The checkpoints of one run. Keeps the newest keep_last, the best keep_best, and those of alerts.

    complain is told of every checkpoint that is passed over.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_last: int,
        keep_best: int,
        higher_is_better: bool,
        complain: Callable[[str], None],
        trust: bool = False,
    ) -> None:
        self.folder = folder
        self._keep_last, self._keep_best, self._higher_is_better = keep_last, keep_best, higher_is_better
        self._complain, self._trust = complain, trust

    def save(
        self, state: Mapping[str, Any], *, step: int, epoch: int, reason: str, value: float | None = None
    ) -> Checkpoint:
        """Write state whole, then forget what is neither new nor good. Raises OSError when it cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_half_written()
        path = self._free_path(step)
        half = path.with_name(f".{path.name}.part")
        with half.open("wb") as file:
            hashing = _HashedFile(file)
            torch.save(dict(state), hashing)
            _sync(file)
        made = Checkpoint(path.name, step, epoch, reason, hashing.digest(), half.stat().st_size, time.time(), value)
        # The checksum comes first: a checkpoint without one is none, one that is not there yet harms nobody.
        _write_whole(_card(path), orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
        half.replace(path)
        _sync_folder(self.folder)
        self._prune()
        return made

    def all(self) -> list[Checkpoint]:
        """Whole checkpoints, oldest first, by what is written beside them."""
        found = [_read_card(card) for card in self.folder.glob("*.json")]
        there = [each for each in found if each is not None and (self.folder / each.file).is_file()]
        return sorted(there, key=lambda each: (each.saved, each.step))

    def best(self) -> Checkpoint | None:
        return next(iter(self._by_value()), None)

    def newest_sound(self) -> tuple[Checkpoint, dict[str, Any]] | None:
        """The newest checkpoint that is what was written, and its state; damaged ones are told and passed over."""
        for each in reversed(self.all()):
            try:
                return each, load_state(self.folder / each.file, trust=self._trust)
            except CheckpointError as error:
                self._complain(f"{error}; the one before is tried")
        return None

    def _by_value(self) -> list[Checkpoint]:
        judged = [each for each in self.all() if each.value is not None and math.isfinite(each.value)]
        sign = -1 if self._higher_is_better else 1
        return sorted(judged, key=lambda each: (sign * (each.value or 0.0), each.saved))

    def _prune(self) -> None:
        regular = [each for each in self.all() if each.reason != KEPT_ALWAYS]
        kept = {each.file for each in regular[-self._keep_last :]}
        kept |= {each.file for each in self._by_value()[: self._keep_best]}
        for each in regular:
            if each.file not in kept:
                (self.folder / each.file).unlink(missing_ok=True)
                _card(self.folder / each.file).unlink(missing_ok=True)

    def _free_path(self, step: int) -> Path:
        """A name of its own: to write over a checkpoint would endanger it."""
        path, index = self.folder / f"step_{step:08d}.pt", 0
        while path.exists():
            index += 1
            path = self.folder / f"step_{step:08d}_{index:02d}.pt"
        return path

    def _remove_half_written(self) -> None:
        for left in self.folder.glob(".*.part"):
            left.unlink(missing_ok=True)


def load_state(path: str | os.PathLike[str], *, trust: bool = False) -> dict[str, Any]:
    """The state in a checkpoint, on the CPU, after its checksum was compared. CheckpointError says what is wrong.

    trust: also read what only unrestricted pickle can, which runs whatever code the file names.
    """
    place = Path(path)
    card = _read_card(_card(place))
    if card is None:
        raise CheckpointError(f"{place} has no readable checksum beside it ({_card(place).name}); copy both files")
    try:
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(f"{place} cannot be read ({error.strerror})") from error
    if digest != card.sha256:
        raise CheckpointError(f"{place} is damaged: its checksum is not the one that was written with it")
    try:
        state: dict[str, Any] = torch.load(place, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{place} holds objects that are read by unrestricted pickle only; if you made it yourself, "
            f"set trust_checkpoints ({str(error).splitlines()[0]})"
        ) from error
    return state


class _HashedFile:
    """A file for torch.save that is hashed on its way, so that nothing is read twice."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._sha.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def digest(self) -> str:
        return self._sha.hexdigest()


def _card(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_card(path: Path) -> Checkpoint | None:
    try:
        known = orjson.loads(path.read_bytes())
        return Checkpoint(**{field.name: known[field.name] for field in fields(Checkpoint)})
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _write_whole(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.part")
    with half.open("wb") as file:
        file.write(content)
        _sync(file)
    half.replace(path)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename is on disk when its folder is; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
