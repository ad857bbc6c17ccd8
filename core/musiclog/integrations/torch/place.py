"""Where a training stands, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Place:
    """A place between two steps: epochs count from 1, batch is how many of the epoch's batches this rank has used."""

    epoch: int = 1
    batch: int = 0
    step: int = 0
    samples: float = 0.0  # seen by all ranks since the first step
    tokens: float = 0.0
    loss_sum: float = 0.0  # of the epoch so far, for its mean
    loss_weight: float = 0.0

    def use(self, batches: int, samples: float, tokens: float, loss: float, weight: float) -> None:
        self.batch += batches
        self.samples += samples
        self.tokens += tokens
        self.loss_sum += loss * weight
        self.loss_weight += weight

    def next_epoch(self) -> None:
        self.epoch, self.batch = self.epoch + 1, 0
        self.loss_sum = self.loss_weight = 0.0

    @property
    def mean_loss(self) -> float | None:
        return self.loss_sum / self.loss_weight if self.loss_weight else None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a training ended. state is that of its run: finished, stopped (on purpose, early) or interrupted."""

    state: str
    reason: str


@dataclass(slots=True)
class Wishes:
    """What alerts asked for because of the step that is under way."""

    checkpoint: bool = False
    skip: bool = False
    lower_rate: bool = False

    def taken(self) -> tuple[bool, bool, bool]:
        """Each wish is granted once."""
        asked = self.checkpoint, self.skip, self.lower_rate
        self.checkpoint = self.skip = self.lower_rate = False
        return asked
