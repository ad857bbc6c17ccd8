"""What the training itself does about an alert, when its author has switched that on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import RunError

if TYPE_CHECKING:
    from .anomaly import Alert

ACTIONS = ("stop", "checkpoint", "skip_batch", "reduce_learning_rate")
SEVERITIES = ("warning", "critical", "fatal")  # these may stand in place of a kind: all alerts at least so grave
REMEMBERED = 1_000  # incidents that were acted upon
WAITING = 100  # requests that nobody fetched are forgotten beyond this many, oldest first

Do = Callable[["Alert"], object]
Plan = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to be done, and the alert that asks for it."""

    action: str
    alert: Alert


class Actions:
    """A policy: which alerts ask for which actions. Nothing is done that is not named here.

        Actions({"nan_values": "stop", "loss_spike": ["checkpoint", "reduce_learning_rate"]},
                checkpoint=lambda alert: trainer.save(f"before-{alert.kind}.pt"))

    on: kind of alert, or "warning", "critical", "fatal" for all alerts at least so grave -> action or actions.
    stop, checkpoint, skip_batch, reduce_learning_rate: what to call, each with the Alert, in the thread that logs,
    between two steps. An action without a function is only requested: see Run.requested_action, Run.should_stop.
    Every action is asked for once an incident. Only rank 0 watches: tell the other ranks of Run.should_stop yourself.
    Raises RunError for an action that does not exist.
    """

    def __init__(
        self,
        on: Plan,
        *,
        stop: Do | None = None,
        checkpoint: Do | None = None,
        skip_batch: Do | None = None,
        reduce_learning_rate: Do | None = None,
    ) -> None:
        self.on = {condition: _names(condition, wanted) for condition, wanted in on.items()}
        functions = (stop, checkpoint, skip_batch, reduce_learning_rate)
        self.functions = {name: do for name, do in zip(ACTIONS, functions, strict=True) if do is not None}

    def wanted(self, alert: Alert) -> list[str]:
        """What an alert asks for, in the order in which it is to be done: a checkpoint comes before the stop."""
        if alert.state not in ("opened", "escalated"):
            return []
        conditions = [alert.kind, *(word for word in SEVERITIES if _at_least(alert.severity, word))]
        names = {name for condition in conditions for name in self.on.get(condition, ())}
        return sorted(names, key=_ORDER.index)


_ORDER = ("checkpoint", "skip_batch", "reduce_learning_rate", "stop")


class Agenda:
    """What alerts have asked for and what is still to be done. Fed and emptied by the Run, in any thread."""

    def __init__(self, policy: Actions | None) -> None:
        self._policy = policy
        self._asked: dict[tuple[str, str], None] = {}  # (incident, action)
        self._to_call: deque[Request] = deque()
        self._to_fetch: deque[Request] = deque(maxlen=WAITING)
        self.should_stop = False

    @property
    def waiting(self) -> bool:
        return bool(self._to_call)

    def hear(self, alert: Alert) -> list[Request]:
        """Take in an alert; gives the requests for which there is no function."""
        if self._policy is None:
            return []
        fresh = [Request(name, alert) for name in self._policy.wanted(alert) if self._first(alert, name)]
        self.should_stop = self.should_stop or any(request.action == "stop" for request in fresh)
        self._to_call.extend(request for request in fresh if request.action in self._policy.functions)
        unserved = [request for request in fresh if request.action not in self._policy.functions]
        self._to_fetch.extend(unserved)
        return unserved

    def next_call(self) -> tuple[Request, Do] | None:
        if self._policy is None:
            return None
        try:
            request = self._to_call.popleft()
        except IndexError:  # nothing, or another thread that logs was first
            return None
        return request, self._policy.functions[request.action]

    def fetch(self) -> Request | None:
        return self._to_fetch.popleft() if self._to_fetch else None

    def _first(self, alert: Alert, action: str) -> bool:
        key = alert.incident or alert.id, action
        if key in self._asked:
            return False
        self._asked[key] = None
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]
        return True


def _names(condition: str, wanted: str | Sequence[str]) -> tuple[str, ...]:
    # Not paid by import musiclog.
    from difflib import get_close_matches  # noqa: PLC0415

    from .anomaly.alert import KINDS  # noqa: PLC0415

    names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    known = (*KINDS, *SEVERITIES)
    meant = () if condition in known else get_close_matches(condition, known, 1, 0.8)  # plug-ins bring kinds, too
    if meant:
        raise RunError(f"no alert is called {condition!r}; is {meant[0]!r} meant?")
    for name in names:
        if name not in ACTIONS:
            raise RunError(f"no action is called {name!r} (for {condition!r}); there are {', '.join(ACTIONS)}")
    return names


def _at_least(severity: str, word: str) -> bool:
    return severity in SEVERITIES and SEVERITIES.index(severity) >= SEVERITIES.index(word)
