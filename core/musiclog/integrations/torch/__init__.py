"""PyTorch: a whole trainer that logs everything, and a watch over the layers of models in loops of one's own."""

from __future__ import annotations

from ..missing import require

require("torch", extra="torch", what="musiclog.integrations.torch")

from ..pieces import MadeSample  # noqa: E402
from .batches import BatchFacts, collate, describe_batch  # noqa: E402 - the kind sentence comes before torch is needed
from .checkpoints import Checkpoint, CheckpointError  # noqa: E402
from .config import ConfigError, TrainerConfig  # noqa: E402
from .layers import LayerWatch, watch  # noqa: E402
from .trainer import AdvancedTrainer, Outcome  # noqa: E402

__all__ = [
    "AdvancedTrainer",
    "BatchFacts",
    "Checkpoint",
    "CheckpointError",
    "ConfigError",
    "LayerWatch",
    "MadeSample",
    "Outcome",
    "TrainerConfig",
    "collate",
    "describe_batch",
    "watch",
]
