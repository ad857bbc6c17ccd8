"""What it takes to read a long run: our reader beside others, 12 scalars a step, each in a process of its own.

"opened again" is a run whose columns were kept in the cache when it was opened before, thinned to a first picture.
Prints processor seconds until the first points and until everything is read (files are in memory, and what else the
machine does is not counted), microseconds a scalar, and the peak memory that
the process took, its imports included. TensorBoard's own reader and tbparse are measured where they are installed
(--python names an interpreter that has them). Figures move with the machine: compare the rows of one run.

    python benchmarks/loading.py [--scalars 1000000] [--python PYTHON]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

NAMES = [
    "total_loss", "loss/recon", "loss/kl", "loss/adv", "gradient_norm", "learning_rate", "throughput/samples",
    "throughput/tokens", "memory/gpu", "memory/ram", "quality/overall", "kl_weight",
]  # fmt: skip
Figures = tuple[float, float, int]  # seconds until the first points (0: not told) and until the end, scalars


def own(folder: Path) -> Figures:
    from musiclog.records import RunRef  # noqa: PLC0415 - each reader is imported only where it is measured
    from musiclog.registry import readers  # noqa: PLC0415
    from musiclog.run_data import RunData  # noqa: PLC0415

    reader = readers().of(folder)
    assert reader is not None
    begin = time.process_time()
    data, cursor, first, more = RunData(RunRef(str(folder), reader.name, "run")), reader.open(folder), 0.0, True
    while more:
        news = cursor.poll(4_000_000 if first else 500_000)
        data.absorb(news)
        first = first or (time.process_time() - begin if data.series else 0.0)
        more = news.more
    return first, time.process_time() - begin, sum(map(len, data.series.values()))


def keep(folder: Path) -> Figures:
    """The first opening as scripts do it: what was read is kept afterwards."""
    import musiclog  # noqa: PLC0415

    begin = time.process_time()
    run = musiclog.open_run(folder)
    return 0.0, time.process_time() - begin, sum(map(len, run.data.series.values()))


def again(folder: Path) -> Figures:
    import musiclog.opened  # noqa: PLC0415
    from musiclog.registry import readers  # noqa: PLC0415

    readers()  # imports are not what is measured
    begin = time.process_time()
    run = musiclog.open_run(folder)
    opened = time.process_time() - begin
    for series in run.data.series.values():
        series.thin("step", *(series.extent("step") or (0.0, 1.0)), 3_000)
    return opened, time.process_time() - begin, sum(map(len, run.data.series.values()))


def raw(folder: Path) -> Figures:
    count, begin = 0, time.process_time()
    with (folder / "metrics.jsonl").open("rb") as file:
        while part := file.read(1 << 20):
            count += part.count(b"\n")
    return 0.0, time.process_time() - begin, count * len(NAMES)


def orjson_lines(folder: Path) -> Figures:
    import orjson  # noqa: PLC0415

    begin = time.process_time()
    with (folder / "metrics.jsonl").open("rb") as file:
        count = sum(len(orjson.loads(line)) - 3 for line in file)  # without step, t and epoch
    return 0.0, time.process_time() - begin, count


def event_accumulator(folder: Path) -> Figures:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415

    begin = time.process_time()
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    count = sum(len(events.Scalars(tag)) for tag in events.Tags()["scalars"])
    return 0.0, time.process_time() - begin, count


def tbparse(folder: Path) -> Figures:
    from tbparse import SummaryReader  # noqa: PLC0415

    begin = time.process_time()
    count = len(SummaryReader(str(folder)).scalars)
    return 0.0, time.process_time() - begin, count


READERS: dict[str, dict[str, Callable[[Path], Figures]]] = {
    "JSON lines": {
        "raw read": raw,
        "orjson, line by line": orjson_lines,
        "musiclog": own,
        "musiclog, and keep": keep,
        "musiclog, opened again": again,
    },
    "event files": {
        "EventAccumulator": event_accumulator,
        "tbparse": tbparse,
        "musiclog": own,
        "musiclog, and keep": keep,
        "musiclog, opened again": again,
    },
}


def values(scalars: int) -> Iterator[tuple[int, list[float]]]:
    """Steps with 12 values that have as many digits as real ones."""
    import numpy as np  # noqa: PLC0415

    rng = np.random.default_rng(0)
    steps = scalars // len(NAMES)
    for begin in range(0, steps, 10_000):
        yield from enumerate(rng.normal(size=(min(10_000, steps - begin), len(NAMES))).tolist(), begin)


def write_lines(folder: Path, scalars: int) -> None:
    import orjson  # noqa: PLC0415

    (folder / "config.json").write_text("{}")
    with (folder / "metrics.jsonl").open("wb") as file:
        for step, row in values(scalars):
            numbers = dict(zip(NAMES, (round(value, 6) for value in row), strict=True))
            line = {"step": step, "t": 1.7e9 + step * 0.01, "epoch": step // 1000, **numbers}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def write_events(folder: Path, scalars: int) -> None:
    """The bytes that SummaryWriter.add_scalar writes."""
    from musiclog.readers.crc32c import masked_crc  # noqa: PLC0415

    heads: dict[int, bytes] = {}
    with (folder / "events.out.tfevents.1700000000.host.1.0").open("wb") as file:
        for step, row in values(scalars):
            for name, value in zip(NAMES, row, strict=True):
                tag = name.encode()
                content = b"\x0a" + bytes([len(tag)]) + tag + b"\x15" + struct.pack("<f", value)
                summary = b"\x0a" + bytes([len(content)]) + content
                place = b"\x10" + varint(step) if step else b""
                time_of_it = b"\x09" + struct.pack("<d", 1.7e9 + step * 0.01)
                body = time_of_it + place + b"\x2a" + bytes([len(summary)]) + summary
                if len(body) not in heads:
                    length = struct.pack("<Q", len(body))
                    heads[len(body)] = length + struct.pack("<I", masked_crc(length))
                file.write(heads[len(body)] + body + struct.pack("<I", masked_crc(body)))


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def measure(python: str, kind: str, reader: str, folder: Path) -> dict[str, float] | None:
    """One reader in a fresh process; None where it is not installed."""
    command = [python, __file__, "--read", kind, reader, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def read(kind: str, reader: str, folder: Path) -> None:
    first, seconds, count = READERS[kind][reader](folder)
    print(json.dumps({"first": first, "seconds": seconds, "count": count, "mb": peak_mb()}))


def peak_mb() -> float:
    """Of this process alone: what getrusage tells begins, on Linux, with what the parent had when it forked."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scalars", type=int, default=1_000_000)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with tensorboard and tbparse")
    parser.add_argument("--only", choices=READERS, help="measure one kind of file")
    parser.add_argument("--read", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        read(chosen.read[0], chosen.read[1], Path(chosen.read[2]))
        return
    for kind, write in (("JSON lines", write_lines), ("event files", write_events)):
        if chosen.only not in (None, kind):
            continue
        with tempfile.TemporaryDirectory() as place:
            os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
            folder = Path(place, "run")
            folder.mkdir()
            write(folder, chosen.scalars)
            size = sum(entry.stat().st_size for entry in os.scandir(folder)) / 1e6
            print(f"\n{kind}: {chosen.scalars:,} scalars, {size:.0f} MB")
            print(f"{'reader':24}{'first s':>10}{'all s':>10}{'us/scalar':>12}{'peak MB':>10}")
            for reader in READERS[kind]:
                python = chosen.python if reader in ("EventAccumulator", "tbparse") else sys.executable
                found = measure(python, kind, reader, folder)
                if found is None:
                    print(f"{reader:24}  not installed")
                    continue
                each = found["seconds"] / found["count"] * 1e6
                first = f"{found['first']:10.3f}" if found["first"] else f"{'':10}"
                print(f"{reader:24}{first}{found['seconds']:10.3f}{each:12.3f}{found['mb']:10.0f}")


if __name__ == "__main__":
    main()
