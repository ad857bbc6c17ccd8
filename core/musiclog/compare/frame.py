"""Runs as rows, everything they came to as columns, groups over the rows: what all statistics read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeGuard

import numpy as np

from ..run_data import RunData
from .alignment import UNITS, Alignment, By, common_end
from .direction import Direction, direction
from .estimate import Estimate, Middle, hierarchical_interval, iqm_interval, mean_interval
from .figures import MetricFigures, metric_figures, reached, run_figures
from .groups import RunGroup, groups_of
from .quality import Cards, sample_values
from .table import metric_order

Kind = Literal["final", "best", "area", "converged", "target_step", "target_time", "run"]
# Columns of a run that belong to no metric: title, which way is better.
RUN_COLUMNS: Final[dict[str, tuple[str, Direction | None]]] = {
    "quality": ("quality of samples", "higher"),
    "listening": ("strength in listening tests", "higher"),
    "steps": ("steps", None),
    "seconds": ("run time (s)", "lower"),
    "tokens": ("tokens", None),
    "gpu_hours": ("GPU hours", "lower"),
    "steps_per_second": ("steps per second", "higher"),
    "tokens_per_second": ("tokens per second", "higher"),
    "alerts": ("alerts", "lower"),
    "spikes": ("spikes", "lower"),
    "not_finite": ("values not finite", "lower"),
}
# A value whose square is no number can be in no mean and in no test: the run that came to it has blown up.
LARGEST: Final = 1e150
METRIC_KINDS: Final[dict[Kind, str]] = {
    "final": "final {}", "best": "best {}", "area": "mean height of {}", "converged": "{} converged, in"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of every run. title says also at which alignment it was taken; better None: neither way is."""

    key: str  # "final total_loss", "quality", ...
    title: str
    kind: Kind
    metric: str | None
    better: Direction | None
    alignment: Alignment

    @property
    def bounds(self) -> tuple[float, float]:
        """What its values lie between, so that no interval need go beyond."""
        if self.key == "quality":
            return 0.0, 1.0
        at_least_none = self.kind in ("converged", "target_step", "target_time", "run") and self.key != "listening"
        return (0.0 if at_least_none else -math.inf), math.inf

    def __str__(self) -> str:
        """The title with where it was taken; figures of a whole run are taken nowhere else."""
        whole = self.kind in ("target_step", "target_time") or (self.kind == "run" and self.key != "quality")
        return self.title if whole else f"{self.title} {self.alignment}"


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One run. values by column key: None where the run does not tell, NaN or infinite where it blew up."""

    path: str
    name: str
    values: Mapping[str, float | None]
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)  # quality of its samples by prompt


@dataclass(frozen=True, slots=True)
class Frame:
    """columns in the order to show them; groups hold places of rows. target: value that target columns mean."""

    columns: tuple[Column, ...]
    rows: tuple[FrameRow, ...]
    groups: tuple[RunGroup, ...]
    alignment: Alignment
    main: str | None  # the metric that the question is about
    target: float | None = None
    notes: tuple[str, ...] = ()
    middle: Middle = "mean"  # of groups: what estimates and differences are of

    def column(self, key: str) -> Column:
        """Raises KeyError."""
        found = next((column for column in self.columns if column.key == key), None)
        if found is None:
            raise KeyError(key)
        return found

    def value(self, row: int, key: str) -> float | None:
        return self.rows[row].values.get(key)

    def grouped(self, key: str) -> list[list[float]]:
        """The values of every group that can be calculated with; left_out() tells which can not."""
        return [[value for row in group.members if finite(value := self.value(row, key))] for group in self.groups]

    def left_out(self, key: str) -> list[int]:
        """Rows whose value blew up: they tell no number, but they do tell something."""
        return [row for row in range(len(self.rows))
                if (value := self.value(row, key)) is not None and not finite(value)]  # fmt: skip

    def estimate(self, group: int, key: str) -> Estimate | None:
        """A group's middle with its interval; for the quality of samples one that knows which run they come from."""
        return self._estimate(group, key, self.grouped(key)[group])

    def estimates(self, key: str) -> list[Estimate | None]:
        """Of every group; of many groups much faster than one by one, since each looks all of them through."""
        return [self._estimate(group, key, values) for group, values in enumerate(self.grouped(key))]

    def _estimate(self, group: int, key: str, values: Sequence[float]) -> Estimate | None:
        samples = [self.rows[row].samples for row in self.groups[group].members] if key == "quality" else []
        interval = mean_interval if self.middle == "mean" else iqm_interval
        found = hierarchical_interval(samples) if any(samples) else interval(values)
        return None if found is None else _within(found, *self.column(key).bounds)


@np.errstate(over="ignore", invalid="ignore")  # runs that blew up reach 1e308, and so does what a broken clock tells
def frame_of(
    runs: Sequence[RunData],
    *,
    group_by: Sequence[str] = (),
    metric: str | None = None,
    at_equal: By | None = None,
    at: float | None = None,
    target: float | None = None,
    cards: Cards | None = None,
    strengths: Mapping[str, float] | None = None,
    now: float = 0.0,
    middle: Middle = "mean",
) -> Frame:
    """Everything that is known of the runs, side by side.

    metric: what the question is about; without it main_metric() chooses. at_equal: take every figure at the same
    step, after the same time, or after as many tokens; at: where, without it the end of the run that is shortest.
    target: value of the metric to be reached; without it the one that every run with a finite value reached.
    cards: score cards by path of sample, beside those that runs wrote. strengths: from listening tests, by path of run.
    middle: of groups; "iqm", the mean of the inner half, does not follow a run that went astray.
    """
    main = metric if metric is not None else main_metric(runs)
    alignment, notes = _alignment(runs, main, at_equal, at)
    names = metric_order(name for data in runs for name in data.series)
    figures = [{name: found for name in names
                if (found := metric_figures(data, name, direction(name), alignment)) is not None}
               for data in runs]  # fmt: skip
    better = None if main is None else direction(main)
    target = _target([each.get(main or "") for each in figures], better) if target is None else target
    rows = tuple(
        _row(data, each, main=main, target=target, alignment=alignment, cards=cards, strengths=strengths)
        for data, each in zip(runs, figures, strict=True)
    )
    groups = groups_of(runs, group_by, now)
    return Frame(tuple(_columns(names, main, target, rows, alignment)), rows, groups, alignment, main, target, notes,
                 middle)  # fmt: skip


