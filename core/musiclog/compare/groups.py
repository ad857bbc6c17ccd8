"""Which runs are repetitions of which configuration, and which of them belong together as pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..config_diff import flatten
from ..grouping import Group, differing, group_by
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

    Without keys, runs that tell no configuration stand alone, and so do runs that differ in nothing at all, not even
    in a seed: they would make one group of whatever they are. now: Unix seconds, for keys like state.
    """
    if keys:
        return _grouped(runs, range(len(runs)), keys, now)
    told = [place for place, data in enumerate(runs) if data.config]
    groups = _repetitions(runs, told, now)
    alone = [place for place, data in enumerate(runs) if not data.config]
    return tuple(_short([*groups, *(_alone(runs[place], place) for place in alone)], runs))


def _repetitions(runs: Sequence[RunData], places: Sequence[int], now: float) -> tuple[RunGroup, ...]:
    facts = {str(place): facts_of(runs[place], now, alerts=0) for place in places}
    differ = differing(facts) if facts else ()
    if not differ:
        return tuple(_alone(runs[place], place) for place in places)
    settings = [key for key in differ if not is_seed(key)]
    if not settings:
        return (RunGroup("all runs", (), tuple(places), tuple(seed_of(runs[place]) for place in places)),)
    return _grouped(runs, places, settings, now)


def _alone(data: RunData, place: int) -> RunGroup:
    return RunGroup(data.info.name, (), (place,), (seed_of(data),))


def _grouped(runs: Sequence[RunData], places: Iterable[int], keys: Sequence[str], now: float) -> tuple[RunGroup, ...]:
    facts = {str(place): facts_of(runs[place], now, alerts=0) for place in places}
    return tuple(
        RunGroup(
            each.label or "all runs",
            each.values,
            tuple(int(member) for member in each.members),
            tuple(seed_of(runs[int(member)]) for member in each.members),
        )
        for each in group_by(facts, keys)
    )


def _short(groups: Sequence[RunGroup], runs: Sequence[RunData]) -> Iterator[RunGroup]:
    """Labels of as few settings as tell the groups apart, the first ones first; a single run is called by its name."""
    several = [group for group in groups if len(group) > 1 and group.settings]
    chosen: list[int] = []
    for place in range(len(several[0].settings) if several else 0):
        if _kinds(several, [*chosen, place]) > _kinds(several, chosen):
            chosen.append(place)
    for group in groups:
        if len(group) == 1:
            yield replace(group, label=runs[group.members[0]].info.name)
        elif group.settings and chosen:
            kept = tuple(group.settings[place] for place in chosen)
            yield replace(group, label=Group(kept, ()).label)
        else:
            yield group


def _kinds(groups: Sequence[RunGroup], places: Sequence[int]) -> int:
    return len({tuple(repr(group.settings[place][1]) for place in places) for group in groups})


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
