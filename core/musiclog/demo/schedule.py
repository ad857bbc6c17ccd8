"""The learning rate: linear warm-up, then half a cosine; and the demo's deliberate fault."""

from __future__ import annotations

import math
from dataclasses import dataclass


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

    From first_step on, for the given number of steps, it gives factor times the sound schedule's rate.
    """

    sound: WarmupCosine
    first_step: int
    steps: int
    factor: float

    def __call__(self, step: int) -> float:
        rate = self.sound(step)
        return rate * self.factor if self.active(step) else rate

    def active(self, step: int) -> bool:
        return self.first_step <= step < self.first_step + self.steps
