"""From a flushed line on disk to a painted curve, and how long the GUI thread is held meanwhile.

The real window, offscreen, with the real reader process and writers beside them. One of the 12 scalars of a line is
the time of its own flush: for every paint of its chart the newest value in the curve is compared with the clock. A
timer of one millisecond tells how long the GUI thread did not come back to its event loop, and how much of that it
worked: the rest it waited for a processor, which others had.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

from musiclog import layout

from .child import ask
from .loading import write_lines
from .table import Bar, Row, Table

COLUMNS = ("median ms", "p95 ms", "p99 ms", "most ms")
SHARES = (0.5, 0.95, 0.99, 1.0)
HZ = 100.0
SETTLED_S = 3.0  # the window is open and all runs are found
LONG = "long"


def tables(*, quick: bool) -> Iterator[Table]:
    seconds = 6 if quick else 15
    fresh, held, worked, note = [], [], [], ""
    calm = {"p99 ms": Bar(33), "most ms": Bar(50)}
    for name, runs, scalars, bars in (
        ("1 run of 12 scalars at 100 Hz", 1, 0, {"p95 ms": Bar(100)}),
        ("20 runs, while 10M scalars are opened", 20, 1_000_000 if quick else 10_000_000, {}),
    ):
        ages, pauses, work, read = ask("flush_to_pixel", str(runs), str(scalars), str(seconds), within_s=60)
        fresh.append(Row(f"musiclog, {name}", quantiles(ages), bars))
        held.append(Row(f"musiclog, {name}", quantiles(pauses), calm))
        worked.append(Row(f"musiclog, {name}", quantiles(work), calm))
        note = f"{read:,} of {scalars:,} scalars were read in these {seconds} s{crowd()}"
    yield Table("From flush to pixel", COLUMNS, fresh)
    yield Table("GUI thread held", COLUMNS, held, note)
    yield Table("Of that, its own work on a processor", COLUMNS, worked)


def crowd() -> str:
    """How many wanted a processor, where the system tells."""
    return f"; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""


def quantiles(values: Sequence[float]) -> list[float | str | None]:
    if not values:
        return ["nothing was painted", *[None] * (len(SHARES) - 1)]
    rising = sorted(values)
    return [rising[min(int(share * len(rising)), len(rising) - 1)] for share in SHARES]


def write(folders: Sequence[str], seconds: float) -> None:
    """Log in all folders on a fixed beat; total_loss is the second at which the line goes out."""
    from musiclog import Run  # noqa: PLC0415

    runs = [Run(folder) for folder in folders]
    start = time.time()
    for step in range(int(seconds * HZ)):
        time.sleep(max(0.0, start + step / HZ - time.time()))
        others = {f"part_{number}": 1.0 / (step + number) for number in range(1, 11)}
        for run in runs:
            run.log(step, total_loss=time.time() - start, origin=start, **others)


def measure(root: Path, seconds: float, scalars: int) -> tuple[list[float], list[float], list[float], int]:
    """Ages of points when painted, how long the GUI thread was away and how long it worked then, all in ms; scalars
    read of the long run.
    """
    import pyqtgraph as pg  # noqa: PLC0415
    from PySide6.QtCore import QTimer  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from musiclog.user_data import UserData  # noqa: PLC0415
    from musiclog_gui.app import App  # noqa: PLC0415
    from musiclog_gui.settings import Settings  # noqa: PLC0415

    qt = QApplication(sys.argv[:1])
    app = App(qt, Settings(root / "settings.json", smoothing=0.0), [str(root / "runs")], user_data=UserData())
    app.show()
    ages: list[float] = []
    beats: list[tuple[float, float]] = []
    seen: dict[str, int] = {}
    paint = pg.GraphicsView.paintEvent

    def paint_and_look(plot: pg.GraphicsView, event: object) -> None:
        paint(plot, event)
        now, place = time.time(), app.live.grid.place("total_loss")
        if place is None or place.chart is None or place.chart.plot is not plot:
            return
        for run_id, name in place.chart.curves():
            series = app.store.entry(run_id).data.series
            if "origin" not in series:  # the long one
                continue
            steps, _ = place.chart.curve_points(run_id, name)
            drawn = int(steps[-1]) + 1 if len(steps) else 0
            flushed = series["origin"].values[0] + series[name].values[seen.get(run_id, drawn) : drawn]
            ages.extend(((now - flushed) * 1000).tolist())
            seen[run_id] = drawn

    def begin() -> None:
        heart.start()
        if scalars:
            (root / LONG).rename(root / "runs" / LONG)

    pg.GraphicsView.paintEvent = paint_and_look
    heart = QTimer(interval=1)
    heart.timeout.connect(lambda: beats.append((time.perf_counter(), time.thread_time())))
    QTimer.singleShot(int(SETTLED_S * 1000), begin)
    QTimer.singleShot(int((SETTLED_S + seconds) * 1000), qt.quit)
    qt.exec()
    heart.stop()
    long = app.store.entry(str(root / "runs" / LONG))
    read = 0 if long is None else sum(map(len, long.data.series.values()))
    app.window.close()
    app.close()
    held, worked = ([1000 * (b[i] - a[i]) for a, b in itertools.pairwise(beats)] for i in (0, 1))
    return ages, held, worked, read


def main() -> None:
    runs, scalars, seconds = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "runs").mkdir()
        if scalars:
            (root / LONG).mkdir()
            write_lines(root / LONG, scalars)
            (root / LONG / layout.RUN).write_text('{"state": "finished", "watches_itself": true}')
        folders = [str(root / "runs" / f"run{number}") for number in range(runs)]
        context = multiprocessing.get_context("spawn")
        writer = context.Process(target=write, args=(folders, SETTLED_S + seconds + 2), daemon=True)
        writer.start()
        found = measure(root, seconds, scalars)
        writer.terminate()
        writer.join()
    Path(sys.argv[4]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
