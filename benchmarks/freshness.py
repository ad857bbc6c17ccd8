"""How old a point is when the follower tells it: from the return of Run.log() to the message in another process.

A writer process logs 12 scalars at a steady rate; the follower runs in its own process as the window has it. Measured
with native notification, with polling alone (as on network mounts), and while a long run is being loaded beside it.
What others offer to programs is measured on one file to which a line is appended: from write to callback. Then what
it costs to follow 1,000 quiet run folders.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

import musiclog
from musiclog import bell, follow

from .child import Failed, ask
from .names import NAMES
from .table import Bar, Row, Table, absent

COLUMNS = ("median ms", "p95 ms", "p99 ms", "most ms")
HZ = 100.0


def tables(*, quick: bool) -> Iterator[Table]:
    seconds = 2.0 if quick else 5.0
    rows = [
        Row(name, figures(serve, 83_000 if quick and lines else lines, seconds), {"p95 ms": Bar(bar)})
        for name, serve, lines, bar in (
            ("musiclog, notification and polling", follow.serve, 0, 100),
            ("musiclog, polling alone", serve_without_notification, 0, 600),
            ("musiclog, while 10M scalars are loaded", follow.serve, 833_000, 100),
        )
    ]
    yield Table("Freshness: from log() to the reader's state", COLUMNS, [*rows, *map(peer, PEERS)])
    runs = 200 if quick else 1_000
    with tempfile.TemporaryDirectory() as place:
        share = 100 * polling_share(Path(place), runs, seconds)
    bars = {} if quick else {"% of a core": Bar(2)}
    yield Table(f"Following {runs:,} quiet runs", ("% of a core",), [Row("musiclog, by polling", (share,), bars)])


def figures(serve: Callable[[Connection], None], lines: int, seconds: float) -> tuple[float, ...]:
    with tempfile.TemporaryDirectory() as place:
        if lines:
            write_long(Path(place) / "long", lines)
        return spread(ages(Path(place), serve, seconds))


def spread(seconds: np.ndarray) -> tuple[float, ...]:
    return tuple(float(each) * 1000 for each in (*np.percentile(seconds, (50, 95, 99)), seconds.max()))


# -- ours ----------------------------------------------------------------------------------------------


def write(folder: str, seconds: float, clock: Connection) -> None:
    """Log at the given rate; send the moment after each call."""
    moments = []
    with musiclog.Run(folder, monitor=False) as run:
        time.sleep(2)  # to be found: discovery is not what is measured
        begin = time.perf_counter()
        for step in range(int(seconds * HZ)):
            time.sleep(max(0.0, begin + step / HZ - time.perf_counter()))
            run.log(step, dict.fromkeys(NAMES, 0.5))
            moments.append(time.time())
    clock.send(moments)


def serve_without_notification(connection: Connection) -> None:
    bell._observer = lambda: None  # as where watchdog is not installed
    follow.serve(connection)


def ages(watched: Path, serve: Callable[[Connection], None], seconds: float) -> np.ndarray:
    """Seconds from log() to the message, for every step."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    told, clock = context.Pipe(duplex=False)
    folder = str(watched / "live")
    reader = context.Process(target=serve, args=(theirs,), daemon=True)
    writer = context.Process(target=write, args=(folder, seconds, clock))
    reader.start()
    ours.send(("watch", str(watched)))
    writer.start()
    arrived: dict[int, float] = {}
    while len(arrived) < int(seconds * HZ) and ours.poll(20):
        message = ours.recv()
        if isinstance(message, follow.Update) and message.run_id == folder and NAMES[0] in message.news.points:
            now = time.time()
            arrived.update((int(step), now) for step in message.news.points[NAMES[0]].steps)
    moments = told.recv()
    writer.join()
    ours.send(("stop",))
    reader.join(5)
    return np.array([arrived[step] - moments[step] for step in arrived])


