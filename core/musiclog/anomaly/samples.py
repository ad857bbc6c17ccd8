"""What the ear would notice in generated samples: silence, loops, all alike, worse than before.

Judged by evaluation, that is all samples of one step together, from their score cards. What is normal is what this
run's own best evaluation gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

_MOST = 64  # cards of one evaluation that are looked at
_FEW_NOTES = 0.15  # of the best evaluation's notes a beat
_EMPTY_BARS = 0.5
_LOOPED = 0.6  # share of bars that repeat an earlier one
_ALIKE = 0.03  # relative spread of a feature below which samples are the same in it
_WORSE = 0.1  # of the overall score, which runs from 0 to 1

Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The medians over the samples of one step. None where the cards do not say."""

    step: float
    overall: float | None
    notes_per_beat: float | None
    entropy: float | None  # of pitch classes, in bits
    pitches: float | None  # binary logarithm of their number
    looped: float | None


class SampleWatch:
    """Gathers the cards of a step and judges them when the next step's first card comes, or at the end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._cards: list[Card] = []
        self._step = 0.0
        self._count = 0  # evaluations
        self._best: Evaluation | None = None
        self._silence = context.episode("silence", "samples", Rhythm(on=1, off=1, cool=3))
        self._loop = context.episode("stuck_loop", "samples", Rhythm(on=2, off=1, cool=3))
        self._collapse = context.episode("mode_collapse", "samples", Rhythm(on=2, off=1, cool=3))
        self._worse = context.episode("quality_degradation", "samples", Rhythm(on=2, off=2, cool=3))

    def take(self, step: float, card: Card) -> None:
        if step != self._step:
            self.judge()
        self._step = step
        if len(self._cards) < _MOST:
            self._cards.append(card)

    def judge(self) -> None:
        """Look at the evaluation that is complete now."""
        cards, self._cards = self._cards, []
        if len(cards) < 2:
            return
        self._count += 1
        now = _evaluation(self._step, cards)
        self._look_for_silence(cards, now)
        self._look_for_loops(cards, now)
        self._look_for_collapse(cards, now)
        self._look_for_decline(now)
        if now.overall is None or any(each.suspected for each in (self._silence, self._loop, self._collapse)):
            return
        if self._best is None or now.overall > (self._best.overall or 0):
            self._best = now

    def _look_for_silence(self, cards: Sequence[Card], now: Evaluation) -> None:
        usual = self._best.notes_per_beat if self._best else None
        silent = sum(_is_silent(card, usual) for card in cards)
        # Before anything good was heard an empty sample is a model that has not learnt yet, not one that forgot.
        if silent < _most_of(cards) or self._best is None:
            self._silence.calm(self._count)
            return
        self._silence.trouble(
            self._count,
            now.step,
            "critical" if silent == len(cards) else "warning",
            lambda: self._told(cards, silent, notes_per_beat=now.notes_per_beat, usual=usual),
            size=silent,
        )

    def _look_for_loops(self, cards: Sequence[Card], now: Evaluation) -> None:
        usual = (self._best.looped if self._best else None) or 0.0
        looped = sum((_looped(card) or 0.0) > max(_LOOPED, min(3 * usual, 0.95)) for card in cards)
        if looped < _most_of(cards):
            self._loop.calm(self._count)
            return
        percent = None if now.looped is None else 100 * now.looped
        self._loop.trouble(
            self._count, now.step, "warning", lambda: self._told(cards, looped, loop_percent=percent), size=looped
        )

    def _look_for_collapse(self, cards: Sequence[Card], now: Evaluation) -> None:
        best = self._best
        signs = [
            len(cards) >= 4 and _share_alike(cards) > 0.8,
            best is not None and _below(now.entropy, best.entropy, 0.6),
            best is not None and _below(now.pitches, best.pitches, 0.6),
        ]
        if sum(signs) < 2:
            self._collapse.calm(self._count)
            return
        self._collapse.trouble(
            self._count,
            now.step,
            "critical" if all(signs) else "warning",
            lambda: self._told(
                cards, len(cards), alike=signs[0], entropy=now.entropy, usual=best.entropy if best else None
            ),
            size=sum(signs),
        )

    def _look_for_decline(self, now: Evaluation) -> None:
        best = self._best
        if best is None or best.overall is None or now.overall is None or best.overall - now.overall < _WORSE:
            self._worse.calm(self._count)
            return
        overall, before = now.overall, best.overall
        self._worse.trouble(
            self._count,
            now.step,
            "warning",
            lambda: {"value": overall, "best": before, "best_step": best.step},
            size=before - overall,
        )

    def _told(self, cards: Sequence[Card], some: int, **more: Any) -> dict[str, Any]:
        best_step = self._best.step if self._best else None
        return {"samples": len(cards), "some": some, "best_step": best_step, **more}


def _evaluation(step: float, cards: Sequence[Card]) -> Evaluation:
    return Evaluation(
        step,
        _median([_number(card.get("overall")) for card in cards]),
        _median([_notes_per_beat(card) for card in cards]),
        _median([_feature(card, "pitch_class_entropy") for card in cards]),
        _median([_feature(card, "distinct_pitches") for card in cards]),
        _median([_looped(card) for card in cards]),
    )


def _is_silent(card: Card, usual: float | None) -> bool:
    if {"empty", "one_note"} & set(card.get("flags") or ()):
        return True
    if (_feature(card, "empty_bars") or 0.0) > _EMPTY_BARS:
        return True
    return _below(_notes_per_beat(card), usual, _FEW_NOTES)


def _most_of(cards: Sequence[Card]) -> int:
    """How many samples of an evaluation must show it: half, but never one alone."""
    return max(2, (len(cards) + 1) // 2)


def _notes_per_beat(card: Card) -> float | None:
    rate = _feature(card, "notes_per_beat")
    return None if rate is None else 2**rate  # cards have the binary logarithm


def _looped(card: Card) -> float | None:
    new = _feature(card, "new_bars")
    return None if new is None else 1 - new


def _share_alike(cards: Sequence[Card]) -> float:
    """The share of features in which all samples are next to equal."""
    shared = set.intersection(*(set(card.get("features") or ()) for card in cards))
    alike = 0
    for name in shared:
        values = [_feature(card, name) or 0.0 for card in cards]
        alike += max(values) - min(values) <= _ALIKE * max(map(abs, values))
    return alike / len(shared) if shared else 0.0


def _below(value: float | None, usual: float | None, share: float) -> bool:
    return value is not None and usual is not None and value < share * usual


def _feature(card: Card, name: str) -> float | None:
    features = card.get("features")
    return _number(features.get(name)) if isinstance(features, Mapping) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None  # noqa: PLR0124 - NaN is none


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sorted(known)[len(known) // 2] if known else None
