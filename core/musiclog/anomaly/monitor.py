"""Watches the metrics of one run as they come and says when something is wrong, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from musiclog.anomaly import advice
from musiclog.anomaly.alert import Alert, plain
from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Episode
from musiclog.anomaly.facts import facts_of
from musiclog.anomaly.incidents import Incidents
from musiclog.anomaly.nonfinite import NonFiniteWatch
from musiclog.anomaly.roles import SINGLE, role_of, stand_in
from musiclog.anomaly.samples import SampleWatch
from musiclog.anomaly.schedule import planned
from musiclog.anomaly.watches import watches

Look = Callable[[float], None]

# The order within one row: what explains comes before what it explains.
_ORDER = (
    "objective_weight", "learning_rate", "loss_scale", "gradient_norm", "part_loss", "adversarial_loss", "loss",
    "train_loss", "validation_loss", "memory_capacity", "memory_used", "throughput", "step_time",
)  # fmt: skip
_NUMBERS = frozenset({float, int})
_PLANS = 256  # sets of names that come together; a run has a handful
_ENDED_WORSE = ("gradient_explosion", "training_divergence", "loss_spike")


class Plan:
    """Who looks at what, in which order, for rows with just these names."""

    __slots__ = ("looks", "step")

    def __init__(self, looks: list[tuple[str, Look | None]]) -> None:
        self.looks = looks
        self.step = float("-inf")  # of the last such row


class Monitor:
    """update() takes every logged row and gives the alerts that it causes, most often none.

    roles: metric name -> role, where the names alone mislead (see roles.ROLES; "" ignores a metric).
    config: the run's configuration, for advice in its own values. total_steps: the planned length, if known.
    sensitivity: low, normal or high; the guide tells their rates of false alarms.
    Never raises on odd input: values that are no numbers are passed over. Memory is constant.
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
        self._context = Context(self._told, total_steps or self._config.number("total_steps"), sensitivity)
        self._context.schedule = planned(self._config, self._context.total_steps)
        self._watches = watches()
        self._holders: dict[str, tuple[int, str]] = {}  # single role -> rank of the name, name
        self._looks: dict[str, Look | None] = {}
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._nonfinite = NonFiniteWatch(self._context)
        self._samples = SampleWatch(self._context)
        self._incidents = Incidents()
        self._changes: list[tuple[Episode, str]] = []
        self._taken: dict[str, int] = {}  # kind and step of episodes -> how many

        self.roles: dict[str, str] = {}  # every metric met so far and its role

    def update(
        self,
        step: float,
        metrics: Mapping[str, float],
        *,
        epoch: float | None = None,
        time: float | None = None,
    ) -> list[Alert]:
        """Take in one row. Rows of one step may come in pieces.

        When the same metrics come with a smaller step than before, the run is taken for resumed. Other metrics with
        smaller steps (some trackers count epochs there) belong to the present step.
        """
        if not _NUMBERS.issuperset(map(type, metrics.values())):
            metrics = _numbers_of(metrics)
        names = tuple(metrics)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plan(names)
        context = self._context
        if step > context.step or not context.count:
            context.advance(step)
        elif step < plan.step:
            context.resumed(step)
        plan.step = step
        if epoch is not None:
            context.epoch = epoch
        context.time = time
        self._walk(plan.looks, metrics)
        return self._alerts() if self._changes else []

    def event(self, kind: str, step: float | None, data: Mapping[str, Any]) -> list[Alert]:
        """Take in what is no metric: resume, checkpoint, data_usage, and card (the score card of a sample)."""
        context = self._context
        if kind == "card":
            self._samples.take(context.step if step is None else step, data)
        else:
            context.heard(kind, step, data)
        return self._alerts() if self._changes else []

    def finish(self) -> list[Alert]:
        """The run ended: judge its last samples and close what is open."""
        self._samples.judge()
        alerts = self._alerts()
        for episode in list(self._context.open):
            episode.end(self._context.count, "settled", ended="the run ended")
        return alerts + self._alerts()

    def _walk(self, looks: list[tuple[str, Look | None]], metrics: Mapping[str, float]) -> None:
        context = self._context
        broken = context.broken
        if broken:
            broken.clear()
        for name, look in looks:
            value = metrics[name]
            if value - value != 0.0:  # NaN or infinity
                broken.append(name)
            elif look is not None:
                look(value)
        if context.later:
            for judge in context.later:
                judge()
            context.later.clear()
        if broken:
            self._nonfinite.meet(broken, self.roles)
        elif self._nonfinite.first in metrics:
            self._nonfinite.calm()

    def _plan(self, names: tuple[str, ...]) -> Plan:
        for name in names:
            if name not in self._looks:
                self._meet(name)
        watched = [name for name in names if self.roles[name]]
        watched.sort(key=lambda name: _ORDER.index(self.roles[name]) if self.roles[name] in _ORDER else len(_ORDER))
        plan = Plan([(name, self._looks[name]) for name in watched])
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
        self.roles[name] = role
        own = self._nonfinite.counter(name) if role == "other" else None
        self._looks[name] = self._watches.look_of(role, name, self._context) or own

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
            self._open(episode)
        elif state in ("recovered", "settled") and episode in context.open:
            context.open.remove(episode)
        incident = self._incidents.of(episode)
        cause = incident.cause if incident is not None else episode.id
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
            cause=cause if cause != episode.id else None,
            epoch=context.epoch,
            time=context.time,
        )

    def _open(self, episode: Episode) -> None:
        context = self._context
        if episode.times == 1:
            episode.id = self._own_id(episode.id)
        context.open.append(episode)
        self._incidents.opened(episode, context.count)
        if episode.kind == "nan_values" and not episode.evidence.get("loss_finite"):
            for other in context.open:  # what led to NaN in the loss could not have ended worse
                if other.kind in _ENDED_WORSE:
                    other.raise_to("fatal", ended_in_nan=True)

    def _own_id(self, wanted: str) -> str:
        """The id with a number when it is taken: two metrics at one step, or a step that came again after a resume."""
        taken = self._taken.pop(wanted, 0) + 1
        self._taken[wanted] = taken
        if len(self._taken) > 512:
            del self._taken[next(iter(self._taken))]
        return wanted if taken == 1 else f"{wanted}-{taken}"


def _numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The values that are numbers: numpy's and torch's scalars too, truth values and text not."""
    numbers: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, bool | str | bytes) or value is None:
            continue
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
    return numbers
