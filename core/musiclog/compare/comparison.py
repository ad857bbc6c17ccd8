"""compare(): runs in, everything that is said about them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ..run_data import RunData
from .config_diff import Difference, differences
from .direction import direction
from .table import Row, Table, metric_order
from .values import MetricValues, metric_values


class Opened(Protocol):
    """A run as open_run() gives it."""

    @property
    def data(self) -> RunData: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """What compare() found. config_diff has its values in the order of table.rows."""

    table: Table
    config_diff: tuple[Difference, ...]


def compare(runs: Iterable[RunData | Opened]) -> Comparison:
    """Compare runs of any format, as far as they have been read.

    runs: RunData or what open_run() gives. Order is kept; fewer than two runs are no error, but differ in nothing.
    """
    known = [run if isinstance(run, RunData) else run.data for run in runs]
    return Comparison(table_of(row_of(data) for data in known), differences([data.config for data in known]))


def table_of(rows: Iterable[Row]) -> Table:
    """The table of rows that are known already: a growing run needs only its own row anew."""
    rows = tuple(rows)
    return Table(metric_order(name for row in rows for name in row.values), rows)


def row_of(data: RunData) -> Row:
    """One run's line of the table."""
    values: dict[str, MetricValues] = {}
    for name, series in data.series.items():
        found = metric_values(series.steps, series.values, direction(name))
        if found is not None:
            values[name] = found
    return Row(data.ref.path, data.info.name, values)