def main_metric(runs: Iterable[RunData]) -> str | None:
    """The metric that says best which run to keep, of those that most of the runs have.

    A validation loss before a training loss, which also falls while a model learns by heart; then what has a direction.
    """
    counts: dict[str, int] = {}
    for data in runs:
        for name, series in data.series.items():
            if len(series) and direction(name) is not None:
                counts[name] = counts.get(name, 0) + 1
    most = max(counts.values(), default=0)
    common = metric_order(name for name, count in counts.items() if count == most)
    totals = [name for name in common if _is_total(name)]
    return next((name for name in totals if name.casefold().startswith(("val", "eval", "test"))),
                next(iter((*totals, *common)), None))  # fmt: skip


def _is_total(name: str) -> bool:
    return name.casefold().rsplit("/", 1)[-1] in ("loss", "total_loss", "total", "val_loss", "eval_loss", "test_loss")


def _alignment(
    runs: Sequence[RunData], main: str | None, by: By | None, at: float | None
) -> tuple[Alignment, tuple[str, ...]]:
    if by is None or main is None:
        return Alignment(), ()
    end = common_end(runs, main, by) if at is None else at
    if end is None:
        return Alignment(), (f"No run tells {main} by {by}, so every run counts up to its own end.",)
    untold = sum(common_end([data], main, by) is None for data in runs)
    alignment = Alignment(by, end)
    note = f"{untold} of {len(runs)} runs tell no {main} by {by} and are left out of figures {alignment}."
    return alignment, (note,) if untold else ()


def _target(figures: Iterable[MetricFigures | None], better: Direction | None) -> float | None:
    """The worst of the best values: the farthest that every run came."""
    best = [each.best for each in figures if each is not None and each.best is not None]
    return None if better is None or not best else (max if better == "lower" else min)(best)


def _row(
    data: RunData,
    metrics: Mapping[str, MetricFigures],
    *,
    main: str | None,
    target: float | None,
    alignment: Alignment,
    cards: Cards | None,
    strengths: Mapping[str, float] | None,
) -> FrameRow:
    values: dict[str, float | None] = {}
    for name, each in metrics.items():
        values[f"final {name}"], values[f"best {name}"] = each.final, each.best
        values[f"area {name}"], values[f"converged {name}"] = each.area, each.converged_x
    better = None if main is None else direction(main)
    if main is not None and target is not None and better is not None:
        values["target_step"], values["target_time"] = reached(data, main, target, better)
    whole = run_figures(data, main, better)
    values.update({key: getattr(whole, key) for key in RUN_COLUMNS if hasattr(whole, key)})
    samples = sample_values(data, alignment, cards)
    values["quality"] = _quality(samples, metrics)
    values["listening"] = (strengths or {}).get(data.ref.path)
    return FrameRow(data.ref.path, data.info.name, values, samples)


def _quality(samples: Mapping[str, Sequence[float]], metrics: Mapping[str, MetricFigures]) -> float | None:
    scores = [value for values in samples.values() for value in values]
    if scores:
        return sum(scores) / len(scores)
    logged = metrics.get("quality/overall")
    return None if logged is None else logged.final


def _columns(
    names: Sequence[str], main: str | None, target: float | None, rows: Sequence[FrameRow], alignment: Alignment
) -> Iterable[Column]:
    told = {key for row in rows for key, value in row.values.items() if value is not None}
    unit = f" {UNITS[alignment.by or 'step']}"
    ordered = ([main] if main is not None and main in names else []) + [name for name in names if name != main]
    for name in ordered:
        for kind, title in METRIC_KINDS.items():
            if f"{kind} {name}" in told:
                better: Direction | None = "lower" if kind == "converged" else direction(name)
                words = title.format(name) + unit * (kind == "converged")
                yield Column(f"{kind} {name}", words, kind, name, better, alignment)
        if name == main:
            yield from _target_columns(name, target, told)
    for key, (title, better) in RUN_COLUMNS.items():
        if key in told:
            whole = alignment.by is not None and key not in ("quality", "listening")
            words = f"{title}, whole run" if whole else title
            yield Column(key, words, "run", None, better, alignment if key == "quality" else Alignment())


def _target_columns(name: str, target: float | None, told: set[str]) -> Iterable[Column]:
    titles: dict[Kind, str] = {
        "target_step": "step at which {} reached {:.4g}", "target_time": "seconds until {} reached {:.4g}"
    }  # fmt: skip
    for kind, title in titles.items():
        if kind in told:
            yield Column(kind, title.format(name, target), kind, name, "lower", Alignment())


def _within(estimate: Estimate, least: float, most: float) -> Estimate:
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(estimate.low, least), high=min(estimate.high, most))


def finite(value: float | None) -> TypeGuard[float]:
    """Whether statistics can calculate with it."""
    return value is not None and math.isfinite(value) and abs(value) < LARGEST
