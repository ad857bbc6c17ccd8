"""Let the network write a tune, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..notes import Notes, TrackInfo, make_notes
from .gru import Array
from .melody import DURATIONS_BEATS, END, LOUDNESSES, LOWEST, PITCHES, START, Frame, Melody, reading
from .model import TuneModel, split_answers

SHORTEST_BARS, LONGEST_BARS = 8, 16


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a sample starts from: a name for the table, and key, bar and speed."""

    name: str
    frame: Frame


PROMPTS = (
    Prompt("jig in G", Frame(tonic=7, minor=False, bar_beats=3.0, compound=True, tempo_bpm=160)),
    Prompt("song in F", Frame(tonic=5, minor=False, bar_beats=4.0, compound=False, tempo_bpm=120)),
)


def compose(model: TuneModel, frame: Frame, temperature: float, rng: np.random.Generator) -> Melody:
    """A tune of 8 to 16 bars: the end is not on offer before, and the last bar line cuts off."""
    state: Array | None = None
    event = (START, len(DURATIONS_BEATS), len(LOUDNESSES))
    written: list[tuple[int, int, int]] = []
    now = 0.0
    while now < LONGEST_BARS * frame.bar_beats:
        read = reading(frame, np.array([now]), *(np.array([part]) for part in event))
        scores, state, _ = model.forward(read[None], state)
        answers = split_answers(scores[0, 0].astype(np.float64))
        if now < SHORTEST_BARS * frame.bar_beats:
            answers["pitch"][END] = -np.inf
        pitch, duration, loudness = (_draw(answers[name], temperature, rng) for name in answers)
        if pitch == END:
            break
        event = (pitch, duration, loudness)
        written.append(event)
        now += DURATIONS_BEATS[duration]
    pitches, durations, loudnesses = np.array(written).T
    return Melody(frame, 0.0, pitches, durations, loudnesses)


def play(melody: Melody, name: str) -> Notes:
    """The melody as notes for a piano; rests become silence."""
    frame = melody.frame
    rows = [
        (onset, DURATIONS_BEATS[duration], pitch + LOWEST, LOUDNESSES[loudness])
        for onset, pitch, duration, loudness
        in zip(melody.onsets_beats(), melody.pitches, melody.durations, melody.loudnesses, strict=True)
        if pitch < PITCHES
    ]
    meter = (round(2 * frame.bar_beats), 8) if frame.compound else (round(frame.bar_beats), 4)
    return make_notes(rows, tempo_bpm=frame.tempo_bpm, time_signature=meter, tracks=[TrackInfo(name, 0, False)])


def _draw(scores: NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int:
    """One index, by the softmax of the scores at this temperature (Gumbel's trick)."""
    return int(np.argmax(scores / temperature + rng.gumbel(size=scores.shape)))
