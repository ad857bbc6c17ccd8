"""Put runs together that share a setting, or that differ in nothing but their seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from .config_diff import same
from .query.facts import Facts
from .query.names import resolve
from .query.terms import MISSING, SPANS, TEXTS, value_of
from .query.values import as_text

NONE_TOLD: Final = "—"
# What a run's folder, date or place says, but not how it was trained: no reason to keep two runs apart.
_INCIDENTAL: Final = frozenset({"name", "run_name", "run_id", "id", "output_dir", "log_dir", "save_dir", "notes"})
# Sections in which a name is the run's own. Elsewhere it says what was used: optimizer.name, dataset.id.
_OF_THE_RUN: Final = frozenset({"run", "experiment", "project", "logging", "logger", "tracking", "wandb", "mlflow"})


@dataclass(frozen=True)
class Group:
    """Runs with the same values. label tells the values, "" where runs are not grouped at all."""

    values: tuple[tuple[str, Any], ...]  # key as it was asked for (in full where that was short for it), value
    members: tuple[str, ...]  # in the order they were given

    @cached_property
    def label(self) -> str:
        """learning_rate 0.001 · seed 3: keys by their last part, missing values as a dash."""
        return " · ".join(f"{key.rpartition('.')[2]} {_shown(value)}" for key, value in self.values)


def group_by(runs: Mapping[str, Facts], keys: Sequence[str]) -> list[Group]:
    """The runs with equal values of all keys, smallest values first, runs without a value last.

    A key is a configuration key, also its last part, or one of name, folder, tag, format, state. With a minus it
    stands for everything that differs between the runs but this one: group_by(runs, ["-seed"]) joins repetitions.
    """
    wanted = grouping_keys(runs, keys)
    found: list[tuple[tuple[Any, ...], list[str]]] = []
    places: dict[tuple[str, ...], list[int]] = {}  # by how values read, so that many runs need few comparisons
    for run_id, facts in runs.items():
        values = tuple(_value(key, facts) for key in wanted)
        candidates = places.setdefault(tuple(_bucket(value) for value in values), [])
        place = next((each for each in candidates if _all_same(found[each][0], values)), None)
        if place is None:
            candidates.append(len(found))
            found.append((values, [run_id]))
        else:
            found[place][1].append(run_id)
    found.sort(key=lambda each: [_order(value) for value in each[0]])
    return [Group(tuple(zip(wanted, values, strict=True)), tuple(members)) for values, members in found]


def grouping_keys(runs: Mapping[str, Facts], keys: Sequence[str]) -> tuple[str, ...]:
    """The keys that are compared, in full where that is clear."""
    plain = [key for key in keys if not key.startswith("-")]
    names = tuple(dict.fromkeys(name for facts in runs.values() for name in facts.config))
    wanted = [resolve(key, names).name or key for key in plain]
    without = [key[1:] for key in keys if key.startswith("-")]
    if without:
        left_out = {resolve(key, names).name or key for key in without}
        wanted += [key for key in differing(runs) if key not in left_out]
    return tuple(dict.fromkeys(wanted))


def differing(runs: Mapping[str, Facts]) -> tuple[str, ...]:
    """The configuration keys in which the runs differ, without those that only name a run or its place."""
    configs = [facts.config for facts in runs.values()]
    names = dict.fromkeys(name for config in configs for name in config)
    return tuple(
        name for name in names
        if not incidental(name)
        and any(not _same(configs[0].get(name, MISSING), config.get(name, MISSING)) for config in configs[1:])
    )  # fmt: skip


def incidental(key: str) -> bool:
    """Whether a configuration key only names a run or its place."""
    section, _, last = key.casefold().rpartition(".")
    own = not section or section.rpartition(".")[2] in _OF_THE_RUN
    return last in _INCIDENTAL and (own or last not in ("name", "id"))


def _value(key: str, facts: Facts) -> Any:
    field = key.casefold()
    if field in TEXTS and key not in facts.config:
        return " + ".join(sorted(TEXTS[field](facts))) or MISSING
    if field in SPANS and key not in facts.config:
        return MISSING  # lengths of time grow while one looks
    return facts.config[key] if key in facts.config else value_of(f"config.{key}", facts)


def _bucket(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return NONE_TOLD if value is MISSING else as_text(value)


def _same(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return same(one, other)


def _all_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(map(_same, one, other))


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers by size, then texts, then what is missing."""
    if value is MISSING:
        return 3, 0.0, ""
    if isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
        return 0, float(value), ""
    return 1, 0.0, as_text(value)


def _shown(value: Any) -> str:
    if value is MISSING:
        return NONE_TOLD
    return f"{value:.6g}" if isinstance(value, float) else as_text(value)
