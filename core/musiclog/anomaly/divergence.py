"""A loss that goes back up and stays there: what was learnt is being lost."""

from __future__ import annotations

from musiclog.anomaly.baseline import Window
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_EVERY = 2  # looks at every second point; medians move slowly
_SMOOTH = 13  # of these, so over 26 points


class DivergenceRule:
    """Compares the smoothed loss with the best smoothed loss so far."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._smooth = Window(_SMOOTH)
        self._best: float | None = None
        self._best_step = 0.0
        self._sigma = 0.0  # the scatter at that time, before the trouble
        self._start: float | None = None
        self._episode = context.episode("training_divergence", metric, Rhythm(on=40 // _EVERY, off=30, cool=250))

    def look(self, value: float, count: int, sigma: float) -> None:
        """sigma: the usual scatter of single values around their median."""
        if count % _EVERY:
            return
        smooth = self._smooth
        smooth.push(value)
        if len(smooth.ordered) < _SMOOTH:
            return
        level = smooth.median()
        best = self._best
        context = self._context
        if self._start is None:
            self._start = level
        if best is None or level < best or self._anchored():
            self._best, self._best_step, self._sigma = level, context.step, sigma
            best = level
        rise = level - best
        start = self._start
        if rise > self._least(best, start) and rise > 5 * self._sigma and rise > 0.25 * (start - best):
            self._tell(level, best, rise, start, count)
        elif self._episode.suspected:
            self._episode.calm(count)

    def _anchored(self) -> bool:
        """Whether the objective itself changed lately, so that older levels say nothing."""
        context = self._context
        return not context.learning_rate_trouble and context.since(context.weights_changed_at) <= 80

    def _least(self, best: float, start: float) -> float:
        """The rise above the best that counts as lost ground."""
        context = self._context
        if not context.adversarial:
            return 0.3 * context.caution * abs(best)
        # Two models that play against each other move their total up and down, healthy ones by its double, and
        # around zero.
        return (0.75 if context.learning_rate_trouble else 1.5) * context.caution * max(abs(best), abs(start))

    def _tell(self, level: float, best: float, rise: float, start: float, count: int) -> None:
        context, episode = self._context, self._episode
        learnt = start - best
        severity = "fatal" if level > start and episode.is_open else "critical"
        episode.trouble(
            count,
            context.step,
            severity,
            lambda: {
                "value": level,
                "best": best,
                "best_step": self._best_step,
                "start": start,
                "rise_percent": 100 * rise / abs(best) if best else None,
                "lost_percent": min(100.0, 100 * rise / learnt) if learnt > 0 else None,
            },
            size=level,
        )
