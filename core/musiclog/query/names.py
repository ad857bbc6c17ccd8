"""Which key of a run somebody means who writes only its end, or lr for learning_rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# What people write, and how trainers call it.
SHORT_FOR: Final[dict[str, tuple[str, ...]]] = {
    "lr": ("learning_rate",),
    "learning_rate": ("lr",),
    "bs": ("batch_size",),
    "batch": ("batch_size",),
    "batch_size": ("bs",),
    "wd": ("weight_decay",),
    "opt": ("optimizer",),
    "optimiser": ("optimizer",),
    "loss": ("total_loss", "train_loss"),
    "val_loss": ("val/loss", "val/total_loss", "validation_loss"),
    "grad_norm": ("gradient_norm",),
}


@dataclass(frozen=True, slots=True)
class Match:
    """The name that was meant, or those among which nobody can choose."""

    name: str | None
    candidates: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def resolve(wanted: str, names: tuple[str, ...]) -> Match:
    """The one of names (of a run's keys or metrics) that wanted stands for.

    The full name wins; else the only name that ends in these parts (parts end at a dot or a slash); else the same
    for what wanted is short for. Case, and whether words are joined by - or _, do not matter.
    """
    unclear: tuple[str, ...] = ()
    head, dot, last = wanted.rpartition(".")
    for word in (wanted, *(f"{head}{dot}{long}" for long in SHORT_FOR.get(plain(last), ()))):
        found = _ending_in(word, names)
        if len(found) == 1:
            return Match(found[0])
        unclear = unclear or found
    return Match(None, unclear)


def plain(name: str) -> str:
    return name.casefold().replace("-", "_")


def parts(name: str) -> tuple[str, ...]:
    return tuple(re.split(r"[./]", plain(name)))


def _ending_in(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    exact = tuple(name for name in names if name == word) or tuple(name for name in names if plain(name) == plain(word))
    if exact:
        return exact[:1]
    tail = parts(word)
    return tuple(name for name in names if parts(name)[-len(tail) :] == tail)
