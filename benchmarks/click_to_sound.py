"""From a click to the first sample in the sound device: of samples never rendered before, also while others are
scored, painted and rendered ahead; of samples rendered ahead; and the drift.

The device is SDL's disk driver: it writes what would be heard to a file at the speed of sound, so that the moment of
the first sample and the place that is heard can be read there and set against what the player says.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DISK = tempfile.NamedTemporaryFile(suffix=".pcm", delete=False).name  # noqa: SIM115  SDL opens it itself
os.environ.update(SDL_AUDIODRIVER="disk", SDL_DISKAUDIOFILE=DISK, QT_QPA_PLATFORM="offscreen")

import numpy as np  # noqa: E402
from PySide6.QtCore import QCoreApplication  # noqa: E402

from musiclog.notes import TrackInfo, make_notes, write_midi  # noqa: E402
from musiclog_gui.work.player import Phase, Player  # noqa: E402
from musiclog_gui.work.pool import Pool  # noqa: E402
from musiclog_gui.work.score_desk import ScoreDesk  # noqa: E402
from musiclog_gui.work.synth_desk import SynthDesk, voices  # noqa: E402
from musiclog_gui.work.thumbnails import Thumbnails  # noqa: E402

from .table import Bar, Row, Table  # noqa: E402

FRAME_BYTES = 4  # the device's: two channels of 16 bits
SAMPLES, BUDGET_MS, DRIFT_MS = 12, 150, 20
PROGRAMS = (0, 24, 48, 73)  # piano, guitar, strings, flute
BUSY = 60  # samples that are scored and painted meanwhile


def write_samples(folder: Path, count: int, seconds: int = 60, name: str = "") -> list[Path]:
    """Four voices of four instruments, 32 notes a bar, different in every file."""
    paths = []
    for number in range(count):
        rng = np.random.default_rng((len(name), number))
        rows = [(k / 4, 0.25, int(rng.integers(40, 84)), 90, voice) for k in range(seconds * 4) for voice in range(4)]
        notes = make_notes(rows, tracks=[TrackInfo("", program, False) for program in PROGRAMS])
        paths.append(folder / f"{name}{number}.mid")
        write_midi(paths[-1], notes)
    return paths


def written_frames() -> int:
    return Path(DISK).stat().st_size // FRAME_BYTES


def first_sound_after(frame: int) -> bool:
    with Path(DISK).open("rb") as file:
        file.seek(frame * FRAME_BYTES)
        return bool(file.read().strip(b"\0"))


def click(app: QCoreApplication, player: Player, path: Path) -> float:
    """Milliseconds until something other than silence was written to the device."""
    player.pause()
    app.processEvents()
    time.sleep(0.1)  # what is in the device's buffer is written out
    begin, frame = time.perf_counter(), written_frames() if Path(DISK).exists() else 0
    player.play_sample("run", str(path))
    while not first_sound_after(frame):
        app.processEvents()
        time.sleep(0.002)  # a window that waits for the click's sound does no more either
    return 1000 * (time.perf_counter() - begin)


def drift(app: QCoreApplication, player: Player, seconds: float) -> list[float]:
    """Milliseconds between each position told and the place written in that moment, without their constant part."""
    offsets: list[float] = []

    def compare(position_s: float) -> None:
        offsets.append(1000 * (written_frames() / 44_100 - position_s))

    player.moved.connect(compare)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        app.processEvents()
        time.sleep(0.003)
    player.moved.disconnect(compare)
    middle = statistics.median(offsets)
    return [abs(offset - middle) for offset in offsets]


def wait_for(app: QCoreApplication, *pools: Pool) -> None:
    while any(pool.busy() for pool in pools):
        app.processEvents()
        time.sleep(0.01)


def tables(*, quick: bool) -> Iterator[Table]:
    figures, off, was_busy = measure(3 if quick else SAMPLES, 4.0 if quick else 15.0)
    note = "" if was_busy else "the scores were ready before the clicks: take a larger BUSY"
    rows = [
        Row(f"musiclog, {name}", (statistics.median(times), max(times)), {"median ms": Bar(BUDGET_MS)})
        for name, times in figures.items()
    ]
    yield Table("From a click to the first sound in the device", ("median ms", "worst ms"), rows, note)
    columns = ("95 % within ms", "worst ms")
    row = Row("musiclog", (float(np.percentile(off, 95)), max(off)), {columns[0]: Bar(DRIFT_MS)})
    yield Table("Playhead against the device", columns, [row], "the device takes 12 ms of sound at a time")


def measure(count: int, seconds: float) -> tuple[dict[str, list[float]], list[float], bool]:
    """Milliseconds of clicks by what was clicked, drifts while it plays, whether others kept the machine busy."""
    app = QCoreApplication(sys.argv[:1])
    pool, voice = Pool(), voices()
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        desk = SynthDesk(pool, cache, voice=voice)
        player = Player(desk)
        player.prepare()
        wait_for(app, voice)
        first, *paths = write_samples(Path(folder), count + 1)
        others = write_samples(Path(folder), count, name="other")
        figures["the very first"] = [click(app, player, first)]  # opens the device
        figures["never rendered"] = [click(app, player, path) for path in paths]
        scores, pictures = ScoreDesk(pool, cache), Thumbnails(pool)
        for path in write_samples(Path(folder), BUSY, name="busy"):
            scores.request(str(path))
            pictures.of(str(path))
            desk.foresee(str(path))
        figures["never rendered, others being scored"] = [click(app, player, path) for path in others]
        was_busy = pool.busy() > 0
        for path in paths:
            desk.request(str(path))
        wait_for(app, pool, voice)
        figures["rendered ahead"] = [click(app, player, path) for path in paths]
        off = drift(app, player, seconds)
        assert player.status.phase is Phase.PLAYING, "it stopped playing"
        player.close()
    pool.close()
    voice.close()
    Path(DISK).unlink()
    return figures, off, was_busy
