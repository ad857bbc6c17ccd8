"""Train a small real model on folk tunes, and watch it in the window, or in the terminal where there is no display."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from ..demo.train import add_options
from ..doctor import why_no_window
from ..errors import ReadError
from ..screen import screen
from ..terminal import watch_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser)
    parser.add_argument("--headless", action="store_true", help="train without the window")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the run, as a new folder in DIR")


def run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends all it started, as on Ctrl+C
    console = screen(highlight=False)
    if options.keep is not None:
        try:
            options.keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            console.print(f"{options.keep} cannot be the folder to keep the run in: {error.strerror}",
                          style="red", markup=False, soft_wrap=True)  # fmt: skip
            return 2
    with _runs_folder(options.keep, console) as runs:
        folder = free_folder(runs, f"folk-tunes-seed{options.seed}")
        with training(folder, options) as trainer:
            no_window = "asked for by --headless" if options.headless else why_no_window()
            if no_window is None:
                console.print("The window opens on the run; closing it, or Ctrl+C, ends both.")
                _until_window_closes(runs, console)
            else:
                _say_no_window(console, options, no_window)
                _follow(folder, trainer, console)
            _tell_trend(folder, console)
            return _status(trainer)


@contextlib.contextmanager
def training(folder: Path, options: argparse.Namespace) -> Iterator[subprocess.Popen[bytes]]:
    """The training in a process of its own, ended cleanly with the block: it stops when its input closes."""
    command = [sys.executable, "-m", "musiclog.demo.train", str(folder), "--until-stdin-closes"]
    trainer = subprocess.Popen([*command, *_handed_on(options)], stdin=subprocess.PIPE)
    try:
        yield trainer
    finally:
        if trainer.stdin is not None:
            trainer.stdin.close()
        try:
            trainer.wait(timeout=20)  # it looks between two steps; the longest is writing and scoring the samples
        except subprocess.TimeoutExpired:
            trainer.kill()
            trainer.wait()


def free_folder(runs: Path, name: str) -> Path:
    """A folder of this name that does not exist yet; numbered where others have it."""
    folder, number = runs / name, 2
    while folder.exists():
        folder, number = runs / f"{name}-{number}", number + 1
    return folder


@contextlib.contextmanager
def _runs_folder(keep: Path | None, console: Console) -> Iterator[Path]:
    """Where the run lies: the user's folder, or a temporary one that goes afterwards."""
    if keep is not None:
        yield keep.absolute()
        console.print(f"The run is kept in {keep.absolute()}", soft_wrap=True, markup=False)
        return
    runs = Path(tempfile.mkdtemp(prefix="musiclog-demo-"))
    try:
        yield runs
    finally:
        shutil.rmtree(runs, ignore_errors=True)  # on Windows a file that is still open elsewhere stays, in temp


def _handed_on(options: argparse.Namespace) -> list[str]:
    """The training's own options as the command line of its process."""
    arguments = ["--seed", str(options.seed)]
    if options.epochs is not None:
        arguments += ["--epochs", str(options.epochs)]
    if options.learning_rate is not None:
        arguments += ["--learning-rate", str(options.learning_rate)]
    return arguments + ["--quick"] * options.quick + ["--no-fault"] * options.no_fault


def open_window(runs: Path) -> subprocess.Popen[bytes]:
    """The window in a process of its own: this library never imports it."""
    return subprocess.Popen([sys.executable, "-m", "musiclog_gui", str(runs)])


def _until_window_closes(runs: Path, console: Console) -> None:
    window = open_window(runs)
    try:
        status = window.wait()
    except KeyboardInterrupt:
        window.terminate()
        window.wait()
        raise
    if status:
        console.print(f"The window ended with status {status}; `musiclog doctor` may know why.")


def _say_no_window(console: Console, options: argparse.Namespace, reason: str) -> None:
    if options.headless:
        return
    console.print(f"No window: {reason}", soft_wrap=True, markup=False)
    console.print(
        "The training runs all the same and is shown here. With a display this command opens the window; "
        "for a kept run (--keep DIR) it is: musiclog-gui DIR",
        soft_wrap=True,
        markup=False,
    )


def _follow(folder: Path, trainer: subprocess.Popen[bytes], console: Console) -> None:
    watch_folder(folder, console, ended=lambda: trainer.poll() is not None)


def _tell_trend(folder: Path, console: Console) -> None:
    """Whether the music got better, with its interval."""
    from ..opened import open_run  # noqa: PLC0415 - these import numpy, which the window's start need not wait for
    from ..quality import evaluations, trend_of  # noqa: PLC0415

    with contextlib.suppress(ReadError), open_run(folder) as run:
        scored = evaluations((sample, sample.card.get("overall")) for sample in run.samples if sample.card)
        console.print(f"Quality over {len(scored)} evaluations: {trend_of(scored).text}", soft_wrap=True)


def _status(trainer: subprocess.Popen[bytes]) -> int:
    """Of the whole command: the trainer's own, when it ended by itself; stopping it early is no failure."""
    return trainer.poll() or 0
