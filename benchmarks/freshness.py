"""How old a point is when the follower tells it: from the return of Run.log() to the message in another process.

A writer process logs 12 scalars a step at the given rate; the follower runs in its own process as the window has it.
Measured with native notification, with polling alone (as on network mounts), and while a long run is being loaded
beside it. Then what it costs to poll 1,000 quiet run folders. Figures move with the machine: compare the rows.

    python benchmarks/freshness.py [--seconds 5] [--hz 100]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

import musiclog
from musiclog import bell, follow

NAMES = [f"group/metric_{number}" for number in range(12)]


def write(folder: str, seconds: float, hz: float, clock: Connection) -> None:
    """Log at the given rate; send the moment after each call."""
    moments = []
    with musiclog.Run(folder, monitor=False) as run:
        time.sleep(2)  # to be found: discovery is not what is measured
        begin = time.perf_counter()
        for step in range(int(seconds * hz)):
            time.sleep(max(0.0, begin + step / hz - time.perf_counter()))
            run.log(step, dict.fromkeys(NAMES, 0.5))
            moments.append(time.time())
    clock.send(moments)


def serve_without_notification(connection: Connection) -> None:
    bell._observer = lambda: None  # as where watchdog is not installed
    follow.serve(connection)


def ages(watched: Path, serve: object, seconds: float, hz: float) -> np.ndarray:
    """Seconds from log() to the message, for every step."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    told, clock = context.Pipe(duplex=False)
    folder = str(watched / "live")
    reader = context.Process(target=serve, args=(theirs,), daemon=True)
    writer = context.Process(target=write, args=(folder, seconds, hz, clock))
    reader.start()
    ours.send(("watch", str(watched)))
    writer.start()
    arrived: dict[int, float] = {}
    while len(arrived) < int(seconds * hz) and ours.poll(20):
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--hz", type=float, default=100.0)
    chosen = parser.parse_args()
    print(f"{'log() to message, ms':44}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}")
    for name, serve, long in (
        ("notification and polling", follow.serve, 0),
        ("polling alone", serve_without_notification, 0),
        ("while 10M scalars are loaded", follow.serve, 833_000),
    ):
        with tempfile.TemporaryDirectory() as place:
            if long:
                write_long(Path(place) / "long", long)
            found = ages(Path(place), serve, chosen.seconds, chosen.hz) * 1000
        row = "".join(f"{value:8.1f}" for value in (*np.percentile(found, (50, 95, 99)), found.max()))
        print(f"{name:44}{row}")
    with tempfile.TemporaryDirectory() as place:
        share = polling_share(Path(place), 1_000, chosen.seconds)
    print(f"\n1,000 quiet run folders, polled: {share:.1%} of a core ({os.cpu_count()} cores)")


if __name__ == "__main__":
    main()
