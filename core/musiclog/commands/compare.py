"""Compare runs: which is better, is it more than chance, and which settings did it. A folder stands for its runs."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..compare import Comparison, Frame, Influences, compare
from ..compare.analysis import load
from ..compare.plain import as_plain
from ..discovery import discover
from ..errors import ExtraMissing, ReadError
from ..opened import OpenRun, find_run
from ..records import RunRef
from ..registry import readers
from ..run_data import RunData

FINE, NOTHING = 0, 2
RUNS_SHOWN = 40  # of single runs in the table; groups are always all shown
BESIDE = ("quality", "listening", "target_step", "seconds", "tokens", "gpu_hours", "steps_per_second", "alerts",
          "spikes")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="RUN", help="run of any known format, or folder of runs")
    parser.add_argument("--group-by", action="append", default=[], metavar="KEY",
                        help="runs with equal values of this configuration key are repetitions; may be given several "
                             "times; without it runs that differ in nothing but their seed are")  # fmt: skip
    parser.add_argument("--metric", metavar="M", help="what to compare by (default: the validation loss, or the like)")
    parser.add_argument("--figure", choices=["final", "best", "area"], default="final",
                        help="newest value, best, or mean height of the curve (default: final)")  # fmt: skip
    parser.add_argument("--at-equal", choices=["step", "time", "tokens"],
                        help="count every run only as far as the shortest one went")  # fmt: skip
    parser.add_argument("--settings", action="store_true",
                        help="also say how much each setting explains; takes some seconds")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def run(options: argparse.Namespace) -> int:
    complaints = Console(stderr=True)
    try:
        runs = [read(ref) for ref in refs(options.paths)]
        _check_metric(runs, options.metric)
        load("scipy.stats")
    except (ReadError, ExtraMissing) as error:
        complaints.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOTHING
    found = compare(runs, group_by=options.group_by, metric=options.metric, figure=options.figure,
                    at_equal=options.at_equal)  # fmt: skip
    explained = found.influences() if options.settings and found.main is not None else None
    if options.json:
        sys.stdout.write(orjson.dumps(as_plain(found, explained)).decode() + "\n")
    else:
        Console(highlight=False).print(_told(found, explained))
    return FINE


def refs(paths: Iterable[Path]) -> Iterator[RunRef]:
    """The runs at the paths, once each; all of those inside a folder that is none. Raises ReadError without any."""
    seen: set[str] = set()
    for path in paths:
        is_folder = path.is_dir() and readers().of(path.absolute()) is None
        inside = discover(path.absolute()) if is_folder else []
        for ref in inside or [find_run(path)]:
            if ref.path not in seen:
                seen.add(ref.path)
                yield ref


def read(ref: RunRef) -> RunData:
    """Everything that there is of a run now."""
    with OpenRun(ref) as opened:
        return opened.data


def _check_metric(runs: Iterable[RunData], metric: str | None) -> None:
    names = {name for data in runs for name in data.series}
    if metric is not None and metric not in names:
        near = difflib.get_close_matches(metric, names, 3, 0.4) or sorted(names)[:5]
        raise ReadError(f"no run has a metric {metric}; there are {', '.join(near)}")


def _told(found: Comparison, explained: Influences | None) -> RenderableType:
    frame = found.frame
    runs, groups = len(frame.rows), len(frame.groups)
    head = f"{runs} run{'s' * (runs != 1)} in {groups} group{'s' * (groups != 1)}, {frame.alignment}"
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
    table = Table("configuration", "runs", box=None)
    for key in keys:
        table.add_column(Text(str(frame.column(key))))
    for place, group in enumerate(frame.groups[:RUNS_SHOWN]):
        table.add_row(Text(group.label), str(len(group)), *(Text(_cell(found, place, key)) for key in keys))
    if len(frame.groups) > RUNS_SHOWN:
        table.caption = f"{len(frame.groups) - RUNS_SHOWN} more are not shown; --json has all"
    if any(study.ties() for study in found.tests.values()):
        table.caption = f"{table.caption or ''} * best, or not to be told from it".strip()
    return table


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
