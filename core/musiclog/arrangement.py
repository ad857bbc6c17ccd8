"""Play a piece otherwise than it is written: faster, higher, without some of its tracks.

The messages are changed and rendered again, not the sound: tempo and pitch are exact, nothing is stretched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .midi_events import DRUM_CHANNEL, NOTE_OFF, NOTE_ON, PROGRAM, Performance

TRANSPOSE_LIMIT = 24  # semitones
_KEY_PRESSURE = 0xA0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a piece is to be played.

    tempo is a factor, transpose semitones (drums stay as they are); muted and solo are indices into Notes.tracks.
    """

    tempo: float = 1.0
    transpose: int = 0
    muted: frozenset[int] = frozenset()
    solo: frozenset[int] = frozenset()

    def hears(self, track: int) -> bool:
        """As on a mixing desk: where tracks are solo only those, else all but the muted."""
        return track in self.solo if self.solo else track not in self.muted

    @property
    def silences(self) -> bool:
        """Whether tracks are left out."""
        return bool(self.muted or self.solo)


AS_WRITTEN = Arrangement()


def arrange(performance: Performance, arrangement: Arrangement, notes: Any = None) -> Performance:
    """The performance as arranged; notes (musiclog.notes.Notes of the same piece) tell which message is whose track.

    A silent track keeps its programs, controllers and pedal, so that the piece keeps its length and the others sound
    as before.
    """
    if arrangement.silences and notes is not None:
        heard = np.array([arrangement.hears(track) for track in range(len(notes.tracks))], bool)
        begins, track = tracks_of(performance, notes)
        keep = np.ones(len(performance), bool)
        keep[begins] = np.where(track < 0, True, heard[track])
        performance = performance.only(keep)
    if arrangement.transpose:
        performance = replace(performance, first=_transposed(performance, arrangement.transpose))
    if arrangement.tempo != 1.0:
        faster = arrangement.tempo
        performance = replace(performance, seconds=performance.seconds / faster, beat_s=performance.beat_s / faster)
    return performance


def tracks_of(performance: Performance, notes: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the messages that begin a note, and for each the index of its track in notes.tracks, -1 if unknown.

    Readers number tracks in their own ways, so the messages of one file track, channel and program are given to that
    track of the notes with which most of them agree in time, pitch and velocity.
    """
    begins = np.flatnonzero((performance.status == NOTE_ON) & (performance.second > 0))
    if not len(begins) or not len(notes):
        return begins, np.full(len(begins), -1)
    group = _groups(performance, begins)
    theirs = _fingerprints(notes.onset_s, notes.pitch, notes.velocity, notes.track)
    ours = _fingerprints(performance.seconds[begins], performance.first[begins], performance.second[begins],
                         performance.track[begins])  # fmt: skip
    order = np.argsort(theirs, kind="stable")
    place = np.minimum(np.searchsorted(theirs[order], ours), len(theirs) - 1)
    same = theirs[order][place] == ours
    votes = np.zeros((group.max() + 1, len(notes.tracks)), np.int64)
    np.add.at(votes, (group[same], notes.track[order][place][same]), 1)
    winner = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    return begins, winner[group]


def _groups(performance: Performance, begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each beginning note: one for each file track, channel and program at that moment."""
    program = np.zeros(len(begins), np.int64)
    changes = performance.status == PROGRAM
    for channel in np.unique(performance.channel[changes]):
        rows = np.flatnonzero(changes & (performance.channel == channel))
        mine = performance.channel[begins] == channel
        last = np.searchsorted(rows, begins[mine]) - 1
        program[mine] = np.where(last < 0, 0, performance.first[rows[last]])
    columns = np.stack([performance.track[begins], performance.channel[begins], program], axis=1)
    return np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)


def _fingerprints(seconds: Any, pitch: Any, velocity: Any, track: Any) -> NDArray[np.int64]:
    """Time to a tenth of a millisecond, pitch, velocity, and which of several equal notes it is, as one number."""
    # 0.237: ticks fall on halves of the grid often, and would be rounded up here and down there.
    time = np.floor(np.asarray(seconds) * 1e4 + 0.237).astype(np.int64)
    key = time << 14 | np.asarray(pitch, np.int64) << 7 | np.asarray(velocity, np.int64)
    order = np.lexsort((np.asarray(track), key))
    ordered = key[order]
    rank = np.empty(len(key), np.int64)
    rank[order] = np.arange(len(key)) - np.searchsorted(ordered, ordered)
    return key << 6 | np.minimum(rank, 63)


def _transposed(performance: Performance, semitones: int) -> NDArray[np.uint8]:
    """Keys moved; one that leaves MIDI's range comes back by an octave, so that its note is not lost."""
    keyed = np.isin(performance.status, (NOTE_ON, NOTE_OFF, _KEY_PRESSURE))
    keyed &= performance.channel % 16 != DRUM_CHANNEL
    key = performance.first.astype(np.int64) + semitones
    key = np.where(key < 0, key % 12, np.where(key > 127, 116 + (key - 116) % 12, key))
    return np.where(keyed, key, performance.first).astype(np.uint8)
