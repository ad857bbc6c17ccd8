"""What logging costs a training, beside other writers on the same work: 12 scalars a call, one call a step.

Prints median, 99th percentile and mean of one call in microseconds, bytes a scalar, and the share of logged steps
that can be read after the process was killed at full speed. Peers that are not installed are named as such.
Figures move with the machine: compare the rows of one run with each other.

    python benchmarks/logging_cost.py [--steps 20000]
"""

from __future__ import annotations

import argparse
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
from collections.abc import Callable
from pathlib import Path

import orjson

NAMES = [
    "total_loss", "loss/recon", "loss/kl", "loss/adv", "gradient_norm", "learning_rate", "throughput/samples",
    "throughput/tokens", "memory/gpu", "memory/ram", "quality/overall", "kl_weight",
]  # fmt: skip
Log = Callable[[int, dict[str, float]], object]
Writer = tuple[Log, Callable[[], object]]


def musiclog_run(folder: Path, *, monitor: bool) -> Writer:
    import musiclog  # noqa: PLC0415 - each writer is imported only where it is measured

    run = musiclog.Run(folder / "run", total_steps=1_000_000, monitor=monitor)
    return run.log, run.finish


def musiclog_watched(folder: Path) -> Writer:
    return musiclog_run(folder, monitor=True)


def musiclog_unwatched(folder: Path) -> Writer:
    return musiclog_run(folder, monitor=False)


