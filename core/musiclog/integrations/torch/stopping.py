"""When a training may end early: its validation loss, or the quality of its music, gets no better."""

from __future__ import annotations

import math
from typing import Protocol

from .config import StopOn, TrainerConfig


class Stopper(Protocol):
    """Told after every evaluation, gives whether to stop now."""

    def update(self, value: float) -> bool: ...

    @property
    def reason(self) -> str: ...


class LossStopper:
    """Stop when the loss has not fallen by more than min_gain for so many validations. NaN is no fall."""

    def __init__(self, patience: int, min_gain: float) -> None:
        self._patience, self._min_gain = patience, min_gain
        self._best = math.inf
        self._waited = 0

    def update(self, value: float) -> bool:
        fell = value < self._best - self._min_gain
        self._best = value if fell else self._best
        self._waited = 0 if fell else self._waited + 1
        return self._waited >= self._patience

    @property
    def reason(self) -> str:
        return f"the validation loss has not fallen below {self._best:.6g} for {self._waited} validations"


class EarlyStop:
    """The rule that the configuration asks for. What it heard is kept for a resumed training."""

    def __init__(self, config: TrainerConfig) -> None:
        self.on: StopOn | None = config.stop_on
        self.heard: list[float] = []
        self.asked = False
        self._stopper = None if config.stop_on is None else _stopper(config)

    @property
    def reason(self) -> str:
        return "" if self._stopper is None else self._stopper.reason

    def hear(self, what: StopOn, value: float | None) -> None:
        if self._stopper is None or what != self.on or value is None:
            return
        self.heard.append(value)
        self.asked = self._stopper.update(value)

    def restore(self, heard: list[float]) -> None:
        if self.on is not None:
            for value in heard:
                self.hear(self.on, value)


def _stopper(config: TrainerConfig) -> Stopper:
    if config.stop_on == "val_loss":
        return LossStopper(config.patience, config.min_gain)
    from ...quality import QualityStopper  # noqa: PLC0415 - only for those who score

    return QualityStopper(config.patience, min_gain=config.min_gain)
