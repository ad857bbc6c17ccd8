"""The summary of a run that lies beside its files when it is over, for people who open the folder later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import orjson

from . import layout
from .progress import duration
from .run_file import read_json
from .scalars import NAMES_OF_NONFINITE
from .writer import write_whole

_BATCH = 4096  # lines at once: the memory stays small for runs of any length
_HEAD_FIELDS = frozenset({"step", "t", "epoch", "batch"})


@dataclass(slots=True)
class Summary:
    """What one metric did, in constant memory: first and last value, extremes with their steps."""

    first: float
    last: float
    low: float = math.inf
    low_step: float | None = None
    high: float = -math.inf
    high_step: float | None = None
    count: int = 0
    nonfinite: int = 0

    def add(self, steps: Sequence[float], values: Sequence[float]) -> None:
        """Values in the order they were logged, with their steps."""
        self.count += len(values)
        self.last = values[-1]
        if not all(map(math.isfinite, values)):
            finite = [index for index, value in enumerate(values) if math.isfinite(value)]
            self.nonfinite += len(values) - len(finite)
            steps, values = [steps[index] for index in finite], [values[index] for index in finite]
        if not values:
            return
        low, high = min(values), max(values)
        if low < self.low:
            self.low, self.low_step = low, steps[values.index(low)]
        if high > self.high:
            self.high, self.high_step = high, steps[values.index(high)]


def write_report(folder: Path) -> None:
    """Write report.md of the run in folder from the files there. Raises OSError."""
    write_whole(folder / layout.REPORT, report_text(folder).encode("utf-8", "replace"))


def report_text(folder: Path) -> str:
    """The report as Markdown: what it was, configuration, data use, losses, quality, alerts, environment."""
    run = read_json(folder / layout.RUN)
    events = list(_lines(folder / layout.EVENTS))
    parts = [
        _head(run),
        _configuration(read_json(folder / layout.CONFIG)),
        _data_use(folder / layout.DATA_USAGE),
        _metrics(summarise(folder / layout.METRICS)),
        _quality(folder, events),
        _alerts(events),
        _environment(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def summarise(metrics: Path) -> dict[str, Summary]:
    """Every metric of a metrics.jsonl, in the order of their first appearance."""
    found: dict[str, Summary] = {}
    lines = _lines(metrics)
    while batch := list(islice(lines, _BATCH)):
        # Neighbours nearly always have the same keys; taken as columns they cost a third.
        for names, rows in groupby(batch, key=tuple):
            columns = dict(zip(names, zip(*(row.values() for row in rows), strict=True), strict=True))
            _add(found, columns)
    return found


def _add(found: dict[str, Summary], columns: Mapping[str, Sequence[Any]]) -> None:
    steps = columns.get("step")
    for name, column in columns.items():
        values = None if name in _HEAD_FIELDS else _numbers(column)
        if values is None or steps is None:
            continue
        if name not in found:
            found[name] = Summary(values[0], values[0])
        found[name].add(steps, values)


def _numbers(column: Sequence[Any]) -> Sequence[float] | None:
    """The column with NaN and infinity as numbers; None when something else is in it."""
    if set(map(type, column)) <= {float, int, bool}:
        return column
    numbers: list[Any] = [NAMES_OF_NONFINITE.get(value, value) if isinstance(value, str) else value for value in column]
    return numbers if all(isinstance(value, (int, float)) for value in numbers) else None


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    record = orjson.loads(line)
                except orjson.JSONDecodeError:  # torn by a kill; the window counts and shows these
                    continue
                if isinstance(record, dict):
                    yield record
    except FileNotFoundError:
        return


def _head(run: Mapping[str, Any]) -> str:
    facts = [f"- State: {run.get('state')}" + (f" ({run['error']})" if run.get("error") else "")]
    if run.get("started") and run.get("ended"):
        facts.append(f"- Duration: {duration(run['ended'] - run['started'])}")
    if run.get("last_step") is not None:
        facts.append(f"- Last step: {run['last_step']}" + _of(run.get("planned_steps")))
    if run.get("last_epoch") is not None:
        facts.append(f"- Last epoch: {run['last_epoch']}" + _of(run.get("planned_epochs")))
    if run.get("tags"):
        facts.append(f"- Tags: {', '.join(run['tags'])}")
    return f"# {run.get('name')}\n\n`{run.get('id')}`\n\n" + "\n".join(facts)


def _of(planned: object) -> str:
    return "" if planned is None else f" of {planned}"


def _configuration(config: Mapping[str, Any]) -> str:
    if not config:
        return ""
    return "## Configuration\n\n```json\n" + orjson.dumps(config, option=orjson.OPT_INDENT_2).decode() + "\n```"


def _data_use(path: Path) -> str:
    uses = augmented = hits = asked = 0
    names: set[str] = set()
    for line in _lines(path):
        uses += 1
        names.add(str(line.get("name")))
        augmented += bool(line.get("augmentation") or line.get("transposition"))
        hits += line.get("cache_hit") is True
        asked += line.get("cache_hit") is not None
    if not uses:
        return ""
    text = f"Files: {len(names)}; used {uses} times, {augmented / uses:.0%} of them augmented"
    return "## Data use\n\n" + text + (f"; cache hits {hits / asked:.0%}." if asked else ".")


def _metrics(found: Mapping[str, Summary]) -> str:
    if not found:
        return ""
    rows = [
        [name, _figure(s.first), _figure(s.last), _at(s.low, s.low_step), _at(s.high, s.high_step), *_counts(s)]
        for name, s in sorted(found.items())
    ]
    head = ["Metric", "First", "Last", "Lowest (step)", "Highest (step)", "Points", "Not finite"]
    return "## Losses and other metrics\n\n" + _table(head, rows)


def _counts(summary: Summary) -> list[str]:
    return [str(summary.count), str(summary.nonfinite) if summary.nonfinite else ""]


def _quality(folder: Path, events: list[Mapping[str, Any]]) -> str:
    samples = [event for event in events if event.get("event") == "sample"]
    if not samples:
        return ""
    rows = []
    for event in samples:
        card = read_json((folder / str(event.get("file"))).with_suffix(".json"))
        rows.append([*(_text(event.get(key)) for key in ("file", "epoch", "step")), _figure(card.get("overall"))])
    return f"## Samples and their quality\n\n{_table(['Sample', 'Epoch', 'Step', 'Overall'], rows)}"


def _alerts(events: list[Mapping[str, Any]]) -> str:
    episodes: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        if event.get("event") == "alert":
            episodes.setdefault(str(event.get("id")), []).append(event)
    if not episodes:
        return "## Alerts\n\nNone." if events else ""
    kinds = Counter(str(told[0].get("kind")) for told in episodes.values())
    rows = [_episode(told) for told in episodes.values()]
    counted = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    return f"## Alerts\n\n{counted}\n\n" + _table(["Kind", "Severity", "From step", "Ended", "What"], rows)


def _episode(told: list[Mapping[str, Any]]) -> list[str]:
    first, last = told[0], told[-1]
    return [
        str(first.get("kind")),
        str(last.get("severity")),
        _text(first.get("opened_step", first.get("step"))),
        str(last.get("state")),
        str(first.get("title")),
    ]


def _environment(run: Mapping[str, Any]) -> str:
    facts = [f"- {name}: {run[name]}" for name in ("host", "platform", "python", "device", "cuda") if run.get(name)]
    if run.get("git_commit"):
        facts.append(f"- git: {run['git_commit']}" + (f" on {run['git_branch']}" if run.get("git_branch") else ""))
    packages = run.get("packages") or {}
    facts += [f"- {name} {version}" for name, version in packages.items()]
    return "## Environment\n\n" + "\n".join(facts) if facts else ""


def _at(value: float, step: float | None) -> str:
    return "" if step is None else f"{_figure(value)} ({_text(step)})"


def _figure(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, (int, float)) else ""


def _text(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
