"""What musicians call MIDI's pitch numbers. Middle C is C4."""

from __future__ import annotations

BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
_LETTERS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


def pitch_name(pitch: int) -> str:
    return f"{_LETTERS[pitch % 12]}{pitch // 12 - 1}"


# General MIDI 1, percussion key map.
DRUM_NAMES = dict(enumerate((
    "Acoustic bass drum", "Bass drum", "Side stick", "Snare", "Hand clap", "Electric snare", "Low floor tom",
    "Closed hi-hat", "High floor tom", "Pedal hi-hat", "Low tom", "Open hi-hat", "Low-mid tom", "High-mid tom",
    "Crash", "High tom", "Ride", "Chinese cymbal", "Ride bell", "Tambourine", "Splash", "Cowbell", "Crash 2",
    "Vibraslap", "Ride 2", "High bongo", "Low bongo", "Muted high conga", "Open high conga", "Low conga",
    "High timbale", "Low timbale", "High agogo", "Low agogo", "Cabasa", "Maracas", "Short whistle", "Long whistle",
    "Short guiro", "Long guiro", "Claves", "High woodblock", "Low woodblock", "Muted cuica", "Open cuica",
    "Muted triangle", "Open triangle",
), start=35))  # fmt: skip
