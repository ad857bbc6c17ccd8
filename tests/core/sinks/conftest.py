"""A sample to log."""

from __future__ import annotations

import io
from collections.abc import Callable

import mido
import pytest


@pytest.fixture
def make_midi() -> Callable[[], bytes]:
    """The bytes of a short tune."""

    def make() -> bytes:
        track = mido.MidiTrack()
        for pitch in (60, 64, 67, 72):
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
            track.append(mido.Message("note_off", note=pitch, velocity=0, time=480))
        file = mido.MidiFile(tracks=[track])
        buffer = io.BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()

    return make
