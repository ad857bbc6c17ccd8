"""What a frame of a long chart costs: 12 curves, live and panned, beside pyqtgraph's own downsampling and tsdownsample.

live: every curve gets 100 points more, then the chart is drawn and painted; pan: the view moves by 2 % of its
width. Offscreen, 900 x 500 pixels, pen of 1 px. Median milliseconds a frame; read the columns against each other.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterator

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

from .table import Bar, Row, Table, absent

COLUMNS = ("live +100 ms", "pan ms")
BARS = {"live +100 ms": Bar(8), "pan ms": Bar(17)}
CURVES = 12
SIZE = (900, 500)


def tables(*, quick: bool) -> Iterator[Table]:
    app = QApplication([])
    ThemeKeeper(app, "light")
    frames = 8 if quick else 30
    for count in (100_000,) if quick else (1_000_000, 10_000_000):
        few = max(4, frames // 4) if count > 1_000_000 else frames  # a third of a second a frame says enough in eight
        rows = [
            Row("musiclog", ours(count, frames, 0.0), BARS),
            Row("musiclog, smoothed 0.99", ours(count, frames, 0.99)),
            Row("pyqtgraph, peak, clipped", peak_mode(count, few)),
            downsampled(count, frames),
        ]
        yield Table(f"Drawing {CURVES} curves of {count:,} points", COLUMNS, rows)


def values(seed: int, start: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed * 1_000_003 + start).normal(seed, 0.3, count)


def ours(count: int, frames: int, smoothing: float) -> tuple[float, float]:
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

    live_ms = median_ms(live, frames)
    chart.zoom_x(0, count / 2)
    pan_ms = median_ms(pan, frames // 2)
    chart.deleteLater()
    return live_ms, pan_ms


def _run(store: RunStore, number: int) -> RunEntry:
    return store.add(f"/run/{number}", "/run", RunData(RunRef(f"/run/{number}", "benchmark", f"run {number}")))


def peak_mode(count: int, frames: int) -> tuple[float, float]:
    """pyqtgraph as its documentation says for long data: peak downsampling, clipped to the view."""
    plot = pg.PlotWidget()
    plot.setDownsampling(auto=True, mode="peak")
    plot.setClipToView(True)
    x, columns = long_columns(count, frames)
    curves = [plot.plot(x[:count], y[:count], pen=pg.mkPen(c)) for y, c in zip(columns, _colours(), strict=True)]

    def draw(length: int) -> None:
        for curve, y in zip(curves, columns, strict=True):
            curve.setData(x[:length], y[:length])

    return frames_of(plot, count, frames, draw, lambda: None)


def downsampled(count: int, frames: int) -> Row:
    """A plot that shows what tsdownsample's MinMax leaves of the rows in view, two points a pixel."""
    if importlib.util.find_spec("tsdownsample") is None:
        return absent("tsdownsample MinMax", COLUMNS)
    from tsdownsample import MinMaxDownsampler  # noqa: PLC0415

    plot = pg.PlotWidget()
    x, columns = long_columns(count, frames)
    curves = [plot.plot(pen=pg.mkPen(colour)) for colour in _colours()]
    thinner, shown = MinMaxDownsampler(), [count]

    def draw(length: int) -> None:
        shown[0] = length
        low, high = plot.viewRange()[0] if not plot.getViewBox().autoRangeEnabled()[0] else (0, length)
        start, stop = max(0, int(low)), min(length, int(high) + 1)
        for curve, y in zip(curves, columns, strict=True):
            rows = thinner.downsample(y[start:stop], n_out=2 * SIZE[0]) + start
            curve.setData(x[rows], y[rows])

    draw(count)
    return Row("tsdownsample MinMax", frames_of(plot, count, frames, draw, lambda: draw(shown[0])))


def frames_of(
    plot: pg.PlotWidget, count: int, frames: int, draw: Callable[[int], None], moved: Callable[[], None]
) -> tuple[float, float]:
    """Both figures of a plot. draw: show so many rows; moved: what has to be done when the view was moved."""
    plot.resize(*SIZE)
    plot.show()
    plot.repaint()
    length = count

    def live() -> None:
        nonlocal length
        length += 100
        draw(length)
        plot.repaint()

    def pan() -> None:
        low, high = plot.viewRange()[0]
        step = 0.02 * (high - low)
        plot.setXRange(low + step, high + step, padding=0)
        moved()
        plot.repaint()

    live_ms = median_ms(live, frames)
    plot.setXRange(0, count / 2, padding=0)
    moved()
    pan_ms = median_ms(pan, max(frames // 2, 2))
    plot.deleteLater()
    return live_ms, pan_ms


def long_columns(count: int, frames: int) -> tuple[np.ndarray, list[np.ndarray]]:
    room = count + 100 * (frames + 1)
    chance = (np.concatenate([values(n, at, 100_000) for at in range(0, room, 100_000)])[:room] for n in range(CURVES))
    return np.arange(room, dtype=float), list(chance)


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
