"""A folder of Lightning's CSVLogger: metrics.csv, rewritten when a metric is new, and hparams.yaml beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .. import folders
from ..harvest import Harvest
from ..records import RunInfo
from . import plain_yaml
from .csv_table import CsvCursor, CsvReader
from .midi_files import MidiFiles
from .whole import WholeFile

METRICS, SETTINGS = "metrics.csv", "hparams.yaml"


class LightningReader:
    """Where a TensorBoard logger wrote into the same folder, its files tell the same, with times: they are read."""

    name = "Lightning CSV"

    def claims(self, path: Path) -> bool:
        if not (path / SETTINGS).is_file() or not CsvReader().claims(path / METRICS):
            return False
        return not any("tfevents" in name for name in folders.names(str(path)))

    def open(self, path: Path) -> LightningCursor:
        return LightningCursor(path)


reader = LightningReader()


class LightningCursor(CsvCursor):
    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        super().__init__(folder / METRICS)

    def files(self) -> Sequence[str]:
        return [self._path, self._settings.path]

    def stirred(self) -> bool:
        return super().stirred() or self._settings.grown() or self._samples.stirred()

    def _start(self) -> None:
        super()._start()
        self._settings = WholeFile(os.path.join(self._folder, SETTINGS))
        self._samples = MidiFiles(self._folder)
        self._told = False

    def _look(self, harvest: Harvest, limit: int) -> None:
        if not self._told:
            self._told = True
            harvest.info = RunInfo(name=title(self._folder), format=LightningReader.name)
        content = self._settings.changed(harvest)
        if content is not None:
            try:
                config = plain_yaml.loads(content.decode("utf-8", "replace"))
                harvest.config = config if isinstance(config, dict) else {}
            except ValueError as error:
                harvest.add_problem(self._settings.path, 0, str(error))
        super()._look(harvest, limit)
        if not harvest.more:
            self._samples.look(harvest)


def title(folder: str) -> str:
    """version_3, with the name that the user gave to the logger."""
    version, above = os.path.basename(folder), os.path.basename(os.path.dirname(folder))
    return version if above in ("lightning_logs", "logs", "") else f"{above}/{version}"
