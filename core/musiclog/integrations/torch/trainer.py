"""The trainer that users call: it chooses what was not given, opens the run, and trains with everything logged."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from ...actions import Actions
from ...errors import MusiclogError
from ...layout import slug
from ...run import Run
from ...sinks import Sink
from ...watching import AlertCallback
from ..pieces import SampleFn
from .batches import Describe, collate, describe_batch
from .checkpoints import CheckpointError, CheckpointFolder, load_state
from .config import ConfigError, TrainerConfig
from .loading import count_batches, is_shared_out
from .parts import LossFn, Parts
from .place import Wishes
from .randomness import seed_everything
from .ranks import Ranks, bare
from .schedules import named_schedule, waits_for_value
from .signals import StopSignals
from .training import Training
from .update import models_own_loss

CHECKPOINTS = "checkpoints"  # below the run's folder
Resume = Literal["auto"] | bool | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended: finished, stopped (early, on purpose) or interrupted (by a signal), and what it left."""

    state: str
    reason: str
    step: int
    epoch: int
    folder: Path
    last: Path | None
    best: Path | None


class AdvancedTrainer:
    """Trains a model and logs everything about it without another line.

        trainer = AdvancedTrainer(model=model, config=TrainerConfig(epochs=40), train_loader=train, val_loader=val,
                                  loss_fn=loss_fn, sample_fn=compose, folder="runs/bach-gru")
        outcome = trainer.fit()

    model: any module; it is moved to device and, with several processes, wrapped for them.
    config: a TrainerConfig or a mapping: its settings flat, or under "training" beside whatever else describes the
    model and the data; all of it is recorded. Unknown settings are refused.
    train_loader, val_loader: anything that gives batches; or train_dataset, val_dataset, and loaders are built,
    shuffled and, with several processes, shared out.
    loss_fn(model, batch): a tensor, or a mapping of losses by part, with or without their "total". Without it the
    model is called with the batch and gives its loss itself. Each part is logged and watched.
    optimizer: one that is made, or a function of the parameters; AdamW otherwise. scheduler: one that is made, or a
    function of the optimiser; what config names otherwise.
    sample_fn(model, step, epoch): the pieces that the model writes, see MadeSample. They are logged and scored.
    describe: what a batch tells of itself, see describe_batch; there is the protocol for the files it was made of.
    also: whatever else belongs to the state, by name: anything with state_dict() and load_state_dict().
    actions: what to do about which alert, see musiclog.Actions; the trainer itself knows how to do all of them.
    folder: where the run and its checkpoints are; runs/<class of the model> otherwise.
    name, tags, monitor, notify, on_alert, reference, sinks: as in musiclog.Run.
    """

    def __init__(
        self,
        *,
        model: Any,
        config: TrainerConfig | Mapping[str, Any] | None = None,
        train_loader: Any = None,
        val_loader: Any = None,
        train_dataset: Any = None,
        val_dataset: Any = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        loss_fn: LossFn | None = None,
        optimizer: Any = None,
        scheduler: Any = None,
        sample_fn: SampleFn | None = None,
        describe: Describe = describe_batch,
        device: Any = None,
        also: Mapping[str, Any] | None = None,
        folder: str | os.PathLike[str] | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        monitor: bool = True,
        actions: Actions | Mapping[str, str | Sequence[str]] | None = None,
        notify: Sequence[str] = (),
        on_alert: AlertCallback | None = None,
        reference: str | os.PathLike[str] | None = None,
        sinks: Sequence[str | Sink] = (),
    ) -> None:
        self.config, self._described = _settings(config)
        self.run: Run | None = None  # the one of the last fit()
        self.folder = Path("runs") / slug(type(bare(model)).__name__) if folder is None else Path(folder)
        self._name, self._tags, self._monitor = name, tags, monitor
        self._notify, self._on_alert, self._reference, self._sinks = notify, on_alert, reference, sinks
        self._actions = actions
        self._ranks = Ranks()
        self._device = _device(device, self._ranks)
        model = model.to(self._device)
        train = self._loader(train_loader, train_dataset, collate_fn, training=True)
        if train is None:
            raise MusiclogError("there is nothing to learn from; give train_loader or train_dataset")
        optimizer = self._optimizer(optimizer, model)
        self._named_schedule = scheduler is None
        self._total_steps = _total_steps(self.config, train)
        scheduler = self._scheduler(scheduler, optimizer)
        by_step = self._named_schedule or self.config.scheduler_per == "step"
        self._parts = Parts(
            model=self._ranks.wrap(model, self._device),
            optimizer=optimizer,
            scheduler=scheduler,
            per_step=by_step and not waits_for_value(scheduler),
            # fp16 has no room for small gradients: they are scaled up until they are used.
            scaler=torch.amp.GradScaler(self._device.type, enabled=self.config.precision == "fp16"),
            train_loader=train,
            val_loader=self._loader(val_loader, val_dataset, collate_fn, training=False),
            loss_fn=loss_fn or models_own_loss,
            sample_fn=sample_fn,
            describe=describe,
            device=self._device,
            config=self.config,
            also=also or {},
        )
        if self.config.stop_on == "val_loss" and self._parts.val_loader is None:
            raise ConfigError("stop_on is 'val_loss', but nothing is validated; give val_loader or val_dataset")
        if self.config.stop_on == "quality" and sample_fn is None:
            raise ConfigError("stop_on is 'quality', but no music is written; give sample_fn")

    @property
    def model(self) -> Any:
        """The model as it was given, on its device."""
        return bare(self._parts.model)

    def fit(self, *, resume: Resume = "auto") -> Outcome:
        """Train until all epochs are done, a stop is asked for, or a signal comes (the second one ends at once).

        resume: "auto" goes on from the newest sound checkpoint in the folder where that training was not done, and
        begins anew in a folder beside where it was; True insists on going on; False begins anew; a path goes on from
        that checkpoint. An error ends the run as crashed.
        """
        with StopSignals() as signals:
            state, complaints = self._state_to_resume(resume)
            if state is None and self.run is not None:
                raise MusiclogError("this trainer has trained already; make a new one, or go on with more epochs")
            if state is None and self.config.seed is not None:
                seed_everything(self.config.seed + self._ranks.rank)
            wishes = None if self._actions is None else Wishes()
            with self._open_run(wishes, anew=state is None) as run:
                self.run = run
                for complaint in complaints:
                    run.notices.say(complaint, complaint)
                    run.note(complaint)
                try:
                    return self._train(run, state, signals, wishes)
                except KeyboardInterrupt:
                    run.finish("interrupted")
                    raise

    def load(self, path: str | os.PathLike[str]) -> None:
        """Only the weights of a checkpoint, as for writing music with the best one."""
        self.model.load_state_dict(load_state(path, trust=self.config.trust_checkpoints)["model"])

    def close(self) -> None:
        """Leave the group of processes that this trainer joined; nothing where it did not."""
        self._ranks.leave()

    def _train(self, run: Run, state: dict[str, Any] | None, signals: StopSignals, wishes: Wishes | None) -> Outcome:
        folder = self._checkpoints(run.folder, lambda text: run.notices.say("checkpoint", text))
        training = Training(self._parts, run, folder=folder, ranks=self._ranks, signals=signals, wishes=wishes)
        if state is not None:
            training.resume(state)
        ending = training.go()
        if ending.state != "finished":
            run.note(f"Ended early: {ending.reason}.")
        run.finish(ending.state)
        kept, best = folder.all(), folder.best()
        return Outcome(
            ending.state, ending.reason, training.place.step, min(training.place.epoch, self.config.epochs), run.folder,
            last=folder.folder / kept[-1].file if kept else None,
            best=folder.folder / best.file if best else None,
        )  # fmt: skip

    # -- what a run begins with ----------------------------------------------------------------------

    def _state_to_resume(self, resume: Resume) -> tuple[dict[str, Any] | None, list[str]]:
        """The state to go on from, and what is to be said about checkpoints that were passed over."""
        complaints: list[str] = []
        if resume is False:
            return None, complaints
        if not isinstance(resume, bool) and resume != "auto":
            return load_state(resume, trust=self.config.trust_checkpoints), complaints
        found = self._checkpoints(self.folder, complaints.append).newest_sound()
        if found is None and resume is True:
            why = "; ".join(complaints) or "there is none"
            raise CheckpointError(f"{self.folder / CHECKPOINTS} holds no sound checkpoint to resume: {why}")
        if found is None or (resume == "auto" and self._is_done(found[1])):
            return None, complaints
        return found[1], complaints

    def _is_done(self, state: Mapping[str, Any]) -> bool:
        place, config = state["place"], self.config
        return place["epoch"] > config.epochs or (config.max_steps is not None and place["step"] >= config.max_steps)

    def _checkpoints(self, folder: Path, complain: Callable[[str], None]) -> CheckpointFolder:
        config = self.config
        return CheckpointFolder(
            folder / CHECKPOINTS, keep_last=config.keep_last, keep_best=config.keep_best,
            higher_is_better=config.stop_on == "quality", complain=complain, trust=config.trust_checkpoints,
        )  # fmt: skip

    def _open_run(self, wishes: Wishes | None, *, anew: bool) -> Run:
        """Rank 0 says which folder it is; the others write their own files into it."""
        ranks, samples = self._ranks, self._parts.sample_fn is not None
        run = None
        if ranks.first:
            in_background = samples and self.config.stop_on != "quality"
            run = Run(
                self.folder, config=self._recorded(), name=self._name, tags=self._tags,
                total_epochs=self.config.epochs, total_steps=self._total_steps, resume=False if anew else "auto",
                monitor=self._monitor, on_alert=self._on_alert, notify=self._notify,
                actions=None if wishes is None else self._own_actions(wishes),
                score_samples=in_background, reference=self._reference if in_background else None,
                sinks=self._sinks,
            )  # fmt: skip
        folder = ranks.from_first(None if run is None else run.folder)
        return run or Run(folder, rank=ranks.rank, monitor=False)

    def _own_actions(self, wishes: Wishes) -> Actions:
        """The policy with the trainer's own functions where the user gave none; stop is what the run knows itself."""
        given = self._actions if isinstance(self._actions, Actions) else Actions(self._actions or {})
        own = {
            "checkpoint": lambda alert: setattr(wishes, "checkpoint", True),  # noqa: ARG005 - as actions are called
            "skip_batch": lambda alert: setattr(wishes, "skip", True),  # noqa: ARG005
            "reduce_learning_rate": lambda alert: setattr(wishes, "lower_rate", True),  # noqa: ARG005
        }
        return Actions(given.on, **{**own, **given.functions})

    def _recorded(self) -> dict[str, Any]:
        """The configuration as the run keeps it: what is used, not what was only offered."""
        described, optimizer = self._described, self._parts.optimizer
        model = {
            "class": type(self.model).__name__,
            "parameters": sum(each.numel() for each in self.model.parameters()),
        }
        first = optimizer.param_groups[0]
        training = {
            **self.config.as_dict(),
            "learning_rate": float(first.get("initial_lr", first["lr"])),
            "weight_decay": float(first.get("weight_decay", 0.0)),
            "optimizer": type(optimizer).__name__,
            "schedule": self.config.schedule if self._named_schedule else type(self._parts.scheduler).__name__,
            "device": str(self._device),
            "processes": self._ranks.world,
        }
        data = {"batches_per_epoch": count_batches(self._parts.train_loader)}
        return {
            **described,
            "model": {**model, **_section(described, "model")},
            "training": training,
            "data": {**data, **_section(described, "data")},
        }

    # -- what was not given ----------------------------------------------------------------------------

    def _loader(self, loader: Any, dataset: Any, collate_fn: Any, *, training: bool) -> Any:
        if loader is not None:
            if training and self._ranks.world > 1 and not is_shared_out(loader):
                raise MusiclogError(
                    "every process would learn from the same data; give train_loader a DistributedSampler, or give "
                    "train_dataset"
                )
            return loader
        if dataset is None:
            return None
        ranks, config = self._ranks, self.config
        sampler = None
        if ranks.world > 1 and training:
            sampler = torch.utils.data.DistributedSampler(dataset, seed=config.seed or 0, drop_last=config.drop_last)
        elif ranks.world > 1:  # each its own part, none twice
            dataset = torch.utils.data.Subset(dataset, range(ranks.rank, len(dataset), ranks.world))
        stream = isinstance(dataset, torch.utils.data.IterableDataset)
        return torch.utils.data.DataLoader(
            dataset, batch_size=config.batch_size, shuffle=training and sampler is None and not stream, sampler=sampler,
            num_workers=config.workers, collate_fn=collate_fn or collate, drop_last=training and config.drop_last,
            pin_memory=self._device.type == "cuda",
        )  # fmt: skip

    def _optimizer(self, optimizer: Any, model: Any) -> Any:
        if _is_made(optimizer):
            return optimizer
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        if optimizer is not None:
            return optimizer(weights)
        return torch.optim.AdamW(weights, lr=self.config.learning_rate, weight_decay=self.config.weight_decay)

    def _scheduler(self, scheduler: Any, optimizer: Any) -> Any:
        if _is_made(scheduler):
            return scheduler
        return named_schedule(optimizer, self.config, self._total_steps) if scheduler is None else scheduler(optimizer)


