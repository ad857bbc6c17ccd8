"""What a frame of a long chart costs: 12 curves, live and panned, beside pyqtgraph's own downsampling.

    python benchmarks/drawing.py [--points 1_000_000 10_000_000] [--frames 30] [--no-peer]

live: every curve gets 100 points more, then the chart is drawn and painted; pan: the view moves by 2 % of its
width. Offscreen, 900 x 500 pixels, pen of 1 px. Median milliseconds a frame; read the columns against each other.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from musiclog.records import News, Points, RunRef
from musiclog.run_data import RunData
from musiclog_gui.state.chart_plan import ChartPlan
from musiclog_gui.state.chart_view import ChartView
from musiclog_gui.state.runs import RunEntry, RunStore
from musiclog_gui.theme import RUN_COLOURS, ThemeKeeper
from musiclog_gui.views.chart import Chart

CURVES = 12
SIZE = (900, 500)
BUDGET_MS = {"live": 8.0, "pan": 17.0}


def values(seed: int, start: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed * 1_000_003 + start).normal(seed, 0.3, count)


def ours(count: int, frames: int, smoothing: float) -> dict[str, float]:
    store = RunStore()
    runs = [_run(store, number) for number in range(CURVES)]
    length = 0

    def grow(more: int) -> None:
        nonlocal length
        steps = np.arange(length, length + more, dtype=float)
        for number, run in enumerate(runs):
            batch = Points(steps, steps, np.zeros(more), values(number, length, more))
            store.absorb(run.id, News(points={"total_loss": batch}))
        length += more

    for _ in range(0, count, 100_000):
        grow(100_000)
    chart = Chart(ChartPlan("Losses", "total_loss"))
    chart.setMinimumSize(*SIZE)
    chart.setMaximumSize(*SIZE)
    chart.show()
    view = ChartView(smoothing=smoothing, marks=False)
    chart.show_runs(runs, None, view)

    def live() -> None:
        grow(100)
        chart.show_runs(runs, None, view)
        chart.repaint()

    def pan() -> None:
        low, high = chart.view_rect.left(), chart.view_rect.right()
        step = 0.02 * (high - low)
        chart.zoom_x(low + step, high + step)
        chart.repaint()

    result = {"live": median_ms(live, frames)}
    chart.zoom_x(0, count / 2)
    return result | {"pan": median_ms(pan, frames // 2)}


def _run(store: RunStore, number: int) -> RunEntry:
    return store.add(f"/run/{number}", "/run", RunData(RunRef(f"/run/{number}", "benchmark", f"run {number}")))


def peers(count: int, frames: int) -> dict[str, float]:
    """pyqtgraph as its documentation says for long data: peak downsampling, clipped to the view."""
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.setDownsampling(auto=True, mode="peak")
    plot.setClipToView(True)
    room = count + 100 * (frames + 1)
    x = np.arange(room, dtype=float)
    columns = [np.concatenate([values(n, at, 100_000) for at in range(0, room, 100_000)])[:room] for n in range(CURVES)]
    length = count
    curves = [plot.plot(x[:count], y[:count], pen=pg.mkPen(c)) for y, c in zip(columns, _colours(), strict=True)]
    plot.show()
    plot.repaint()

    def live() -> None:
        nonlocal length
        length += 100
        for curve, y in zip(curves, columns, strict=True):
            curve.setData(x[:length], y[:length])
        plot.repaint()

    def pan() -> None:
        low, high = plot.viewRange()[0]
        step = 0.02 * (high - low)
        plot.setXRange(low + step, high + step, padding=0)
        plot.repaint()

    result = {"live": median_ms(live, frames)}
    plot.setXRange(0, count / 2, padding=0)
    return result | {"pan": median_ms(pan, frames // 2)}


def _colours() -> list[str]:
    return [RUN_COLOURS[number % len(RUN_COLOURS)] for number in range(CURVES)]


def median_ms(frame: Callable[[], None], frames: int) -> float:
    taken = []
    for _ in range(frames):
        start = time.perf_counter()
        frame()
        QApplication.processEvents()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    app = QApplication([])
    ThemeKeeper(app, "light")
    print(f"{CURVES} curves, median ms a frame{'':14}{'live +100':>10}{'pan':>8}")
    for count in options.points:
        rows = {"musiclog": ours(count, options.frames, 0.0)}
        rows["musiclog, smoothed 0.99"] = ours(count, options.frames, 0.99)
        if not options.no_peer:
            rows["pyqtgraph, peak, clipped"] = peers(count, options.frames)
        for name, row in rows.items():
            print(f"{count:>11,} points  {name:24}{row['live']:10.1f}{row['pan']:8.1f}")
    print(f"{'':21}{'budget':24}{BUDGET_MS['live']:10.1f}{BUDGET_MS['pan']:8.1f}")


if __name__ == "__main__":
    main()
