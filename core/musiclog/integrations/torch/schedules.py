"""The learning rate over the steps: schedules by name, any scheduler of torch's, and a rate lowered in between."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from .config import TrainerConfig


def named_schedule(optimizer: Any, config: TrainerConfig, total_steps: int | None) -> Any:
    """A scheduler for every step. Without a known end, as with streams, the rate stays after the warm-up."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, _shape(config, total_steps))


def _shape(config: TrainerConfig, total_steps: int | None) -> Callable[[int], float]:
    warmup, kind = config.warmup_steps, config.schedule if total_steps else "constant"
    rest = max((total_steps or 0) - warmup, 1)

    def share(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        if kind == "constant":
            return 1.0
        done = min((step - warmup) / rest, 1.0)
        return 1 - done if kind == "linear" else (1 + math.cos(math.pi * done)) / 2

    return share


def waits_for_value(scheduler: Any) -> bool:
    return isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)


def lower_rate(optimizer: Any, scheduler: Any, factor: float) -> None:
    """Multiply the rate now and whatever the scheduler makes of it later."""
    for group in optimizer.param_groups:
        for name in ("lr", "initial_lr", "max_lr", "min_lr"):
            if name in group:
                group[name] = group[name] * factor
    if hasattr(scheduler, "base_lrs"):
        scheduler.base_lrs = [rate * factor for rate in scheduler.base_lrs]


def rates(optimizer: Any) -> dict[str, float]:
    """The learning rate, of each group where they differ."""
    found = [float(group["lr"]) for group in optimizer.param_groups]
    if len(set(found)) == 1:
        return {"optim/learning_rate": found[0]}
    return {f"optim/learning_rate/group{number}": rate for number, rate in enumerate(found)}
