"""Compare runs: which is better, is it more than chance, and which settings did it. A folder stands for its runs."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from ..checking import watched
from ..compare import Comparison, Frame, Influences, compare
from ..compare.analysis import load
from ..compare.plain import as_plain
from ..discovery import discover
from ..errors import ExtraMissing, ReadError
from ..listening.answers import books, books_folder
from ..listening.of_runs import strengths_of_runs
from ..opened import find_run
from ..records import RunRef
from ..registry import readers
from ..run_data import RunData
from ..screen import screen
from .places import runs_at

FINE, NOTHING = 0, 2
MARK = "* best, or not to be told from it"
GROUPS_SHOWN = 40
SIDE_BY_SIDE = 3  # so many groups fit beside each other; more are below each other
BESIDE = ("quality", "listening", "target_step", "target_time", "seconds", "tokens", "gpu_hours", "steps_per_second",
          "tokens_per_second", "alerts", "spikes")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", type=runs_at, metavar="RUN", help="run of any known format, or folder of runs"
    )
    parser.add_argument("--group-by", action="append", default=[], metavar="KEY",
                        help="runs with equal values of this configuration key are repetitions; may be given several "
                             "times; without it runs that differ in nothing but their seed are")  # fmt: skip
    parser.add_argument("--metric", metavar="M", help="what to compare by (default: the validation loss, or the like)")
    parser.add_argument("--figure", choices=["final", "best", "area"], default="final",
                        help="newest value, best, or mean height of the curve (default: final)")  # fmt: skip
    parser.add_argument("--at-equal", choices=["step", "time", "tokens"],
                        help="count every run only as far as the shortest one went")  # fmt: skip
    parser.add_argument("--middle", choices=["mean", "iqm"], default="mean",
                        help="of groups: mean, or interquartile mean, which one stray run does not move")  # fmt: skip
    parser.add_argument("--settings", action="store_true",
                        help="also say how much each setting explains; takes some seconds")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def run(options: argparse.Namespace) -> int:
    complaints = screen(stderr=True)
    try:
        runs = [read(ref) for ref in refs(options.paths)]
        _check_metric(runs, options.metric)
        load("scipy.stats")
    except (ReadError, ExtraMissing) as error:
        complaints.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOTHING
    found = compare(runs, group_by=options.group_by, metric=options.metric, figure=options.figure,
                    at_equal=options.at_equal, strengths=heard(runs), middle=options.middle)  # fmt: skip
    explained = found.influences() if options.settings and found.main is not None else None
    if options.json:
        sys.stdout.write(orjson.dumps(as_plain(found, explained)).decode() + "\n")
    else:
        screen(highlight=False).print(_told(found, explained))
    return FINE


def refs(paths: Iterable[Path]) -> Iterator[RunRef]:
    """The runs at the paths, once each; all of those inside a folder or a database. Raises ReadError without any."""
    seen: set[str] = set()
    for path in paths:
        is_run = path.is_dir() and readers().of(path.absolute()) is not None
        inside = discover(path.absolute()) if path.exists() and not is_run else []
        for ref in inside or [find_run(path)]:
            if ref.path not in seen:
                seen.add(ref.path)
                yield ref


def read(ref: RunRef) -> RunData:
    """Everything that there is of a run now."""
    return watched(ref)


def heard(runs: Sequence[RunData]) -> dict[str, float]:
    """What this user's blind tests say of the runs."""
    return strengths_of_runs(runs, books(books_folder()))


def _check_metric(runs: Iterable[RunData], metric: str | None) -> None:
    names = {name for data in runs for name in data.series}
    if metric is not None and metric not in names:
        near = difflib.get_close_matches(metric, names, 3, 0.4) or sorted(names)[:5]
        raise ReadError(f"no run has a metric {metric}; there are {', '.join(near)}")


def _told(found: Comparison, explained: Influences | None) -> RenderableType:
    frame = found.frame
    groups = len(frame.groups)
    head = f"{_runs(len(frame.rows))} in {groups} group{'s' * (groups != 1)}, {frame.alignment}"
    parts: list[RenderableType] = [Text(head, style="bold"), Text()]
    for number, each in enumerate(found.insights, 1):
        parts.append(Padding(Text(f"{number}. {each.text}", style="" if each.claim else "dim"), (0, 0, 0, 1)))
    parts += [Text(notice, style="yellow") for notice in found.notices]
    parts += [Text(), _table(found)]
    if explained is not None:
        parts += [Text(), _influences(found, explained)]
    return Group(*parts)


def _table(found: Comparison) -> Table:
    """Groups with their means; what cannot be told from the best is marked."""
    frame = found.frame
    keys = [key for key in (found.main, *BESIDE) if key is not None and _some(frame, key)]
    if len(frame.groups) <= SIDE_BY_SIDE:
        table = Table("", *(Column(Text(f"{group.label} ({_runs(len(group))})")) for group in frame.groups), box=None)
        for key in keys:
            table.add_row(Text(str(frame.column(key))),
                          *(Text(_cell(found, place, key)) for place in range(len(frame.groups))))  # fmt: skip
    else:
        table = _long_table(found, keys)
    captions = [f"{len(frame.groups) - GROUPS_SHOWN} more groups are not shown; --json has all"]
    marked = any(study.ties() for study in found.tests.values())
    table.caption = "; ".join(captions[: len(frame.groups) > GROUPS_SHOWN] + [MARK] * marked) or None
    table.caption_justify = "left"
    return table


def _long_table(found: Comparison, keys: Sequence[str]) -> Table:
    """A line a group, with the figures that there is room for: the question's and what was heard."""
    frame = found.frame
    kept = [key for key in keys if key in (found.main, "quality", "listening")] or list(keys[:2])
    table = Table("configuration", "runs", *(Column(Text(str(frame.column(key)))) for key in kept), box=None)
    for place, group in enumerate(frame.groups[:GROUPS_SHOWN]):
        table.add_row(Text(group.label), str(len(group)), *(Text(_cell(found, place, key)) for key in kept))
    return table


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"


def _some(frame: Frame, key: str) -> bool:
    return any(frame.value(row, key) is not None for row in range(len(frame.rows)))


def _cell(found: Comparison, group: int, key: str) -> str:
    estimate = found.frame.estimate(group, key)
    if estimate is None:
        return "—"
    study = found.tests.get(key)
    tied = study is not None and group in study.ties()
    return f"{estimate}{' *' if tied else ''}"


def _influences(found: Comparison, explained: Influences) -> RenderableType:
    if not explained.usable or explained.explained is None:
        why = explained.why or "a forest cannot predict it for runs that it has not seen"
        return Text(f"How much each setting explains cannot be said: {why}.")
    title = f"The settings predict {explained.explained:.0%} of the variance of {found.main} in runs not seen"
    table = Table("setting", "share of variance", "95 % interval", "error when shuffled", box=None, title=title,
                  title_justify="left")  # fmt: skip
    for each in explained.settings:
        lost = "—" if each.importance is None else f"{each.importance:.2f}"
        table.add_row(Text(each.key), f"{each.share:.0%}", f"{each.share_low:.0%} to {each.share_high:.0%}", lost)
    return table