def _settings(config: TrainerConfig | Mapping[str, Any] | None) -> tuple[TrainerConfig, dict[str, Any]]:
    """The trainer's own settings, and everything else that a mapping says."""
    if config is None or isinstance(config, TrainerConfig):
        return config or TrainerConfig(), {}
    if not isinstance(config, Mapping):
        raise ConfigError(f"config is {type(config).__name__}; give a TrainerConfig or a mapping")
    if isinstance(config.get("training"), Mapping):
        rest = {name: value for name, value in config.items() if name != "training"}
        return TrainerConfig.from_mapping(config["training"]), rest
    return TrainerConfig.from_mapping(config), {}


def _section(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = described.get(name, {})
    return found if isinstance(found, Mapping) else {name: found}


def _is_made(thing: Any) -> bool:
    """An optimiser or scheduler, not the class or the function that makes one."""
    return hasattr(thing, "step") and not isinstance(thing, type)


def _device(wanted: Any, ranks: Ranks) -> Any:
    if wanted is not None:
        return torch.device(wanted)
    if torch.cuda.is_available():
        local = int(os.environ.get("LOCAL_RANK", ranks.rank % torch.cuda.device_count()))
        torch.cuda.set_device(local)
        return torch.device("cuda", local)
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _total_steps(config: TrainerConfig, loader: Any) -> int | None:
    batches = count_batches(loader)
    if batches is None:
        return config.max_steps
    planned = config.epochs * math.ceil(batches / config.gradient_accumulation_steps)
    return max(planned if config.max_steps is None else min(planned, config.max_steps), 1)
