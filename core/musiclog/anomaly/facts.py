"""Everything that the catalogue may ask for: an episode's evidence, where the run stands, what it is configured to."""

from __future__ import annotations

from math import log
from typing import Any

from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Episode

Facts = dict[str, Any]

_CONFIGURED = (
    "clip", "batch_size", "accumulation", "dropout", "weight_decay", "warmup", "sequence_length", "workers", "beta2",
    "dataset_size", "vocabulary", "temperature", "parameters",
)  # fmt: skip


def facts_of(episode: Episode, context: Context, config: Configuration, state: str = "opened") -> Facts:
    """The facts by the names that the head of the catalogue lists; None or absent where the run does not say."""
    facts: Facts = {
        "metric": episode.metric,
        "step": episode.first_step,
        "step_before": episode.first_step - 1,
        "last_step": episode.last_step,
        "back_step": episode.last_step + 1,
        "now_step": context.step,
        "opened": episode.times,
        "over": state in ("recovered", "settled"),
        "recovered": state == "recovered",
        "settled": state == "settled",
        "severity": episode.severity,
        "epoch": context.epoch,
    }
    facts.update(_of_the_rate(context))
    facts.update(_of_the_loss(context))
    facts.update(_of_the_machine(context))
    facts.update(_of_the_configuration(config))
    facts.update(_of_the_files(context, episode.first_step))
    facts.update({key: value for key, value in episode.evidence.items() if value is not None})
    facts.update(_derived(episode, facts))
    return facts


def _of_the_rate(context: Context) -> Facts:
    rate = context.learning_rate
    facts: Facts = {
        "lr": rate,
        "lr_before": context.learning_rate_before,
        "lr_peak": context.learning_rate_peak or None,
        "lr_issue": context.learning_rate_trouble,
        "lr_moved": context.since(context.learning_rate_changed_at) <= 50,
        "resumed": context.since(context.resumed_at) <= 100,
    }
    if rate is not None and rate > 0:
        facts.update(lr_half=rate / 2, lr_third=rate / 3, lr_tenth=rate / 10, lr_triple=rate * 3, lr_tenfold=rate * 10)
    return facts


def _of_the_loss(context: Context) -> Facts:
    facts: Facts = {
        "gradient": context.gradient_norm,
        "loss": context.loss,
        "loss_median": context.loss_median,
        "loss_moved": context.since(context.loss_at) <= 1 and context.loss_surprise > 4,
        "loss_scale": context.loss_scale,
        "adversarial": context.adversarial,
        "diverged": context.is_open("training_divergence"),
        "train": context.last_train_loss,
        "validation_loss": context.last_validation_loss,
    }
    if context.validation_best is not None:
        facts["best_step"], facts["best"] = context.validation_best
    train, validation = context.last_train_loss, context.last_validation_loss
    if train and validation is not None and train > 0:
        facts["validation_gap_percent"] = 100 * (validation - train) / train
    if context.loss_median is not None:
        facts["loss_limit"] = context.loss_median + 7 * context.loss_sigma
    if context.gradient_p90 is not None:
        facts["clip_new"] = float(f"{2 * context.gradient_p90:.2g}")
    return facts


def _of_the_machine(context: Context) -> Facts:
    facts: Facts = {"memory": context.memory, "total_steps": context.total_steps}
    if context.memory is not None and context.memory_capacity:
        facts["memory_percent"] = 100 * context.memory / context.memory_capacity
    if context.total_steps and context.total_steps > context.step:
        facts["remaining_steps"] = context.total_steps - context.step
    return facts


def _of_the_configuration(config: Configuration) -> Facts:
    facts: Facts = {name: config.number(name) for name in _CONFIGURED}
    precision = str(config.values.get("precision") or "").lower()
    facts["precision"] = precision or None
    facts["fp16"] = precision in ("fp16", "float16", "16", "16-mixed", "16-true", "half")
    facts["batch_half"] = _half(facts["batch_size"])
    facts["accumulation_double"] = 2 * (facts["accumulation"] or 1)
    facts["workers_double"] = 2 * facts["workers"] if facts["workers"] else None
    facts["warmup_double"] = 2 * facts["warmup"] if facts["warmup"] else None
    facts["dropout_new"] = 0.2
    if facts["vocabulary"] and facts["vocabulary"] > 1:
        facts["baseline"] = log(facts["vocabulary"])
    return facts


def _half(size: float | None) -> int | None:
    return int(size) // 2 if size is not None and size >= 2 else None


def _of_the_files(context: Context, step: float) -> Facts:
    facts: Facts = {}
    checkpoint = context.checkpoint_before(step - 1)
    if checkpoint is not None and checkpoint[1]:
        facts["checkpoint_step"], facts["checkpoint"] = checkpoint
    files = context.files_around(step)
    if files:
        facts["files"] = files[-5:]
    return facts


def _derived(episode: Episode, facts: Facts) -> Facts:
    """Names under which only some of an episode's variants have a figure, so that titles can choose by them."""
    issue, value = facts.get("issue"), facts.get("value")
    derived: Facts = {}
    if issue == "jump" and episode.kind == "learning_rate_issue":
        derived["jump_before"], derived["jump_ratio"] = facts.get("before"), facts.get("ratio")
    elif issue == "growth":
        derived["grown_value"] = value
    elif issue == "schedule":
        derived["off_value"] = value
    elif issue == "zero":
        derived["zero_value"] = value
    if facts.get("slow"):
        derived["slow_value"] = value
    return derived
