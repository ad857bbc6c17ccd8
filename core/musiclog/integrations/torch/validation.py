"""Losses on data that the model does not learn from."""

from __future__ import annotations

import torch

from .batches import to_device
from .parts import Parts
from .randomness import lent_randomness
from .ranks import Ranks, bare
from .samples import evaluating
from .update import autocast, split_losses


def validate(parts: Parts, ranks: Ranks) -> dict[str, float]:
    """Means over all batches and ranks: val/total_loss and val/loss/<part>. Training draws and learns as without it.

    Each batch weighs what loss_fn averages over in it. Gives nothing where the loader gave nothing.
    """
    config, model = parts.config, bare(parts.model)  # the wrapper would wait for ranks that have fewer batches
    sums: dict[str, float] = {}
    weight_sum = 0.0
    with lent_randomness(config.seed), evaluating(model), torch.no_grad():
        for batch in parts.val_loader:
            facts = parts.describe(batch)
            weight = float((facts.tokens if config.loss_mean_over == "tokens" else facts.samples) or 1)
            with autocast(config.precision, parts.device):
                losses = split_losses(parts.loss_fn(model, to_device(batch, parts.device)))
            weight_sum += weight
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + float(loss) * weight
    return _means(ranks.gather((sums, weight_sum)))


def _means(told: list[tuple[dict[str, float], float]]) -> dict[str, float]:
    weight = sum(each for _, each in told)
    names = dict.fromkeys(name for sums, _ in told for name in sums)
    return {
        "val/total_loss" if name == "total" else f"val/loss/{name}": sum(sums.get(name, 0.0) for sums, _ in told)
        / weight
        for name in names
    }
