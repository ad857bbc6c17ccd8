"""What it takes to read a long run: our reader beside others, 12 scalars a step, each in a process of its own.

Seconds on the clock until the first points and until everything is there, imports not counted; seconds of processor
time, which a busy machine inflates less; and the peak memory of the process, its imports included. "and keep" also
writes the columns into the cache, "opened again" takes them from there and thins each curve to a first picture.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .child import Failed, ask
from .names import NAMES
from .table import Bar, Row, Table, absent

COLUMNS = ("first points s", "all s", "processor s", "peak MB")
# Readers that take minutes for ten million scalars are asked for one million only.
SLOW = 2_000_000
Figures = tuple[float | None, int]  # seconds of the clock until the first points, where that is told; scalars


def tables(*, quick: bool) -> Iterator[Table]:
    for kind, (write, readers) in KINDS.items():
        for scalars in (120_000,) if quick else (1_000_000, 10_000_000):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place, "run")
                folder.mkdir()
                write(folder, scalars)
                size = sum(entry.stat().st_size for entry in os.scandir(folder)) / 1e6
                rows = [row_of(kind, name, folder, scalars) for name in readers]
            yield Table(f"Loading {scalars:,} scalars from {kind}, {size:.0f} MB", COLUMNS, rows)


def row_of(kind: str, name: str, folder: Path, scalars: int) -> Row:
    package, _, slow = KINDS[kind][1][name]
    if importlib.util.find_spec(package) is None:
        return absent(name, COLUMNS)
    if slow and scalars > SLOW:
        return absent(name, COLUMNS, "minutes")
    try:
        found = ask("loading", kind, name, str(folder))
    except Failed as error:
        return absent(name, COLUMNS, str(error))
    if found["count"] != scalars // len(NAMES) * len(NAMES):
        return absent(name, COLUMNS, f"found {found['count']:,}")
    return Row(name, (found["first"], found["all"], found["processor"], found["mb"]), bars(kind, name, scalars))


def bars(kind: str, name: str, scalars: int) -> dict[str, Bar]:
    long = scalars == 10_000_000
    if name == "musiclog, opened again":
        return {"all s": Bar(0.15)}
    if name == "musiclog" and long:
        if kind == "JSON lines":
            return {"first points s": Bar(0.3), "all s": Bar(1.8), "peak MB": Bar(400)}
        return {"all s": Bar(6), "peak MB": Bar(700)}
    return {"all s": Bar(0.8)} if name == "musiclog" and kind == "event files" and scalars == 1_000_000 else {}


# -- readers, each imported only where it is measured -----------------------------------------------


def own(folder: Path) -> Figures:
    from musiclog.records import RunRef  # noqa: PLC0415
    from musiclog.registry import readers  # noqa: PLC0415
    from musiclog.run_data import RunData  # noqa: PLC0415

    reader = readers().of(folder)
    assert reader is not None
    begin = start_clock()
    data, cursor, first, more = RunData(RunRef(str(folder), reader.name, "run")), reader.open(folder), None, True
    while more:
        news = cursor.poll(500_000 if first is None else 4_000_000)  # as the window has it
        data.absorb(news)
        if first is None and data.series:
            first = time.perf_counter() - begin
        more = news.more
    return first, sum(map(len, data.series.values()))


def keep(folder: Path) -> Figures:
    import musiclog.opened  # noqa: PLC0415

    start_clock()
    run = musiclog.open_run(folder)
    return None, sum(map(len, run.data.series.values()))


def again(folder: Path) -> Figures:
    import musiclog.opened  # noqa: PLC0415
    from musiclog.registry import readers  # noqa: PLC0415

    readers()
    begin = start_clock()
    run = musiclog.open_run(folder)
    opened = time.perf_counter() - begin
    for series in run.data.series.values():
        series.thin("step", *(series.extent("step") or (0.0, 1.0)), 3_000)
    return opened, sum(map(len, run.data.series.values()))


def raw(folder: Path) -> Figures:
    start_clock()
    with (folder / "metrics.jsonl").open("rb") as file:
        count = sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))
    return None, count * len(NAMES)


def orjson_lines(folder: Path) -> Figures:
    import orjson  # noqa: PLC0415

    start_clock()
    with (folder / "metrics.jsonl").open("rb") as file:
        count = sum(len(orjson.loads(line)) - 3 for line in file)  # without step, t and epoch
    return None, count


def polars(folder: Path) -> Figures:
    import polars  # noqa: PLC0415

    start_clock()
    frame = polars.read_ndjson(folder / "metrics.jsonl")
    return None, frame.height * len(NAMES)


def pandas(folder: Path) -> Figures:
    import pandas  # noqa: PLC0415

    start_clock()
    frame = pandas.read_json(folder / "metrics.jsonl", lines=True)
    return None, len(frame) * len(NAMES)


def event_accumulator(folder: Path) -> Figures:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415

    start_clock()
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return None, sum(len(events.Scalars(tag)) for tag in events.Tags()["scalars"])


def tbparse(folder: Path) -> Figures:
    from tbparse import SummaryReader  # noqa: PLC0415

    start_clock()
    return None, len(SummaryReader(str(folder)).scalars)


# -- files -------------------------------------------------------------------------------------------


def write_lines(folder: Path, scalars: int) -> None:
    import orjson  # noqa: PLC0415

    (folder / "config.json").write_text("{}")
    with (folder / "metrics.jsonl").open("wb") as file:
        for start, block in values(scalars):
            for step, row in enumerate(block.round(6).tolist(), start):
                place = {"step": step, "t": 1.7e9 + step * 0.01, "epoch": step // 1000}
                line = place | dict(zip(NAMES, row, strict=True))
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def write_events(folder: Path, scalars: int) -> None:
    """The bytes that SummaryWriter.add_scalar writes: a record a scalar, with its checksums."""
    with (folder / "events.out.tfevents.1700000000.host.1.0").open("wb") as file:
        for start, block in values(scalars):
            steps = np.arange(start, start + len(block))
            lengths = np.array([len(place_of(step)) for step in steps])
            for rows in np.split(np.arange(len(block)), np.flatnonzero(np.diff(lengths)) + 1):
                records = [event_records(name, steps[rows], block[rows, n]) for n, name in enumerate(NAMES)]
                file.write(np.concatenate(records, axis=1).tobytes())


def event_records(name: str, steps: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Records of one metric, shape (steps, bytes), for steps whose numbers are equally long."""
    from musiclog.crc32c import masked_crc, masked_crcs  # noqa: PLC0415

    tag = name.encode()
    content = 2 + len(tag) + 5
    fixed = b"\x2a" + bytes([content + 2]) + b"\x0a" + bytes([content]) + b"\x0a" + bytes([len(tag)]) + tag + b"\x15"
    times = (1.7e9 + steps * 0.01).astype("<f8").view(np.uint8).reshape(-1, 8)
    places = np.frombuffer(b"".join(map(place_of, steps)), np.uint8).reshape(len(steps), -1)
    numbers = found.astype("<f4").view(np.uint8).reshape(-1, 4)
    bodies = np.concatenate((repeated(b"\x09", steps), times, places, repeated(fixed, steps), numbers), axis=1)
    length = struct.pack("<Q", bodies.shape[1])
    head = length + struct.pack("<I", masked_crc(length))
    foot = masked_crcs(bodies).astype("<u4").view(np.uint8).reshape(-1, 4)
    return np.concatenate((repeated(head, steps), bodies, foot), axis=1)


