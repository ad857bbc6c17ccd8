"""One update of the weights: forward and backward over the accumulated batches, clipping, optimiser, scaler."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...errors import MusiclogError
from .batches import to_device, without_files
from .config import Precision
from .parts import Parts

TOTAL = ("total", "total_loss", "loss")  # under which of its names a mapping of losses holds the sum of all
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def models_own_loss(model: Any, batch: Any) -> Any:
    """The loss that the model gives when it is called with the batch, as models of Hugging Face do."""
    batch = without_files(batch)
    if isinstance(batch, Mapping):
        output = model(**batch)
    elif isinstance(batch, list | tuple):
        output = model(*batch)
    else:
        output = model(batch)
    if isinstance(output, torch.Tensor | Mapping) and not hasattr(output, "loss"):
        return output
    loss = getattr(output, "loss", None)
    if loss is None:
        raise MusiclogError(f"the model gives {type(output).__name__} without a loss; give loss_fn(model, batch)")
    return loss


def split_losses(found: Any) -> dict[str, Any]:
    """What loss_fn gave as "total" and its parts, each a tensor of one element. Without a total it is their sum."""
    if isinstance(found, torch.Tensor):
        return {"total": found}
    if not isinstance(found, Mapping) or not found:
        raise MusiclogError(f"loss_fn gave {type(found).__name__}; give a tensor or a mapping of name to tensor")
    name = next((name for name in TOTAL if name in found), None)
    parts = {str(key): value for key, value in found.items() if key != name}
    return {"total": sum(parts.values()) if name is None else found[name], **parts}


def autocast(precision: Precision, device: Any) -> Any:
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=_DTYPES[precision])


class Update:
    """Makes one step of training out of batches. The losses it gives are weighted means over them, detached."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._scaler = parts, parts.scaler
        self._precision, self._max_norm = parts.config.precision, parts.config.max_grad_norm
        self._weights = [weight for group in parts.optimizer.param_groups for weight in group["params"]]

    def accumulate(self, batches: Sequence[Any], shares: Sequence[float], rank_share: float = 1.0) -> dict[str, Any]:
        """Gradients of the mean of the batches' losses, each by its share; ranks are averaged at the last one.

        rank_share: how much more than the mean rank this one weighs.
        """
        losses: dict[str, Any] = {}
        for number, (batch, share) in enumerate(zip(batches, shares, strict=True), 1):
            with self._unsynchronised(number < len(batches)):
                with autocast(self._precision, self._parts.device):
                    found = split_losses(self._parts.loss_fn(self._parts.model, to_device(batch, self._parts.device)))
                self._scaler.scale(found["total"] * (share * rank_share)).backward()
            for name, loss in found.items():
                value = (loss.detach() if isinstance(loss, torch.Tensor) else torch.tensor(loss)).float() * share
                losses[name] = losses[name] + value if name in losses else value
        return losses

    def clip(self) -> Any:
        """The norm of the whole gradient as it was before it was clipped."""
        self._scaler.unscale_(self._parts.optimizer)
        if self._max_norm is not None:
            return torch.nn.utils.clip_grad_norm_(self._weights, self._max_norm)
        return torch.nn.utils.get_total_norm([weight.grad for weight in self._weights if weight.grad is not None])

    def apply(self) -> bool:
        """Change the weights; False where the scaler found the gradient infinite and left them."""
        scale = self._scaler.get_scale() if self._scaler.is_enabled() else 1.0
        self._scaler.step(self._parts.optimizer)
        self._scaler.update()
        return not self._scaler.is_enabled() or self._scaler.get_scale() >= scale

    def clear(self) -> None:
        self._parts.optimizer.zero_grad(set_to_none=True)

    def _unsynchronised(self, more_to_come: bool) -> Any:
        if more_to_come and hasattr(self._parts.model, "no_sync"):
            return self._parts.model.no_sync()
        return contextlib.nullcontext()
