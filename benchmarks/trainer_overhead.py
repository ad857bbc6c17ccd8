"""What AdvancedTrainer and its logging cost a step of 20 ms, beside the same training as a bare loop.

The forward pass works for a given time, on matrices that leave nothing in the caches; backward pass, clipping and AdamW
are real. Ways take turns in blocks of steps, in one process. Time is that of the thread on its processor, which others
on the machine lengthen less than that of a clock. Prints the median of all of a step but its forward pass, and of it
what is spent in telling: bringing the figures from the device, measuring, logging, watching for trouble; its mean, as
not every step looks for trouble, and that as a share of the step.

    python benchmarks/trainer_overhead.py [--step-ms 20] [--steps 100] [--rounds 4]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

import torch
from torch import nn

import musiclog
from musiclog.integrations.torch import AdvancedTrainer, LayerWatch, TrainerConfig, collate, watch
from musiclog.integrations.torch.telling import StepTeller

BATCH, LENGTH, WORDS = 16, 64, 128
Times = list[float]


class Timed:
    """A loss that takes its time, and notes when it is asked and when it answers."""

    def __init__(self, forward_s: float) -> None:
        self.forward_s = forward_s
        self.begun: Times = []
        self.ended: Times = []
        self._matrix = torch.ones(512, 512) / 512

    def __call__(self, model: Any, batch: Any) -> Any:
        began = thread_time()
        self.begun.append(began)
        tokens = batch["tokens"]
        loss = nn.functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        while thread_time() - began < self.forward_s:
            self._matrix @ self._matrix
        self.ended.append(thread_time())
        return {"notes": loss, "size": 0.0 * loss}

    def rests(self) -> Times:
        """From an answer to the next question, without the first steps."""
        return [later - sooner for sooner, later in zip(self.ended[5:], self.begun[6:], strict=False)]


class Telling:
    """Adds up what the methods that tell the run take, wherever they are called."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self._depth = 0

    def time(self, owner: type, name: str) -> None:
        method = getattr(owner, name)

        def timed(*arguments: Any, **keywords: Any) -> Any:
            self._depth += 1
            began = thread_time()
            try:
                return method(*arguments, **keywords)
            finally:
                self._depth -= 1
                if not self._depth:  # what is called inside is in it already
                    self.spent_s += thread_time() - began

        setattr(owner, name, timed)


class Rows(torch.utils.data.Dataset):
    def __init__(self, steps: int, files: bool) -> None:
        self.count, self.files = steps * BATCH, files

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        row: dict[str, Any] = {"tokens": torch.arange(LENGTH) % WORDS}
        if self.files:
            row["files"] = {"name": f"tune_{index}.mid", "original_length": LENGTH, "transposition": index % 12}
        return row


def make_model() -> Any:
    torch.manual_seed(1)
    return nn.Sequential(nn.Embedding(WORDS, 64), nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, WORDS))


def bare_loop(_folder: Path, steps: int, loss_fn: Timed, after: Callable[..., None] | None = None) -> None:
    model = make_model()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-4)
    for step, batch in enumerate(torch.utils.data.DataLoader(Rows(steps, False), BATCH, collate_fn=collate), 1):
        losses = loss_fn(model, batch)
        total = sum(losses.values())
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if after is not None:
            after(step, losses, total, norm)


def loop_with_run(folder: Path, steps: int, loss_fn: Timed) -> None:
    with musiclog.Run(folder, total_steps=steps) as run:

        def log(step: int, losses: Any, total: Any, norm: Any) -> None:
            run.log(step, {f"loss/{name}": loss for name, loss in losses.items()}, total_loss=total, gradient_norm=norm)

        bare_loop(folder, steps, loss_fn, log)


def loop_with_watch(folder: Path, steps: int, loss_fn: Timed) -> None:
    with musiclog.Run(folder, total_steps=steps) as run:
        model_of_loop: list[Any] = []

        def log(step: int, _losses: Any, total: Any, norm: Any) -> None:
            run.log(step, total_loss=total, gradient_norm=norm)

        def watched(model: Any, batch: Any) -> Any:
            if not model_of_loop:
                model_of_loop.append(watch(model, run, every=100))
            return loss_fn(model, batch)

        bare_loop(folder, steps, watched, log)  # type: ignore[arg-type]
        model_of_loop[0].detach()


def trainer(folder: Path, steps: int, loss_fn: Timed, *, files: bool = False, **more: Any) -> None:
    settings = {name: more.pop(name) for name in list(more) if name != "monitor"}
    config = TrainerConfig(epochs=1, batch_size=BATCH, **settings)
    AdvancedTrainer(
        model=make_model(), config=config, train_dataset=Rows(steps, files), loss_fn=loss_fn, folder=folder,
        device="cpu", **more,
    ).fit()  # fmt: skip


SILENT = {"monitor": False, "log_every_steps": 10**9}
WAYS: dict[str, Callable[[Path, int, Timed], None]] = {
    "bare loop": bare_loop,
    "bare loop, Run.log": loop_with_run,
    "bare loop, Run.log, watch(every=100)": loop_with_watch,
    "AdvancedTrainer, silent": lambda folder, steps, loss: trainer(folder, steps, loss, **SILENT),
    "AdvancedTrainer": trainer,
    "AdvancedTrainer, 16 files": lambda folder, steps, loss: trainer(folder, steps, loss, files=True),
    "AdvancedTrainer, detectors off": lambda folder, steps, loss: trainer(folder, steps, loss, monitor=False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step-ms", type=float, default=20.0)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        step_s = options.step_ms / 1e3
        _print(_measure(Path(folder), step_s, options.steps, options.rounds), step_s)


def _measure(folder: Path, step_s: float, steps: int, rounds: int) -> dict[str, tuple[Times, Times]]:
    """For each way the rests of its steps, and what telling took a step, a round."""
    telling = Telling()
    for owner, name in (
        (StepTeller, "tell"),
        (StepTeller, "files"),
        (musiclog.Run, "log"),
        (LayerWatch, "_before_update"),
    ):
        telling.time(owner, name)
    found: dict[str, tuple[Times, Times]] = {name: ([], []) for name in WAYS}
    for number in range(rounds + 1):
        for index, (name, way) in enumerate(WAYS.items()):
            gc.collect()
            loss_fn, telling.spent_s = Timed(step_s), 0.0
            way(folder / f"{number}-{index}", steps if number else 20, loss_fn)
            if number:  # the first round warms up
                found[name][0].extend(loss_fn.rests())
                found[name][1].append(telling.spent_s / steps)
    return found


def _print(found: dict[str, tuple[Times, Times]], step_s: float) -> None:
    print(f"{'way':40}{'rest us':>10}{'telling us':>12}{'share':>9}")
    for name, (rests, told) in found.items():
        rest, telling = statistics.median(rests), statistics.median(told)
        print(f"{name:40}{rest * 1e6:10.0f}{telling * 1e6:12.0f}{telling / (step_s + rest):9.2%}")


if __name__ == "__main__":
    main()
