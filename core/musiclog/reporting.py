"""What a report of one run or of several holds, in the order in which one would tell it to a colleague."""

from __future__ import annotations

import math
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from .compare import Comparison, compare
from .config_diff import MISSING, flatten
from .episodes import episodes
from .export import Figure, Line, Lines, Section, Sentence, Sentences, Sounds, Table, chart, page, sound
from .group_curves import Curve, GroupCurve, columns, group_curve
from .records import SampleFile
from .run_data import RunData

SOUNDS: Final = 8  # of about 1.7 MB each at most
CURVES: Final = 12  # charts of one run
LINES: Final = 18  # of one chart: as many as can be told apart
USES: Final = 30
COLUMNS: Final = 340  # of a curve on 686 pixels; lowest and highest value of each are kept


def report(runs: Sequence[RunData], found: Comparison | None = None, now: float | None = None) -> str:
    """One HTML file about a run or, of several, their comparison. found: made already, else with its defaults."""
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    made_by = f"Made by musiclog {version('musiclog')} with Python {platform.python_version()} on {at}."
    if len(runs) == 1:
        data = runs[0]
        about = f"{data.info.format} run, {data.state(time.time() if now is None else now).reason}"
        return page(data.info.name, about, list(_of_one(data)), made_by)
    told = found or compare(runs)
    title = f"Comparison of {len(runs)} runs"
    about = f"{len(told.frame.groups)} groups, {told.frame.alignment}"
    return page(title, about, list(_of_several(runs, told)), made_by)


def _of_one(data: RunData) -> Iterator[Section]:
    yield Section("Curves", [part for name in list(data.series)[:CURVES] if (part := _curve(data, name)) is not None])
    yield _alerts([data])
    yield _samples([data])
    yield _data_use(data)
    yield Section("Configuration", [Table(["key", "value"], [(k, str(v)) for k, v in flatten(data.config).items()])])
    yield _made_with([data])


def _of_several(runs: Sequence[RunData], found: Comparison) -> Iterator[Section]:
    said: list[Sentences | Lines] = [Sentences([Sentence(each.text, each.claim) for each in found.insights])]
    yield Section("What can be said", [*said, Lines(found.notices)])
    yield Section("Curves", _curves(runs, found))
    yield Section("Groups", [_group_table(found)])
    yield Section("Runs", [_run_table(found)])
    names = [data.info.name for data in runs]
    rows = [(each.key, *("—" if value is MISSING else str(value) for value in each.values))
            for each in found.config_diff]  # fmt: skip
    yield Section("Configuration, only what differs", [Table(["key", *names], rows)] if rows else [])
    yield _alerts(runs)
    yield _samples(runs)
    yield _made_with(runs)


def _curve(data: RunData, name: str) -> Figure | None:
    series = data.series[name]
    extent = series.extent("step")
    if extent is None:
        return None
    x, y = series.thin("step", *extent, COLUMNS)
    svg = chart([Line(data.info.name, x, y)], "step", name)
    return None if svg is None else Figure(svg)


def _curves(runs: Sequence[RunData], found: Comparison) -> list[Figure]:
    metric = found.frame.main
    if metric is None:
        return []
    lines = []
    for group in found.frame.groups[:LINES]:
        curves = [runs[row].series[metric].drawn("step") for row in group.members if metric in runs[row].series]
        curves = [curve for curve in curves if len(curve[0])]
        if curves:
            whole = _whole(curves)
            lines.append(Line(group.label, whole.x, whole.middle, whole.low, whole.high))
    svg = chart(lines, "step", metric)
    more = len(found.frame.groups) - LINES
    left = f" {more} more groups are not drawn." if more > 0 else ""
    caption = f"Mean of each group; the band goes from its lowest to its highest run.{left}"
    return [] if svg is None else [Figure(svg, caption)]


def _whole(curves: Sequence[Curve]) -> GroupCurve:
    if max(len(x) for x, _ in curves) <= COLUMNS:
        return group_curve(curves, "mean", "range")
    ends = [end for x, _ in curves for end in (x[0], x[-1])]
    return columns(curves, np.linspace(min(ends), max(ends), COLUMNS + 1), "mean", "range")


