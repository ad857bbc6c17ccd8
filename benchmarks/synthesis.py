"""Pitch and speed of every synthesiser at hand, over the General MIDI programs, with one SoundFont.

Prints how many pitched programs (1 to 112 without the percussive and noisy ones) sound A4 wrong, by more than 20
cents from its octaves and harmonics, and how many times faster than playing each engine renders.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from musiclog import synth
from musiclog.midi_events import NOTE_OFF, NOTE_ON, PROGRAM, Performance
from musiclog.soundfont import bundled_soundfont

PITCHED = [*range(0, 47), *range(48, 112)]  # timpani and what comes after the bagpipe's family has no clear pitch


def performance(rows: list[tuple[float, int, int, int, int]]) -> Performance:
    seconds, status, channel, first, second = (np.asarray(column) for column in zip(*sorted(rows), strict=True))
    small = (status, channel, first, second)
    return Performance(seconds.astype(float), *(c.astype(np.uint8) for c in small), np.zeros(len(rows), np.uint16))


def a4(program: int) -> Performance:
    return performance([(0.0, PROGRAM, 0, program, 0), (0.01, NOTE_ON, 0, 69, 100),
                        (1.8, NOTE_OFF, 0, 69, 0)])  # fmt: skip


def music(seconds: float, voices: int = 4) -> Performance:
    rng = np.random.default_rng(0)
    rows = []
    for voice in range(voices):
        rows.append((0.0, PROGRAM, voice, int(rng.integers(0, 80)), 0))
        for onset in np.arange(0, seconds, 0.25):
            pitch = int(rng.integers(48, 84))
            rows += [(onset, NOTE_ON, voice, pitch, 90), (onset + 0.24, NOTE_OFF, voice, pitch, 0)]
    return performance(rows)


def cents_off(pcm: np.ndarray, hz: int) -> float:
    """Distance of the strongest partial from the nearest octave or harmonic of A4."""
    mono = pcm.mean(axis=0)[int(0.1 * hz) : int(1.5 * hz)].astype(float)
    padded = 8 * len(mono)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), padded))
    lowest = round(40 * padded / hz)
    peak_hz = (lowest + int(np.argmax(spectrum[lowest:]))) * hz / padded
    expected = np.concatenate([440.0 / 2 ** np.arange(1, 4), 440.0 * np.arange(1, 9)])
    cents = 1200 * np.log2(peak_hz / expected)
    return float(cents[np.argmin(np.abs(cents))])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--soundfont", default=str(bundled_soundfont()))
    soundfont = options.parse_args().soundfont
    print(f"{soundfont}\n{'engine':14} {'wrong of':>9} {len(PITCHED):3}   times real time   first sound ms")
    for name in synth.engines():
        engine = synth.open_engine(soundfont, synth.PCM_HZ, name)
        wrong = []
        for program in PITCHED:
            played = a4(program)
            off = cents_off(np.concatenate(list(engine.stream(played, 2 * synth.PCM_HZ)), axis=1), synth.PCM_HZ)
            if abs(off) > 20:
                wrong.append((program, round(off)))
        piece = music(60.0)
        start = time.perf_counter()
        pieces = engine.stream(piece, 60 * synth.PCM_HZ)
        next(pieces)
        first = time.perf_counter() - start
        for _ in pieces:
            pass
        whole = time.perf_counter() - start
        print(f"{name:14} {len(wrong):9}       {60 / whole:14.0f}   {1000 * first:14.1f}   {wrong}")


if __name__ == "__main__":
    main()
