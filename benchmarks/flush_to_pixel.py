"""From a flushed line on disk to a painted curve: the real window, the real reader process, a writer beside them.

    python benchmarks/flush_to_pixel.py [--seconds 20] [--runs 1] [--rate 100]

Each writer logs 12 scalars a step at the given rate; the value of one of them is the time of its own flush. The
window paints offscreen. For every paint of the chart the newest value that is in the curve is compared with the
clock: that is how old the newest point was when it reached the pixels. Prints the distribution in milliseconds.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

BUDGET_MS = 100.0


def write(folder: str, seconds: float, rate: float) -> None:
    """Log on a fixed beat; total_loss is the second of the day at which the line goes out."""
    from musiclog import Run  # noqa: PLC0415

    with Run(folder) as run:
        start = time.time()
        for step in range(int(seconds * rate)):
            time.sleep(max(0.0, start + step / rate - time.time()))
            others = {f"part_{number}": 1.0 / (step + number) for number in range(1, 12)}
            run.log(step, total_loss=time.time() - start, origin=start, **others)


def measure(root: Path, options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Ages of points at the moment of their painting, and the longest pauses of the GUI thread, in ms."""
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
    beats: list[float] = []
    seen: dict[str, int] = {}
    paint = pg.GraphicsView.paintEvent

    def paint_and_look(plot: pg.GraphicsView, event: object) -> None:
        paint(plot, event)
        now, place = time.time(), app.live.grid.place("total_loss")
        if place is None or place.chart is None or place.chart.plot is not plot:
            return
        for run_id, name in place.chart.curves():
            steps, _ = place.chart.curve_points(run_id, name)
            series = app.store.entry(run_id).data.series
            drawn = int(steps[-1]) + 1 if len(steps) else 0
            flushed = series["origin"].values[0] + series[name].values[seen.get(run_id, drawn) : drawn]
            ages.extend(((now - flushed) * 1000).tolist())
            seen[run_id] = drawn

    pg.GraphicsView.paintEvent = paint_and_look
    heart = QTimer(interval=1)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    QTimer.singleShot(3_000, heart.start)
    QTimer.singleShot(int(options.seconds * 1000), app.window.close)
    QTimer.singleShot(int(options.seconds * 1000) + 100, qt.quit)
    qt.exec()
    app.close()
    return ages, [1000 * (b - a) for a, b in itertools.pairwise(beats)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        writers = [
            multiprocessing.Process(target=write, args=(f"{root}/runs/run{n}", options.seconds + 2, options.rate))
            for n in range(options.runs)
        ]
        for writer in writers:
            writer.start()
        (Path(root) / "runs").mkdir(exist_ok=True)
        ages, pauses = measure(Path(root), options)
        for writer in writers:
            writer.terminate()
            writer.join()
    report(ages, pauses, options)
    return 0 if quantile(ages, 0.95) <= BUDGET_MS else 1


def report(ages: list[float], pauses: list[float], options: argparse.Namespace) -> None:
    print(f"{options.runs} runs of 12 scalars at {options.rate:g} steps/s, {len(ages):,} points painted")
    for title, values in (("flush to pixel", ages), ("GUI thread held", pauses)):
        shares = "  ".join(f"{name} {quantile(values, share):6.1f}" for name, share in SHARES)
        print(f"{title:16} ms  {shares}")
    print(f"budget: p95 {BUDGET_MS:g} ms from flush to pixel; GUI thread p99 33 ms, never 50 ms")


SHARES = (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else float("nan")


if __name__ == "__main__":
    sys.exit(main())
