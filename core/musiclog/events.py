"""Write what happened once: epochs, checkpoints, samples, alerts, notes, resume and finish, one line each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson

from .scalars import json_ready
from .writer import LineFile


def encode(record: Mapping[str, Any]) -> bytes:
    """One JSON line of any record, NaN and infinity as text."""
    return orjson.dumps(json_ready(record), option=orjson.OPT_APPEND_NEWLINE)


def unix_now() -> float:
    """Unix seconds to the millisecond: finer digits are noise that every line would pay for."""
    return int(time.time() * 1000) / 1000


class EventLog:
    """events.jsonl of one run."""

    def __init__(self, file: LineFile) -> None:
        self.file = file

    def write(
        self, kind: str, *, step: float | None, epoch: float | None, data: Mapping[str, Any], t: float | None = None
    ) -> None:
        """{"event": kind, "t": ..., "step": ..., "epoch": ..., and data}; a field of data never hides these four."""
        head = {"event": kind, "t": unix_now() if t is None else t, "step": step, "epoch": epoch}
        self.file.append(encode({**head, **data, **head}))
