"""How near the samples of groups come to human music, metric by metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from .runs import RunEntry
from .samples import METRICS

Card = Mapping[str, float]  # metric -> closeness, 0 to 1
# The quality as a whole and the nine metrics that it is made of.
TEN = {"overall": "Quality", **{name: heading for name, (heading, _) in METRICS.items()}}


@dataclass(frozen=True, slots=True)
class Profile:
    """means: closeness by metric, only those that are known. samples: how many were counted."""

    means: Mapping[str, float]
    samples: int


def profile(entries: Iterable[RunEntry], card_of: Callable[[RunEntry, str], Card]) -> Profile:
    """Mean over runs of the mean over each run's newest round of samples: a run with more samples counts no more."""
    by_metric: dict[str, list[float]] = {}
    samples = 0
    for entry in entries:
        cards = [card for path in newest_round(entry) if (card := card_of(entry, path))]
        samples += len(cards)
        for name in TEN:
            values = [card[name] for card in cards if name in card]
            if values:
                by_metric.setdefault(name, []).append(fmean(values))
    return Profile({name: fmean(values) for name, values in by_metric.items()}, samples)


def newest_round(entry: RunEntry) -> list[str]:
    """Paths of what the run generated last, at one step."""
    places = {path: next((x for x in (file.step, file.epoch) if x is not None), -math.inf)
              for path, file in entry.data.samples.items()}  # fmt: skip
    last = max(places.values(), default=None)
    return [path for path, place in places.items() if place == last]


def closeness(card: Mapping[str, Any]) -> dict[str, float]:
    """Of a score card as a run wrote it."""
    metrics = card.get("metrics")
    told = {"overall": card.get("overall")}
    if isinstance(metrics, Mapping):
        told |= {str(name): each.get("closeness") for name, each in metrics.items() if isinstance(each, Mapping)}
    return {name: float(value) for name, value in told.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)}  # fmt: skip
