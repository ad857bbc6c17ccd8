"""Recall, precision, false alarms and cost of our detectors beside EWMA and SageMaker-like rules, in one run.

python benchmarks/anomaly.py [--bench FILE] [--split dev] [--sensitivity] [--fp]

FILE is the scorer with its recorded runs, ../shared/bench/anomaly_bench.py unless told otherwise. Factory below is
the adapter with which the scorer can load our monitor by itself: --det benchmarks/anomaly.py:Factory
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from musiclog.anomaly import Monitor

BENCH = Path(__file__).resolve().parents[2] / "shared" / "bench" / "anomaly_bench.py"
# The scorer counts beginnings; these words tell it which alerts are none.
WORDS = {"opened": "start", "escalated": "update", "recovered": "recovered", "settled": "end"}


class Factory:
    """A Monitor in the form in which the scorer wants its detectors."""

    def __init__(self, sensitivity: str = "normal") -> None:
        self._monitor = Monitor(sensitivity=sensitivity)

    def update(self, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        alerts = self._monitor.update(metrics["step"], metrics, epoch=metrics.get("epoch"))
        return [
            {"type": each.kind, "severity": each.severity, "step": each.step, "state": WORDS[each.state]}
            for each in alerts
        ]


def load(path: Path) -> ModuleType:
    """The scorer as a module. Exits with a sentence when it is not there."""
    if not path.is_file():
        sys.exit(f"{path} is not there; give the scorer with --bench")
    spec = importlib.util.spec_from_file_location("anomaly_bench", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_architecture(bench: ModuleType, split: str) -> None:
    """Labels found and false alarms by architecture, so that nobody fits to one of them."""
    runs = list(bench.load(split))
    print("\n| architecture | runs | labels found | false alarms |\n|---|---|---|---|")
    for name in sorted({lab["arch"] for lab, _ in runs}):
        some = [(lab, rows) for lab, rows in runs if lab["arch"] == name]
        whole, bench.load = bench.load, lambda _, some=some: iter(some)
        result = bench.score(split, Factory)
        bench.load = whole
        counts = result["types"].values()
        found, labels = sum(each["hit"] for each in counts), sum(each["lab"] for each in counts)
        print(f"| {name} | {len(some)} | {found} of {labels} | {sum(each['fp'] for each in counts)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--sensitivity", action="store_true", help="also the low and the high position")
    parser.add_argument("--fp", action="store_true", help="list every false alarm of ours")
    options = parser.parse_args()
    bench = load(options.bench)
    ours = bench.score(options.split, Factory)
    bench.table("musiclog", ours)
    if options.fp:
        for false_alarm in ours["fplist"]:
            print("false alarm:", *false_alarm)
    bench.table("EWMA, z = 4", bench.score(options.split, bench.Ewma))
    bench.table("rules like SageMaker Debugger's, every step", bench.score(options.split, bench.SmDebug))
    if options.sensitivity:
        for position in ("low", "high"):
            bench.table(f"musiclog, sensitivity {position}", bench.score(options.split, partial(Factory, position)))
    by_architecture(bench, options.split)


if __name__ == "__main__":
    main()
