"""A folder of 1,000 runs, opened in the window for the first time and again; each start is a process of its own.

Listed: every run has its row. Read: every run has its curves as well.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from .names import NAMES
from .start_up import ours, start
from .table import Bar, Row, Table

COLUMNS = ("listed s", "read s")
STEPS = 100


def tables(*, quick: bool) -> Iterator[Table]:
    count = 100 if quick else 1_000
    with tempfile.TemporaryDirectory() as place:
        write_runs(Path(place, "runs"), count)
        program = ours(f"{place}/window.json", f"{place}/runs", count)
        rows = []
        for name, bar in (("musiclog, first time", 5), ("musiclog, opened before", 1)):
            told = start(program)
            begun = told["painted"][0]  # what it takes to open the window at all is another table
            rows.append(
                Row(name, [told[moment][0] - begun for moment in ("listed", "all read")], {"listed s": Bar(bar)})
            )
    yield Table(f"{count:,} runs of {STEPS * len(NAMES):,} scalars, from the painted window", COLUMNS, rows)


def write_runs(folder: Path, count: int) -> None:
    lines = b"".join(
        orjson.dumps({"step": step, "t": 1.7e9 + step, **dict.fromkeys(NAMES, 1 / (step + 1))}) + b"\n"
        for step in range(STEPS)
    )
    for number in range(count):
        run = folder / f"group_{number // 100}" / f"run_{number:04}"
        run.mkdir(parents=True)
        (run / "config.json").write_text(f'{{"seed": {number}}}')
        (run / "metrics.jsonl").write_bytes(lines)
