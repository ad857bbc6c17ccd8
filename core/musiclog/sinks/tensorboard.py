"""TensorBoard beside the run: scalars, histograms, texts and the configuration, in <run>/tensorboard."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config_diff import flatten
from ..event_writer import FAILURE, SUCCESS, EventWriter
from . import About, Counts, Moment, Sink


class TensorBoard(Sink):
    """folder: where the event file is made; tensorboard/ in the run folder unless given. Needs no other package."""

    name = "tensorboard"

    def __init__(self, folder: Path | str | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._step = 0.0

    def open(self, about: About) -> None:
        self._writer = EventWriter(self._folder or about.folder / "tensorboard")
        self._writer.session_start(about.started, flatten(about.config))

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        self._step = at.step or 0
        self._writer.scalars(self._step, at.t, metrics if at.epoch is None else {**metrics, "epoch": at.epoch})

    def histogram(self, at: Moment, name: str, counts: Counts) -> None:
        self._writer.histogram(at.step or 0, at.t, name, counts.counts, counts.edges)

    def event(self, at: Moment, kind: str, data: Mapping[str, Any]) -> None:
        text = _spoken(kind, data)
        if text:
            self._writer.text(self._step if at.step is None else at.step, at.t, f"{kind}s", text)

    def beat(self, now: float, progress: object) -> None:
        self._writer.flush()

    def close(self, state: str) -> None:
        self._writer.session_end(time.time(), SUCCESS if state == "finished" else FAILURE)
        self._writer.close()


def _spoken(kind: str, data: Mapping[str, Any]) -> str:
    """What is worth a text; empty for what TensorBoard knows from its scalars."""
    if kind == "alert":
        suggestions = data.get("suggestions")
        advice = f"\n\nWhat to do first: {suggestions[0]['text']}" if suggestions else ""
        return f"**{data.get('severity')}, {data.get('state')}**: {data.get('title')}{advice}"
    if kind == "note":
        return str(data.get("text", ""))
    if kind in ("sample", "checkpoint"):
        return str(data.get("file") or data.get("path") or "")
    return ""
