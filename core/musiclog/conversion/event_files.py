"""A run as an event file for TensorBoard: its curves, configuration, alerts and notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ..config_diff import flatten
from ..event_writer import EventWriter
from ..run_data import RunData


class TensorBoard:
    """As TensorBoard keeps numbers: whole steps, float32 values."""

    name = "tensorboard"

    def write(self, data: RunData, folder: Path) -> Iterator[str]:
        began = next((float(series.times[0]) for series in data.series.values() if len(series)), data.info.started)
        writer = EventWriter(folder, began if began is not None and np.isfinite(began) else None)
        with closing(writer):
            writer.session_start(writer.began, flatten(data.config))
            for name, series in data.series.items():
                yield name
                writer.curve(name, series.steps, np.nan_to_num(series.times, nan=writer.began), series.values)
            yield "texts"
            for event in data.events:
                text = event.data.get("title" if event.kind == "alert" else "text")
                if event.kind in ("alert", "note") and text:
                    writer.text(event.step or 0, event.time or writer.began, f"{event.kind}s", str(text))
