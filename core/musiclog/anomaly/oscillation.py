"""A loss that swings widely around its level, far more than it used to."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.baseline import Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_SWING = 32  # every second point, looked at after every fourth
_SHORTEST = 8  # points of a period; a faster beat is the chaos of large steps, not the order of the data
_WARM_UP = 200  # points before the usual swing is known


class OscillationRule:
    """Compares the spread of the last residuals with its own long-run median.

    Changes of direction are not counted: two of three steps of white noise change direction.
    """

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._residuals = Window(_SWING)
        self._history: deque[float] = deque(maxlen=256)
        self._usual = Window(101)  # spreads, one in eight points, frozen while swinging
        self._episode = context.episode("loss_oscillation", metric, Rhythm(on=15, off=60, cool=300))

    def look(self, value: float, median: float, count: int) -> None:
        if count & 1:
            return
        residuals = self._residuals
        residuals.push(value - median)
        self._history.append(value - median)
        ordered = residuals.ordered
        if count & 3 or len(ordered) < _SWING:
            return
        spread = ordered[28] - ordered[4]  # 15th to 90th percentile of 32
        usual = self._usual
        at = count // 4
        swings = spread > 0.12 * abs(median) and count >= _WARM_UP and len(usual) > 0
        if swings and spread > 3 * self._context.caution * usual.median() and self._counts():
            self._tell(spread, median, at)
        elif self._episode.suspected:
            self._episode.calm(at)
        if not self._episode.suspected and not at % 2:
            usual.push(spread)

    def _counts(self) -> bool:
        context = self._context
        return not context.adversarial and context.since(context.weights_changed_at) > 80

    def _tell(self, spread: float, median: float, at: int) -> None:
        usual = self._usual.median()
        self._episode.trouble(
            at,
            self._context.step,
            "warning",
            lambda: {
                "spread": spread,
                "usual": usual,
                "ratio": spread / usual if usual else None,
                "value": median,
                "period_points": _period(list(self._history)),
            },
            size=spread,
        )


def _period(residuals: list[float]) -> int | None:
    """The lag in points of the highest peak of the autocorrelation, None where there is no clear one.

    residuals: of every second point.
    """
    n = len(residuals)
    mean = sum(residuals) / n
    centred = [each - mean for each in residuals]
    power = sum(each * each for each in centred)
    if power <= 0:
        return None
    shares = [sum(a * b for a, b in zip(centred, centred[lag:], strict=False)) / power for lag in range(n // 2 + 1)]
    peaks = [lag for lag in range(_SHORTEST // 2, n // 2) if shares[lag - 1] < shares[lag] >= shares[lag + 1]]
    best = max(peaks, key=lambda lag: shares[lag], default=None)
    return 2 * best if best is not None and shares[best] > 0.3 else None
