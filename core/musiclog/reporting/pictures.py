"""The pictures of a report: curves, groups with their intervals, ranks, and what settings do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ..compare import Comparison, Influence, Influences
from ..compare.table import metric_order
from ..episodes import episodes
from ..export import SMALL, Figure, Line, Standing, chart, critical, standings
from ..group_curves import Curve, GroupCurve, columns, group_curve
from ..run_data import RunData

CURVES: Final = 24  # charts of one run
BESIDE: Final = 6  # metrics of a comparison beside the one that it is about
LINES: Final = 18  # of one chart: as many as can be told apart
BANDS: Final = 8  # more groups are drawn without bands, which would hide each other
SHOWN: Final = 40  # groups in one picture
COLUMNS: Final = 340  # of a curve; lowest and highest value of each are kept


def curves_of_one(data: RunData) -> list[Figure]:
    """All metrics, those first that say how good the run is; dashed where an alert opened."""
    opened = [each.opened_step for each in episodes(data) if each.opened_step is not None]
    drawn = (_curve(data, name, opened) for name in metric_order(data.series)[:CURVES])
    return [figure for figure in drawn if figure is not None]


def curves_of_several(runs: Sequence[RunData], found: Comparison) -> tuple[list[Figure], list[Figure]]:
    """The metric that it is about, large; others small."""
    main = found.frame.main
    names = [column.metric for column in found.frame.columns if column.kind == "final" and column.better]
    others = [name for name in dict.fromkeys(names) if name is not None and name != main][:BESIDE]
    first = [] if main is None else _group_curves(runs, found, main, large=True)
    return first, [figure for name in others for figure in _group_curves(runs, found, name, large=False)]


def standings_of(found: Comparison) -> Iterator[Figure]:
    """Every tested column: runs as dots, groups as intervals; and the ranks, where they were tested."""
    for key, study in found.tests.items():
        ties, rows = study.ties(), []
        for place, group in enumerate(found.frame.groups[:SHOWN]):
            estimate, values = study.estimates[place], found.frame.grouped(key)[place]
            rows.append(
                Standing(group.label, values) if estimate is None
                else Standing(group.label, values, estimate.middle, estimate.low, estimate.high, place in ties)
            )  # fmt: skip
        groups = len(found.frame.groups)
        few = f", the first {SHOWN} of {groups} groups" if groups > SHOWN else ""
        svg = standings(rows, f"{study.column}{few}")
        if svg is not None:
            yield Figure(svg, name=f"groups {key}")
    main = found.tests.get(found.main or "")
    if main is not None and main.ranks is not None and len(main.tested) <= SHOWN:
        names = [found.frame.groups[group].label for group in main.tested]
        svg = critical(names, main.ranks.ranks, main.ranks.cliques, f"Mean ranks in {main.column}, 1 the lowest")
        caption = "A bar joins groups that the pairwise tests with Holm's correction do not tell apart."
        if main.ranks.critical is not None:
            caption += f" Nemenyi's critical difference would be {main.ranks.critical:.2f}."
        yield Figure(svg, caption, "ranks")


def shares(explained: Influences) -> Figure | None:
    rows = [Standing(each.key, (), each.share, each.share_low, each.share_high) for each in explained.settings]
    svg = standings(rows, "Share of the predictions' variance that each setting explains alone, with 95 % intervals",
                    (0.0, 1.0))  # fmt: skip
    return None if svg is None else Figure(svg, name="shares of settings")


def dependences(explained: Influences, column: str) -> list[Figure]:
    """The mean prediction along each setting of numbers, the others averaged out."""
    drawn = [(each, _dependence(each, column)) for each in explained.settings if each.dependence.labels is None]
    return [Figure(svg, name=f"along {each.key}") for each, svg in drawn if svg is not None]


def _dependence(each: Influence, column: str) -> str | None:
    along = each.dependence
    x, title = (np.log10(along.x), f"log10 of {each.key}") if along.log else (along.x, each.key)
    return chart([Line(each.key, x, along.mean, along.low, along.high)], title, column, SMALL)


def _curve(data: RunData, name: str, opened: Sequence[float]) -> Figure | None:
    series = data.series[name]
    extent = series.extent("step")
    if extent is None:
        return None
    x, y = series.thin("step", *extent, COLUMNS)
    svg = chart([Line(data.info.name, x, y)], "step", name, SMALL, opened)
    return None if svg is None else Figure(svg, name=name)


def _group_curves(runs: Sequence[RunData], found: Comparison, metric: str, *, large: bool) -> list[Figure]:
    lines, banded = [], len(found.frame.groups) <= BANDS
    for group in found.frame.groups[:LINES]:
        curves = [runs[row].series[metric].drawn("step") for row in group.members if metric in runs[row].series]
        curves = [curve for curve in curves if len(curve[0])]
        whole = _whole(curves) if curves else None
        none = np.array([np.nan])
        if whole is None:
            lines.append(Line(group.label, none, none))
        elif banded:
            lines.append(Line(group.label, whole.x, whole.middle, whole.low, whole.high))
        else:
            lines.append(Line(group.label, whole.x, whole.middle))
    if not large:
        svg = chart(lines, "step", metric, SMALL)
        return [] if svg is None else [Figure(svg, name=metric)]
    svg = chart(lines, "step", metric)
    more = len(found.frame.groups) - LINES
    left = f" {more} more groups are not drawn." if more > 0 else ""
    band = "; the band goes from its lowest to its highest run" if banded else ""
    caption = f"Mean of each group{band}.{left}"
    return [] if svg is None else [Figure(svg, caption, metric)]


def _whole(curves: Sequence[Curve]) -> GroupCurve:
    if max(len(x) for x, _ in curves) <= COLUMNS:
        return group_curve(curves, "mean", "range")
    ends = [end for x, _ in curves for end in (x[0], x[-1])]
    return columns(curves, np.linspace(min(ends), max(ends), COLUMNS + 1), "mean", "range")
