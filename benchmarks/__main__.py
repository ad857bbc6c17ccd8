"""Print what musiclog costs beside what others cost on the same work, measured in this run on this machine.

    python -m benchmarks [TABLE ...] [--quick] [--markdown] [--json FILE]

Every table is measured in a process of its own, one after the other. Peers that are not installed are named as such;
`pip install -e ".[bench]"` brings them. Figures move with the machine: compare the rows of one run, not two runs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .child import Failed, run
from .table import Table

# Name on the command line -> module, and how many seconds it may take before it is given up.
TABLES = {
    "logging": ("logging_cost", 300),
    "import": ("import_time", 120),
    "loading": ("loading", 420),
    "freshness": ("freshness", 180),
    "drawing": ("drawing", 240),
    "start-up": ("start_up", 120),
    "runs": ("many_runs", 240),
    "stalls": ("flush_to_pixel", 120),
    "memory": ("day", 420),
    "scoring": ("scoring", 60),
    "detectors": ("detectors", 60),
    "sound": ("click_to_sound", 120),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that all of it works")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there, too")
    parser.add_argument("--only-here", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"no table is called {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    if options.only_here:
        measure(options.tables[0], options.only_here, quick=options.quick)
        return 0
    return front(options)


def front(options: argparse.Namespace) -> int:
    """Print table after table, then what missed its bar. 1 where something could not be measured."""
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores\n")
    begin, missed, told, broken = time.monotonic(), [], {}, 0
    for name in options.tables or TABLES:
        trouble = None
        tables = []
        for found in measured(name, quick=options.quick):
            if isinstance(found, str):
                trouble = found
                continue
            tables.append(found)
            missed += found.missed()
            print(found.markdown() if options.markdown else found.text(), end="\n\n", flush=True)
        if trouble is not None:
            broken += 1
            print(f"{name}: could not be measured: {trouble}\n", flush=True)
        told[name] = [table.as_json() for table in tables]
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
    print(f"{time.monotonic() - begin:.0f} s. " + ("Every bar was reached." if not missed else "Missed:"))
    for each in missed:
        print(f"  {each}")
    return 1 if broken else 0


def measured(name: str, *, quick: bool) -> Iterator[Table | str]:
    """The tables of that name, also where a later one failed; then, perhaps, why."""
    _, within_s = TABLES[name]
    with tempfile.TemporaryDirectory() as place:
        to = Path(place, "tables.jsonl")
        command = [sys.executable, "-m", "benchmarks", name, "--only-here", str(to), *(["--quick"] if quick else [])]
        trouble = None
        try:
            # What is kept between two openings of a run belongs to the benchmark, not to the user.
            run(command, within_s, {"XDG_CACHE_HOME": f"{place}/cache", "PYTHONUNBUFFERED": "1"})
        except Failed as error:
            trouble = str(error)
        if to.exists():
            yield from (Table.of_json(json.loads(line)) for line in to.read_text().splitlines())
        if trouble is not None:
            yield trouble


def measure(name: str, to: Path, *, quick: bool) -> None:
    """In the child: write each table as soon as it is there."""
    module, _ = TABLES[name]
    with to.open("w", buffering=1) as file:
        for table in importlib.import_module(f"benchmarks.{module}").tables(quick=quick):
            file.write(json.dumps(table.as_json()) + "\n")


if __name__ == "__main__":
    sys.exit(main())
