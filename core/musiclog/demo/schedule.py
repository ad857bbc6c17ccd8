"""The learning rate: linear warm-up, then half a cosine; and the demo's deliberate fault."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .config import DemoConfig


@dataclass(frozen=True, slots=True)
class WarmupCosine:
    """Learning rate of every step. peak after warmup_steps, final_share of it at the end."""

    peak: float
    total_steps: int
    warmup_steps: int
    final_share: float

    def __call__(self, step: int) -> float:
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        share = self.final_share + (1 - self.final_share) * (1 + math.cos(math.pi * min(done, 1))) / 2
        return self.peak * share


@dataclass(frozen=True, slots=True)
class RestartFault:
    """A schedule that is built again in mid-run with a wrong factor: a common bug after a resume.

    From step begins on, for so many steps, it gives factor times the sound schedule's rate; None means never.
    """

    sound: WarmupCosine
    begins: int | None
    steps: int
    factor: float

    @property
    def ends(self) -> int | None:
        return None if self.begins is None else self.begins + self.steps

    def __call__(self, step: int) -> float:
        rate = self.sound(step)
        faulty = self.begins is not None and self.begins <= step < self.begins + self.steps
        return rate * self.factor if faulty else rate


def planned_schedule(config: DemoConfig, steps_per_epoch: int) -> RestartFault:
    """The learning rate of every step, with the fault where the configuration wants it."""
    total = config.epochs * steps_per_epoch
    sound = WarmupCosine(config.learning_rate, total, max(1, round(config.warmup_share * total)),
                         config.final_rate_share)
    begins = round(config.fault_at * total) if config.fault else None
    return RestartFault(sound, begins, round(config.fault_share * total), config.fault_factor)
