"""Watch the layers of a model in a loop of one's own: norms and spread of gradients and weights, now and then."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from ...errors import MusiclogError
from ...run import Run

_MOST_LOOKED_AT = 10_000  # elements of a layer whose quantiles are taken: evenly spread ones tell the same, cheaply
_QUANTILES = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


def watch(model: Any, run: Run, *, every: int = 100) -> LayerWatch:
    """Log what each layer's gradients and weights are like, every so many updates of the model's weights.

        with watch(model, run, every=100):
            for step, batch in enumerate(loader, 1):
                ...
                optimizer.step()
                run.log(step, total_loss=loss)

    Metrics: gradients/<layer>/norm, /p05, /p50, /p95 and /zero_share (of what is exactly zero: a dead layer has 1),
    weights/<layer>/norm, /p05, /p50, /p95, and gradients/norm of the whole model; the sinks of the run get histograms
    too. A layer is a module with weights of its own. Gradients are those that the optimiser sees: clipped, where the
    loop clips them. Nothing is done in the steps between. What was measured at an update is logged, by the next one,
    under the step that was logged between.
    """
    return LayerWatch(model, run, every)


class LayerWatch:
    """Watches until detach(), or the end of its with block."""

    def __init__(self, model: Any, run: Run, every: int) -> None:
        if every < 1:
            raise MusiclogError(f"every is {every}; give 1 or more updates")
        self._layers = dict(_layers(model))
        self._weights = {id(weight) for weights in self._layers.values() for weight in weights}
        self._run, self._every = run, every
        self._updates = 0
        self._measured: dict[str, Any] = {}
        self._spreads: dict[str, Any] = {}
        self._hook = register_optimizer_step_pre_hook(self._before_update)

    def detach(self) -> None:
        """Take the hook away and log what was measured last."""
        self._hook.remove()
        self._tell()

    def __enter__(self) -> LayerWatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.detach()

    def _before_update(self, optimizer: Any, arguments: Any, keywords: Any) -> None:  # noqa: ARG002 - as torch calls it
        if not any(id(weight) in self._weights for group in optimizer.param_groups for weight in group["params"]):
            return  # the hook hears every optimiser of the process
        self._tell()
        if self._updates % self._every == 0:
            self._measured = self._measure()
        self._updates += 1

    def _measure(self) -> dict[str, Any]:
        """Figures as tensors: nobody waits for the device here."""
        found: dict[str, Any] = {}
        norms = []
        with torch.no_grad():
            for name, weights in self._layers.items():
                found |= self._figures(f"weights/{name}", weights)
                slopes = [weight.grad for weight in weights if weight.grad is not None]
                if slopes:
                    found |= self._figures(f"gradients/{name}", slopes)
                    found[f"gradients/{name}/zero_share"] = _zero_share(slopes)
                    norms.append(found[f"gradients/{name}/norm"])
            if norms:
                found["gradients/norm"] = torch.linalg.vector_norm(torch.stack(norms))
        return found

    def _figures(self, prefix: str, tensors: list[Any]) -> dict[str, Any]:
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(each.float()) for each in tensors]))
        values = torch.cat([each.detach().flatten() for each in tensors])
        spread = self._spreads[prefix] = values[:: -(-len(values) // _MOST_LOOKED_AT)].float()
        quantiles = torch.quantile(spread, torch.tensor(list(_QUANTILES.values()), device=values.device))
        return {f"{prefix}/norm": norm} | {f"{prefix}/{name}": quantiles[row] for row, name in enumerate(_QUANTILES)}

    def _tell(self) -> None:
        step = self._run.step
        if not self._measured or step is None:
            return
        names, values = zip(*self._measured.items(), strict=True)
        self._run.log(step, dict(zip(names, torch.stack([value.float() for value in values]).tolist(), strict=True)))
        for name, spread in self._spreads.items():
            self._run.log_histogram(name, spread, step=step)
        self._measured, self._spreads = {}, {}


def _layers(model: Any) -> Iterator[tuple[str, list[Any]]]:
    """Modules that own weights that learn, by name; the whole model's own are under its class."""
    for name, module in model.named_modules():
        weights = [weight for weight in module.parameters(recurse=False) if weight.requires_grad]
        if weights:
            yield name or type(module).__name__, weights


def _zero_share(tensors: list[Any]) -> Any:
    zeros = torch.stack([(each == 0).sum() for each in tensors]).sum()
    return zeros / sum(each.numel() for each in tensors)
