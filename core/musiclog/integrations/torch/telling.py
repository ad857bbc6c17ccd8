"""Log what a step was: losses, gradient norm, rates, speed, memory, what was seen, which files were used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...run import Run
from ..meter import Meter
from .batches import BatchFacts
from .place import Place


@dataclass(frozen=True, slots=True)
class Amount:
    """What a step learns from: its batches, the weight of its loss on this rank; samples and tokens on all ranks."""

    batches: int
    weight: float
    samples: float
    tokens: float


class StepTeller:
    """Tells the run about every step, or every so many; a loss that is no number is always told."""

    def __init__(self, run: Run, every: int) -> None:
        self.meter = Meter()
        self._run, self._every = run, every
        self._samples = self._tokens = 0.0  # since the last time

    def tell(
        self,
        place: Place,
        amount: Amount,
        losses: Mapping[str, Any],
        norm: Any,
        *,
        number: int,
        more: Mapping[str, float],
    ) -> float:
        """Log the step that begins at place as the number-th of its epoch; gives its loss.

        losses: tensors of one element, "total" first. All figures come from the device in one transfer.
        """
        figures = torch.stack([*losses.values(), norm.detach().to(losses["total"])]).tolist()
        self._samples += amount.samples
        self._tokens += amount.tokens
        step = place.step + 1
        if step % self._every and all(map(math.isfinite, figures)):
            return float(figures[0])
        seen = {"samples_seen": place.samples + amount.samples}
        if amount.tokens:
            seen["tokens_seen"] = place.tokens + amount.tokens
        names = ("total_loss", *(f"loss/{name}" for name in list(losses)[1:]), "optim/gradient_norm")
        speed = self.meter.figures(self._samples, self._tokens)
        self._samples = self._tokens = 0.0
        told = {**dict(zip(names, figures, strict=True)), **more, **speed, **seen}
        self._run.log(step, told, epoch=place.epoch, batch=number)
        return float(figures[0])

    def pause_ends(self) -> None:
        """What lies before was no training, and is not counted in its speed."""
        self.meter.pause_ends()
        self._samples = self._tokens = 0.0

    def files(self, facts: Sequence[BatchFacts]) -> None:
        for each in facts:
            if each.files:
                self._run.log_files_used(each.files)
