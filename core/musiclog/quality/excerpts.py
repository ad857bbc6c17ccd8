"""Cut a piece into excerpts of 2, 8 and 32 bars, so that short samples are compared with short music."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from musiclog.notes import Notes
from musiclog.quality.bands import LENGTHS
from musiclog.quality.piece import Piece

FEWEST_NOTES = 8


def excerpts(notes: Notes, starts: int = 2) -> Iterator[tuple[int, Notes]]:
    """(length class, notes) for every length and so many evenly spaced starts; the whole piece comes last."""
    piece = Piece(notes)
    for index, bars in enumerate(LENGTHS):
        room = max(0, piece.bar_count - bars)
        for first in sorted({int(place) for place in np.linspace(0, room, min(starts, room + 1))}):
            part = bars_of(notes, piece, first, bars)
            if len(part) >= FEWEST_NOTES:
                yield index, part
    if len(notes) >= FEWEST_NOTES:
        yield len(LENGTHS), notes


def bars_of(notes: Notes, piece: Piece, first: int, bars: int) -> Notes:
    """The notes that begin in so many bars from the first one on."""
    kept = np.flatnonzero((piece.all_bars >= first) & (piece.all_bars < first + bars))
    return Notes(
        onset=notes.onset[kept],
        duration=notes.duration[kept],
        pitch=notes.pitch[kept],
        velocity=notes.velocity[kept],
        track=notes.track[kept],
        onset_s=notes.onset_s[kept],
        end_s=notes.end_s[kept],
        tracks=notes.tracks,
        tempos=notes.tempos,
        time_signatures=notes.time_signatures,
    )