def repeated(content: bytes, steps: np.ndarray) -> np.ndarray:
    return np.tile(np.frombuffer(content, np.uint8), (len(steps), 1))


def place_of(step: int) -> bytes:
    """The field that holds a step, which is left out where it is 0."""
    out = bytearray(b"\x10" if step else b"")
    value = int(step)
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + (bytes([value]) if step else b"")


def values(scalars: int) -> Iterator[tuple[int, np.ndarray]]:
    """The first step of a block, and its values, shape (steps, 12)."""
    chance, steps = np.random.default_rng(0), scalars // len(NAMES)
    for start in range(0, steps, 10_000):
        yield start, chance.normal(size=(min(10_000, steps - start), len(NAMES)))


# Name -> the package that it needs, what reads, whether long runs take it minutes.
Readers = dict[str, tuple[str, Callable[[Path], Figures], bool]]
OURS: Readers = {
    "musiclog": ("musiclog", own, False),
    "musiclog, and keep": ("musiclog", keep, False),
    "musiclog, opened again": ("musiclog", again, False),
}
KINDS: dict[str, tuple[Callable[[Path, int], None], Readers]] = {
    "JSON lines": (
        write_lines,
        {
            "read alone": ("musiclog", raw, False),
            "orjson, line by line": ("orjson", orjson_lines, False),
            "polars": ("polars", polars, False),
            "pandas": ("pandas", pandas, False),
            **OURS,
        },
    ),
    "event files": (
        write_events,
        {
            "EventAccumulator": ("tensorboard", event_accumulator, True),
            "tbparse": ("tbparse", tbparse, True),
            **OURS,
        },
    ),
}


# -- in a process of its own ------------------------------------------------------------------------

_begin = [0.0, 0.0]


def start_clock() -> float:
    """Imports are done; from here on it counts."""
    _begin[:] = time.perf_counter(), processor_s()
    return _begin[0]


def processor_s() -> float:
    """Of this process and of those that it started and that have ended."""
    here, there = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in (here, there))


def peak_mb() -> float:
    """Of this process alone: what getrusage tells begins, on Linux, with what the parent had when it forked."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    kind, name, folder, told = sys.argv[1:]
    first, count = KINDS[kind][1][name][1](Path(folder))
    found = {"all": time.perf_counter() - _begin[0], "processor": processor_s() - _begin[1]}
    Path(told).write_text(json.dumps({**found, "first": first, "count": count, "mb": peak_mb()}))


if __name__ == "__main__":
    main()
