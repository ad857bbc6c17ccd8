"""Finds what the advice needs in a run's configuration, whatever the trainer calls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

# What the catalogue calls it: the names that trainers give it, best first.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "learning_rate": ("learning_rate", "lr", "base_lr", "max_lr", "peak_lr", "init_lr", "initial_lr"),
    "clip": (
        "gradient_clip_val", "max_grad_norm", "clip_grad_norm", "gradient_clip_norm", "gradient_clipping",
        "grad_clip_norm", "grad_clip", "gradient_clip", "clip_norm", "clipnorm", "clip_gradient", "clip",
    ),
    "batch_size": ("batch_size", "per_device_train_batch_size", "train_batch_size", "bs"),
    "accumulation": ("gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum", "accumulation_steps"),
    "warmup": ("warmup_steps", "num_warmup_steps", "warmup", "lr_warmup_steps"),
    "dropout": ("dropout", "dropout_rate", "drop", "attention_dropout", "hidden_dropout_prob"),
    "weight_decay": ("weight_decay", "wd"),
    "schedule": ("lr_scheduler_type", "lr_scheduler", "scheduler", "lr_schedule", "schedule", "sched"),
    "precision": ("precision", "mixed_precision", "dtype", "amp_dtype"),
    "sequence_length": ("max_sequence_length", "max_seq_length", "sequence_length", "seq_len", "block_size",
                        "context_length", "max_length"),
    "workers": ("num_workers", "dataloader_num_workers", "workers"),
    "temperature": ("temperature", "sampling_temperature"),
    "beta2": ("adam_beta2", "beta2"),
    "total_steps": ("max_steps", "total_steps", "num_training_steps", "steps"),
    "dataset_size": ("dataset_size", "num_train_examples", "train_size", "num_samples"),
    "vocabulary": ("vocab_size", "vocabulary_size", "n_tokens", "num_tokens"),
    "parameters": ("num_parameters", "n_params", "total_parameters", "model_parameters"),
}  # fmt: skip


class Configuration:
    """The values of KEYS that a configuration has, with the dotted path of each."""

    def __init__(self, config: Mapping[str, Any] | None) -> None:
        leaves = list(_leaves(config or {}))
        self.paths: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.names = frozenset(key for _, key, value in leaves if value)  # all keys with a value that is not zero
        for concept, names in KEYS.items():
            found = _first(names, leaves)
            if found is not None:
                self.paths[concept], self.values[concept] = found

    def number(self, concept: str) -> float | None:
        """The value when it is a number (or text of one), else None."""
        value = self.values.get(concept)
        if isinstance(value, bool) or value is None:
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            return None

    def path(self, concept: str) -> str:
        """The dotted path of a concept, or its plain name where the configuration does not have it."""
        return self.paths.get(concept, KEYS[concept][0] if concept in KEYS else concept)


def _leaves(config: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    for key, value in config.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and depth < 8:
            yield from _leaves(value, f"{path}.", depth + 1)
        else:
            yield path, str(key).lower(), value


def _first(names: tuple[str, ...], leaves: list[tuple[str, str, Any]]) -> tuple[str, Any] | None:
    for name in names:
        for path, key, value in leaves:
            if key == name and value is not None:
                return path, value
    return None
