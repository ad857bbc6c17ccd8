"""Who is heard against whom, in which order and on which side: drawn once from a seed, so that a test can go on."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from .pieces import Contender, Piece, Trial

_Pair = tuple[int, int]
Card = TypeVar("Card")


def plan(contenders: Sequence[Contender], answers: int, seed: str) -> tuple[Trial, ...]:
    """So many trials. Every round brings each pair of contenders once, in random order.

    Sides are balanced: of two meetings of a pair each contender is once the first. Where both have pieces of the same
    prompt only those meet, so that the prompt does not decide. Pieces are dealt like cards: none comes again before
    all of its contender's were heard. The same contenders and seed give the same plan.
    """
    if len(contenders) < 2 or any(not each.pieces for each in contenders):
        raise ValueError("a blind test needs two contenders with at least one piece each")
    if len({each.name for each in contenders}) < len(contenders):
        raise ValueError("two contenders have the same name")
    chance = random.Random(seed)
    pairs = list(itertools.combinations(range(len(contenders)), 2))
    turned = {pair: chance.random() < 0.5 for pair in pairs}
    dealers = {pair: _Dealer(contenders[pair[0]], contenders[pair[1]], chance) for pair in pairs}
    trials = []
    for number, pair in enumerate(itertools.islice(_rounds(pairs, chance), answers)):
        one, other = dealers[pair].deal()
        names = (contenders[pair[0]].name, contenders[pair[1]].name)
        turned[pair] = not turned[pair]
        sides = (other, one, names[1], names[0]) if turned[pair] else (one, other, *names)
        trials.append(Trial(number, *sides))
    return tuple(trials)


def meetings(one: Contender, other: Contender) -> list[tuple[Piece, Piece, float]]:
    """Every two pieces that a plan may bring against each other, and how large a share of the trials it gives them."""
    prompts = _shared(one, other)
    found = []
    keys: Sequence[str | None] = prompts or (None,)
    for prompt in keys:
        left, right = _of(one, prompt), _of(other, prompt)
        share = 1 / (len(keys) * len(left) * len(right))
        found += [(a, b, share) for a in left for b in right]
    return found


def _rounds(pairs: Sequence[_Pair], chance: random.Random) -> Iterator[_Pair]:
    return itertools.chain.from_iterable(chance.sample(pairs, len(pairs)) for _ in itertools.count())


class _Dealer:
    """Pieces of two contenders, of the same prompt where they share one."""

    def __init__(self, one: Contender, other: Contender, chance: random.Random) -> None:
        prompts = _shared(one, other)
        self._prompts = _Deck(prompts, chance) if prompts else None
        keys: list[str | None] = list(prompts) if prompts else [None]
        self._decks = {key: (_Deck(_of(one, key), chance), _Deck(_of(other, key), chance)) for key in keys}

    def deal(self) -> tuple[Piece, Piece]:
        one, other = self._decks[self._prompts.deal() if self._prompts else None]
        return one.deal(), other.deal()


class _Deck(Generic[Card]):
    """Cards in random order, shuffled anew when all were dealt."""

    def __init__(self, cards: Sequence[Card], chance: random.Random) -> None:
        self._cards, self._chance = list(cards), chance
        self._left: list[Card] = []

    def deal(self) -> Card:
        if not self._left:
            self._left = self._chance.sample(self._cards, len(self._cards))
        return self._left.pop()


def _shared(one: Contender, other: Contender) -> list[str]:
    left, right = ({piece.prompt for piece in each.pieces if piece.prompt is not None} for each in (one, other))
    return sorted(left & right)


def _of(contender: Contender, prompt: str | None) -> list[Piece]:
    return [piece for piece in contender.pieces if prompt is None or piece.prompt == prompt]
