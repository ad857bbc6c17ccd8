"""The process that trains the demo: python -m musiclog.demo.train FOLDER."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from .config import QUICK_EPOCHS, QUICK_TRANSPOSITIONS, DemoConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Train into FOLDER; ends early, and says so in the run, when its standard input closes."""
    options = _parser().parse_args(arguments)
    # One thread keeps sums in one order, so that equal seeds give equal bits, and leaves a core to the window.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    stop = threading.Event()
    if options.until_stdin_closes:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the parent too, which then closes our input
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    train_demo(options.folder, chosen_config(options), stop)
    return 0


def train_demo(folder: Path, config: DemoConfig, stop: threading.Event) -> None:
    """Train one run into the folder, from the first step to its end or until stop is set."""
    from ..run import Run  # noqa: PLC0415 - these import numpy, which reads the variable once
    from .trainer import Stopped, Trainer  # noqa: PLC0415
    from .tunes import load_tunes  # noqa: PLC0415

    run = Run(folder, config=config.nested(), name=folder.name, total_epochs=config.epochs, tags=("demo",))
    with run:
        try:
            Trainer(run, config, load_tunes(), may_go_on=lambda: not stop.is_set()).train()
        except Stopped:
            run.note("Stopped by the user.")
            run.finish("stopped")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be chosen about the training; the demo command offers the same and hands it on."""
    parser.add_argument("--seed", type=int, default=DemoConfig().seed, help="equal seeds give equal metrics")
    parser.add_argument("--epochs", type=above_zero(int), help=f"instead of {DemoConfig().epochs}")
    parser.add_argument("--learning-rate", type=above_zero(float),
                        help=f"highest, instead of {DemoConfig().learning_rate:g}")
    parser.add_argument("--quick", action="store_true", help="a few small epochs")
    parser.add_argument("--no-fault", action="store_true", help="leave the deliberate fault out")


def above_zero(number: Callable[[str], float]) -> Callable[[str], float]:
    """A type for an option: what number reads, refused in one sentence where it is zero, below, or no number."""

    def read(text: str) -> float:
        try:
            found = number(text)
        except ValueError:
            found = 0
        if not 0 < found < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is given; give a number above zero")
        return found

    return read


def chosen_config(options: argparse.Namespace) -> DemoConfig:
    config = DemoConfig(seed=options.seed, fault=not options.no_fault)
    if options.quick:
        config = replace(config, epochs=QUICK_EPOCHS, transpositions=QUICK_TRANSPOSITIONS)
    if options.epochs is not None:
        config = replace(config, epochs=options.epochs)
    if options.learning_rate is not None:
        config = replace(config, learning_rate=options.learning_rate)
    return config


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m musiclog.demo.train", description=__doc__)
    parser.add_argument("folder", type=Path, help="run folder to write")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent goes")
    add_options(parser)
    return parser


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # os.read and not sys.stdin: its lock, held by a waiting thread, aborts the interpreter at exit.
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
