"""The memory of a day of streaming: 20 runs, 45 rows of 12 scalars a minute each, in the real window.

Beside the rows come a use of a training file a second, a log line every ten seconds, and now and then an alert that
opens and settles and a sample. Time is handed to the follower, so that a day takes a minute; it reads once a
simulated minute, the window draws once in ten. Columns are the scalars themselves, with what the charts keep to draw
them at any zoom: they grow with the data and are counted apart. What is left must stay as it is after three hours.
"""

from __future__ import annotations

import gc
import os
import resource
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import numpy as np
import orjson
from PySide6.QtWidgets import QApplication

from musiclog import layout
from musiclog.column_cache import ColumnCache
from musiclog.columns import Column
from musiclog.follow import Follower
from musiclog.run_data import LOG_KEPT
from musiclog.structured_log import format_record
from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import Settings

from .names import NAMES
from .table import Bar, Row, Table

START = 1.7e9  # Unix seconds at which the day begins
ROWS = 45  # a minute
WARM_H = 3
# A full column reserves as much again. At these hours each holds 99 % of what it reserved: 8,192 rows, 16,384 ...
SHOWN_H = (3, 6, 12, 24)
COLUMNS = ("scalars", "memory MB", "of it columns MB", "the rest MB", "against hour 3, %")


def tables(*, quick: bool) -> Iterator[Table]:
    runs, hours = (4, 6) if quick else (20, 24)
    with tempfile.TemporaryDirectory() as place:
        told = list(simulate(Path(place), runs, hours))
    warm = told[WARM_H - 1].rest_mb
    rows = []
    for hour in told:
        if hour.number in SHOWN_H:
            grown = 100 * (hour.rest_mb / warm - 1)
            bars = {COLUMNS[-1]: Bar(5)} if hour.number > WARM_H else {}
            rows.append(
                Row(f"hour {hour.number}", (hour.scalars, hour.memory_mb, hour.columns_mb, hour.rest_mb, grown), bars)
            )
    note = "reader and window in one process; log lines, uses of files, alerts and samples included"
    yield Table(f"Memory of a simulated day, {runs} runs", COLUMNS, rows, note)


@dataclass(frozen=True, slots=True)
class Hour:
    number: int
    scalars: int
    memory_mb: float
    columns_mb: float

    @property
    def rest_mb(self) -> float:
        return self.memory_mb - self.columns_mb


def simulate(root: Path, runs: int, hours: int) -> Iterator[Hour]:
    """Each hour as it ends."""
    clock = [0.0]
    trainings = [Training(root / "runs" / f"run_{number:02}", number) for number in range(runs)]
    qt = QApplication.instance() or QApplication([])
    app = App(qt, Settings(root / "settings.json"), [str(root / "runs")], serve=idle, user_data=UserData())
    app.show()
    follower = Follower(columns=ColumnCache(root / "cache"), clock=lambda: clock[0])
    follower.watch(root / "runs")
    for minute in range(60 * hours):
        for training in trainings:
            training.minute(minute)
        clock[0] += 60.0
        while True:
            for message in follower.turn():
                app.intake.take(message)
            if follower.rest_s() > 0:
                break
        if minute % 10 == 9:
            app.clock.flush()
            qt.processEvents()
        if minute % 60 == 59:
            gc.collect()
            scalars = sum(len(series) for entry in app.store.entries() for series in entry.data.series.values())
            yield Hour(minute // 60 + 1, scalars, memory_mb(), columns_mb())
    follower.close()
    app.window.close()
    app.close()


def idle(connection: Connection) -> None:
    """In place of the process that reads runs: it is done here, by the clock of the day."""
    while connection.recv() != ("stop",):
        pass


class Training:
    """Writes what a run of that minute would have written."""

    def __init__(self, folder: Path, number: int) -> None:
        for name in ("samples", "logs"):
            (folder / name).mkdir(parents=True)
        self.folder, self.number = folder, number
        self.chance = np.random.default_rng(number)
        # One of four leaves its alerts to the reader.
        about = {"name": folder.name, "state": "running", "started": START, "watches_itself": number % 4 > 0}
        (folder / layout.RUN).write_bytes(orjson.dumps(about))
        self._say(-10 * LOG_KEPT, 10 * LOG_KEPT)  # it began before: what the window keeps of a log is full

    def minute(self, minute: int) -> None:
        begin = 60 * minute
        self._append(layout.METRICS, self._rows(minute))
        self._append(
            layout.DATA_USAGE,
            ({"t": START + begin + n, "name": f"piece_{(begin + n) % 1000:03}.mid", "transposition": n % 12 - 6}
             for n in range(60)),
        )  # fmt: skip
        self._say(begin, 60)
        if minute % 15 == 0:
            self._append(layout.EVENTS, self._happened(minute, begin))

    def _rows(self, minute: int) -> Iterator[dict[str, object]]:
        for n, row in enumerate(self.chance.normal(1.0, 0.1, (ROWS, len(NAMES))).round(6).tolist()):
            at = minute + n / ROWS
            place = {"step": ROWS * minute + n, "t": START + 60 * at, "epoch": minute // 60}
            yield place | dict(zip(NAMES, row, strict=True))

    def _happened(self, minute: int, step: int) -> Iterator[dict[str, object]]:
        place = {"step": step, "t": START + step}
        if minute % 30 == 0:
            for state, later in (("opened", 0), ("settled", 5)):
                yield {"event": "alert", **place, "id": f"loss_spike-{step}", "kind": "loss_spike", "state": state,
                       "severity": "warning", "metric": NAMES[0], "opened_step": step, "last_step": step + later,
                       "title": "Loss spike"}  # fmt: skip
        sample = f"samples/step_{step:06}.mid"
        (self.folder / sample).write_bytes(b"MThd")
        yield {"event": "sample", **place, "file": sample, "prompt": f"p{minute % 4}"}

    def _say(self, begin: int, seconds: int) -> None:
        """A record of the text log every ten seconds."""
        with (self.folder / layout.TEXT_LOG).open("a") as file:
            for at in range(begin, begin + seconds, 10):
                fields = [f"Losses: {{recon: {at % 97 / 97:.2f}, kl: {at % 89 / 89:.2f}}}", "GPU: 10.2 of 24.0 GB"]
                file.write(format_record(START + at, "INFO", "training", "Training progress", fields))

    def _append(self, name: str, rows: Iterator[dict[str, object]]) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


def memory_mb() -> float:
    """What the process holds now; where the system does not tell, the most it ever held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS")) / 1000


def columns_mb() -> float:
    """What the columns have reserved."""
    chunks = {
        id(chunk): chunk.nbytes for each in gc.get_objects() if isinstance(each, Column) for chunk in each._chunks
    }
    return sum(chunks.values()) / 1e6
