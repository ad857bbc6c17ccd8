"""The folk tunes that the demo learns, out of the resources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from ..abc_tunes import AbcTune, parse_abc
from .melody import Frame, Melody, melody_from_notes

# Kept out of training, to measure on: one reel-like, one jig, one song with an upbeat.
HELD_OUT = ("yankee_doodle", "kesh_jig", "auld_lang_syne")
_PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Tune:
    """A tune as a training file: its file name without the ending, its title, its melody."""

    name: str
    title: str
    melody: Melody


def load_tunes() -> list[Tune]:
    """All tunes that come with the program, by name."""
    folder = resources.files("musiclog_resources") / "tunes"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".abc")), key=lambda f: f.name)
    return [read_tune(file.name.removesuffix(".abc"), file.read_text("utf-8")) for file in files]


def read_tune(name: str, text: str) -> Tune:
    abc = parse_abc(text)
    frame = _frame(abc)
    missing = (frame.bar_beats - _upbeat_beats(text)) % frame.bar_beats
    return Tune(name, abc.title, melody_from_notes(frame, missing, abc.notes))


def _frame(abc: AbcTune) -> Frame:
    key = re.fullmatch(r"([A-G])([#b]?)\s*(\w*)", abc.key.strip())
    if key is None:
        raise ValueError(f"{abc.title}: the key {abc.key!r} has no tonic")
    tonic = _PITCH_CLASSES[key[1]] + {"#": 1, "b": -1, "": 0}[key[2]]
    upper, lower = abc.meter
    return Frame(tonic % 12, key[3].lower()[:3] in ("m", "min", "dor", "aeo"), 4 * upper / lower,
                 compound=upper > 3 and upper % 3 == 0, tempo_bpm=abc.tempo_bpm or 120)


def _upbeat_beats(text: str) -> float:
    """Length of what stands before the first bar line; a whole bar or nothing means: no upbeat."""
    head, key, body = re.split(r"(^K:.*\n)", text, maxsplit=1, flags=re.MULTILINE)
    before = body.lstrip("|:").split("|", 1)[0]
    return parse_abc(head + key + before + "\n").length_beats