def write_long(folder: Path, lines: int) -> None:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    line = json.dumps({"step": 0, "t": 1.7e9, **dict.fromkeys(NAMES, 0.123456)}) + "\n"
    with (folder / "metrics.jsonl").open("w") as file:
        for _ in range(lines // 1000):
            file.write(line * 1000)


def polling_share(folder: Path, runs: int, seconds: float) -> float:
    """Share of a core that following so many runs takes which are alive but quiet."""
    for number in range(runs):
        run = folder / f"run_{number:04}"
        run.mkdir()
        (run / "config.json").write_text("{}")
        (run / "metrics.jsonl").write_text('{"step":1,"t":1.0,"loss":1.0}\n')
    follower = follow.Follower()
    follower.watch(folder)
    follower.turn()
    while follower.rest_s() == 0.0:
        follower.turn()
    end = time.perf_counter() + 12  # from now on every half second
    while time.perf_counter() < end:
        time.sleep(follower.rest_s())
        follower.turn()
    begin, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() < begin + seconds:
        time.sleep(follower.rest_s())
        follower.turn()
    follower.close()
    return (time.process_time() - cpu) / (time.perf_counter() - begin)


# -- others --------------------------------------------------------------------------------------------


def peer(name: str) -> Row:
    package, _ = PEERS[name]
    if importlib.util.find_spec(package) is None:
        return absent(name, COLUMNS)
    try:
        return Row(name, spread(np.array(ask("freshness", name, within_s=30))))
    except Failed as error:
        return absent(name, COLUMNS, str(error))


class Latest:
    """Reads what was appended to a file and notes how old it is."""

    def __init__(self, path: Path) -> None:
        self.path, self.at, self.found = path, 0, list[float]()

    def look(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self.at)
            content = file.read()
        now, self.at = time.time(), self.at + len(content)
        self.found += [now - float(line) for line in content.splitlines()]


def append(path: str) -> None:
    """The time, once in 50 ms."""
    time.sleep(1.5)
    for _ in range(LINES):
        with Path(path).open("a", encoding="ascii") as file:
            file.write(f"{time.time()!r}\n")
        time.sleep(0.05)


LINES = 60


def qt(latest: Latest) -> None:
    from PySide6.QtCore import QCoreApplication, QFileSystemWatcher  # noqa: PLC0415

    app = QCoreApplication([])
    watcher = QFileSystemWatcher([str(latest.path)])

    def look() -> None:
        latest.look()
        if len(latest.found) == LINES:
            app.quit()

    watcher.fileChanged.connect(look)
    app.exec()


def watchdog(latest: Latest) -> None:
    from watchdog.events import FileSystemEventHandler  # noqa: PLC0415
    from watchdog.observers import Observer  # noqa: PLC0415

    class Handler(FileSystemEventHandler):
        def on_modified(self, event: object) -> None:  # noqa: ARG002
            latest.look()

    observer = Observer()
    observer.schedule(Handler(), str(latest.path.parent))
    observer.start()
    while len(latest.found) < LINES:
        time.sleep(0.1)
    observer.stop()


def watchfiles(latest: Latest) -> None:
    from watchfiles import watch  # noqa: PLC0415

    for _ in watch(latest.path.parent):
        latest.look()
        if len(latest.found) == LINES:
            return


PEERS: dict[str, tuple[str, Callable[[Latest], None]]] = {
    "QFileSystemWatcher": ("PySide6", qt),
    "watchdog": ("watchdog", watchdog),
    "watchfiles": ("watchfiles", watchfiles),
}


def main() -> None:
    name, told = sys.argv[1:]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "file")
        path.touch()
        writer = multiprocessing.get_context("spawn").Process(target=append, args=(str(path),))
        writer.start()
        latest = Latest(path)
        PEERS[name][1](latest)
        writer.join()
    Path(told).write_text(json.dumps(latest.found))


if __name__ == "__main__":
    main()
