"""A melody as rows of small numbers: what the network reads and what it writes.

Every event has a pitch, a duration and a loudness, each one of a short list. The pitch list also holds REST and END.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 43, 88  # MIDI pitches, three and a half octaves around the human voice
PITCHES = HIGHEST - LOWEST + 1
REST, END, START = PITCHES, PITCHES + 1, PITCHES + 2
DURATIONS_BEATS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
LOUDNESSES = tuple(range(36, 120, 12))  # MIDI velocities
BARS_COUNTED = 8  # the bar number that the network reads starts again after a phrase of eight
POSITIONS = 16  # quarters of a beat in the longest bar
METERS = (2.0, 3.0, 4.0)  # beats a bar; 6/8 has three

# What the network reads before it writes an event, and how many values each of it can have.
FEATURES = {
    "pitch": PITCHES + 3, "degree": 13, "duration": len(DURATIONS_BEATS) + 1, "loudness": len(LOUDNESSES) + 1,
    "position": POSITIONS, "bar": BARS_COUNTED, "meter": 2 * len(METERS), "tonic": 12, "minor": 2,
}
TARGETS = {"pitch": PITCHES + 2, "duration": len(DURATIONS_BEATS), "loudness": len(LOUDNESSES)}


@dataclass(frozen=True, slots=True)
class Frame:
    """What is settled before the first note: key, bar and speed."""

    tonic: int  # pitch class
    minor: bool
    bar_beats: float
    compound: bool  # beats in threes, as in a jig
    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class Melody:
    """One voice. pitches, durations and loudnesses are (events,) indices into the lists above; no END."""

    frame: Frame
    upbeat_beats: float  # how much of the first bar is missing
    pitches: NDArray[np.int64]
    durations: NDArray[np.int64]
    loudnesses: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pitches)

    def onsets_beats(self) -> NDArray[np.float64]:
        """Onset of every event, counted from the first bar line, so that an upbeat is not at 0."""
        lengths = np.take(DURATIONS_BEATS, self.durations)
        return self.upbeat_beats + np.concatenate(([0.0], np.cumsum(lengths)[:-1]))

    def transposed(self, semitones: int) -> Melody:
        sounding = self.pitches < PITCHES
        pitches = np.where(sounding, self.pitches + semitones, self.pitches)
        return replace(self, frame=replace(self.frame, tonic=(self.frame.tonic + semitones) % 12), pitches=pitches)

    def transpositions(self) -> range:
        """Every transposition by at most a tritone that keeps all notes inside the list."""
        sounding = self.pitches[self.pitches < PITCHES]
        return range(max(-6, -int(sounding.min())), min(6, PITCHES - 1 - int(sounding.max())) + 1)


def melody_from_notes(frame: Frame, upbeat_beats: float, notes: Sequence[tuple[float, float, int]]) -> Melody:
    """One voice of (onset, duration, pitch), in beats and MIDI pitch; gaps become rests, loudness is phrased."""
    events: list[tuple[int, float]] = []
    onsets: list[float] = []
    now = 0.0
    for onset, duration, pitch in sorted(notes):
        if onset - now > 0.1:
            events.append((REST, onset - now))
            onsets.append(now)
        events.append((pitch - LOWEST, duration))
        onsets.append(onset)
        now = onset + duration
    loudnesses = [nearest(LOUDNESSES, phrased_loudness(onset + upbeat_beats, frame)) for onset in onsets]
    return Melody(frame, upbeat_beats, np.array([pitch for pitch, _ in events]),
                  np.array([nearest(DURATIONS_BEATS, beats) for _, beats in events]), np.array(loudnesses))


def phrased_loudness(onset_beats: float, frame: Frame) -> float:
    """MIDI velocity: written tunes have none, so they are played with an arch over four bars and an accent on one."""
    bars = onset_beats / frame.bar_beats
    arch = np.sin(np.pi * ((bars / 4) % 1))
    accent = 12 if bars % 1 < 0.01 else 0
    return float(54 + 40 * arch + accent)


def nearest(values: Sequence[float], wanted: float) -> int:
    """Index of the value closest to the wanted one."""
    return min(range(len(values)), key=lambda i: abs(values[i] - wanted))


def features(melody: Melody) -> NDArray[np.int64]:
    """What is read before each event and before the end: (events + 1, len(FEATURES)) values, each from 0."""
    lengths = np.take(DURATIONS_BEATS, melody.durations)
    onsets = melody.upbeat_beats + np.concatenate(([0.0], np.cumsum(lengths)))
    return reading(
        melody.frame, onsets,
        np.concatenate(([START], melody.pitches)),
        np.concatenate(([len(DURATIONS_BEATS)], melody.durations)),
        np.concatenate(([len(LOUDNESSES)], melody.loudnesses)),
    )


def reading(frame: Frame, onsets_beats: NDArray[np.float64], pitches: NDArray[np.int64],
            durations: NDArray[np.int64], loudnesses: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of FEATURES for events that start at these onsets, each following the given pitch, duration, loudness."""
    count = len(pitches)
    columns = (
        pitches, np.where(pitches < PITCHES, (pitches + LOWEST - frame.tonic) % 12, 12), durations, loudnesses,
        np.floor(4 * (onsets_beats % frame.bar_beats) + 1e-6).astype(int) % POSITIONS,
        np.floor(onsets_beats / frame.bar_beats + 1e-6).astype(int) % BARS_COUNTED,
        np.full(count, 2 * METERS.index(frame.bar_beats) + frame.compound),
        np.full(count, frame.tonic), np.full(count, int(frame.minor)),
    )
    return np.stack(columns, axis=1)


def targets(melody: Melody) -> NDArray[np.int64]:
    """What is to be written at each step, the last one being END: (events + 1, 3); -1 where nothing is asked."""
    sounding = melody.pitches < PITCHES
    return np.stack((
        np.append(melody.pitches, END),
        np.append(melody.durations, -1),
        np.append(np.where(sounding, melody.loudnesses, -1), -1),
    ), axis=1)
