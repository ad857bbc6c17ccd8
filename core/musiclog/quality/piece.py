"""The tables that every metric reads, prepared once: grid, bars, lines of voices, and what sounds at each moment.

All times are in beats and all positions at 4 places a beat, so that neither the tempo nor the ticks of a file can
change a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musiclog.notes import Notes
from musiclog.quality.consonance import roughness

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PLACES = 4  # positions a beat: sixteenths of a 4/4 bar
SAME_ONSET_BEATS = 0.05  # onsets closer than this are one chord: 25 ms at 120 beats a minute
SHORT_OVERLAP_BEATS = 0.06  # legato playing holds a key this long into the next note
MAX_BARS = 512  # bars that the tables hold; bar tables grow with the square of it
LONGEST_WEIGHT_BEATS = 4.0  # a note counts by its length up to one common bar
GRID_THRESHOLD = 0.5  # below this concentration of onsets there is no grid


@dataclass(frozen=True, slots=True)
class Grid:
    """How strongly onsets sit on a metrical grid, and where the grid begins.

    strength is the mean resultant length of onset phases (Fisher, Statistical Analysis of Circular Data, 1993) at the
    best of sixteenths, triplets and sextuplets; beat and eighth the same at those levels; phase_beats is the offset
    of the grid. POP909 sits on a clean grid that begins off the beat, so the phase must be taken out.
    """

    strength: float
    beat: float
    eighth: float
    level: int
    phase_beats: float

    @property
    def present(self) -> bool:
        return self.strength >= GRID_THRESHOLD


@dataclass(frozen=True, slots=True)
class Lines:
    """Top lines of all tracks, and bottom lines of those that play chords, one after another.

    pitch, onset and track as columns; line numbers the lines; follows is True where a note continues the line of the
    row before it after at most a bar of 4 beats.
    """

    pitch: Ints
    onset: Floats
    track: Ints
    line: Ints
    follows: Bools

    @property
    def count(self) -> int:
        return int(self.line[-1]) + 1 if len(self.line) else 0


class Piece:
    """A piece prepared for scoring; tables are built when a metric first asks for them."""

    def __init__(self, notes: Notes) -> None:
        drum = notes.is_drum
        pitched = ~drum
        self.notes = notes
        self.onset: Floats = notes.onset[pitched]
        self.duration: Floats = notes.duration[pitched]
        self.pitch: Ints = notes.pitch[pitched]
        self.velocity: Ints = notes.velocity[pitched]
        self.track: Ints = notes.track[pitched]
        self.row: Ints = np.flatnonzero(pitched)  # where each pitched note stands in notes
        self.all_onsets: Floats = notes.onset
        self.drum_count = int(drum.sum())
        self.bar_beats = notes.bar_beats
        self.weight: Floats = np.minimum(self.duration, LONGEST_WEIGHT_BEATS)

    @cached_property
    def grid(self) -> Grid:
        if not len(self.all_onsets):
            return Grid(0.0, 0.0, 0.0, 4, 0.0)
        unit = np.exp(2j * np.pi * self.all_onsets)
        square = unit * unit
        cube = square * unit
        count = len(unit)
        beat, eighth = abs(unit.sum()) / count, abs(square.sum()) / count
        means = {4: (square * square).sum() / count, 3: cube.sum() / count, 6: (cube * cube).sum() / count}
        level = max(means, key=lambda k: abs(means[k]) + 0.05 * (k == 4))  # sixteenths unless triplets are clearer
        strength = float(abs(means[level]))
        phase = float(np.angle(means[level])) / (2 * np.pi * level) if strength >= GRID_THRESHOLD else 0.0
        return Grid(strength, float(beat), float(eighth), level, phase)

    # ---- bars ----

    @cached_property
    def start(self) -> float:
        """Where the bar of the first note begins, in beats, on the grid."""
        phase = self.grid.phase_beats
        first = float(self.all_onsets[0]) if len(self.all_onsets) else 0.0
        return phase + float(np.floor((first - phase + 0.05) / self.bar_beats)) * self.bar_beats

    @cached_property
    def places_per_bar(self) -> int:
        return max(1, round(self.bar_beats * PLACES))

    @cached_property
    def all_bars(self) -> Ints:
        """Bar of every onset, drums too."""
        return self.bar_of(self.all_onsets)

    @cached_property
    def bar(self) -> Ints:
        """Bar of every pitched onset."""
        return self.bar_of(self.onset)

    def bar_of(self, onset: Floats) -> Ints:
        """The bar, from 0, in which each onset lies; half a place before a bar line belongs to the bar after it."""
        place: Floats = np.floor((onset - self.start + 0.5 / PLACES) / self.bar_beats)
        return place.astype(np.int64)

    def bar_at(self, onset: float) -> int:
        """The bar, from 0, of one onset."""
        return int((onset - self.start + 0.5 / PLACES) // self.bar_beats)

    def _place_of(self, onset: Floats, bar: Ints) -> Ints:
        place = np.rint((onset - self.start - bar * self.bar_beats) * PLACES).astype(np.int64)
        kept: Ints = np.minimum(np.maximum(place, 0), self.places_per_bar - 1)
        return kept

    @cached_property
    def bar_count(self) -> int:
        """Bars that the tables hold: all, up to MAX_BARS."""
        return min(int(self.all_bars[-1]) + 1, MAX_BARS) if len(self.all_bars) else 0

    @cached_property
    def onset_table(self) -> Floats:
        """(bars, places) number of onsets, drums too."""
        bar = self.all_bars
        kept = bar < self.bar_count
        index = bar[kept] * self.places_per_bar + self._place_of(self.all_onsets[kept], bar[kept])
        size = self.bar_count * self.places_per_bar
        counts = np.bincount(index, minlength=size).astype(np.float64)
        return counts.reshape(self.bar_count, self.places_per_bar)

    @cached_property
    def chroma_table(self) -> Floats:
        """(bars, 12) weight of each pitch class."""
        kept = self.bar < self.bar_count
        index = self.bar[kept] * 12 + self.pitch[kept] % 12
        table = np.bincount(index, weights=self.weight[kept], minlength=self.bar_count * 12)
        return table.astype(np.float64).reshape(self.bar_count, 12)

    @cached_property
    def pattern_table(self) -> Floats:
        """(bars, places × 12) whether a pitch class begins at a place of the bar."""
        kept = self.bar < self.bar_count
        bar = self.bar[kept]
        place = self._place_of(self.onset[kept], bar)
        table = np.zeros((self.bar_count, self.places_per_bar * 12))
        table[bar, place * 12 + self.pitch[kept] % 12] = 1.0
        return table

    @cached_property
    def likeness(self) -> Floats:
        """(bars, bars) cosine similarity of what begins where in each bar; silent bars are like nothing."""
        return self_similarity(self.pattern_table)

    # ---- lines ----

    @cached_property
    def moment(self) -> Ints:
        """For each pitched note the number of its chord: onsets within SAME_ONSET_BEATS are one moment."""
        number = np.zeros(len(self.onset), np.int64)
        if len(number):
            np.cumsum(self.onset[1:] - self.onset[:-1] > SAME_ONSET_BEATS, out=number[1:])
        return number

    @cached_property
    def moment_onset(self) -> Floats:
        """Where each moment begins, in beats."""
        onset: Floats = self.onset[self._moment_first]
        return onset

    @cached_property
    def _moment_first(self) -> Ints:
        """The first note of each moment."""
        return run_starts(self.moment)

    @cached_property
    def lines(self) -> Lines:
        """Voices as one hears them: never merged over tracks, the outer ones where a track plays chords.

        A note that such a track plays alone belongs to the outer voice on whose side of the chords' middle it lies.
        """
        if not len(self.pitch):
            none = np.empty(0, np.int64)
            return Lines(none, np.empty(0), none, none, np.empty(0, np.bool_))
        order = np.lexsort((self.pitch, self.moment, self.track))
        key = self.track[order] * (self.moment[-1] + 1) + self.moment[order]
        first = run_starts(key)
        last = np.append(first[1:], len(key)) - 1
        tracks = self.track[order[first]]
        notes_of = np.bincount(self.track)
        chords_of = np.bincount(tracks, minlength=len(notes_of))
        plays_chords = notes_of >= 1.3 * np.maximum(chords_of, 1)
        # While an outer voice rests, what sounds of the other one is no leap of it.
        high, low = self.pitch[order[last]], self.pitch[order[first]]
        chords = np.maximum(np.bincount(tracks, weights=last > first), 1)
        middle = np.bincount(tracks, weights=(last > first) * (high + low) / 2) / chords
        top = ~plays_chords[tracks] | (high >= middle[tracks])
        bottom = plays_chords[tracks] & (low <= middle[tracks])
        rows = np.concatenate([order[last[top]], order[first[bottom]]])
        voice = np.concatenate([tracks[top] * 2, tracks[bottom] * 2 + 1])
        pitch, onset, track = self.pitch[rows], self.onset[rows], self.track[rows]
        fresh = np.ones(len(voice), np.bool_)
        np.not_equal(voice[1:], voice[:-1], out=fresh[1:])
        follows = ~fresh
        follows[1:] &= onset[1:] - onset[:-1] <= 4.0
        return Lines(pitch, onset, track, np.cumsum(fresh) - 1, follows)

    # ---- what sounds ----

    @cached_property
    def lowest_c(self) -> int:
        """The C at or under the lowest note: the pitch of the first column of sounding."""
        return int(self.pitch.min()) // 12 * 12 if len(self.pitch) else 0

    @cached_property
    def sounding(self) -> tuple[NDArray[np.int16], Floats]:
        """(moments, pitches) how many notes of each pitch sound from each moment on, and how long until the next one.

        Pitches are whole octaves from lowest_c on.
        """
        moments = self.moment_onset
        count = len(moments)
        if not count:
            return np.zeros((0, 12), np.int16), np.empty(0)
        ends = self.onset + np.maximum(self.duration - SHORT_OVERLAP_BEATS, self.duration * 0.5)
        until = np.maximum(np.searchsorted(moments, ends, side="left"), self.moment + 1)
        height = self.pitch - self.lowest_c
        width = (int(height.max()) // 12 + 1) * 12
        steps = np.bincount(self.moment * width + height, minlength=(count + 1) * width)
        steps -= np.bincount(until * width + height, minlength=(count + 1) * width)
        table = np.cumsum(steps.astype(np.int16).reshape(count + 1, width)[:count], axis=0, dtype=np.int16)
        longest = float(ends[self._moment_first[-1] :].max())
        gap = np.empty(count)
        np.subtract(moments[1:], moments[:-1], out=gap[:-1])
        gap[-1] = max(longest - moments[-1], 0.0)
        return table, np.minimum(gap, LONGEST_WEIGHT_BEATS)

    @cached_property
    def sounding_chroma(self) -> Floats:
        """(moments, 12) how many notes of each pitch class sound."""
        table, _ = self.sounding
        return table.reshape(len(table), -1, 12).sum(axis=1, dtype=np.float64) if len(table) else np.empty((0, 12))

    @cached_property
    def roughness(self) -> Floats:
        """(moments,) how much the notes that sound rub, 0 to 1."""
        return roughness(self.sounding_chroma)


def run_starts(labels: Ints) -> Ints:
    """Where each run of equal labels begins."""
    fresh = np.ones(len(labels), np.bool_)
    np.not_equal(labels[1:], labels[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)


def self_similarity(table: Floats) -> Floats:
    """(rows, rows) cosine similarity of the rows; empty rows are 0 everywhere."""
    size = np.sqrt(np.einsum("ij,ij->i", table, table))
    unit = table / np.maximum(size, 1e-12)[:, None]
    product: Floats = unit @ unit.T
    return product


def entropy(counts: Floats | Ints) -> float:
    """Bits of a distribution given as counts or weights."""
    held = counts[counts > 0]
    shares = held / held.sum()
    return float(-(shares @ np.log2(shares)))
