"""Watches the metrics of one run as they come and says when something is wrong, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from musiclog.anomaly import advice
from musiclog.anomaly.alert import Alert, plain
from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Episode
from musiclog.anomaly.evaluation import TrainingMean, ValidationWatch
from musiclog.anomaly.facts import facts_of
from musiclog.anomaly.gradient import GradientWatch
from musiclog.anomaly.hardware import CapacityWatch, MemoryWatch, ThroughputWatch
from musiclog.anomaly.incidents import Incidents
from musiclog.anomaly.learning_rate import LearningRateWatch
from musiclog.anomaly.loss import LossWatch, PartLossWatch
from musiclog.anomaly.nonfinite import NonFiniteWatch
from musiclog.anomaly.objective import LossScaleWatch, WeightWatch
from musiclog.anomaly.roles import SINGLE, role_of, stand_in

Look = Callable[[float], None]


class Watch(Protocol):
    """Looks at every finite value of one metric."""

    def look(self, value: float) -> None: ...



# The order within one row: what explains comes before what it explains.
_ORDER = ("objective_weight", "learning_rate", "loss_scale", "gradient_norm", "part_loss", "adversarial_loss", "loss",
          "train_loss", "validation_loss", "memory_capacity", "memory_used", "throughput", "step_time")  # fmt: skip
_NAN_ORDER = ("part_loss", "adversarial_loss", "loss", "gradient_norm")
_NUMBERS = frozenset({float, int})
_PLANS = 256  # sets of names that come together; a run has a handful


_WATCHES: dict[str, Callable[[str, Context], Watch]] = {
    "objective_weight": WeightWatch,
    "learning_rate": LearningRateWatch,
    "loss_scale": LossScaleWatch,
    "gradient_norm": GradientWatch,
    "part_loss": PartLossWatch,
    "adversarial_loss": PartLossWatch,
    "loss": LossWatch,
    "train_loss": TrainingMean,
    "validation_loss": ValidationWatch,
    "memory_capacity": CapacityWatch,
    "memory_used": MemoryWatch,
    "throughput": ThroughputWatch,
}


class Monitor:
    """update() takes every logged row and gives the alerts that it causes, most often none.

    roles: metric name -> role, where the names alone mislead (see roles.ROLES; "" ignores a metric).
    config: the run's configuration, for advice in its own values. total_steps: the planned length, if known.
    Never raises on odd input: values that are no numbers are passed over.
    """

    def __init__(
        self,
        *,
        roles: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        total_steps: float | None = None,
        sensitivity: str = "normal",
    ) -> None:
        self._override = dict(roles or {})
        self._config = Configuration(config)
        self._context = Context(self._told, total_steps or self._config.number("total_steps"))
        self._sensitivity = sensitivity
        self._holders: dict[str, tuple[int, str]] = {}  # single role -> rank of the name, name
        self._looks: dict[str, tuple[str, Look | None]] = {}  # metric -> role, who looks at it
        self._plans: dict[tuple[str, ...], list[tuple[str, Look | None]]] = {}
        self._nonfinite = NonFiniteWatch(self._context)
        self._incidents = Incidents()
        self._ids: set[str] = set()
        self._changes: list[tuple[Episode, str]] = []

    def update(
        self,
        step: float,
        metrics: Mapping[str, float],
        *,
        epoch: float | None = None,
        time: float | None = None,
    ) -> list[Alert]:
        """Take in one row. Rows of one step may come in pieces; a step that goes back is taken for a resume."""
        context = self._context
        if step != context.step or not context.count:
            if step < context.step:
                context.resumed_at = context.count
            elif context.count:
                context.steps_per_point = step - context.step
            context.count += 1
            context.step = step
        if epoch is not None:
            context.epoch = epoch
        context.time = time
        if not _NUMBERS.issuperset(map(type, metrics.values())):
            metrics = _numbers_of(metrics)
        names = tuple(metrics)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plan(names)
        self._walk(plan, metrics)
        return self._alerts() if self._changes else []

    def event(self, kind: str, step: float | None, data: Mapping[str, Any]) -> list[Alert]:
        """Take in what is no metric: resume, checkpoint, data_usage."""
        self._context.heard(kind, step, data)
        return []

    def finish(self) -> list[Alert]:
        """The run ended: close what is open."""
        for episode in list(self._context.open):
            episode.end(self._context.count, "settled", ended="the run ended")
        return self._alerts()

    @property
    def roles(self) -> dict[str, str]:
        """Every metric met so far and its role."""
        return {name: role for name, (role, _) in self._looks.items()}

    def _walk(self, plan: list[tuple[str, Look | None]], metrics: Mapping[str, float]) -> None:
        broken = self._context.broken
        if broken:
            broken.clear()
        for name, look in plan:
            value = metrics[name]
            if value - value != 0.0:  # NaN or infinity
                broken.append(name)
            elif look is not None:
                look(value)
        later = self._context.later
        if later:
            for judge in later:
                judge()
            later.clear()
        if broken or self._nonfinite.suspected:
            self._look_at_broken(broken)

    def _look_at_broken(self, broken: list[str]) -> None:
        # The mean of an epoch with one NaN in it is NaN too: that is told already.
        broken = [name for name in broken if self._looks[name][0] != "train_loss"] or (
            broken if not self._nonfinite.seen else []
        )
        broken.sort(key=self._nearness)
        roles = [self._looks[name][0] for name in broken]
        self._nonfinite.look(
            broken,
            any(role in ("loss", "part_loss", "adversarial_loss") for role in roles),
            "gradient_norm" in roles,
        )

    def _nearness(self, name: str) -> int:
        """Parts of the loss first, then the loss, then the gradient: where NaN comes from before where it goes."""
        role = self._looks[name][0]
        return _NAN_ORDER.index(role) if role in _NAN_ORDER else len(_NAN_ORDER)

    def _plan(self, names: tuple[str, ...]) -> list[tuple[str, Look | None]]:
        """Who looks at what, in which order, for rows with just these names."""
        for name in names:
            if name not in self._looks:
                self._meet(name)
        watched = [name for name in names if self._looks[name][0]]
        watched.sort(key=lambda name: _ORDER.index(self._looks[name][0]) if self._looks[name][0] in _ORDER else 99)
        plan = [(name, self._looks[name][1]) for name in watched]
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[names] = plan
        return plan

    def _meet(self, name: str) -> None:
        role, rank = (self._override[name], -1) if name in self._override else role_of(name)
        if role in SINGLE:
            holder = self._holders.get(role)
            if holder is not None and holder[0] <= rank:
                self._assign(name, stand_in(role, name))
                return
            if holder is not None:  # the better name takes over and starts its own baseline
                self._assign(holder[1], stand_in(role, holder[1]))
                self._plans.clear()
            self._holders[role] = (rank, name)
        self._assign(name, role)

    def _assign(self, name: str, role: str) -> None:
        if role == "adversarial_loss":
            self._context.adversarial = True
        watch = _WATCHES.get(role)
        self._looks[name] = (role, watch(name, self._context).look if watch is not None else None)

    def _told(self, episode: Episode, state: str) -> None:
        self._changes.append((episode, state))

    def _alerts(self) -> list[Alert]:
        alerts = []
        while self._changes:  # an alert may make another one graver
            changes, self._changes = self._changes, []
            alerts += [self._alert(episode, state) for episode, state in changes]
        return alerts

    def _alert(self, episode: Episode, state: str) -> Alert:
        context = self._context
        if state == "opened":
            self._take_id(episode)
            context.open.append(episode)
            self._incidents.opened(episode, context.count)
            if episode.kind == "nan_values":
                self._end_in_nan(episode)
        elif state in ("recovered", "settled") and episode in context.open:
            context.open.remove(episode)
        incident = self._incidents.of(episode)
        cause = incident.cause if incident is not None else episode
        facts = facts_of(episode, context, self._config, state)
        return Alert(
            id=episode.id,
            kind=episode.kind,
            severity=episode.severity,
            state=state,
            metric=episode.metric,
            step=context.step,
            opened_step=episode.opened_step,
            last_step=episode.last_step,
            title=advice.title(episode.kind, facts),
            evidence=plain(episode.evidence),
            suggestions=advice.suggestions(episode.kind, facts, self._config),
            incident=incident.id if incident is not None else None,
            cause=cause.id if cause is not episode else None,
            epoch=context.epoch,
            time=context.time,
        )

    def _end_in_nan(self, nan: Episode) -> None:
        """What led to NaN in the loss could not have ended worse."""
        if nan.evidence.get("loss_finite"):
            return
        for episode in self._context.open:
            if episode.kind in ("gradient_explosion", "training_divergence", "loss_spike"):
                episode.raise_to("fatal", ended_in_nan=True)

    def _take_id(self, episode: Episode) -> None:
        """Make a new episode's id its own, also when two metrics open at one step."""
        if episode.times > 1:
            return
        wanted, number = episode.id, 2
        while episode.id in self._ids:
            episode.id = f"{wanted}-{number}"
            number += 1
        self._ids.add(episode.id)


def _numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, bool | str | bytes) or value is None:
            continue
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        numbers[name] = number
    return numbers
