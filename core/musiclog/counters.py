"""Lay a curve over what another metric counts: tokens or files seen in place of steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from .records import Floats

# Names under which trainers count what the model has seen so far, best first.
_TOKENS: Final = re.compile(
    r"(^|[/_.])(num_|n_|total_|consumed_|cumulative_|trained_)*(input_)?tokens?(_(seen|total|consumed|so_far|count))*$"
)
_FILES: Final = re.compile(
    r"(^|[/_.])(num_|n_|total_)*(files|samples|examples|sequences|songs|pieces)_(seen|total|consumed)$"
)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A curve over another x. left_out: points from before that x was known. rising: whether x never falls."""

    x: Floats
    y: Floats
    left_out: int = 0
    rising: bool = True


def last_known(at: Floats, x: Floats, values: Floats) -> Floats:
    """The value that was known at each at: the newest with x not beyond it; NaN before the first.

    x must not fall. Values that are not finite tell nothing: there the one before goes on. Of several values at one x
    the last counts. Nothing is interpolated: a count that was not logged is not invented.
    """
    known = np.isfinite(values) & np.isfinite(x)
    x, values = x[known], values[known]
    if not len(x):
        return np.full(len(at), np.nan)
    rows = x.searchsorted(at, side="right") - 1
    return np.where((rows >= 0) & ~np.isnan(at), values[np.maximum(rows, 0)], np.nan)


def over(curve: tuple[Floats, Floats], counter: tuple[Floats, Floats]) -> Replaced:
    """A curve over the values of another one; both come over the same axis (steps, say), in order of it.

    For tokens seen: over(loss.drawn("step"), tokens.drawn("step")). Rows stay in the order in which they were logged;
    where rising is false (x is no counter but, say, the learning rate) the curve runs back and forth.
    """
    x, y = curve
    new = last_known(x, *counter)
    known = np.isfinite(new)
    new, y = new[known], y[known]
    return Replaced(new, y, int(len(x) - len(new)), bool((np.diff(new) >= 0).all()))


def files_seen(times: Floats) -> tuple[Floats, Floats]:
    """Unix times and how many training files had been used by then, as a counter over the axis "wall".

    times: of every use that log_data_usage() told of; those without one (NaN) are counted with the next.
    """
    counted = np.arange(1.0, len(times) + 1)
    known = np.isfinite(times)
    order = np.argsort(times[known], kind="stable")  # workers of a data loader write as they finish
    return times[known][order], np.sort(counted[known])


def counters(names: Iterable[str]) -> dict[str, str]:
    """Which metrics count tokens and files seen: {"tokens": name, "files": name}, as far as there are any."""
    listed = list(names)
    found = {}
    for what, pattern in (("tokens", _TOKENS), ("files", _FILES)):
        hits = [name for name in listed if pattern.search(name.casefold())]
        if hits:  # a name that says "seen" or "total" counts; bare "tokens" may be those of one batch
            found[what] = min(hits, key=lambda name: (not re.search("seen|total|consumed|cumul|num_", name), len(name)))
    return found


def counts_up(values: Floats) -> bool:
    """Whether values are those of a counter: they never fall and do rise."""
    finite = values[np.isfinite(values)]
    return len(finite) > 1 and bool((np.diff(finite) >= 0).all()) and bool(finite[-1] > finite[0])
