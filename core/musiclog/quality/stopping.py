"""Stop a training when its music stops getting better, and not because of one bad evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from musiclog.errors import MusiclogError
from musiclog.intervals import t_quantile
from musiclog.quality.trend import trend_of


class QualityStopper:
    """Ask it after every evaluation whether to go on.

        stopper = QualityStopper(patience=6)
        ...
        if stopper.update(card.overall for card in cards): break

    It says stop when, for `patience` evaluations, the lower confidence bound of quality has not passed the highest one
    before by more than min_gain, and the last two patiences together show no rise either (their robust slope is not
    above zero): a slow rise hides in noise from step to step but not over a dozen of them. The bound is that of the
    mean over the last `patience` evaluations, each being as good as its samples' mean: chance in one evaluation moves
    it little, and the highest of many such bounds is no lucky strike.

    Simulated, 4 samples an evaluation with a spread of 0.1: while quality rises by 0.01 an evaluation, patience 6 stops
    8 of 100 trainings of 40 evaluations too early, patience 8 none; after the rise has ended they stop 14 and 19
    evaluations later (median), and 10 and 13 after quality has begun to fall.
    """

    def __init__(self, patience: int = 6, *, min_gain: float = 0.0, confidence: float = 0.9) -> None:
        if patience < 3:
            raise MusiclogError(f"patience is {patience}; give 3 evaluations or more, or noise decides")
        self.patience, self.min_gain, self.confidence = patience, min_gain, confidence
        self.best_bound = -math.inf
        self.waited = 0  # evaluations since the bound rose last
        self._means: list[float] = []

    def update(self, qualities: Sequence[float | None] | float) -> bool:
        """Take in the qualities of one evaluation's samples (or their mean); whether to stop now.

        None and NaN are left out; an evaluation without any quality counts as no evaluation.
        """
        given = [qualities] if isinstance(qualities, int | float) else list(qualities)
        known = [float(value) for value in given if value is not None and math.isfinite(value)]
        if not known:
            return self.should_stop
        self._means.append(math.fsum(known) / len(known))
        bound = self.bound
        if bound is not None:
            rose = bound > self.best_bound + self.min_gain
            self.waited = 0 if rose else self.waited + 1
            self.best_bound = bound if rose else self.best_bound
        return self.should_stop

    @property
    def bound(self) -> float | None:
        """The lower confidence bound of quality now; None until there were `patience` evaluations."""
        recent = self._means[-self.patience :]
        count = len(recent)
        if count < self.patience:
            return None
        mean = math.fsum(recent) / count
        spread = math.sqrt(math.fsum((value - mean) ** 2 for value in recent) / (count - 1) / count)
        return mean - t_quantile(self.confidence, count - 1) * spread

    @property
    def should_stop(self) -> bool:
        return self.waited >= self.patience and not self._rises()

    @property
    def reason(self) -> str:
        """Where it stands, in one sentence."""
        if self.bound is None:
            return f"not enough samples: {len(self._means)} evaluations, it looks from {self.patience} on"
        state = f"lower bound {self.bound:.3f}, best {self.best_bound:.3f}, {self.waited} evaluations without a rise"
        return f"stop: {state}" if self.should_stop else f"go on: {state}"

    def _rises(self) -> bool:
        recent = self._means[-2 * self.patience :]
        slope = trend_of((range(len(recent)), recent)).slope
        return slope is not None and slope > 0
