"""Reading a whole run the way scripts and the window do."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from musiclog.records import RunRef
from musiclog.registry import readers
from musiclog.run_data import RunData


class Opened:
    """A run with its cursor; load() polls until nothing is left and returns what changed."""

    def __init__(self, path: Path, limit: int) -> None:
        reader = readers().of(path)
        assert reader is not None, f"no reader claims {path}"
        self.format = reader.name
        self.data = RunData(RunRef(str(path), reader.name, path.name))
        self.cursor = reader.open(path)
        self.limit = limit
        self.news = []
        self.load()

    def load(self) -> frozenset[str]:
        changed, more = set(), True
        while more:
            news = self.cursor.poll(self.limit)
            self.news.append(news)
            changed |= self.data.absorb(news)
            more = news.more
        return frozenset(changed)

    def points(self, name: str) -> list[tuple[float, float]]:
        found = self.data.series[name]
        return list(zip(found.steps.tolist(), found.values.tolist(), strict=True))


@pytest.fixture
def opened():
    def open_it(path: Path, limit: int = 4_000_000) -> Opened:
        return Opened(path, limit)

    return open_it


RECORDED = Path(__file__).resolve().parents[2] / "data" / "tracker_runs.zip"


@pytest.fixture
def recorded(tmp_path, request) -> Path:
    """A folder for each tracker, or for the one that a test is about, with what it wrote some time ago."""
    folder = tmp_path / "recorded"
    wanted = getattr(request.node, "callspec", None)
    tracker = wanted.params.get("tracker", "") if wanted is not None else ""
    with zipfile.ZipFile(RECORDED) as packed:
        packed.extractall(folder, [name for name in packed.namelist() if name.startswith(tracker)])
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder
