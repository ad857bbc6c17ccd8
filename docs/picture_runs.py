"""Runs for the guide's pictures of the Live page: twenty in groups, and one of ten million points.

    python docs/picture_runs.py FOLDER

The curves are made up, in the shapes that training has: a loss falls as a power of the step, towards a floor that
depends on the setting, with noise that shrinks; the long run has a spike of one step that no zoom may lose.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from musiclog import Run

RATES = (1e-4, 3e-4, 1e-3, 3e-3)
FLOORS = {1e-4: 1.15, 3e-4: 0.82, 1e-3: 0.74, 3e-3: 0.98}
SEEDS = 5
GROUP_STEPS = 1_500
PARTS = ("pitch", "rhythm", "velocity", "harmony")
LONG_STEPS, LONG_METRICS = 1_000_000, 10  # ten million points
SPIKE_AT = 431_007


def write_groups(folder: Path) -> None:
    """Four learning rates with five seeds each; one in four ends early, as runs do."""
    for rate in RATES:
        for seed in range(SEEDS):
            steps = GROUP_STEPS if (seed + RATES.index(rate)) % 4 else GROUP_STEPS * 2 // 3
            _write_short(folder / f"lr{rate:g}-seed{seed}", rate, seed, steps)


def _write_short(folder: Path, rate: float, seed: int, steps: int) -> None:
    chance = np.random.default_rng((seed, RATES.index(rate)))
    noise = chance.normal(size=(steps, 4))
    floor, luck = FLOORS[rate] * chance.normal(1, 0.03), chance.normal(1, 0.05)
    config = {"learning_rate": rate, "seed": seed, "model": {"layers": 4, "width": 256}}
    with Run(folder, config=config, total_steps=GROUP_STEPS, monitor=False) as run:
        for step in range(steps):
            loss = floor + 3.2 * luck * (1 + step * rate * 60) ** -0.6
            gradient = 0.8 * math.exp(-step / 900) + 0.3 + 40 * rate
            found = {
                "total_loss": loss * (1 + 0.05 * noise[step, 0]),
                "gradient_norm": gradient * math.exp(0.25 * noise[step, 1]),
                "learning_rate": rate * min((step + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * step / GROUP_STEPS)),
                "throughput/samples_per_second": 410 + 6 * noise[step, 2],
                "system/gpu_utilization": 93 + noise[step, 3],
            }
            if step % 50 == 0:
                found["val/total_loss"] = loss * 1.06 + 0.02 * noise[step, 2]
            run.log(step, **found)


def write_long(folder: Path) -> None:
    """A million steps of ten metrics."""
    chance = np.random.default_rng(4)
    names = ("total_loss", "gradient_norm", "learning_rate", "throughput/samples_per_second",
             *(f"loss/{part}" for part in PARTS), "system/gpu_memory_gb", "system/gpu_utilization")  # fmt: skip
    assert len(names) == LONG_METRICS
    with Run(folder / "ten-million", config={"learning_rate": 3e-4}, total_steps=LONG_STEPS, monitor=False) as run:
        for start in range(0, LONG_STEPS, 10_000):
            steps = np.arange(start, start + 10_000)
            for step, row in zip(steps.tolist(), _long_values(chance, steps).round(5).tolist(), strict=True):
                run.log(step, **dict(zip(names, row, strict=True)))


def _long_values(chance: np.random.Generator, steps: np.ndarray) -> np.ndarray:
    """Shape (steps, 10)."""
    noise = chance.normal(size=(len(steps), LONG_METRICS))
    fall = (1 + steps / 4_000) ** -0.45
    loss = (0.6 + 3.4 * fall) * (1 + 0.06 * noise[:, 0])
    loss[steps == SPIKE_AT] = 9.5
    parts = [(0.1 + 0.8 * fall * (n + 1) / 4) * (1 + 0.08 * noise[:, 4 + n]) for n in range(len(PARTS))]
    gradient = (0.5 + 2 * fall) * np.exp(0.3 * noise[:, 1])
    rate = 3e-4 * np.minimum((steps + 1) / 20_000, 0.5 + 0.5 * np.cos(np.pi * steps / LONG_STEPS))
    speed = 1_850 + 25 * noise[:, 3] - 300 * ((steps // 50_000) % 7 == 3)
    memory, busy = 17.2 + 0.05 * noise[:, 8], np.clip(96 + noise[:, 9], 0, 100)
    return np.column_stack((loss, gradient, rate, speed, *parts, memory, busy))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    write_groups(folder / "groups")
    write_long(folder / "long")


if __name__ == "__main__":
    main()
