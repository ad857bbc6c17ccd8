"""Frames of a piano roll with 50,000 notes: painted whole, scrolled, and while it plays; at three zooms.

A frame may take 16.7 ms at 60 a second. "whole" is what a scroll cost before only the strip that comes into sight was
painted; it is still paid when the zoom changes or a page is turned.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from musiclog.notes import make_notes
from musiclog_gui.views.piano_roll import PianoRoll

NOTES, BEATS, FRAMES = 50_000, 4_000, 120
SIZE = (1500, 600)


def frames_ms(app: QApplication, step: Callable[[int], object]) -> list[float]:
    times = []
    for number in range(FRAMES):
        begin = time.perf_counter()
        step(number)
        app.processEvents()
        times.append(1000 * (time.perf_counter() - begin))
    return times


def told(name: str, times: list[float]) -> str:
    within = sum(t <= 1000 / 60 for t in times) / len(times)
    worst = sorted(times)[-max(len(times) // 20, 1)]
    return f"  {name:22} median {statistics.median(times):6.2f} ms   95 % {worst:6.2f}   in time {within:4.0%}"


def main() -> None:
    app = QApplication([])
    rng = np.random.default_rng(0)
    columns = (rng.uniform(0, BEATS, NOTES), rng.uniform(0.1, 2, NOTES), rng.integers(21, 108, NOTES),
               rng.integers(20, 127, NOTES))  # fmt: skip
    notes = make_notes(np.column_stack(columns).tolist())
    roll = PianoRoll()
    roll.resize(*SIZE)
    roll.show()
    roll.show_notes(notes)
    seconds = notes.length_s / BEATS
    for title, factor in (("16 bars", 1.0), ("160 bars", 0.1), ("whole piece", 0.03)):
        roll.fit()
        roll.zoom_time(factor)
        roll.zoom_pitch(2.0)
        app.processEvents()
        print(f"{title}: {len(roll._note_boxes()[0]):,} notes in sight")
        measure(app, roll, seconds)


def measure(app: QApplication, roll: PianoRoll, seconds: float) -> None:
    """seconds: of a beat."""
    across, down = roll.horizontalScrollBar(), roll.verticalScrollBar()
    across.setValue(across.maximum() // 3)
    print(told("painted whole", frames_ms(app, lambda _n: roll._changed())))
    print(told("scrolled in time", frames_ms(app, lambda _n: across.setValue(across.value() + 24))))
    print(told("scrolled in pitch", frames_ms(app, lambda n: down.setValue(n % 60 * 8))))
    roll.follow = False
    begin = roll._beat_at(roll._body().left()) * seconds
    print(told("playing", frames_ms(app, lambda n: roll.show_position(begin + n / 60))))
    across.setValue(0)
    both = frames_ms(app, lambda n: (roll.show_position(n / 60), across.setValue(across.value() + 7)))
    print(told("playing and scrolling", both))


if __name__ == "__main__":
    main()
