"""Let a model write music without any trace in its training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from ...run import Run
from ..pieces import SampleFn, log_pieces
from .randomness import lent_randomness


def write_samples(
    sample_fn: SampleFn, model: Any, run: Run, *, step: int, epoch: int, seed: int | None, score_now: bool = False
) -> float | None:
    """Log what sample_fn gives; the mean quality when it is scored at once. Training draws and learns as without it."""

    def make() -> Any:
        with lent_randomness(seed), evaluating(model), torch.no_grad():
            made = sample_fn(model, step, epoch)
            return list(made) if isinstance(made, Iterator) else made

    return log_pieces(make, run, step=step, epoch=epoch, score_now=score_now)


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in evaluation mode; afterwards every part of it is in the mode in which it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
