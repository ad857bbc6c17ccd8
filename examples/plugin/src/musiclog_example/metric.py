"""A metric: how many notes begin between the beats."""

from __future__ import annotations

import numpy as np

from musiclog.notes import Notes

NEAR = 1 / 16  # of a beat: what lies so close to a beat is on it


def syncopation(notes: Notes) -> float | None:
    """Share of onsets off the beat, 0 to 1; None where there are no notes."""
    if not len(notes):
        return None
    distance = np.abs(notes.onset - np.round(notes.onset))
    return float(np.mean(distance > NEAR))
