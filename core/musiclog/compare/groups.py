"""Which runs are repetitions of which configuration, and which of them belong together as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..config_diff import flatten
from ..grouping import differing, group_by
from ..query.facts import facts_of
from ..run_data import RunData

SEEDS: Final = ("seed", "random_seed", "random_state", "rng_seed", "manual_seed", "seed_everything")


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that count as repetitions. members are places in the list of runs; seeds stand in the order of members."""

    label: str
    settings: tuple[tuple[str, Any], ...]
    members: tuple[int, ...]
    seeds: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.members)


def groups_of(runs: Sequence[RunData], keys: Sequence[str] = (), now: float = 0.0) -> tuple[RunGroup, ...]:
    """Runs with equal values of the keys together; without keys, runs that differ in nothing but their seed.

    Runs that differ in nothing at all, not even in a seed, stand alone where no keys are given: formats that tell no
    configuration would otherwise make one group of everything. now: Unix seconds, for keys like state.
    """
    facts = {str(place): facts_of(data, now, alerts=0) for place, data in enumerate(runs)}
    seed_keys = [key for key in differing(facts) if is_seed(key)]
    if not keys:
        keys = [f"-{key}" for key in seed_keys]
        if not keys and not differing(facts):
            return tuple(RunGroup(data.info.name, (), (place,), (seed_of(data),)) for place, data in enumerate(runs))
    found = group_by(facts, list(keys) or differing(facts))
    return tuple(
        RunGroup(
            each.label or "all runs",
            each.values,
            tuple(int(member) for member in each.members),
            tuple(seed_of(runs[int(member)]) for member in each.members),
        )
        for each in found
    )


def is_seed(key: str) -> bool:
    return key.rpartition(".")[2].casefold() in SEEDS


def seed_of(data: RunData) -> Any:
    """The first seed that the configuration tells, in full depth; None without one."""
    return next((value for key, value in flatten(data.config).items() if is_seed(key)), None)


def matched(groups: Sequence[RunGroup]) -> list[list[int]] | None:
    """For every group its members in one common order of seeds; None unless all have the same two or more seeds."""
    orders = []
    for group in groups:
        by_seed = {repr(seed): member for seed, member in zip(group.seeds, group.members, strict=True)}
        if None in group.seeds or len(by_seed) != len(group) or len(by_seed) < 2:
            return None
        orders.append(by_seed)
    if not orders or any(order.keys() != orders[0].keys() for order in orders[1:]):
        return None
    return [[order[seed] for seed in orders[0]] for order in orders]
