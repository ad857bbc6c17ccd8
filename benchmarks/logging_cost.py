"""What logging costs a training, beside other writers on the same work: 12 scalars a call, one call a step.

Microseconds a call, bytes a scalar of all that was written, and the share of logged steps that can be read after the
process was killed at full speed, where musiclog has a reader for what the peer wrote.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from .child import ROOT, Failed, ask, end
from .names import NAMES
from .table import Bar, Row, Table, absent

Log = Callable[[int, dict[str, float]], object]
Writer = tuple[Log, Callable[[], object]]

COLUMNS = ("median us", "p99 us", "bytes/scalar", "after kill -9")
BARS = {"median us": Bar(5), "p99 us": Bar(25), "bytes/scalar": Bar(36), "after kill -9": Bar(0.999, at_least=True)}


def tables(*, quick: bool) -> Iterator[Table]:
    rows = [row_of(name, quick=quick) for name in WRITERS]
    yield Table("Logging 12 scalars a step", COLUMNS, rows, "a call of log(), as training waits for it")


def row_of(name: str, *, quick: bool) -> Row:
    package, _, steps = WRITERS[name]
    if importlib.util.find_spec(package) is None:
        return absent(name, COLUMNS)
    steps = max(steps // 20, 100) if quick else steps
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            median, p99 = ask("logging_cost", "time", name, folder, str(steps))
            size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            share = _share_after_kill(name, Path(folder), steps)
    except Failed as error:
        return absent(name, COLUMNS, str(error))
    kept = "not read here" if share is None else share
    return Row(name, (median, p99, size / (steps + WARM) / len(NAMES), kept), BARS if name == "musiclog" else {})


# -- the writers, each imported only where it is measured -----------------------------------------


def musiclog_run(folder: Path, *, monitor: bool = True) -> Writer:
    import musiclog  # noqa: PLC0415

    run = musiclog.Run(folder / "run", total_steps=1_000_000, monitor=monitor)
    return run.log, run.finish


def musiclog_unwatched(folder: Path) -> Writer:
    return musiclog_run(folder, monitor=False)


def plain_orjson(folder: Path) -> Writer:
    fd = os.open(folder / "metrics.jsonl", os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def log(step: int, values: dict[str, float]) -> None:
        os.write(fd, orjson.dumps({"step": step, "t": time.time(), **values}, option=orjson.OPT_APPEND_NEWLINE))

    return log, lambda: os.close(fd)


def tensorboardx(folder: Path) -> Writer:
    from tensorboardX import SummaryWriter  # noqa: PLC0415

    return _each_scalar(SummaryWriter(str(folder)))


def torch_summary(folder: Path) -> Writer:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

    return _each_scalar(SummaryWriter(str(folder)))


def _each_scalar(writer: object) -> Writer:
    add, close = writer.add_scalar, writer.close  # type: ignore[attr-defined]

    def log(step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            add(name, value, step)

    return log, close


def lightning_csv(folder: Path) -> Writer:
    from lightning.pytorch.loggers import CSVLogger  # noqa: PLC0415

    logger = CSVLogger(str(folder))
    return (lambda step, values: logger.log_metrics(values, step)), lambda: logger.finalize("success")


def wandb_offline(folder: Path) -> Writer:
    import wandb  # noqa: PLC0415

    run = wandb.init(project="cost", dir=str(folder), mode="offline", settings=wandb.Settings(silent=True))
    return (lambda step, values: run.log(values, step=step)), run.finish


def trackio_local(folder: Path) -> Writer:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio  # noqa: PLC0415

    trackio.init(project="cost")
    return (lambda step, values: trackio.log(values, step=step)), trackio.finish


def aim_local(folder: Path) -> Writer:
    from aim import Run  # noqa: PLC0415

    run = Run(repo=str(folder), system_tracking_interval=None)
    return (lambda step, values: run.track(values, step=step)), run.close


def mlflow_file(folder: Path) -> Writer:
    return _mlflow(folder.as_uri())


def mlflow_sqlite(folder: Path) -> Writer:
    return _mlflow(f"sqlite:///{folder}/mlflow.db")


def _mlflow(store: str) -> Writer:
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # asked for since files were put into maintenance
    import mlflow  # noqa: PLC0415

    mlflow.set_tracking_uri(store)
    mlflow.set_experiment("cost")
    mlflow.start_run()
    return (lambda step, values: mlflow.log_metrics(values, step=step)), mlflow.end_run


# Steps: a writer of half a millisecond a call needs fewer calls for the same certainty.
WRITERS: dict[str, tuple[str, Callable[[Path], Writer], int]] = {
    "orjson line, written each": ("orjson", plain_orjson, 20_000),
    "musiclog": ("musiclog", musiclog_run, 20_000),
    "musiclog, detectors off": ("musiclog", musiclog_unwatched, 20_000),
    "Lightning CSVLogger": ("lightning", lightning_csv, 4_000),
    "trackio": ("trackio", trackio_local, 4_000),
    "W&B, offline": ("wandb", wandb_offline, 4_000),
    "torch SummaryWriter": ("torch", torch_summary, 2_000),
    "tensorboardX add_scalar": ("tensorboardX", tensorboardx, 2_000),
    "Aim": ("aim", aim_local, 1_000),
    "MLflow, files": ("mlflow", mlflow_file, 500),
    "MLflow, sqlite": ("mlflow", mlflow_sqlite, 200),
}
WARM = 100  # steps before the measured ones: files are created and caches filled


# -- in a process of its own ------------------------------------------------------------------------


def time_calls(name: str, folder: Path, steps: int) -> tuple[float, float]:
    """Median and 99th percentile, in microseconds."""
    log, close = WRITERS[name][1](folder)
    for step in range(WARM):
        log(step, values(step))
    gc.collect()
    times = []
    for step in range(WARM, WARM + steps):
        now = values(step)
        begin = time.perf_counter_ns()
        log(step, now)
        times.append(time.perf_counter_ns() - begin)
    close()
    times.sort()
    return times[len(times) // 2] / 1e3, times[len(times) * 99 // 100] / 1e3


def log_for_ever(name: str, folder: Path) -> None:
    """Say each step on standard output after it was logged, until killed."""
    told = os.dup(sys.stdout.fileno())  # what the writer says goes elsewhere
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    log, _ = WRITERS[name][1](folder)
    step = 0
    while True:
        log(step, values(step))
        os.write(told, struct.pack("<q", step))
        step += 1


def values(step: int) -> dict[str, float]:
    return {name: 1.0 / (index + 1) + (step * 2654435761 % 1000003) / 1e7 for index, name in enumerate(NAMES)}


def _share_after_kill(name: str, folder: Path, steps: int) -> float | None:
    """Steps that can be read over steps that log() had returned from; None where no reader knows the format."""
    command = [sys.executable, "-m", "benchmarks.logging_cost", "kill", name, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as child:
        assert child.stdout is not None
        told = child.stdout.read(8 * steps)
        child.send_signal(signal.SIGKILL)
        told += child.stdout.read()
        with contextlib.suppress(ProcessLookupError):  # what the writer had started
            end(child)
    if len(told) < 8:
        raise Failed("ended before it was killed")
    last = struct.unpack("<q", told[len(told) // 8 * 8 - 8 : len(told) // 8 * 8])[0]
    found = ask("logging_cost", "read", name, str(folder))
    return None if found is None else min(found / (last + 1), 1.0)


def readable(folder: Path) -> int | None:
    """Points of one metric in the run below folder; None where no reader knows it."""
    import musiclog  # noqa: PLC0415

    try:
        series = musiclog.open_run(folder).data.series
    except musiclog.ReadError:
        return None
    found = next((each for name, each in series.items() if name.endswith(NAMES[0])), None)
    return None if found is None else len(found)


if __name__ == "__main__":
    what, writer, place, *rest = sys.argv[1:]
    if what == "kill":
        log_for_ever(writer, Path(place))
    answer = readable(Path(place)) if what == "read" else time_calls(writer, Path(place), int(rest[0]))
    Path(rest[-1]).write_text(json.dumps(answer))
