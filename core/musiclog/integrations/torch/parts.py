"""What a training is made of, so that those who do one thing with it are handed one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..pieces import SampleFn
from .batches import Describe
from .config import TrainerConfig

# loss_fn(model, batch): a tensor, or a mapping of parts with or without "total".
LossFn = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a training is made of, chosen and on its device.

    model: the one that is called, wrapped where need be. per_step: whether the scheduler goes on with every step.
    also: whatever else has state_dict() and load_state_dict().
    """

    model: Any
    optimizer: Any
    scheduler: Any
    per_step: bool
    scaler: Any
    train_loader: Any
    val_loader: Any
    loss_fn: LossFn
    sample_fn: SampleFn | None
    describe: Describe
    device: Any
    config: TrainerConfig
    also: Mapping[str, Any]
