"""A report as CSV tables: all that there is, a figure a cell, for spreadsheets, R and pandas."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..compare import MISSING, Comparison
from ..config_diff import flatten
from ..episodes import episodes
from ..export import as_csv
from ..run_data import RunData

Tables = Iterator[tuple[str, bytes]]
MADE_BY: Final = "made_by.txt"  # says of a folder that what lies in it is such a report


def tables(runs: Sequence[RunData], found: Comparison | None, made_by: str) -> Tables:
    """Names of files and what is in them, MADE_BY first. Of one run also every point that it logged."""
    yield MADE_BY, f"{made_by}\n".encode()
    yield from _of_all(runs)
    if found is None:
        yield "metrics.csv", as_csv(["metric", "step", "time", "epoch", "value"], _points(runs[0]))
        yield "configuration.csv", as_csv(["key", "value"], flatten(runs[0].config).items())
    else:
        yield from _of_several(runs, found)


def _of_all(runs: Sequence[RunData]) -> Tables:
    header = ["run", "severity", "kind", "metric", "opened_step", "last_step", "what_happened", "how_it_ended"]
    yield "alerts.csv", as_csv(header, (
        (data.info.name, each.severity, each.kind, each.metric, each.opened_step, each.last_step, each.title,
         each.ending or each.state)
        for data in runs for each in episodes(data)))  # fmt: skip
    yield "samples.csv", as_csv(["run", "name", "path", "step", "epoch", "prompt", "seed", "quality"], (
        (data.info.name, each.name, each.path, each.step, each.epoch, each.prompt, each.seed,
         (each.card or {}).get("overall"))
        for data in runs for each in data.samples.values()))  # fmt: skip
    header = ["run", "file", "uses", "augmented", "lowest_transposition", "highest_transposition", "cache_hits",
              "cache_known"]  # fmt: skip
    yield "data_use.csv", as_csv(header, (
        (data.info.name, each.name, each.uses, each.augmented, *(each.transposition or (None, None)), each.cache_hits,
         each.cache_known)
        for data in runs for each in data.data_usage.files.values()))  # fmt: skip


def _of_several(runs: Sequence[RunData], found: Comparison) -> Tables:
    frame = found.frame
    group_of = {row: group.label for group in frame.groups for row in group.members}
    yield "statements.csv", as_csv(["number", "kind", "claims_a_difference", "statement", "test"], (
        (place, each.kind, each.claim, each.text, each.test) for place, each in enumerate(found.insights, 1)
    ))  # fmt: skip
    yield "runs.csv", as_csv(["run", "path", "group", *map(str, frame.columns)], (
        (row.name, row.path, group_of.get(place), *(row.values.get(column.key) for column in frame.columns))
        for place, row in enumerate(frame.rows)))  # fmt: skip
    header = ["figure", "group", "runs", "middle", "low", "high", "spread", "counted", "unit", "method", "best_or_tied"]
    yield "groups.csv", as_csv(header, _groups(found))
    yield (
        "pairs.csv",
        as_csv(
            [
                "figure",
                "first",
                "second",
                "difference",
                "low",
                "high",
                "p",
                "p_corrected",
                "effect",
                "effect_low",
                "effect_high",
                "superiority",
                "test",
                "runs_first",
                "runs_second",
                "paired_by",
                "why_not",
            ],
            _pairs(found),
        ),
    )
    yield "settings.csv", as_csv(["setting", "rho", "p", "p_corrected", "runs", "test", "why_not"], (
        (each.key, each.rho, each.p, each.p_corrected, each.n, each.test, each.why) for each in found.associations
    ))  # fmt: skip
    yield "configuration.csv", as_csv(["key", *(data.info.name for data in runs)], (
        (each.key, *(None if value is MISSING else value for value in each.values)) for each in found.config_diff
    ))  # fmt: skip


def _groups(found: Comparison) -> Iterator[Sequence[Any]]:
    for column in found.frame.columns:
        study = found.tests.get(column.key)
        for place, group in enumerate(found.frame.groups):
            each = found.frame.estimate(place, column.key)
            if each is not None:
                tied = None if study is None else place in study.ties()
                yield (str(column), group.label, len(group), each.middle, each.low, each.high, each.spread, each.n,
                       each.unit, each.method, tied)  # fmt: skip


def _pairs(found: Comparison) -> Iterator[Sequence[Any]]:
    for study in found.tests.values():
        for pair, each in study.contrasts.items():
            yield (str(study.column), *(found.frame.groups[place].label for place in pair), each.difference, each.low,
                   each.high, each.p, each.p_corrected, each.effect, each.effect_low, each.effect_high,
                   each.superiority, each.test, *each.n, each.paired_by, each.why)  # fmt: skip


def _points(data: RunData) -> Iterator[Sequence[Any]]:
    for name, series in data.series.items():
        columns = (series.steps, series.times, series.epochs, series.values)
        for step, time, epoch, value in zip(*(column.tolist() for column in columns), strict=True):
            yield name, *(None if math.isnan(x) else x for x in (step, time, epoch)), value
