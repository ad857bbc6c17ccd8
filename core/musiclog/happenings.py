"""What happened in a run beside its metrics, put in its place among the rows, so that a monitor hears it in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .anomaly import Alert, Monitor
from .columns import Indices
from .records import News, SampleFile
from .rows import Rows

# A monitor judges by these at once; the others only give it names to mention.
_AT_ONCE = frozenset({"resume", "card"})


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as Monitor.event() takes it, with its time in Unix seconds."""

    kind: str  # resume, checkpoint, data_usage, card
    step: float | None
    time: float | None
    data: Mapping[str, Any]


def happenings(news: News) -> list[Happening]:
    """What a monitor should hear of a look at a run. Files used at an unknown moment are left out."""
    found = [Happening(event.kind, event.step, event.time, event.data)
             for event in news.events if event.kind in ("resume", "checkpoint")]  # fmt: skip
    found += [card_of(sample, sample.card) for sample in news.samples if sample.card is not None]
    used = (Happening("data_usage", _number(each, "step"), _number(each, "t"), each) for each in news.data_usage)
    return found + [each for each in used if each.time is not None or each.step is not None]


def card_of(sample: SampleFile, card: Mapping[str, Any]) -> Happening:
    """The score card of a sample as something that happened when the sample was made."""
    return Happening("card", sample.step, sample.time, card)


class Telling:
    """Tells a monitor what happened up to a row, each thing once and in order."""

    def __init__(self, monitor: Monitor, rows: Rows, what: Sequence[Happening]) -> None:
        self._monitor, self._rows = monitor, rows
        places = rows.places(_column([each.time for each in what]), _column([each.step for each in what]))
        order = np.argsort(places, kind="stable").tolist()
        self._what = [what[i] for i in order]
        self._places: list[int] = places[order].tolist()
        self._told = 0

    @property
    def stops(self) -> Indices:
        """Rows before which something must be heard at once."""
        pairs = zip(self._what, self._places, strict=True)
        return np.array([place for each, place in pairs if each.kind in _AT_ONCE], dtype=np.intp)

    def until(self, place: int) -> list[tuple[Alert, float | None]]:
        """Tell what happened before the row at that place; gives the alerts that it causes and their times."""
        found: list[tuple[Alert, float | None]] = []
        while self._told < len(self._what) and self._places[self._told] <= place:
            each, at = self._what[self._told], self._places[self._told]
            step = each.step if each.step is not None or not at else float(self._rows.steps[at - 1])
            found += [(alert, each.time) for alert in self._monitor.event(each.kind, step, each.data)]
            self._told += 1
        return found


class LateCards:
    """Score cards that are made after the run wrote its samples, held until all those of an evaluation are there.

    An evaluation is the samples of one step; evaluations are told in the order of their steps.
    cards: path of a sample -> its card, None where it cannot be scored; may be filled before the samples are known.
    """

    def __init__(self, cards: Mapping[str, Mapping[str, Any] | None]) -> None:
        self._waiting: dict[float, dict[str, SampleFile]] = {}  # step -> path -> sample without a card
        self._cards = cards

    def expect(self, samples: Sequence[SampleFile]) -> None:
        for sample in samples:
            if sample.step is None:
                continue
            if sample.card is None:
                self._waiting.setdefault(sample.step, {})[sample.path] = sample
            elif sample.path in self._waiting.get(sample.step, {}):  # the run itself made its card after all
                del self._waiting[sample.step][sample.path]

    def complete(self, *, ended: bool) -> list[Happening]:
        """The cards of the evaluations to which nothing can come any more; each is given once."""
        found: list[Happening] = []
        for step in sorted(self._waiting):
            samples = self._waiting[step]
            if not samples.keys() <= self._cards.keys() or not (ended or step < max(self._waiting)):
                break
            cards = [(sample, self._cards[path]) for path, sample in samples.items()]
            found += [card_of(sample, card) for sample, card in cards if card is not None]
            del self._waiting[step]
        return found


def _column(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _number(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