def plain_orjson(folder: Path) -> Writer:
    fd = os.open(folder / "metrics.jsonl", os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def log(step: int, values: dict[str, float]) -> None:
        os.write(fd, orjson.dumps({"step": step, "t": time.time(), **values}, option=orjson.OPT_APPEND_NEWLINE))

    return log, lambda: os.close(fd)


def tensorboardx(folder: Path) -> Writer:
    from tensorboardX import SummaryWriter  # noqa: PLC0415

    return _summary(SummaryWriter(str(folder)))


def torch_summary(folder: Path) -> Writer:
    from torch.utils.tensorboard import SummaryWriter  # type: ignore[import-not-found] # noqa: PLC0415

    return _summary(SummaryWriter(str(folder)))


def wandb_offline(folder: Path) -> Writer:
    import wandb  # type: ignore[import-not-found] # noqa: PLC0415

    run = wandb.init(project="cost", dir=str(folder), mode="offline", settings=wandb.Settings(silent=True))
    return (lambda step, values: run.log(values, step=step)), run.finish


def trackio_local(folder: Path) -> Writer:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio  # type: ignore[import-not-found] # noqa: PLC0415

    trackio.init(project="cost")
    return (lambda step, values: trackio.log(values, step=step)), trackio.finish


WRITERS: dict[str, tuple[str, Callable[[Path], Writer], str]] = {
    "plain orjson line, written each": ("orjson", plain_orjson, "orjson"),
    "musiclog, detectors off": ("orjson", musiclog_unwatched, "musiclog"),
    "musiclog": ("orjson", musiclog_watched, "musiclog"),
    "tensorboardX add_scalar": ("tensorboardX", tensorboardx, "tensorboardX"),
    "torch SummaryWriter": ("torch", torch_summary, "torch.utils.tensorboard"),
    "wandb, offline": ("wandb", wandb_offline, "wandb"),
    "trackio": ("trackio", trackio_local, "trackio"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--child", nargs=3, metavar=("WRITER", "FOLDER", "WHAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child, options.steps)
        return
    heads = ("median us", "p99 us", "mean us", "bytes/scalar", "after kill -9", "import ms")
    print(f"{'writer':34}" + "".join(f"{head:>15}" for head in heads))
    for name, (package, _, module) in WRITERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:34}not installed")
            continue
        _row(name, module, options.steps)


def _row(name: str, module: str, steps: int) -> None:
    # A writer of half a millisecond a call needs fewer calls for the same certainty.
    steps = steps if "orjson" in name or "musiclog" in name else max(steps // 10, 500)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        figures = json.loads(_run_child(name, folder, "time", steps))
        size = sum(
            file.stat().st_size for file in folder.rglob("*") if file.suffix == ".jsonl" or "tfevents" in file.name
        )
    with tempfile.TemporaryDirectory() as text:
        share = _share_after_kill(name, Path(text))
    cells = [f"{figures[key]:.1f}" for key in ("median", "p99", "mean")]
    cells.append(f"{size / steps / len(NAMES):.1f}" if size else "")
    cells.append("not read here" if share is None else f"{share:.4f}")
    cells.append(f"{_import_ms(module):.0f}")
    print(f"{name:34}" + "".join(f"{cell:>15}" for cell in cells))


def _summary(writer: object) -> Writer:
    add, close = writer.add_scalar, writer.close  # type: ignore[attr-defined]

    def log(step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            add(name, value, step)

    return log, close


def _child(name: str, folder: str, what: str, steps: int) -> None:
    log, close = WRITERS[name][1](Path(folder))
    if what == "kill":
        _log_for_ever(log)
    times = _time(log, steps)
    close()
    times.sort()
    print(
        json.dumps(
            {
                "median": times[len(times) // 2] / 1e3,
                "p99": times[len(times) * 99 // 100] / 1e3,
                "mean": sum(times) / len(times) / 1e3,
            }
        )
    )


def _time(log: Log, steps: int) -> list[int]:
    values = _values(0)
    for step in range(200):  # files are created and caches filled
        log(step, values)
    gc.collect()
    times = []
    for step in range(200, 200 + steps):
        values = _values(step)
        begin = time.perf_counter_ns()
        log(step, values)
        times.append(time.perf_counter_ns() - begin)
    return times


def _log_for_ever(log: Log) -> None:
    """Say each step on stdout after it was logged, until killed."""
    out = sys.stdout.fileno()
    step = 0
    while True:
        log(step, _values(step))
        os.write(out, struct.pack("<q", step))
        step += 1


def _values(step: int) -> dict[str, float]:
    return {name: 1.0 / (index + 1) + (step * 2654435761 % 1000003) / 1e7 for index, name in enumerate(NAMES)}


def _command(name: str, folder: Path, what: str, steps: int) -> list[str]:
    return [sys.executable, __file__, "--steps", str(steps), "--child", name, str(folder), what]


def _run_child(name: str, folder: Path, what: str, steps: int) -> str:
    done = subprocess.run(_command(name, folder, what, steps), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def _share_after_kill(name: str, folder: Path) -> float | None:
    """Steps readable from the files over steps that log() had returned from; None where we read no such format."""
    child = subprocess.Popen(_command(name, folder, "kill", 0), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    wanted = 8 * (20_000 if "orjson" in name or "musiclog" in name else 2_000)
    told = child.stdout.read(wanted)
    child.send_signal(signal.SIGKILL)
    told += child.stdout.read()
    child.wait()
    last = struct.unpack("<q", told[len(told) // 8 * 8 - 8 : len(told) // 8 * 8])[0]
    lines = [line for file in folder.rglob("metrics*.jsonl") for line in file.read_bytes().split(b"\n")]
    if lines:
        return min(sum(line.endswith(b"}") for line in lines) / (last + 1), 1.0)
    return _tfevents_share(folder, last + 1)


def _tfevents_share(folder: Path, steps: int) -> float | None:
    """Whole records in TensorBoard's framing: length, its checksum, bytes, their checksum."""
    records = 0
    for file in folder.rglob("*tfevents*"):
        content, at = file.read_bytes(), 0
        while at + 12 <= len(content):
            at += 16 + struct.unpack_from("<Q", content, at)[0]
            records += at <= len(content)
    return min((records - 1) / len(NAMES) / steps, 1.0) if records else None


def _import_ms(module: str) -> float:
    code = f"import time; begin = time.perf_counter(); import {module}; print((time.perf_counter() - begin) * 1e3)"
    asked = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    return sorted(float(one.stdout.splitlines()[-1]) for one in asked)[2]


if __name__ == "__main__":
    main()
