"""A run as a picture of text that fits a terminal: progress, curves, quality, the newest alerts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .errors import ReadError
from .opened import OpenRun, open_run
from .quality.trend import trend_of
from .run_data import RunData
from .screen import Harmless

LOOK_EVERY_S = 0.5  # twice a second is as fast as text can be read
CURVE_COLUMNS = 18
ALERTS_SHOWN = 3
BARS = "▁▂▃▄▅▆▇█"
# Groups of metrics, most wanted first; whatever else a run logs stands below.
WANTED = ("total_loss", "val/total_loss", "quality/overall", "optim/", "throughput/", "loss", "val/", "quality/")
METRICS_SHOWN = 14
SEVERITY_COLOURS = {"info": "blue", "warning": "yellow", "critical": "red", "fatal": "bold red"}


def watch(
    run: OpenRun,
    console: Console,
    ended: Callable[[RunData], bool] | None = None,
    trouble: Callable[[], str] = str,
) -> None:
    """Show the run, again and again, until it ended. On a pipe or in a file it is shown once, at its end.

    trouble: what is wrong with the place that it comes from, in words, "" for nothing.
    """
    ended = ended or has_ended
    with Live(console=console, auto_refresh=False) as live:
        while True:
            last = ended(run.data)  # asked before looking, so that what came last is still shown
            run.load()
            if console.is_terminal or last:
                told = [Text(text, style="yellow") for text in (trouble(),) if text]
                live.update(Harmless(Group(show(run.data), *told)), refresh=True)
            if last:
                break
            time.sleep(LOOK_EVERY_S)
    if not console.is_terminal:
        console.print()  # a live picture that was drawn once ends without a line break


def watch_folder(folder: Path, console: Console, ended: Callable[[], bool]) -> None:
    """Wait until the run begins in the folder, then watch it until it ended."""
    while True:
        try:
            run = open_run(folder)
        except ReadError:
            if ended():
                return
            time.sleep(LOOK_EVERY_S)
        else:
            watch(run, console, ended=lambda _: ended())
            return


def has_ended(data: RunData) -> bool:
    return data.state(time.time()).word in ("finished", "crashed")


def show(data: RunData) -> RenderableType:
    """The whole picture of one run."""
    state = data.state(time.time())
    parts: list[RenderableType] = [_progress(data), _metrics(data), *_quality_trend(data)]
    parts += [_alert(alert) for alert in newest_alerts(data)]
    return Panel(Group(*parts), title=Text(data.info.name), subtitle=Text(f"{state.word}: {state.reason}"))


def sparkline(values: np.ndarray, columns: int) -> str:
    """So many bars for the values' means in equal stretches; a gap where none is finite."""
    values = np.asarray(values, np.float64)
    # As shares of the largest, so that no sum and no difference leaves the range of numbers.
    shares = values / (np.abs(values[np.isfinite(values)]).max(initial=0.0) or 1.0)
    parts = np.array_split(shares, min(columns, max(1, len(values))))
    means = [float(part[np.isfinite(part)].mean()) if np.isfinite(part).any() else np.nan for part in parts]
    low, high = (np.nanmin(means), np.nanmax(means)) if np.isfinite(means).any() else (0.0, 0.0)
    span = (high - low) or 1.0
    return "".join(" " if np.isnan(m) else BARS[min(7, int(8 * (m - low) / span))] for m in means)


def newest_alerts(data: RunData) -> list[dict[str, object]]:
    """The last state of each of the newest episodes, oldest first."""
    episodes = {str(event.data.get("id")): dict(event.data) for event in data.events if event.kind == "alert"}
    return list(episodes.values())[-ALERTS_SHOWN:]


def _progress(data: RunData) -> RenderableType:
    estimate = data.progress(time.time())
    row = Table.grid(padding=(0, 1))
    fraction = None if estimate is None else estimate.fraction
    row.add_row(
        Text("" if data.last_epoch is None else f"epoch {data.last_epoch:g}" + _of(data.info.planned_epochs)),
        ProgressBar(total=1.0, completed=fraction or 0.0, width=30),
        Text("" if estimate is None else str(estimate)),
    )
    return row


def _quality_trend(data: RunData) -> list[Text]:
    """Whether the music gets better, where the run says what its samples are worth."""
    series = data.series.get("quality/overall")
    if series is None or not len(series):
        return []
    by_epoch = bool(np.isfinite(series.epochs).all())
    places = series.epochs if by_epoch else series.steps / 1_000
    told = trend_of((places.tolist(), series.values.tolist())).text
    return [Text(f"quality: {told if by_epoch else told.replace('an epoch', 'a thousand steps')}")]


def _of(planned: float | None) -> str:
    return "" if planned is None else f" of {planned:g}"


def _metrics(data: RunData) -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(4):
        table.add_column(no_wrap=True)
    for name in shown_metrics(data.series):
        values = data.series[name].values
        finite = values[np.isfinite(values)]
        best = f"{finite.min():.3g} to {finite.max():.3g}" if len(finite) else ""
        table.add_row(
            Text(name),
            Text(f"{values[-1]:.3g}", style="bold"),
            Text(sparkline(values, CURVE_COLUMNS)),
            Text(best, style="dim"),
        )
    return table


def shown_metrics(names: Iterable[str]) -> list[str]:
    """The metrics that find place, the most wanted first."""

    def rank(name: str) -> int:
        return next((i for i, wanted in enumerate(WANTED) if name.startswith(wanted)), len(WANTED))

    return sorted(names, key=lambda name: (rank(name), name))[:METRICS_SHOWN]


def _alert(alert: dict[str, object]) -> RenderableType:
    severity = str(alert.get("severity", "info"))
    text = Text.assemble(
        (f"{severity} ", SEVERITY_COLOURS.get(severity, "")),
        str(alert.get("title", "")),
        (f"  ({alert.get('state')}, step {alert.get('opened_step')})", "dim"),
    )
    suggestions = alert.get("suggestions")
    if isinstance(suggestions, (list, tuple)) and suggestions:
        text.append(f"\n  → {suggestions[0].get('text', '')}")
    return text
