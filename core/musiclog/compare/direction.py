"""Which way is better: by the metric's name, since no tracker's format says it."""

from __future__ import annotations

import re
from typing import Literal

Direction = Literal["lower", "higher"]

# What describes a piece of music beside its overall quality is neither: as much as human music has is best.
_DESCRIPTION = re.compile(r"^quality/(?!overall)")
# First match wins. A gradient norm, a learning rate or a memory figure is not better for being lower or higher.
_NEITHER = re.compile(
    r"learning_rate|(^|[/_-])lr($|[/_-])|grad|memory|(gpu|cpu|ram)[_/]|beta|kl_weight|temperature|loss_scale|scaler"
    r"|weight_norm|(^|[/_])(epoch|step|batch|progress)s?$"
)
_HIGHER = re.compile(
    r"quality|acc(uracy)?($|[/_@\d])|score|f1|precision|recall|auc|bleu|rouge|reward|likelihood|coheren|consisten"
    r"|_per_(s|sec|second)($|[/_])|throughput|(^|[/_])(wps|sps|tps)$"
)
_LOSS = re.compile(r"loss")
_LOWER = re.compile(
    r"err(or)?($|[/_])|perplexity|(^|[/_])(ppl|nll|bpc|bpb|mae|mse|rmse|wer|cer|fid|fad|kld?|ce|recon|adv)($|[/_])"
    r"|divergence|entropy_penalty|(step|iter|iteration|batch|epoch)_time|sec(onds)?_per"
)


def direction(name: str) -> Direction | None:
    """'lower' where a lower value is better, 'higher' where a higher one is, None where neither is."""
    name = name.casefold()
    if _LOSS.search(name) and "loss_scale" not in name:
        return "lower"
    if _NEITHER.search(name) or _DESCRIPTION.search(name):
        return None
    if _LOWER.search(name):
        return "lower"
    return "higher" if _HIGHER.search(name) else None
