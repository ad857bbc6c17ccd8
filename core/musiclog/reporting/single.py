"""What a report of one run holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..compare import row_of
from ..compare.direction import direction
from ..compare.frame import frame_of
from ..compare.table import metric_order
from ..export import Figures, Lines, Pairs, Section, Sound, Table
from ..progress import duration
from ..run_data import RunData
from .pictures import CURVES, curves_of_one
from .told import alerts, configuration, data_use, made_with, number, samples


def sections_of_one(data: RunData, sounds: Sequence[Sound], now: float) -> Iterator[Section]:
    """In the order in which one would tell it to a colleague. now: Unix seconds."""
    yield Section("In short", [Pairs(_in_short(data, now))])
    more = len(data.series) - CURVES
    left = [f"{more} more metrics are in the table below."] if more > 0 else []
    yield Section("Curves", [Figures(curves_of_one(data)), Lines(left)])
    yield alerts([data])
    yield samples([data], sounds)
    yield Section("Metrics", [_metrics(data)])
    yield data_use([data])
    yield configuration("Configuration", data.config)
    yield Section("Notes", [Lines([str(event.data.get("text", "")) for event in data.events if event.kind == "note"])])
    if data.problem_count:
        trouble = [f"{each.file}, byte {each.offset}: {each.message}" for each in data.problems[:10]]
        yield Section("What could not be read", [Lines([f"{data.problem_count} places:", *trouble])])
    yield made_with([data])


def _in_short(data: RunData, now: float) -> list[tuple[str, str]]:
    frame = frame_of([data], now=now)
    told: list[tuple[str, str]] = [("state", data.state(now).word)]
    for column in frame.columns:
        value = frame.value(0, column.key)
        about = column.metric in (None, frame.main) and column.kind in ("final", "best", "converged", "run")
        if about and value is not None:
            estimate = frame.estimate(0, column.key) if column.key == "quality" else None
            told.append((column.title, duration(value) if column.key == "seconds" else str(estimate or number(value))))
    return told


def _metrics(data: RunData) -> Table:
    row = row_of(data)
    rows = []
    for name in metric_order(row.values):
        each = row.values[name]
        rows.append((name, number(each.final), number(each.final_step), number(each.best), number(each.best_step),
                     direction(name) or "—", f"{each.points:,}"))  # fmt: skip
    return Table(["metric", "final", "at step", "best", "at step", "better", "points"], rows)
