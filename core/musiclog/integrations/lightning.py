"""Lightning: a logger that writes a run, and a callback that logs what Lightning itself does not tell a logger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from .meter import Meter
from .missing import require

require("torch", extra="lightning", what="musiclog.integrations.lightning")
require("lightning", extra="lightning", what="musiclog.integrations.lightning")

import torch  # noqa: E402 - the kind sentence comes before they are needed
from lightning.pytorch.callbacks import Callback  # noqa: E402
from lightning.pytorch.loggers import Logger  # noqa: E402
from lightning.pytorch.utilities.rank_zero import rank_zero_only  # noqa: E402

from ..errors import MusiclogError  # noqa: E402
from ..run import Run  # noqa: E402
from ..scalars import json_ready  # noqa: E402
from .pieces import MadeSample, SampleFn  # noqa: E402
from .torch.batches import Describe, describe_batch  # noqa: E402
from .torch.samples import write_samples  # noqa: E402
from .torch.schedules import rates  # noqa: E402

__all__ = ["MadeSample", "MusiclogCallback", "MusiclogLogger"]


class MusiclogLogger(Logger):
    """Writes what a LightningModule logs into a musiclog run, on rank 0.

        Trainer(logger=MusiclogLogger("runs/bach-gru"), callbacks=[MusiclogCallback(sample_fn=compose)])

    folder and options: as in musiclog.Run, which is opened when the first thing is logged; then hyperparameters and,
    with MusiclogCallback, the planned epochs are known. Steps and epochs are Lightning's own, which count from 0.
    """

    def __init__(self, folder: str | os.PathLike[str], **options: Any) -> None:
        super().__init__()
        self._folder = Path(folder)
        self._options = options
        self._hyperparameters: dict[str, Any] = {}
        self._run: Run | None = None
        self._begun = False
        self._told: set[str] = set()  # checkpoints

    @property
    def experiment(self) -> Run | None:
        """The run; None on other ranks than 0, and before a training begins and tells its hyperparameters."""
        if rank_zero_only.rank != 0 or not self._begun:
            return None
        if self._run is None or self._run.state != "running":  # a test after the fit goes on with the same run
            config = {**self._hyperparameters, **(self._options.get("config") or {})}
            self._run = Run(self._folder, **{**self._options, "config": config})
        return self._run

    @property
    def name(self) -> str:
        return self._folder.name

    @property
    def version(self) -> str:
        """Empty: a run has its folder for itself, and checkpoints go into it."""
        return ""

    @property
    def save_dir(self) -> str:
        return str(self._folder.parent)

    @property
    def acts(self) -> bool:
        """Whether alerts may ask for something: alike on all ranks."""
        return bool(self._options.get("actions"))

    def plan(self, **plan: Any) -> None:
        """What the run is told when it is opened, unless the user did: total_epochs, total_steps, score_samples."""
        self._options = {**{name: value for name, value in plan.items() if value}, **self._options}

    def log_hyperparams(self, params: Any, *arguments: Any, **keywords: Any) -> None:  # noqa: ARG002 - Lightning's
        known = dict(params) if isinstance(params, Mapping) else vars(params)
        self._hyperparameters |= {str(name): json_ready(value) for name, value in known.items()}

    def save(self) -> None:
        """Lightning calls it when the hyperparameters are told, and then now and again."""
        self._begun = True

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        self._begun = True
        run = self.experiment
        if run is None:
            return
        numbers = {name: value for name, value in metrics.items() if name != "epoch"}
        at = step if step is not None else run.step
        if numbers:
            run.log(0 if at is None else at, numbers, epoch=metrics.get("epoch"))

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        run = self.experiment
        if run is None:
            return
        best = checkpoint_callback.best_model_path
        paths = {*checkpoint_callback.best_k_models, best, checkpoint_callback.last_model_path} - {""}
        for path in sorted(paths - self._told):
            run.checkpoint(path, best=path == best)
        self._told |= paths

    def finalize(self, status: str) -> None:
        """success ends the run; failed only where no callback has told what it was."""
        if self._run is not None:
            ended = "stopped" if self._run.should_stop else "finished"
            self._run.finish(ended if status == "success" else "crashed")


class MusiclogCallback(Callback):
    """Tells the MusiclogLogger of the same Trainer about every step, as Lightning logs only some.

    Loss as it is learned from, gradient norm before clipping, learning rates, speed, memory, epochs, files used (see
    describe_batch), samples that sample_fn(model, step, epoch) writes after every so many epochs, and why it ended.
    model is the LightningModule. every: how many steps from one line to the next.
    """

    def __init__(
        self,
        *,
        sample_fn: SampleFn | None = None,
        sample_every_epochs: int = 1,
        sample_seed: int | None = 0,
        every: int = 1,
        describe: Describe = describe_batch,
    ) -> None:
        self._sample_fn, self._sample_every_epochs, self._sample_seed = sample_fn, sample_every_epochs, sample_seed
        self._every, self._describe = every, describe
        self._meter = Meter()
        self._norm: Any = None
        self._loss: Any = 0.0
        self._samples = self._tokens = 0.0
        self._ready_at = perf_counter()

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ARG002 - Lightning's
        logger = _logger(trainer)
        if stage == "fit":
            logger.plan(
                total_epochs=max(trainer.max_epochs or 0, 0),
                total_steps=max(trainer.max_steps, 0),
                score_samples=self._sample_fn is not None,
            )

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        run = _run(trainer)
        if run is not None:
            batches = trainer.num_training_batches
            known = isinstance(batches, int)
            run.epoch_start(trainer.current_epoch, -(-batches // trainer.accumulate_grad_batches) if known else None)
        self._meter.pause_ends()
        self._ready_at = perf_counter()

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:  # noqa: ARG002
        self._meter.waited(perf_counter() - self._ready_at)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:  # noqa: ARG002
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        self._norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])

    def on_train_batch_end(
        self,
        trainer: Any,
        pl_module: Any,  # noqa: ARG002
        outputs: Any,
        batch: Any,
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        run = _run(trainer)
        if run is not None:
            self._tell_batch(trainer, run, outputs, batch)
        self._ready_at = perf_counter()
        if _logger(trainer).acts:
            asked = run is not None and run.should_stop
            trainer.should_stop |= trainer.strategy.reduce_boolean_decision(asked, all=False)  # all processes at once

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        run = _run(trainer)
        if run is None:
            return
        epoch = trainer.current_epoch
        if self._sample_fn is not None and (epoch + 1) % self._sample_every_epochs == 0:
            step = max(_step(trainer) - 1, 0)  # it stands at the next one already
            write_samples(self._sample_fn, pl_module, run, step=step, epoch=epoch, seed=self._sample_seed)
        run.epoch_end(epoch)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        run = _run(trainer)
        if run is not None:
            size = sum(weight.numel() for weight in pl_module.parameters())
            run.note(f"{type(pl_module).__name__} has {size:,} parameters")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ARG002
        run = _run(trainer)
        if run is None:
            return
        if isinstance(exception, KeyboardInterrupt):
            run.finish("interrupted")
        else:
            run.finish("crashed", error=f"{type(exception).__name__}: {exception}")

    def _tell_batch(self, trainer: Any, run: Run, outputs: Any, batch: Any) -> None:
        facts = self._describe(batch)
        if facts.files:
            run.log_files_used(facts.files)
        self._samples += facts.samples
        self._tokens += facts.tokens or 0
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        # Lightning gives each batch its share of the step: over the batches that are accumulated they add up.
        self._loss = self._loss + loss.detach() if loss is not None else self._loss
        if self._norm is not None:
            self._tell_step(trainer, run)

    def _tell_step(self, trainer: Any, run: Run) -> None:
        step = _step(trainer)
        if step % self._every == 0:
            optimizers = trainer.optimizers
            figures = {"total_loss": self._loss, "optim/gradient_norm": self._norm, **rates(optimizers[0])}
            run.log(step, figures | self._meter.figures(self._samples, self._tokens), epoch=trainer.current_epoch)
            self._samples = self._tokens = 0.0
        self._norm, self._loss = None, 0.0


def _step(trainer: Any) -> int:
    """Lightning's number of the step under way, under which it logs; its own callbacks ask the same."""
    return int(trainer.fit_loop.epoch_loop._batches_that_stepped)


def _logger(trainer: Any) -> MusiclogLogger:
    for logger in trainer.loggers:
        if isinstance(logger, MusiclogLogger):
            return logger
    raise MusiclogError("MusiclogCallback tells a MusiclogLogger; give the Trainer one: logger=MusiclogLogger(folder)")


def _run(trainer: Any) -> Run | None:
    return _logger(trainer).experiment
