"""Everything that one demo run can be asked for, as one frozen value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# --quick: for those who only want to see it move.
QUICK_EPOCHS, QUICK_TRANSPOSITIONS = 10, 6


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """Sizes and rates of a demo run; the defaults take a minute or two on two cores."""

    seed: int = 1
    epochs: int = 30
    transpositions: int = 12  # how many keys of every tune one epoch hears
    batch_size: int = 8  # excerpts
    excerpt_events: int = 32  # backpropagation through time reaches this far
    embedding: int = 32
    hidden: int = 160
    dropout: float = 0.4  # share of states
    read_dropout: float = 0.4  # share of features read
    learning_rate: float = 0.001
    warmup_share: float = 0.3
    final_rate_share: float = 0.1
    clip_norm: float = 1.0
    weight_decay: float = 2.0
    temperature: float = 0.7
    fault: bool = True
    fault_at: float = 0.8  # share of the run done
    fault_share: float = 0.05  # of the run: long enough to hear it in the samples
    fault_factor: float = 40.0

    def nested(self) -> dict[str, Any]:
        """The configuration as a run records it."""
        told = asdict(self)
        model = {name: told.pop(name) for name in ("embedding", "hidden", "dropout", "read_dropout")}
        data = {name: told.pop(name) for name in ("transpositions", "excerpt_events")}
        sampling = {"temperature": told.pop("temperature")}
        return {"model": {"kind": "GRU", **model}, "training": told, "data": data, "sampling": sampling}
