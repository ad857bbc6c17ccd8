"""NaN and infinity, in whatever metric they show first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

# Where NaN comes from before where it goes: parts of the loss, the loss, the gradient, then the rest.
_NEARNESS = {"part_loss": 0, "adversarial_loss": 0, "loss": 1, "gradient_norm": 2}
_LOSSES = frozenset({"loss", "part_loss", "adversarial_loss"})
_USUALLY_FINITE = 20  # values in a row after which a metric without a role counts as usually finite


class FiniteRun:
    """Counts the finite values of a metric without a role, many of which are NaN wherever they are undefined."""

    __slots__ = ("length",)

    def __init__(self) -> None:
        self.length = 0

    def look(self, _value: float) -> None:
        self.length += 1


class NonFiniteWatch:
    """One episode for the whole run, because NaN spreads from metric to metric."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._episode = context.episode("nan_values", "", Rhythm(on=1, off=10, cool=50))
        self._in_a_row = 0
        self._lately: deque[int] = deque(maxlen=100)  # counts of steps with a value that is not finite
        self._others: dict[str, FiniteRun] = {}
        self.first = ""  # the metric that began the trouble, until it has been finite for long enough

    def counter(self, name: str) -> Callable[[float], None]:
        """What looks at a metric without a role."""
        return self._others.setdefault(name, FiniteRun()).look

    def meet(self, broken: list[str], roles: Mapping[str, str]) -> None:
        """broken: this row's metrics that are NaN or infinite."""
        names = sorted((name for name in broken if self._is_news(name, roles[name])), key=_nearness(roles))
        if not names:
            return
        context, episode = self._context, self._episode
        self._in_a_row += 1
        self._lately.append(context.count)
        if not episode.is_open:
            self.first = episode.metric = names[0]
        held = {roles[name] for name in names}
        loss_is_broken = bool(held & _LOSSES)
        episode.trouble(
            context.count,
            context.step,
            self._severity(loss_is_broken, "gradient_norm" in held),
            lambda: {
                "first": names[0],
                "metrics": names[:8],
                "in_a_row": self._in_a_row,
                "gradient_before": context.gradient_norm,
                "gradient_ratio": context.gradient_ratio,
                "loss_scale": context.loss_scale,
                "loss_before": context.loss,
                "loss_finite": not loss_is_broken,
            },
            size=self._in_a_row,
        )

    def calm(self) -> None:
        """The metric that began it is finite in this row."""
        self._in_a_row = 0
        if self._episode.suspected:
            self._episode.calm(self._context.count)
        if not self._episode.suspected:
            self.first = ""

    def _is_news(self, name: str, role: str) -> bool:
        if role == "train_loss":  # the mean of an epoch with one NaN in it is NaN too
            return not self._lately
        if role != "other":
            return True
        run = self._others[name]
        usually_finite, run.length = run.length >= _USUALLY_FINITE, 0
        return usually_finite or self._episode.is_open

    def _severity(self, loss_is_broken: bool, gradient_is_broken: bool) -> str:
        lately = sum(1 for at in self._lately if self._context.count - at < 100)
        if loss_is_broken:
            return "fatal" if self._in_a_row >= 3 else "critical"
        if not gradient_is_broken:
            return "warning"
        # A gradient scaler skips a step now and then; that is how mixed precision works.
        if self._context.loss_scale is not None and lately <= 2:
            return "info"
        return "critical" if self._in_a_row >= 3 else "warning"


def _nearness(roles: Mapping[str, str]) -> Callable[[str], int]:
    return lambda name: _NEARNESS.get(roles[name], len(_NEARNESS))
