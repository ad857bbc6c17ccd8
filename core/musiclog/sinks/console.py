"""The run in the terminal that started it: one line of progress with ETA and loss, and every alert above it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, Final

from . import About, Moment, Sink

if TYPE_CHECKING:
    from ..progress import Estimate

LINE_EVERY_S: Final = 30.0  # into a file or a pipe
COLOURS: Final = {"info": "blue", "warning": "yellow", "critical": "red", "fatal": "bold red"}
# What one wants to see beside the bar, the first two that are there.
WANTED: Final = ("total_loss", "loss", "train/loss", "train_loss", "val/total_loss", "val/loss", "val_loss",
                 "quality/overall")  # fmt: skip


class Console(Sink):
    """On a terminal a live bar; into a file or pipe a line every half minute. stream: stderr unless given."""

    name = "console"

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream
        self._metrics: dict[str, float] = {}
        self._step: float | None = None
        self._said = 0.0

    def open(self, about: About) -> None:
        from rich.console import Console as Terminal  # noqa: PLC0415 - 50 ms that training shall not wait for
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        self._terminal = Terminal(file=self._stream or sys.stderr)
        self._bar: Progress | None = None
        self._name = about.name
        if self._terminal.is_terminal:
            # What runs are called is text, never markup.
            columns = (TextColumn("{task.fields[run]}", markup=False), BarColumn(bar_width=24),
                       TextColumn("{task.fields[told]}", markup=False))  # fmt: skip
            # What the training prints goes above the bar, but stays in the file or pipe that stdout may be.
            ours = self._stream is None
            self._bar = Progress(*columns, console=self._terminal, auto_refresh=False, redirect_stderr=ours,
                                 redirect_stdout=ours and sys.stdout.isatty())  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0, run=about.name, told="")
        else:
            self._said = time.time()

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        self._step = at.step
        self._metrics.update((name, metrics[name]) for name in WANTED if name in metrics)

    def event(self, at: Moment, kind: str, data: Mapping[str, Any]) -> None:
        if kind != "alert":
            return
        from rich.text import Text  # noqa: PLC0415 - as above

        severity = str(data.get("severity", "info"))
        line = Text.assemble((f"{severity} ", COLOURS.get(severity, "")), str(data.get("title", "")))
        line.append(f"  ({data.get('state')})", "dim")
        if data.get("suggestions") and data.get("state") == "opened":
            line.append(f"\n  → {data['suggestions'][0].get('text', '')}")
        self._terminal.print(line)

    def beat(self, now: float, progress: Estimate) -> None:
        told = self._told(progress)
        if self._bar is not None:
            self._bar.update(self._task, completed=progress.fraction or 0.0, told=told, refresh=True)
        elif now - self._said >= LINE_EVERY_S:
            self._said = now
            self._say(told)

    def close(self, state: str) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._say(state if self._step is None else f"{state} at step {self._step:g}{self._losses()}")

    def leave(self) -> None:
        for name in ("stdout", "stderr"):  # the bar's lock may be held by a thread that is not in this process
            stream = getattr(sys, name)
            setattr(sys, name, getattr(stream, "rich_proxied_file", stream))

    def _told(self, progress: Estimate) -> str:
        place = "" if self._step is None else f"step {self._step:g}"
        share = "" if progress.fraction is None else str(progress)  # the losses need the room
        return "  ".join(filter(None, (place, share))) + self._losses()

    def _losses(self) -> str:
        shown = [(name, self._metrics[name]) for name in WANTED if name in self._metrics][:2]
        return "".join(f"  {name} {value:.4g}" for name, value in shown)

    def _say(self, text: str) -> None:
        self._terminal.print(f"{self._name}: {text}", markup=False, highlight=False)
