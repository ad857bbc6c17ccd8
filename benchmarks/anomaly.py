"""Recall, precision, false alarms and cost of our detectors beside EWMA and SageMaker-like rules, in one run.

python benchmarks/anomaly.py [--bench FILE] [--split dev] [--sensitivity] [--fp] [--finished [STEPS]]

FILE is the scorer with its recorded runs, ../shared/bench/anomaly_bench.py unless told otherwise. Factory below is
the adapter with which the scorer can load our monitor by itself: --det benchmarks/anomaly.py:Factory

--finished measures only how fast a recorded run is checked when it is opened, beside the online monitor.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from musiclog.anomaly import Alert, Monitor
from musiclog.records import Points
from musiclog.rows import Rows
from musiclog.sweep import Sweep

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


def long_run(steps: int) -> dict[str, Points]:
    """A healthy run of five metrics: four at every step, validation at every thousandth."""
    chance, step = np.random.default_rng(1), np.arange(steps, dtype=np.float64)
    level = 1.6 + 2.9 * np.exp(-step / steps * 20) + 0.4 * np.exp(-step / steps * 2)
    time, epoch = 1.7e9 + 0.1 * step, np.floor(step / 5_000)
    rate = 1e-3 * np.minimum(1, (step + 1) / 2_000) * (0.55 + 0.45 * np.cos(np.pi * step / steps))
    columns = {
        "total_loss": level * (1 + 0.05 * chance.standard_normal(steps)),
        "gradient_norm": np.exp(chance.normal(-0.3, 0.3, steps)),
        "learning_rate": rate,
        "tokens_per_second": 20_000 * np.exp(chance.normal(0, 0.1, steps)),
    }
    points = {name: Points(step, time, epoch, values) for name, values in columns.items()}
    some = np.arange(999, steps, 1_000)
    validation = (level[some] + 0.08) * (1 + 0.01 * chance.standard_normal(len(some)))
    return {**points, "val_loss": Points(step[some], time[some], epoch[some], validation)}


def finished(steps: int) -> None:
    """Seconds of processor time that it takes to check a finished run, by the sweep and row by row."""
    points = long_run(steps)
    alone = {name: Points(*(each.copy() for each in (p.steps, p.times, p.epochs, p.values)))
             for name, p in points.items()}  # fmt: skip
    print("| a finished run | steps | seconds | steps a second | alerts |\n|---|---|---|---|---|")
    results = [
        told("sweep, one line a step", Rows([points]), steps, swept),
        told("sweep, a file a metric", Rows([alone]), steps, swept),
        told("row by row, as online", Rows([points]), steps, one_by_one),
    ]
    print("the sweep's alerts are those of the online monitor:", results[0] == results[2])


def told(name: str, rows: Rows, steps: int, look: Callable[[Rows], list[Alert]]) -> list[Alert]:
    begin = time.process_time()
    alerts = look(rows)
    seconds = time.process_time() - begin
    print(f"| {name} | {steps} | {seconds:.2f} | {steps / seconds:,.0f} | {len(alerts)} |")
    return alerts


def swept(rows: Rows) -> list[Alert]:
    monitor = Monitor()
    sweep, alerts = Sweep(monitor, rows), []
    while not sweep.done:
        alerts += [alert for alert, _ in sweep.some()]
    return alerts + monitor.finish()


def one_by_one(rows: Rows) -> list[Alert]:
    monitor, alerts = Monitor(), []
    for step, at, epoch, values in rows.between(0, len(rows)):
        alerts += monitor.update(step, values, epoch=epoch, time=at)
    return alerts + monitor.finish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--sensitivity", action="store_true", help="also the low and the high position")
    parser.add_argument("--fp", action="store_true", help="list every false alarm of ours")
    parser.add_argument("--finished", type=int, nargs="?", const=1_000_000, metavar="STEPS",
                        help="measure how fast a recorded run of so many steps is checked")  # fmt: skip
    options = parser.parse_args()
    if options.finished:
        finished(options.finished)
        return
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
