"""Weights of the objective: when they change, the loss changes its meaning."""

from __future__ import annotations

from musiclog.anomaly.context import Context


class WeightWatch:
    """Notes when a weight of the objective (KL weight, beta, temperature) changes."""

    def __init__(self, _metric: str, context: Context) -> None:
        self._context = context
        self._last: float | None = None

    def look(self, value: float) -> None:
        if self._last is not None and value != self._last:
            self._context.weights_changed_at = self._context.count
        self._last = value


class LossScaleWatch:
    """Knows the scale of mixed-precision training, whose skipped steps are no accident."""

    def __init__(self, _metric: str, context: Context) -> None:
        self._context = context

    def look(self, value: float) -> None:
        self._context.loss_scale = value
