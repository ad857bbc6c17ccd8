"""A listener made of chance, who prefers the better-scored piece with a known probability: to check the arithmetic."""

from __future__ import annotations

import random
from collections.abc import Mapping

from .answers import Choice
from .pieces import Contender, Trial


class ScriptedListener:
    """Prefers the piece with the higher score with `keenness`; says tie with `ties`, whatever is heard."""

    def __init__(self, scores: Mapping[str, float], seed: int, keenness: float = 0.8, ties: float = 0.0) -> None:
        self._scores, self._keenness, self._ties = scores, keenness, ties
        self._chance = random.Random(seed)

    def choose(self, trial: Trial) -> Choice:
        if self._chance.random() < self._ties:
            return "tie"
        return "first" if self._chance.random() < self._first_share(trial) else "second"

    def preference(self, one: Contender, other: Contender) -> float:
        """The share of decided answers for one, if all pieces of both met equally often: the truth to be found."""
        shares = [self._share(a.id, b.id) for a in one.pieces for b in other.pieces]
        return sum(shares) / len(shares)

    def _first_share(self, trial: Trial) -> float:
        return self._share(trial.first.id, trial.second.id)

    def _share(self, one: str, other: str) -> float:
        a, b = self._scores[one], self._scores[other]
        return 0.5 if a == b else self._keenness if a > b else 1 - self._keenness
