"""Keras 3, on any of its backends: a callback that writes a run."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from .meter import memory_figures
from .missing import require

require("keras", extra="keras", what="musiclog.integrations.keras")

import keras  # noqa: E402 - the kind sentence comes before it is needed

from ..run import Run  # noqa: E402
from ..scalars import json_ready  # noqa: E402
from .pieces import MadeSample, SampleFn, log_pieces  # noqa: E402

__all__ = ["MadeSample", "MusiclogCallback"]

_MEMORY_EVERY_S = 1.0


class MusiclogCallback(keras.callbacks.Callback):
    """Writes a fit() into a musiclog run: every batch's loss and learning rate, every epoch's metrics, samples.

        model.fit(data, epochs=40, callbacks=[MusiclogCallback("runs/bach-lstm", sample_fn=compose)])

    Keras tells means since the epoch began; loss is that of the batch alone, taken out of two of them, which is good
    to about seven digits less those of the number of batches. Other metrics are logged as Keras tells them. The
    gradient norm is logged with the torch backend; the others do not show gradients to callbacks. sample_fn(model,
    step, epoch) writes samples after every so many epochs. Epochs and steps count from 1. An alert that asks for
    "stop" ends the training. folder and options: as in musiclog.Run.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        sample_fn: SampleFn | None = None,
        sample_every_epochs: int = 1,
        **options: Any,
    ) -> None:
        super().__init__()
        self.run: Run | None = None
        self._folder, self._options = folder, options
        self._sample_fn, self._sample_every_epochs = sample_fn, sample_every_epochs
        self._step = 0
        self._mean_before: tuple[int, float] = (0, 0.0)  # batches of the epoch and their mean loss
        self._since = self._memory_at = 0.0

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's
        epochs = self.params.get("epochs")
        options = {
            "config": _config(self.model, self.params),
            "total_epochs": epochs,
            "score_samples": self._sample_fn is not None,
        }
        self._step = 0
        self.run = Run(self._folder, **{**options, **self._options})

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._mean_before, self._since = (0, 0.0), perf_counter()
        if self.run is not None:
            self.run.epoch_start(epoch + 1, self.params.get("steps"))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.run is None:
            return
        self._step += 1
        logs = dict(logs or {})
        told = {f"running/{name}": value for name, value in logs.items() if name != "loss"}
        if "loss" in logs:
            told["loss"] = self._loss_of_batch(batch + 1, float(logs["loss"]))
        self.run.log(self._step, told | self._figures(), batch=batch + 1)
        if self.run.should_stop:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.run is None:
            return
        found = dict(logs or {})
        named = {name if name.startswith("val_") else f"train/{name}_epoch": value for name, value in found.items()}
        self.run.log(self._step, named, epoch=epoch + 1)
        if self._sample_fn is not None and (epoch + 1) % self._sample_every_epochs == 0:
            sample_fn, model, step = self._sample_fn, self.model, self._step
            log_pieces(lambda: sample_fn(model, step, epoch + 1), self.run, step=step, epoch=epoch + 1)
        self.run.epoch_end(epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        if self.run is not None:
            self.run.finish("stopped" if self.run.should_stop else "finished")

    def _loss_of_batch(self, count: int, mean: float) -> float:
        """count batches have this mean; those before had another."""
        before, mean_before = self._mean_before
        self._mean_before = count, mean
        if not math.isfinite(mean) or not math.isfinite(mean_before) or before == count:
            return mean
        return (mean * count - mean_before * before) / (count - before)

    def _figures(self) -> dict[str, float]:
        now = perf_counter()
        seconds, self._since = max(now - self._since, 1e-9), now
        found = {"optim/learning_rate": float(self.model.optimizer.learning_rate),
                 "throughput/steps_per_second": 1 / seconds}  # fmt: skip
        norm = _gradient_norm(self.model)
        found |= {} if norm is None else {"optim/gradient_norm": norm}
        if now - self._memory_at >= _MEMORY_EVERY_S:
            self._memory_at = now
            found |= memory_figures()
        return found


def _gradient_norm(model: Any) -> float | None:
    """Before clipping; with the torch backend, whose gradients stay with the weights until the next batch."""
    if keras.backend.backend() != "torch":
        return None
    import torch  # noqa: PLC0415 - it is the backend

    slopes = [weight.value.grad for weight in model.trainable_weights if weight.value.grad is not None]
    return float(torch.nn.utils.get_total_norm(slopes)) if slopes else None


def _config(model: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = {name: json_ready(value) for name, value in model.optimizer.get_config().items()}
    return {
        "model": {"class": type(model).__name__, "name": model.name, "parameters": model.count_params()},
        "training": {"epochs": params.get("epochs"), "optimizer": optimizer},
        "data": {"batches_per_epoch": params.get("steps")},
    }
