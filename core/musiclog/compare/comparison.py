"""compare(): runs in, everything that is said about them out."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from ..config_diff import Difference, differences
from ..errors import ExtraMissing
from ..records import Floats
from ..run_data import RunData
from .alignment import By
from .association import Association, associations
from .direction import direction
from .estimate import Middle
from .frame import Frame, finite, frame_of
from .influence import Influences, influences
from .insights import Insight, insights
from .quality import Cards
from .settings import Confounded, Setting, confounded, settings_of
from .study import Study, study
from .table import Row, Table, metric_order
from .values import MetricValues, metric_values

Figure = Literal["final", "best", "area", "target_step", "target_time"]
# What is looked at beside the question, as far as the runs have it: few, for each of them makes the rest less sure.
BESIDE: Final = ("quality", "listening", "target_step", "steps_per_second")


class Opened(Protocol):
    """A run as open_run() gives it."""

    @property
    def data(self) -> RunData: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """What compare() found. config_diff has its values in the order of table.rows and frame.rows.

    tests: by column key, the question (main) first. notices: what could not be done, and why.
    """

    table: Table
    config_diff: tuple[Difference, ...]
    frame: Frame
    main: str | None  # key of the column that the question is about
    tests: Mapping[str, Study]
    insights: tuple[Insight, ...]
    settings: tuple[Setting, ...] = ()
    associations: tuple[Association, ...] = ()
    confounded: tuple[Confounded, ...] = ()
    notices: tuple[str, ...] = ()

    def test(self, key: str) -> Study:
        """Any other column put to the test; not corrected for being one of many that were looked at."""
        return self.tests[key] if key in self.tests else study(self.frame, key)

    def influences(self, key: str | None = None) -> Influences:
        """How much of a column (the question's without a key) each setting explains. Takes some seconds."""
        figure, kept = _figure(self.frame, key or self.main or "", self.settings)
        return influences([_only(each, kept) for each in self.settings], figure)


@np.errstate(over="ignore", invalid="ignore")
def compare(
    runs: Iterable[RunData | Opened],
    *,
    group_by: Sequence[str] = (),
    metric: str | None = None,
    figure: Figure = "final",
    at_equal: By | None = None,
    at: float | None = None,
    target: float | None = None,
    cards: Cards | None = None,
    strengths: Mapping[str, float] | None = None,
    middle: Middle = "mean",
) -> Comparison:
    """Compare runs of any format, as far as they have been read.

    runs: RunData or what open_run() gives. Order is kept; fewer than two runs are no error, but differ in nothing.
    group_by: configuration keys whose equal values make runs repetitions of each other (see grouping.group_by); without
    any, runs that differ in nothing but their seed. figure: what of the metric is tested. The other arguments are those
    of frame_of(). Without the analysis extra tests and insights are empty and a notice says so.
    """
    known = [run if isinstance(run, RunData) else run.data for run in runs]
    frame = frame_of(known, group_by=group_by, metric=metric, at_equal=at_equal, at=at, target=target, cards=cards,
                     strengths=strengths, now=time.time(), middle=middle)  # fmt: skip
    keys = {column.key for column in frame.columns}
    main = next((key for key in (f"{figure} {frame.main}", figure, f"final {frame.main}") if key in keys), None)
    varied = settings_of(known)
    mixed = confounded(varied)
    tests: dict[str, Study] = {}
    told: tuple[Association, ...] = ()
    said: tuple[Insight, ...] = ()
    notices: tuple[str, ...] = ()
    try:
        tests = {key: study(frame, key) for key in (main, *BESIDE) if key in keys and key is not None}
        told = _associated(frame, main, varied)
        said = insights(frame, tests.get(main or ""), [each for key, each in tests.items() if key != main], told, mixed)
    except ExtraMissing as error:
        notices = (str(error),)
    table = table_of(row_of(data) for data in known)
    diff = differences([data.config for data in known])
    return Comparison(table, diff, frame, main, tests, said, varied, told, mixed, notices)


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


def _associated(frame: Frame, main: str | None, varied: Sequence[Setting]) -> tuple[Association, ...]:
    if main is None:
        return ()
    figure, kept = _figure(frame, main, varied)
    return associations([_only(each, kept) for each in varied], figure) if len(kept) > 2 else ()


def _figure(frame: Frame, key: str, varied: Sequence[Setting]) -> tuple[Floats, list[int]]:
    """The finite values of a column, and the rows that have them and tell their configuration."""
    kept = [row for row in range(len(frame.rows))
            if finite(frame.value(row, key))
            and all(math.isfinite(each.numbers[row]) for each in varied)]  # fmt: skip
    return np.array([frame.rows[row].values[key] for row in kept], dtype=np.float64), kept


def _only(setting: Setting, rows: Sequence[int]) -> Setting:
    values = tuple(setting.values[row] for row in rows)
    return Setting(setting.key, values, setting.numbers[list(rows)], setting.log, setting.levels)
