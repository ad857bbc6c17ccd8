"""Which metric is the loss, which the gradient norm: found by name, whatever tracker wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Roles that one metric of a run holds; of several candidates the best name does.
SINGLE: Final = frozenset({
    "loss", "train_loss", "validation_loss", "gradient_norm", "learning_rate", "throughput", "step_time",
    "memory_used", "memory_capacity", "loss_scale",
})  # fmt: skip
# Roles that any number of metrics hold.
SHARED: Final = frozenset({"part_loss", "adversarial_loss", "objective_weight", "other"})
ROLES: Final = SINGLE | SHARED

_VALIDATION = re.compile(r"(^|[/_. -])(val|valid|validation|eval|evaluation|test|dev|holdout)([/_. -]|\d|$)")
_COUNTERS = re.compile(r"(^|/)(_?step|global_?step|_?epoch|batch|iteration|iter|_?t|time|timestamp|_timestamp|_runtime"
                       r"|progress|total_batches|total_flos)$")  # fmt: skip

# (role, patterns from the best name to the worst). The first role with a match wins, so order matters: a weight
# of the KL term is no loss, and a peak of memory is no capacity.
_PATTERNS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("objective_weight", (
        r"(kl|recon\w*|adv\w*|gan|gp|cycle|perceptual|commit\w*|aux\w*|loss|reg)[\w/]*_(weight|coef|coeff|coefficient|beta|lambda)$",
        r"(^|[/_])(beta|kl_?beta|lambda|anneal\w*|temperature|teacher_forcing\w*|mask(ing)?_(ratio|rate))$",
    )),
    ("loss_scale", (r"(^|[/_])(loss_?scale|grad_?scale|amp_?scale|scaler?)([/_]|$)",)),
    ("gradient_norm", (
        r"(^|[/_.])(total_|global_)?grad(ient)?s?_?(global_|total_)?norm(_?pre_?clip)?$",
        r"(^|[/_.])(grad(ient)?s?[/_.]norm([/_.](total|global))?|g_?norm|grad_[\d.]+_norm_total|grad_2\.0_norm)$",
        r"grad(ient)?s?[/_.]?(global_|total_)?norm(?!.*(clipped|post|after|max|clip_value))",
    )),
    ("learning_rate", (
        r"(^|[/_.])learning_?rate$",
        r"(^|[/_. ])lr$",
        r"(^|/)lr[-/_.]\w+([/.-]\w+)*$",
        r"(^|[/_.])learning_?rate[/_.\w]*$",
    )),
    ("memory_capacity", (r"(gpu|cuda|vram|device)\w*[/_.](total|capacity)", r"(gpu|cuda|vram)\w*(total|capacity)")),
    ("memory_used", (
        r"(^|[/_.])(gpu|cuda|vram)(_?mem(ory)?)?[/_.]?(allocated|used)\w*$",
        r"(gpu|cuda|vram|device)(?!.*(max|peak|total|capacity|reserved|percent|util)).*(allocated|used|mem)",
    )),
    ("throughput", (
        r"tokens?[/_]?(per_?|/)_?s(ec(ond)?)?s?($|[/_])|(^|[/_])(wps|tps|tok_s|tgs)$",
        r"(samples|examples|sequences|items|notes)[/_]?(per_?|/)_?s(ec(ond)?)?s?($|[/_])|(^|[/_])sps$",
        r"(it|its|iter\w*|steps|batches|ups)[/_]?(per_?|/)_?s(ec(ond)?)?s?($|[/_])|(^|[/_])(ups|throughput)$",
    )),
    ("step_time", (r"(step|batch|iter\w*)_?(time|duration|seconds)(_s|_ms)?$|sec\w*_per_(it|step|batch)\w*$",)),
)  # fmt: skip

_LOSS: Final = (
    r"(^|/)total_?loss$|(^|/)loss(es)?/total$",
    r"(^|/)loss$",
    r"(^|/)train(ing)?[/_]loss([/_]step)?$|(^|/)(batch|step)_loss$|(^|/)loss[/_](step|batch|train)$",
    r"(^|/)(train(ing)?_)?(objective|cost|nll|elbo|cross_?entropy)(_loss)?$|^total$",
)
_TRAIN_MEAN: Final = (
    r"(^|/)train(ing)?[/_](total_)?loss[/_]epoch$|(^|/)(epoch[/_])(train(ing)?_)?loss$|(^|/)train(ing)?_loss$",
)
_ADVERSARIAL: Final = re.compile(r"(^|[/_.])(adv(ersarial)?|gen(erator)?|disc(riminator)?|critic|[gd])(_?loss(es)?)?$"
                                 r"|(^|[/_.])(loss(es)?)[/_.](adv\w*|gen\w*|disc\w*|critic|[gd])$")  # fmt: skip
_PART: Final = re.compile(r"loss|recon|(^|[/_.])(kl|kld|mse|nll|elbo|commit\w*|ce)(_?div\w*)?$|(^|/)losses/")

_COMPILED = tuple((role, tuple(re.compile(each) for each in patterns)) for role, patterns in _PATTERNS)
_COMPILED_LOSS = tuple(re.compile(each) for each in _LOSS)
_COMPILED_TRAIN_MEAN = tuple(re.compile(each) for each in _TRAIN_MEAN)


def role_of(name: str) -> tuple[str, int]:
    """The role of a metric and how good its name is for it, 0 for the best.

    Roles are those of ROLES; "other" is watched for NaN only and "" is a counter, watched for nothing.
    """
    low = name.lower()
    if _COUNTERS.search(low):
        return "", 0
    if re.match(r"rank_?\d+[/_.]", low) and not low.startswith(("rank0/", "rank_0/", "rank0_")):
        return "other", 0  # other ranks repeat what rank 0 says
    if _VALIDATION.search(low):
        return _validation(low)
    for role, patterns in _COMPILED:
        for rank, pattern in enumerate(patterns):
            if pattern.search(low):
                return role, rank
    return _loss(low)


def named_roles(names: Mapping[str, str] | list[str], override: Mapping[str, str] | None = None) -> dict[str, str]:
    """Name to role for a whole run, each single role held by the best name only, for showing and correcting."""
    holders: dict[str, tuple[int, str]] = {}
    roles: dict[str, str] = {}
    for name in names:
        role, rank = (override[name], -1) if override and name in override else role_of(name)
        roles[name] = role
        if role in SINGLE and (role not in holders or rank < holders[role][0]):
            holders[role] = (rank, name)
    return {
        name: role if role not in SINGLE or holders[role][1] == name else stand_in(role, name)
        for name, role in roles.items()
    }


def stand_in(role: str, name: str) -> str:
    """What a metric is when a better name holds its role: a second loss is an epoch's mean or a part."""
    if role != "loss":
        return "other"
    return "train_loss" if any(each.search(name.lower()) for each in _COMPILED_TRAIN_MEAN) else "part_loss"


def _validation(low: str) -> tuple[str, int]:
    if not re.search(r"loss|nll|perplexity|(^|[/_])ppl|elbo|cross_?entropy", low):
        return "other", 0
    if re.search(r"total_?loss|loss(es)?/total", low):
        return "validation_loss", 0
    if re.search(r"(^|[/_.])(val\w*|eval\w*|test|dev)[/_.]loss([_/]epoch)?$|loss[/_.](val|eval)\w*$", low):
        return "validation_loss", 1
    return "validation_loss", 3 if re.search(r"recon|kl|adv|gen|disc|per_|aux", low) else 2


def _loss(low: str) -> tuple[str, int]:
    for rank, pattern in enumerate(_COMPILED_LOSS):
        if pattern.search(low):
            return "loss", rank
    for rank, pattern in enumerate(_COMPILED_TRAIN_MEAN):
        if pattern.search(low):
            return "train_loss", rank
    if _ADVERSARIAL.search(low):
        return "adversarial_loss", 0
    return ("part_loss", 0) if _PART.search(low) else ("other", 0)
