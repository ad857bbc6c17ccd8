"""NaN and infinity, in whatever metric they show first."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm


class NonFiniteWatch:
    """One episode for the whole run, because NaN spreads from metric to metric."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._episode = context.episode("nan_values", "", Rhythm(on=1, off=10, cool=50))
        self._in_a_row = 0
        self._lately: deque[int] = deque(maxlen=100)  # counts of steps with a value that is not finite

    @property
    def suspected(self) -> bool:
        return self._in_a_row > 0 or self._episode.suspected

    @property
    def seen(self) -> bool:
        """Whether this run had a value that is not finite before."""
        return bool(self._lately)

    def look(self, names: list[str], loss_is_broken: bool, gradient_is_broken: bool) -> None:
        """names: this row's metrics that are NaN or infinite; empty when all is well."""
        episode, context = self._episode, self._context
        if not names:
            self._in_a_row = 0
            if episode.suspected:
                episode.calm(context.count)
            return
        self._in_a_row += 1
        self._lately.append(context.count)
        if not episode.is_open:
            episode.metric = names[0]
        episode.trouble(
            context.count,
            context.step,
            self._severity(loss_is_broken, gradient_is_broken),
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
