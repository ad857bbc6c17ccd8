"""Everything that an AdvancedTrainer can be told, as one frozen value; a misspelt name is never passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_type_hints

from ...errors import MusiclogError

Precision = Literal["fp32", "bf16", "fp16"]
Schedule = Literal["constant", "linear", "cosine"]
Per = Literal["step", "epoch"]
MeanOver = Literal["samples", "tokens"]
StopOn = Literal["val_loss", "quality"]

# What other trainers call it, where the spelling alone would not lead there.
_OTHER_NAMES = {
    "num_epochs": "epochs", "max_epochs": "epochs", "num_train_epochs": "epochs", "lr": "learning_rate",
    "grad_clip": "max_grad_norm", "gradient_clip_val": "max_grad_norm", "clip_norm": "max_grad_norm",
    "accumulate_grad_batches": "gradient_accumulation_steps", "grad_accum": "gradient_accumulation_steps",
    "log_interval": "log_every_steps", "logging_steps": "log_every_steps",
    "eval_interval": "validate_every_steps", "eval_steps": "validate_every_steps",
    "save_interval": "checkpoint_every_steps", "save_steps": "checkpoint_every_steps",
    "save_total_limit": "keep_last", "early_stopping_patience": "patience", "num_workers": "workers",
    "lr_scheduler_type": "schedule", "scheduler": "schedule", "mixed_precision": "precision",
    "use_mixed_precision": "precision", "fp16": "precision", "bf16": "precision", "wd": "weight_decay",
}  # fmt: skip


class ConfigError(MusiclogError, ValueError):
    """A configuration names or holds what a trainer does not know: what, and what may be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerConfig:
    """Settings of a training. A step is one update of the weights, after so many batches as are accumulated.

    loss_mean_over says what loss_fn averages over: the batches of one step, and the ranks, are weighed by it, so that
    accumulation gives the gradient of the one large batch, also at the end of an epoch where fewer are left.
    """

    epochs: int = 10
    max_steps: int | None = None  # ends earlier than epochs
    batch_size: int = 32  # of loaders that the trainer builds from datasets
    workers: int = 0  # the same
    drop_last: bool = False  # the same

    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    schedule: Schedule = "cosine"  # where no scheduler is given; over all steps, after the warm-up
    warmup_steps: int = 0
    scheduler_per: Per = "step"  # how often a scheduler that is given is stepped; ReduceLROnPlateau: each validation

    precision: Precision = "fp32"
    gradient_accumulation_steps: int = 1
    max_grad_norm: float | None = 1.0
    loss_mean_over: MeanOver = "samples"

    validate_every_epochs: int = 1
    validate_every_steps: int | None = None  # besides
    sample_every_epochs: int = 1
    sample_every_steps: int | None = None  # besides
    sample_seed: int | None = 0  # each evaluation draws alike, so that only the learning differs; None: it does not

    checkpoint_every_epochs: int = 1
    checkpoint_every_steps: int | None = None  # besides
    keep_last: int = 3
    keep_best: int = 1
    trust_checkpoints: bool = False  # also load what only unrestricted pickle can read; never from strangers

    stop_on: StopOn | None = None
    patience: int = 6  # validations, or evaluations of samples
    min_gain: float = 0.0

    log_every_steps: int = 1
    seed: int | None = 0  # of Python, numpy and torch when a run begins, each rank its own; None leaves them alone

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):
            _check(field.name, getattr(self, field.name), hints[field.name])
        for name in _ABOVE_ZERO:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError(f"{name} is {value!r}; give a number above zero")
        for name in _NOT_BELOW_ZERO:
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give zero or more")
        if self.stop_on == "quality" and self.patience < 3:
            raise ConfigError(f"patience is {self.patience}; give 3 evaluations or more, or noise decides")

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> TrainerConfig:
        """The settings of a mapping, as from JSON or YAML. ConfigError for a name that does not exist."""
        known = [field.name for field in fields(cls)]
        for name in settings:
            if name not in known:
                raise ConfigError(f"no setting is called {name!r}{_meant(str(name), known)}")
        return cls(**settings)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_ABOVE_ZERO = (
    "epochs", "max_steps", "batch_size", "learning_rate", "gradient_accumulation_steps", "max_grad_norm",
    "validate_every_epochs", "validate_every_steps", "sample_every_epochs", "sample_every_steps",
    "checkpoint_every_epochs", "checkpoint_every_steps", "keep_last", "patience", "log_every_steps",
)  # fmt: skip
_NOT_BELOW_ZERO = ("workers", "weight_decay", "warmup_steps", "keep_best", "min_gain")


def _meant(name: str, known: list[str]) -> str:
    meant = _OTHER_NAMES.get(name.lower()) or next(iter(get_close_matches(name.lower(), known, 1, 0.6)), None)
    return f"; is {meant!r} meant?" if meant else f"; there are {', '.join(known)}"


def _check(name: str, value: Any, hint: Any) -> None:
    """Whether the value is what the field's type says; an int may stand for a float, a bool for no number."""
    wanted = get_args(hint) or (hint,)
    if all(isinstance(each, str) for each in wanted):  # a Literal
        allowed: tuple[Any, ...] = wanted
    else:
        allowed = tuple(word for each in wanted for word in get_args(each))
    if (allowed and value in allowed) or (value is None and type(None) in wanted):
        return
    types = tuple(each for each in wanted if isinstance(each, type) and each is not type(None))
    types += (int,) if float in types else ()
    if types and isinstance(value, types) and not (isinstance(value, bool) and bool not in types):
        return
    choice = " or ".join(map(repr, allowed)) or " or ".join(each.__name__ for each in types)
    raise ConfigError(f"{name} is {value!r}; give {choice}{' or None' if type(None) in wanted else ''}")
