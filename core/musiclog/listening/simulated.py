"""A listener made of chance, who prefers the better-scored piece with a known probability: to check the arithmetic."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from ..records import SampleFile
from .answers import Answer, Choice
from .pieces import Contender, Piece, Trial
from .plan import meetings, plan


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
        """The share of decided answers for one in tests without end: the truth to be found."""
        return sum(share * self._share(a.id, b.id) for a, b, share in meetings(one, other))

    def _first_share(self, trial: Trial) -> float:
        return self._share(trial.first.id, trial.second.id)

    def _share(self, one: str, other: str) -> float:
        a, b = self._scores[one], self._scores[other]
        return 0.5 if a == b else self._keenness if a > b else 1 - self._keenness


def hear(contenders: Sequence[Contender], listener: ScriptedListener, answers: int, seed: str) -> list[Answer]:
    """A whole blind test, answered."""
    return [
        Answer(trial.number, "scripted", trial.first.id, trial.second.id, trial.first_of, trial.second_of,
               listener.choose(trial))
        for trial in plan(contenders, answers, seed)
    ]  # fmt: skip


def first_against_last(samples: Iterable[SampleFile]) -> tuple[list[Contender], dict[str, float]]:
    """The first and the last epoch of a run whose samples have score cards, and the overall score of each piece."""
    scores: dict[str, float] = {}
    epochs: dict[float, list[Piece]] = {}
    for sample in samples:
        overall = (sample.card or {}).get("metrics", {}).get("overall", {}).get("value")
        if overall is not None and sample.epoch is not None:
            scores[sample.path] = float(overall)
            epochs.setdefault(sample.epoch, []).append(Piece(sample.path, sample.path, sample.prompt))
    made = [Contender(f"epoch {epoch:g}", tuple(epochs[epoch])) for epoch in (min(epochs), max(epochs))]
    return made, {piece.id: scores[piece.id] for each in made for piece in each.pieces}
