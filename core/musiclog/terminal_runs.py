"""All runs below a folder as one table of text: who lives, how far, how good, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from .episodes import AlertEpisode, episodes
from .follow import Follower
from .messages import FolderTrouble, Found, Lost, Message, Update
from .progress import duration
from .run_data import RunData
from .screen import Harmless
from .terminal import LOOK_EVERY_S, SEVERITY_COLOURS, shown_metrics, sparkline

STATE_COLOURS = {"live": "green", "finished": "dim", "stalled": "yellow", "crashed": "red", "unknown": "dim"}
ORDER = ("live", "stalled", "crashed", "unknown", "finished")
LEFT_FOR_THE_REST = 10  # lines of the screen that are no runs: heading, alerts, what is not shown
ALERTS_SHOWN = 3
CURVE_COLUMNS = 10
HEADINGS = ("state", "run", "done", "left", "loss", "", "quality", "alerts")
BESIDE_NAMES = 60  # columns of the screen that all but the name may need
SHORTEST_NAME = 16
NAME_BEFORE_ALERT = 24


class Runs:
    """What the follower told so far."""

    def __init__(self) -> None:
        self.data: dict[str, RunData] = {}
        self.trouble = ""

    def take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            match message:
                case Found():
                    self.data[message.run_id] = RunData(message.ref)
                case Update() if message.run_id in self.data:
                    self.data[message.run_id].absorb(message.news)
                case Lost():
                    self.data.pop(message.run_id, None)
                case FolderTrouble():
                    self.trouble = message.text


def watch_runs(folder: Path, console: Console, trouble: Callable[[], str] = str, *, once: bool = False) -> None:
    """Show the runs again and again, also those that begin later, until Ctrl+C; once: as soon as all are read.

    trouble: what is wrong with the place that they come from, in words, "" for nothing.
    """
    follower, runs = Follower(), Runs()
    follower.watch(folder)
    try:
        _read_all(follower, runs)
        if once or not console.is_terminal:
            console.print(show_runs(runs, console.width, None))
            return
        with Live(console=console, auto_refresh=False, screen=True) as live:
            while True:
                told = [Text(text, style="yellow") for text in (trouble(),) if text]
                shown = show_runs(runs, console.width, console.height - len(told))
                live.update(Harmless(Group(*told, shown)), refresh=True)
                _follow_for(LOOK_EVERY_S, follower, runs)
    finally:
        follower.close()


def show_runs(runs: Runs, width: int, height: int | None) -> RenderableType:
    """A row a run, the living ones first, as many as fit; below them the newest alerts that are open."""
    now = time.time()
    ordered = sorted(runs.data.values(), key=lambda data: (ORDER.index(data.state(now).word), data.info.name))
    room = len(ordered) if height is None else max(1, height - LEFT_FOR_THE_REST)
    table = Table(*(Column(each, no_wrap=True) for each in HEADINGS), box=None, pad_edge=False)
    for data in ordered[:room]:
        table.add_row(*_row(data, now, max(SHORTEST_NAME, width - BESIDE_NAMES)))
    parts: list[RenderableType] = [table]
    if len(ordered) > room:
        parts.append(Text(f"and {len(ordered) - room} more", style="dim"))
    parts += [_alert(name, alert) for name, alert in _newest(ordered)]
    if runs.trouble or not ordered:
        parts.append(Text(runs.trouble or "No runs here yet; those that begin are shown.", style="dim"))
    return Group(*parts)


def _row(data: RunData, now: float, width: int) -> list[RenderableType]:
    word = data.state(now).word
    name = Text(data.info.name)
    name.truncate(width, overflow="ellipsis")
    estimate = data.progress(now)
    share = "" if estimate is None or estimate.fraction is None else f"{estimate.fraction:.0%}"
    left = "" if estimate is None or not estimate.eta_s else duration(estimate.eta_s)
    main = next(iter(shown_metrics(data.series)), None)
    values = np.empty(0) if main is None else data.series[main].values
    quality = data.series.get("quality/overall")
    calling = sum(each.open for each in episodes(data))
    return [
        Text(word, style=STATE_COLOURS[word]),
        name,
        Text(share),
        Text(left),
        Text(f"{values[-1]:.4g}" if len(values) else ""),
        Text(sparkline(values, CURVE_COLUMNS)),
        Text(f"{quality.values[-1]:.2f}" if quality is not None and len(quality) else ""),
        Text(f"{calling} open" if calling else "", style="yellow"),
    ]


def _newest(runs: Sequence[RunData]) -> list[tuple[str, AlertEpisode]]:
    calling = [(data.info.name, each) for data in runs for each in episodes(data) if each.open]
    return sorted(calling, key=lambda item: item[1].opened_time or 0.0)[-ALERTS_SHOWN:]


def _alert(name: str, alert: AlertEpisode) -> Text:
    text = Text(name)
    text.truncate(NAME_BEFORE_ALERT, overflow="ellipsis")
    text = Text.assemble((f"{alert.severity} ", SEVERITY_COLOURS.get(alert.severity, "")), text, f": {alert.title}")
    if alert.suggestions:
        text.append(f"\n  → {alert.suggestions[0].get('text', '')}")
    return text


def _read_all(follower: Follower, runs: Runs) -> None:
    while True:
        runs.take(follower.turn())
        if follower.rest_s() > 0.0:
            return


def _follow_for(seconds: float, follower: Follower, runs: Runs) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        runs.take(follower.turn())
        time.sleep(min(follower.rest_s(), left))
