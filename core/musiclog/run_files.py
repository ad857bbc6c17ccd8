"""The growing files of one run, opened, looked after and closed together."""

from __future__ import annotations

from pathlib import Path

from . import layout
from .events import EventLog
from .notices import Notices
from .rotation import RotatingFile
from .writer import LineFile


class RunFiles:
    """metrics, events, data use and text log; of rank 3 they are metrics.rank3.jsonl and so on."""

    def __init__(self, folder: Path, rank: int, notices: Notices) -> None:
        self.metrics = LineFile(folder / layout.of_rank(layout.METRICS, rank), notices)
        self.events = EventLog(LineFile(folder / layout.of_rank(layout.EVENTS, rank), notices))
        self.data_usage = LineFile(folder / layout.of_rank(layout.DATA_USAGE, rank), notices)
        self.text = RotatingFile(folder / layout.of_rank(layout.TEXT_LOG, rank), notices)
        self._all = (self.metrics, self.events.file, self.data_usage, self.text)

    @property
    def waiting(self) -> int:
        """Lines that could not be written yet."""
        return sum(file.waiting for file in self._all)

    def look(self) -> None:
        for file in self._all:
            file.look()

    def close(self) -> None:
        for file in self._all:
            file.close()

    def after_fork_in_child(self) -> None:
        for file in self._all:
            file.after_fork_in_child()
