"""What scoring samples costs the training: a step with scoring in the background beside one without, and one inline.

Usage: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/background_scoring.py [--rounds 30] [--steps 200]

A step is a matrix product of some milliseconds and a line of 12 scalars; every hundredth logs four samples of 32 bars.
The three ways take turns in short blocks, so that whatever else the machine does hits all of them alike. Told are
medians over blocks and how much more each way takes than the block without scores of the same round: the median of
the rounds, and its 95 % interval. On a busy machine the intervals are wide; the share of the CPU time that the
training's other threads take (the one that waits for scores, above all) hardly moves.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from musiclog import Run
from musiclog.intervals import median_rank
from musiclog.notes import make_notes, midi_bytes, read_notes
from musiclog.quality import score

SAMPLES_AT_ONCE = 4
WAYS = ("without scores", "in the background", "inline")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trainings = {way: Training(Path(folder) / way.replace(" ", "-"), way, options.every) for way in WAYS}
        for training in trainings.values():
            training.block(2 * options.every)  # warm up: the scoring process starts here
        blocks: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
        for number in range(options.rounds):
            for way in np.roll(WAYS, number):
                blocks[str(way)].append(trainings[str(way)].block(options.steps))
        for training in trainings.values():
            training.run.finish()
    report(blocks, options.steps)


class Training:
    """One way to train, a block at a time."""

    def __init__(self, folder: Path, way: str, every: int) -> None:
        self.run = Run(folder, score_samples=way == "in the background", monitor=False)
        self.every, self.inline = every, way == "inline"
        self.step = 0
        chance = np.random.default_rng(0)
        self.weights = chance.normal(size=(400, 400))
        walk = 60 + np.cumsum(chance.integers(-2, 3, 256)) % 24
        self.midi = midi_bytes(make_notes([(i / 2, 0.5, int(pitch), 80) for i, pitch in enumerate(walk)]))

    def block(self, steps: int) -> tuple[float, float, float]:
        return timed(lambda: [self.train() for _ in range(steps)], steps)

    def train(self) -> None:
        self.step += 1
        loss = float((self.weights @ self.weights).mean())
        self.run.log(self.step, {f"metric_{index}": loss + index for index in range(12)})
        if self.step % self.every:
            return
        for _ in range(SAMPLES_AT_ONCE):
            card = score(read_notes(self.midi)).as_dict() if self.inline else None
            self.run.log_sample(self.midi, step=self.step, card=card)


def timed(work: Callable[[], object], steps: int) -> tuple[float, float, float]:
    """Seconds a step: wall, CPU of this process, CPU of its other threads."""
    clocks = (time.perf_counter, time.process_time, time.thread_time)
    before = [clock() for clock in clocks]
    work()
    wall, cpu, own = ((clock() - start) / steps for clock, start in zip(clocks, before, strict=True))
    return wall, cpu, cpu - own


def report(blocks: dict[str, list[tuple[float, float, float]]], steps: int) -> None:
    base = np.array(blocks[WAYS[0]])
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {len(base)} rounds of {steps} steps")
    more = f"{'more, with interval':>30s}"
    print(f"{'':20s}{'wall ms':>9s}{more}{'CPU ms':>9s}{more}{'other threads':>15s}")
    for way, found in blocks.items():
        took, more = np.median(found, axis=0), np.array(found) / base - 1
        cells = "".join(f"{1e3 * took[kind]:9.3f}{interval(more[:, kind]):>30s}" for kind in (0, 1))
        print(f"{way:20s}{cells}{took[2] / took[1]:15.2%}")


def interval(shares: np.ndarray) -> str:
    rank = median_rank(len(shares)) or 1
    ordered = np.sort(shares)
    return f"{np.median(shares):+.1%} ({ordered[rank - 1]:+.1%} to {ordered[-rank]:+.1%})"


if __name__ == "__main__":
    main()
