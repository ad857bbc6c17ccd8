"""Who looks at which metric: built-in watches and those of plug-ins, registered by the same call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Protocol

from musiclog.anomaly.context import Context
from musiclog.anomaly.evaluation import TrainingMean, ValidationWatch
from musiclog.anomaly.gradient import GradientWatch
from musiclog.anomaly.hardware import CapacityWatch, MemoryWatch, StepTimeWatch, ThroughputWatch
from musiclog.anomaly.learning_rate import LearningRateWatch
from musiclog.anomaly.loss import LossWatch, PartLossWatch
from musiclog.anomaly.objective import LossScaleWatch, WeightWatch

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "musiclog.detectors"  # entry points: functions that are called once with register


class Watch(Protocol):
    """Looks at every finite value of one metric, and reports through the episodes that its context makes."""

    def look(self, value: float) -> None: ...


Factory = Callable[[str, Context], Watch]  # called with the metric's name when it is first seen
Register = Callable[[str, Factory], None]


class Watches:
    """The factories by role of the metric, several to a role."""

    def __init__(self) -> None:
        self._factories: dict[str, list[Factory]] = {}
        self.problems: list[str] = []  # plug-ins that could not be loaded, one sentence each

    def register(self, role: str, factory: Factory) -> None:
        """Let factory(metric, context) look at metrics of this role (see roles.ROLES)."""
        self._factories.setdefault(role, []).append(factory)

    def look_of(self, role: str, metric: str, context: Context) -> Callable[[float], None] | None:
        """What is to be called with every value of the metric, None when nobody cares."""
        looks = [factory(metric, context).look for factory in self._factories.get(role, ())]
        if len(looks) <= 1:
            return looks[0] if looks else None

        def all_look(value: float) -> None:
            for look in looks:
                look(value)

        return all_look


def register_built_in(register: Register) -> None:
    """The detectors that musiclog brings."""
    register("objective_weight", WeightWatch)
    register("learning_rate", LearningRateWatch)
    register("loss_scale", LossScaleWatch)
    register("gradient_norm", GradientWatch)
    register("part_loss", PartLossWatch)
    register("adversarial_loss", PartLossWatch)
    register("loss", LossWatch)
    register("train_loss", TrainingMean)
    register("validation_loss", ValidationWatch)
    register("memory_capacity", CapacityWatch)
    register("memory_used", MemoryWatch)
    register("throughput", ThroughputWatch)
    register("step_time", StepTimeWatch)


@cache
def watches() -> Watches:
    """All of them, found once a process."""
    found = Watches()
    register_built_in(found.register)
    for point in _entry_points():
        try:
            point.load()(found.register)
        except Exception as error:  # noqa: BLE001 - a plug-in that fails is a notice, never the end of the training
            found.problems.append(f"detector {point.name} ({point.value}) cannot be used: {error!r}")
    return found


def _entry_points() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - its import costs as much as all detectors together

    return entry_points(group=GROUP)
