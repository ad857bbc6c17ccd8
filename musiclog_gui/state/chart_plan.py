"""Which charts a set of metric names asks for, in which sections and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from musiclog.anomaly.roles import role_of

LOSSES, OPTIMISER, QUALITY, SPEED, SYSTEM, OTHER = (
    "Losses", "Optimiser", "Musical quality", "Throughput", "System", "Other metrics",
)  # fmt: skip
SECTIONS = (LOSSES, OPTIMISER, QUALITY, SPEED)  # first in this order; then those of other names; these last:
LAST_SECTIONS = (OTHER, SYSTEM)
# Ends the names of metrics that are calculated here: none of them is ever taken for a logged one.
SCORED_HERE = " · scored here"

# role of a metric -> (section, place in it)
_BY_ROLE = {
    "loss": (LOSSES, 0), "train_loss": (LOSSES, 1), "validation_loss": (LOSSES, 2), "part_loss": (LOSSES, 3),
    "adversarial_loss": (LOSSES, 4),
    "learning_rate": (OPTIMISER, 0), "gradient_norm": (OPTIMISER, 1), "loss_scale": (OPTIMISER, 2),
    "objective_weight": (OPTIMISER, 3),
    "throughput": (SPEED, 0), "step_time": (SPEED, 1),
    "memory_used": (SYSTEM, 0), "memory_capacity": (SYSTEM, 1),
}  # fmt: skip
_QUALITY = re.compile(
    r"(^|/)quality([/_]|$)|(^|/)(rhythm_(consistency|diversity)|harmonic_coherence|melodic_contour|dynamic_range"
    r"|note_density|pitch_range|structural_coherence)$"
)
_SPEED = re.compile(r"per_s(ec(ond)?)?$|throughput|(^|/)(data|step|batch|epoch)_?(time|seconds)")
_SYSTEM = re.compile(r"(^|[/_.])(gpus?|cpus?|cuda|tpu|mps|ram|rss|mem(ory)?|disks?|vram|swap|nvml|system)([/_.\d]|$)")
_VALIDATION = re.compile(r"^(val|valid|validation|eval|test|dev)[/_]|[/_](val|valid|validation|eval|test|dev)$", re.I)
_UNITS = (
    (re.compile(r"per_?s(ec(ond)?)?$"), "1/s"), (re.compile(r"_ms$"), "ms"), (re.compile(r"_(s|sec|seconds)$"), "s"),
    (re.compile(r"_gi?b(ytes)?$|\.[a-z]*gb$"), "GB"), (re.compile(r"_mi?b(ytes)?$|\.[a-z]*mb$|megabytes$"), "MB"),
    (re.compile(r"(^|[._/])bytes$|memoryallocatedbytes$"), "bytes"), (re.compile(r"watts?$|_w$"), "W"),
    (re.compile(r"(pct|percent|percentage)$|utili[sz]ation$"), "%"),
    (re.compile(r"(^system|gpu|cpu)[./\d]*\.(gpu|cpu|memory|memoryallocated|disk)$"), "%"),  # as W&B logs them
    (re.compile(r"temp(erature)?(_c)?$"), "°C"), (re.compile(r"_mhz$"), "MHz"), (re.compile(r"_rpm$"), "rpm"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """One chart: a metric, and its counterpart on validation data where there is one."""

    section: str
    name: str  # the metric drawn with a full line; the chart's key
    validation: str | None = None  # drawn with points, in the same colour
    role: str = "other"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,) if self.validation is None else (self.name, self.validation)

    @property
    def measured(self) -> bool:
        """Whether the values carry noise. A schedule is drawn as it was set: smoothing would bend its corners."""
        return self.role not in ("learning_rate", "objective_weight", "loss_scale")

    @property
    def scored_here(self) -> bool:
        return self.name.endswith(SCORED_HERE)

    @property
    def unit(self) -> str:
        return next((unit for pattern, unit in _UNITS if pattern.search(self.name.lower())), "")


def plan(names: Iterable[str], corrections: Mapping[str, str] | None = None) -> list[ChartPlan]:
    """The charts for these metrics. Counters (step, epoch, time) have none; a validation metric joins its twin.

    corrections: metric -> role, where the user knows better than its name.
    """
    known = corrections or {}
    roles = {name: known[name] if name in known else role_of(name)[0] for name in names}
    drawn = {name: role for name, role in roles.items() if role}
    twins = {twin: name for name in drawn if (twin := _training_twin(name, drawn)) is not None}
    joined = set(twins.values())
    charts = [
        ChartPlan(section_of(name, role), name, twins.get(name), role)
        for name, role in drawn.items() if name not in joined
    ]  # fmt: skip
    return sorted(charts, key=_order)


def is_quality(name: str) -> bool:
    """Whether a metric tells how good the music is, by its name."""
    return _QUALITY.search(name.lower()) is not None


def section_of(name: str, role: str) -> str:
    """Where a metric belongs: by its role, else by what its name tells, else by the part before the first slash."""
    low = name.lower()
    if is_quality(low):
        return QUALITY
    if role in _BY_ROLE:
        return _BY_ROLE[role][0]
    if _SPEED.search(low):
        return SPEED
    if _SYSTEM.search(low):
        return SYSTEM
    head, slash, _ = name.partition("/")
    return head.replace("_", " ").capitalize() if slash else OTHER


def _training_twin(name: str, known: Iterable[str]) -> str | None:
    bare = _VALIDATION.sub("", name)
    if bare == name:
        return None
    part = bare.removesuffix("_loss").removeprefix("loss_")  # val/rhythm_loss beside loss/rhythm
    candidates = (
        bare, f"train/{bare}", f"train_{bare}", f"{bare}/train", f"total_{bare}" if bare == "loss" else bare,
        f"loss/{part}", f"train/loss/{part}", f"loss_{part}", f"train/{part}_loss", f"train/loss_{part}",
    )  # fmt: skip
    return next((each for each in candidates if each in known), None)


def _order(chart: ChartPlan) -> tuple[Any, ...]:
    overall_first = not chart.name.removesuffix(SCORED_HERE).endswith("overall")
    place = _BY_ROLE.get(chart.role, ("", 9))[1]
    return *_section_order(chart.section), place, overall_first, chart.name.count("/"), _natural(chart.name)


def _section_order(section: str) -> tuple[int, Any]:
    if section in SECTIONS:
        return SECTIONS.index(section), ()
    last = section in LAST_SECTIONS
    return len(SECTIONS) + (1 + LAST_SECTIONS.index(section) if last else 0), _natural(section)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts layer2 before layer10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