def _group_table(found: Comparison) -> Table:
    keys = list(found.tests) or ([found.main] if found.main else [])
    rows = []
    for place, group in enumerate(found.frame.groups):
        cells = []
        for key in keys:
            estimate, study = found.frame.estimate(place, key), found.tests.get(key)
            tied = study is not None and place in study.ties()
            cells.append("—" if estimate is None else f"{estimate}{' *' if tied else ''}")
        rows.append((group.label, str(len(group)), *cells))
    header = ["group", "runs", *(str(found.frame.column(key)) for key in keys)]
    return Table(header, rows, "Means with 95 % intervals. * best, or not to be told from it.")


def _run_table(found: Comparison) -> Table:
    shown = [column for column in found.frame.columns if column.metric in (None, found.frame.main)]
    rows = [(row.name, *(_number(row.values.get(column.key)) for column in shown)) for row in found.frame.rows]
    return Table(["run", *map(str, shown)], rows)


def _alerts(runs: Iterable[RunData]) -> Section:
    rows = [
        (data.info.name, each.severity, "" if each.opened_step is None else f"{each.opened_step:g}", each.title,
         each.ending or each.state)
        for data in runs for each in episodes(data)
    ]  # fmt: skip
    header = ["run", "severity", "step", "what happened", "how it ended"]
    return Section("Alerts", [Table(header, rows)] if rows else [Lines(["No alerts were logged."])])


def _samples(runs: Sequence[RunData]) -> Section:
    """The newest sample of every prompt of every run, as far as there is room."""
    newest: dict[tuple[int, str], tuple[str, SampleFile]] = {}
    for place, data in enumerate(runs):
        for sample in data.samples.values():
            newest[place, sample.prompt or ""] = data.info.name, sample
    chosen = [newest[key] for key in _in_turns(list(newest))[:SOUNDS]]
    sounds = [sound(Path(each.path), each.name, _about(name, each)) for name, each in chosen]
    more = len(newest) - len(sounds)
    parts: list[Sounds | Lines] = [Sounds(sounds)] if sounds else []
    return Section("Samples", [*parts, Lines([f"{more} more are not in this file."] if more > 0 else [])])


def _in_turns(keys: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """One of every run, then the second one of every run, and so on, so that no run is heard alone."""
    seen: Counter[int] = Counter()
    turns = []
    for key in keys:
        turns.append((seen[key[0]], key))
        seen[key[0]] += 1
    return [key for _, key in sorted(turns, key=lambda each: (each[0], each[1][0]))]


def _about(run: str, sample: SampleFile) -> str:
    overall = (sample.card or {}).get("overall")
    told = [run, f"prompt {sample.prompt}" if sample.prompt else "",
            "" if sample.step is None else f"step {sample.step:g}",
            f"quality {overall:.3f}" if isinstance(overall, float) else ""]  # fmt: skip
    return " · ".join(each for each in told if each)


def _data_use(data: RunData) -> Section:
    counts = ((use.name, use.uses) for use in data.data_usage.files.values())
    rows = sorted(counts, key=lambda each: (-each[1], each[0]))
    caption = f"{len(rows)} files; the {USES} most used are listed." if len(rows) > USES else ""
    table = Table(["file", "used"], [(name, str(count)) for name, count in rows[:USES]], caption)
    return Section("Training data", [table] if rows else [])


def _made_with(runs: Iterable[RunData]) -> Section:
    rows = []
    for data in runs:
        environment = data.info.environment
        packages = environment.get("packages")
        versions = packages.items() if isinstance(packages, dict) else ()
        listed = ", ".join(f"{name} {number}" for name, number in versions)
        told = [str(environment.get(key) or "") for key in ("python", "git_commit", "device")]
        rows.append((data.info.name, told[0], told[1][:12], told[2], listed))
    known = [row for row in rows if any(row[1:])]
    return Section("Made with", [Table(["run", "Python", "commit", "device", "packages"], known)] if known else [])


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.5g}" if math.isfinite(value) else str(value)
