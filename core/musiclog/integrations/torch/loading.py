"""Open the batches of an epoch, from its beginning or from where a training was interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from .randomness import random_state, restore_random_state


def open_epoch(loader: Any, epoch: int, *, skip: int = 0) -> Iterator[Any]:
    """An iterator over the batches of this epoch, of which the first skip were used before.

    They are fetched and thrown away: only so a worker's generators stand where they stood. A loader that keeps its
    own place (state_dict and load_state_dict) was told it before and gives only what is left.
    """
    _announce(loader, epoch)
    batches: Iterator[Any] = iter(loader)
    if not keeps_place(loader):
        for _ in islice(batches, skip):
            pass
    return batches


def keeps_place(loader: Any) -> bool:
    return hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")


def drawing_state(loader: Any) -> dict[str, Any]:
    """State of all generators that a loader draws from: the global ones and those given to it."""
    return {**random_state(), "own": [generator.get_state() for generator in _own_generators(loader)]}


def restore_drawing_state(loader: Any, state: dict[str, Any]) -> None:
    restore_random_state(state)
    for generator, known in zip(_own_generators(loader), state["own"], strict=False):
        generator.set_state(known)


def count_batches(loader: Any) -> int | None:
    """How many batches an epoch has; None for streams that do not know."""
    try:
        return len(loader)
    except TypeError:
        return None


def is_shared_out(loader: Any) -> bool:
    """Whether each rank gets data of its own, as far as can be seen: a plain sampler gives all of them the same."""
    sampler = getattr(loader, "sampler", None)
    return type(sampler).__name__ not in ("SequentialSampler", "RandomSampler")


def _announce(loader: Any, epoch: int) -> None:
    """Shuffling of distributed samplers, and data that change by epoch, start from its number."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    parts = (loader, getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None),
             getattr(loader, "dataset", None))  # fmt: skip
    listeners: list[Any] = [part for part in parts if hasattr(part, "set_epoch")]
    for part in {id(part): part for part in listeners}.values():
        part.set_epoch(epoch)


def _own_generators(loader: Any) -> list[Any]:
    batch_sampler = getattr(loader, "batch_sampler", None)
    owners = (loader, getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None))
    found = (getattr(owner, "generator", None) for owner in owners)
    return list({id(each): each for each in found if each is not None}.values())
