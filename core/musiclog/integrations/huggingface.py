"""Hugging Face Trainer: a callback that writes everything it is told into a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .meter import memory_figures
from .missing import require

require("torch", extra="huggingface", what="musiclog.integrations.huggingface")
require("transformers", extra="huggingface", what="musiclog.integrations.huggingface")

from transformers import TrainerCallback  # noqa: E402 - the kind sentence comes before it is needed

from ..run import Run  # noqa: E402
from ..scalars import json_ready  # noqa: E402
from .pieces import MadeSample, SampleFn  # noqa: E402
from .torch.ranks import Ranks, bare  # noqa: E402
from .torch.samples import write_samples  # noqa: E402

__all__ = ["MadeSample", "MusiclogCallback", "register"]

FOLDER = "musiclog"  # below the output folder, where no other is named


class MusiclogCallback(TrainerCallback):
    """Writes what the Trainer logs into a musiclog run, on the first process.

        Trainer(..., callbacks=[MusiclogCallback("runs/bach-gpt2", sample_fn=compose)])

    Loss, gradient norm and learning rate are logged when the Trainer does: logging_steps=1 shows every step, and
    logging_nan_inf_filter=False shows a loss that is no number, which it otherwise hides as 0. sample_fn(model, step,
    epoch) writes samples after every so many epochs. Epochs count from 1. An alert that asks for "stop" ends the
    training. folder and options: as in musiclog.Run; <output_dir>/musiclog otherwise. data usage: call
    callback.run.log_data_usage() where the data are made, which may be in a worker.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        sample_fn: SampleFn | None = None,
        sample_every_epochs: int = 1,
        sample_seed: int | None = 0,
        **options: Any,
    ) -> None:
        self.run: Run | None = None
        self._folder, self._options = folder, options
        self._sample_fn, self._sample_every_epochs, self._sample_seed = sample_fn, sample_every_epochs, sample_seed

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        if not state.is_world_process_zero:
            return
        options = {
            "config": _config(args, more.get("model")),
            "total_steps": state.max_steps or None,
            "total_epochs": max(round(args.num_train_epochs), 1),
            "score_samples": self._sample_fn is not None,
        }
        self.run = Run(self._folder or Path(args.output_dir) / FOLDER, **{**options, **self._options})

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        if self.run is not None:
            batches = round(state.max_steps / args.num_train_epochs) if args.num_train_epochs else None
            self.run.epoch_start(int(state.epoch or 0) + 1, batches or None)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:  # noqa: ARG002
        if self.run is None or not logs:
            return
        told = {name: value for name, value in logs.items() if name not in ("epoch", "step", "total_flos")}
        self.run.log(state.global_step, told | memory_figures())

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> Any:  # noqa: ARG002
        if self._options.get("actions"):
            asked = self.run is not None and self.run.should_stop
            control.should_training_stop |= Ranks().any(asked, args.device)  # all processes stop at the same step
        return control

    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        if self.run is None:
            return
        epoch, model = max(round(state.epoch or 0), 1), more.get("model")
        if self._sample_fn is not None and model is not None and epoch % self._sample_every_epochs == 0:
            write_samples(
                self._sample_fn, bare(model), self.run, step=state.global_step, epoch=epoch, seed=self._sample_seed
            )  # fmt: skip
        self.run.epoch_end(epoch)

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        if self.run is None:
            return
        path = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        best = state.best_model_checkpoint
        self.run.checkpoint(path, step=state.global_step, best=best is not None and Path(best) == path)

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        if self.run is not None:
            done = state.global_step >= state.max_steps
            self.run.finish("finished" if done else "stopped")


def register() -> None:
    """Let TrainingArguments(report_to="musiclog") find the callback; the run is then in <output_dir>/musiclog."""
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK  # noqa: PLC0415

    INTEGRATION_TO_CALLBACK["musiclog"] = MusiclogCallback


def _config(args: Any, model: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"training": json_ready(args.to_sanitized_dict())}
    config: Any = None if model is None else getattr(bare(model), "config", None)
    if hasattr(config, "to_dict"):
        found["model"] = json_ready(config.to_dict())
    return found
