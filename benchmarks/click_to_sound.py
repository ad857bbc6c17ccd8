"""From a click to the first sample in the sound device, never rendered before and rendered ahead; and the drift.

The device is SDL's disk driver: it writes what would be heard to a file at the speed of sound, so that the moment of
the first sample and the place that is heard can be read there and set against what the player says.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

DISK = tempfile.NamedTemporaryFile(suffix=".pcm", delete=False).name  # noqa: SIM115  SDL opens it itself
os.environ.update(SDL_AUDIODRIVER="disk", SDL_DISKAUDIOFILE=DISK, QT_QPA_PLATFORM="offscreen")

import numpy as np  # noqa: E402
from PySide6.QtCore import QCoreApplication  # noqa: E402

from musiclog.notes import make_notes, write_midi  # noqa: E402
from musiclog_gui.work.player import Phase, Player  # noqa: E402
from musiclog_gui.work.pool import Pool  # noqa: E402
from musiclog_gui.work.synth_desk import SynthDesk  # noqa: E402

FRAME_BYTES = 4  # the device's: two channels of 16 bits
SAMPLES, BUDGET_MS, DRIFT_MS = 8, 150, 20


def write_samples(folder: Path, count: int, seconds: int = 60) -> list[Path]:
    """Four voices, 32 notes a bar, different in every file."""
    paths = []
    for number in range(count):
        rng = np.random.default_rng(number)
        rows = [(k / 4, 0.25, int(rng.integers(40, 84)), 90) for k in range(seconds * 8) for _ in range(2)]
        paths.append(folder / f"{number}.mid")
        write_midi(paths[-1], make_notes(rows))
    return paths


def written_frames() -> int:
    return Path(DISK).stat().st_size // FRAME_BYTES


def first_sound_after(frame: int) -> bool:
    with Path(DISK).open("rb") as file:
        file.seek(frame * FRAME_BYTES)
        return any(file.read())


def click(app: QCoreApplication, player: Player, path: Path) -> float:
    """Milliseconds until something other than silence was written to the device."""
    player.pause()
    app.processEvents()
    time.sleep(0.1)  # what is in the device's buffer is written out
    begin, frame = time.perf_counter(), written_frames() if Path(DISK).exists() else 0
    player.play_sample("run", str(path))
    while not first_sound_after(frame):
        app.processEvents()
        time.sleep(0.0005)
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


def main() -> None:
    app = QCoreApplication(sys.argv)
    pool = Pool()
    with tempfile.TemporaryDirectory() as folder:
        desk = SynthDesk(pool, Path(folder) / "cache")
        player = Player(desk)
        player.prepare()
        while pool.busy():
            app.processEvents()
            time.sleep(0.01)
        paths = write_samples(Path(folder), SAMPLES + 1)
        click(app, player, paths.pop())  # opens the device
        fresh = [click(app, player, path) for path in paths]
        for path in paths:
            desk.request(str(path))
        while pool.busy():
            app.processEvents()
            time.sleep(0.01)
        again = [click(app, player, path) for path in paths]
        off = drift(app, player, 20.0)
        playing = player.status.phase is Phase.PLAYING
        player.close()
    pool.close()
    Path(DISK).unlink()
    for name, times in (("never rendered", fresh), ("rendered ahead", again)):
        print(f"click to sound, {name}: median {statistics.median(times):5.0f} ms, worst {max(times):5.0f} ms"
              f"  (budget {BUDGET_MS})")  # fmt: skip
    print(f"playhead against the device over 20 s: 95 % within {np.percentile(off, 95):.1f} ms, worst {max(off):.1f} ms"
          f"  (budget {DRIFT_MS}; the file grows in steps of 12 ms){'' if playing else '  NOT PLAYING'}")  # fmt: skip


if __name__ == "__main__":
    main()
