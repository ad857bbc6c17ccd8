"""What the answers of a blind test prove, in figures and in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .agreement import Agreement, agreements
from .answers import Answer
from .bradley_terry import Counts, Strengths, count, fit, share
from .significance import LEVEL, answers_needed, binomial_p, decisions_needed, normal_p

_Told = tuple[Sequence[str], Counts, Strengths]


@dataclass(frozen=True, slots=True)
class Standing:
    """One contender. log_strength against the mean of all; preferred: chance against an average one, both with 95 %."""

    name: str
    log_strength: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int

    @property
    def preferred(self) -> tuple[float, float, float]:
        return share(self.log_strength), share(self.low), share(self.high)


@dataclass(frozen=True, slots=True)
class Result:
    """standings: the strongest first. wins, ties: (k, k) in the order of names. p: None before the first answer.

    p: with two contenders the exact binomial test; with more, how certainly the first stands before the second,
    corrected for having looked for the first among all.
    """

    names: tuple[str, ...]
    standings: tuple[Standing, ...]
    counts: Counts
    strengths: Strengths
    p: float | None
    more: int | None  # answers that would settle it, if the preference stays as it is; None: settled, or out of reach
    sentence: str
    metrics: tuple[Agreement, ...] = ()
    listeners: tuple[str, ...] = ()
    replays: int = 0
    first_chosen: float | None = None  # share of decided answers for the first heard: near 0.5 in careful ears
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        return self.counts.decided + self.counts.tied

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "sentence": self.sentence, "answers": self.answers, "ties": self.counts.tied, "p": self.p,
            "more_answers": self.more, "listeners": list(self.listeners), "replays": self.replays,
            "first_chosen": self.first_chosen,
            "strengths": [
                {"name": each.name, "log_strength": each.log_strength, "low": each.low, "high": each.high,
                 "preferred_to_average": each.preferred[0], "wins": each.wins, "losses": each.losses,
                 "ties": each.ties}
                for each in self.standings
            ],
            "names": list(self.names), "wins": self.counts.wins.astype(int).tolist(),
            "metrics": [
                {"metric": each.metric, "pairs": each.pairs, "correlation": each.correlation, "low": each.low,
                 "high": each.high, "reason": each.reason}
                for each in self.metrics
            ],
        }  # fmt: skip


def judge(
    answers: Sequence[Answer],
    names: Sequence[str],
    scores: Mapping[str, Mapping[str, float]] | None = None,
    metrics: Sequence[str] = (),
) -> Result:
    """names: the contenders, at least two. scores: piece id to metric to value, for the agreement with the ears."""
    counts = count(answers, names)
    strengths = fit(counts)
    standings = _standings(names, counts, strengths)
    p, more = _certainty(names, standings, counts, strengths)
    decided = [answer for answer in answers if answer.choice != "tie"]
    return Result(
        tuple(names), standings, counts, strengths, p, more,
        _sentence(standings, (names, counts, strengths), p, more),
        tuple(agreements(answers, scores, metrics)) if scores else (),
        tuple(sorted({answer.listener for answer in answers}, key=str.casefold)),
        sum(answer.replays or 0 for answer in answers),
        sum(answer.choice == "first" for answer in decided) / len(decided) if decided else None,
        scores or {},
    )  # fmt: skip


def _standings(names: Sequence[str], counts: Counts, strengths: Strengths) -> tuple[Standing, ...]:
    rows = [
        Standing(name, float(strengths.log[i]), *strengths.interval(i), int(counts.wins[i].sum()),
                 int(counts.wins[:, i].sum()), int(counts.ties[i].sum()))
        for i, name in enumerate(names)
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: -row.log_strength))


def _certainty(
    names: Sequence[str], standings: Sequence[Standing], counts: Counts, strengths: Strengths
) -> tuple[float | None, int | None]:
    whole = counts.decided + counts.tied
    if not counts.decided:
        return (1.0 if whole else None), None
    best, second = (list(names).index(row.name) for row in standings[:2])
    if len(names) == 2:
        p = binomial_p(int(counts.wins[0, 1]), int(counts.wins[1, 0]))
        needed = decisions_needed(strengths.preference(best, second)[0])
        whole_needed = None if needed is None else round(needed * whole / counts.decided)
    else:
        p = _before_all(list(names), standings, strengths)
        whole_needed = answers_needed(*strengths.difference(best, second), whole)
    settled = p <= LEVEL or whole_needed is None
    return p, None if settled or whole_needed is None else max(whole_needed - whole, 1)


def _before_all(names: list[str], standings: Sequence[Standing], strengths: Strengths) -> float:
    """That the first stands before every other is as certain as the least certain of its differences.

    Source: the intersection-union test, Berger, Technometrics 24 (1982) 295. That the first was looked for among all
    costs nothing: benchmarks/listening.py finds equals told apart in less than 5 % of tests.
    """
    best = names.index(standings[0].name)
    differences = [strengths.difference(best, names.index(row.name)) for row in standings[1:]]
    return max(normal_p(difference / error) for difference, error in differences)


def _sentence(standings: Sequence[Standing], told: _Told, p: float | None, more: int | None) -> str:
    names, counts, strengths = told
    if p is None:
        return "There are no answers yet."
    tied = f" {_times(counts.tied, 'tie is', 'ties are')} left out." if counts.tied else ""
    if not counts.decided:
        return f"All {counts.tied} answers are ties: nothing was preferred."
    best, second = standings[0], standings[1]
    i, j = (list(names).index(row.name) for row in (best, second))
    middle, low, high = (f"{100 * value:.0f}" for value in strengths.preference(i, j))
    if len(names) == 2:
        if counts.wins[i, j] == counts.wins[j, i]:
            said = f"Both were preferred equally often ({counts.wins[i, j]:.0f} of {counts.decided} decided answers)."
        else:
            said = (f"{best.name} was preferred to {second.name} in {counts.wins[i, j]:.0f} of {counts.decided} "
                    f"decided answers; the interval of this preference is {low} to {high} %.")  # fmt: skip
    else:
        said = f"{best.name} leads before {second.name}: preferred in {middle} % of decided pairs ({low} to {high} %)."
    return said + tied + " " + _verdict(p, more)


def _verdict(p: float, more: int | None) -> str:
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    if p <= LEVEL:
        return f"Chance alone hardly does this ({chance})."
    settle = (
        f"about {more:,} more {'answer' if more == 1 else 'answers'} would settle it if the preference stays."
        if more is not None else "the two are so close that no sensible number of answers would settle it."
    )  # fmt: skip
    return f"This may be chance ({chance}): {settle}"


def _times(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
