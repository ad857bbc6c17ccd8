"""Read melodies written as ABC text, the notation in which folk tunes are collected.

Covers what a tune book needs: headers X T C O M L K Q, notes with accidentals that last through the bar, octave marks,
lengths, broken rhythm, tuplets, ties, chords (their top note is the melody), rests, bar lines, repeats with first and
second endings. Grace notes, decorations, chord symbols and lyrics are passed over.
Standard: https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from musiclog.errors import MusiclogError

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARP_ORDER, FLAT_ORDER = "FCGDAEB", "BEADGCF"
SHARPS_OF_MAJOR = {
    "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7,
    "F": -1, "Bb": -2, "Eb": -3, "Ab": -4, "Db": -5, "Gb": -6, "Cb": -7,
}  # fmt: skip
# How many sharps fewer than its major a mode has.
MODE_STEP = {
    "": 0, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1,
}  # fmt: skip
ACCIDENTAL = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
# Tuplets of p notes in the time of q, where the text does not say q (compound meters take 3 for 5, 7 and 9).
TUPLET_TIME = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}

_TOKEN = re.compile(
    r"""
      (?P<skip>"[^"]*" | ![^!]*! | \{[^}]*\} | \[[A-Za-z]:[^\]]*\] | [\s`~.HLMOPRSTuvy\\] | \$)
    | (?P<bar>:*\|[|\]:]* | \[\| | ::+)
    | (?P<ending>\[[1-9][0-9,\-]*)
    | (?P<chord>\[(?=[\^_=A-Ga-gz])[^\]]*\])
    | (?P<tuplet>\((?P<p>[2-9])(?::(?P<q>[1-9]?))?(?::(?P<r>[1-9]?))?)
    | (?P<note>(?P<accidental>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*))
    | (?P<rest>[zxZ])
    | (?P<broken>[<>]+)
    | (?P<tie>-)
    | (?P<slur>[()])
    | (?P<digitending>(?<=\|)[1-9][0-9,\-]*)
    """,
    re.VERBOSE,
)
_LENGTH = re.compile(r"(?P<above>\d*)(?P<below>(?:/\d*)*)")


class AbcError(MusiclogError, ValueError):
    """ABC text that is no tune: what, where."""


@dataclass(frozen=True, slots=True)
class AbcTune:
    """A melody with repeats played out: notes of (onset_beats, duration_beats, pitch), a beat being a quarter note."""

    title: str
    key: str
    meter: tuple[int, int]  # numerator, denominator
    tempo_bpm: float | None
    notes: tuple[tuple[float, float, int], ...]
    sharps: int = 0  # of the key signature; negative for flats

    @property
    def length_beats(self) -> float:
        return max((onset + duration for onset, duration, _ in self.notes), default=0.0)


def parse_abc(text: str) -> AbcTune:
    """One tune; raises AbcError with the line where the text cannot be read."""
    headers: dict[str, str] = {}
    body: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("%", 1)[0].rstrip()
        if not line:
            continue
        if "K" not in headers and re.match(r"[A-Za-z]:", line):
            headers.setdefault(line[0], line[2:].strip())
        elif not re.match(r"[A-Za-z+]:(?!\|)", line):
            body.append((number, line))
    if "K" not in headers:
        raise AbcError("the tune has no K: line, so its key is unknown")
    meter = _meter(headers.get("M", "4/4"))
    unit = _unit(headers.get("L"), meter)
    sharps = _sharps(headers["K"])
    reader = _Reader(unit=unit * 4, key=_key_accidentals(sharps), meter=meter)
    for number, line in body:
        reader.read(line, number)
    return AbcTune(
        title=headers.get("T", ""),
        key=headers["K"],
        meter=meter,
        tempo_bpm=_tempo(headers.get("Q")),
        notes=_play(reader.bars),
        sharps=sharps,
    )


@dataclass(slots=True)
class _Bar:
    """One bar as written: (duration in beats, pitch or None for a rest, tied to the next), and the repeat marks."""

    sounds: list[tuple[Fraction, int | None, bool]] = field(default_factory=list)
    opens_repeat: bool = False
    closes_repeat: bool = False
    ending: tuple[int, ...] = ()
    ends_section: bool = False  # a double bar ends a numbered ending


class _Reader:
    """Turns lines into bars and remembers what lasts: accidentals of the bar, tuplets, broken rhythm, open ties."""

    def __init__(self, unit: Fraction, key: dict[str, int], meter: tuple[int, int]) -> None:
        self.bars: list[_Bar] = [_Bar()]
        self._unit, self._key = unit, key
        self._bar = Fraction(4 * meter[0], meter[1])
        self._compound = meter[0] % 3 == 0 and meter[0] > 3
        self._accidentals: dict[tuple[str, int], int] = {}
        self._tuplet: tuple[Fraction, int] = (Fraction(1), 0)
        self._next_factor = Fraction(1)

    def read(self, line: str, number: int) -> None:
        at = 0
        while at < len(line):
            match = _TOKEN.match(line, at)
            if match is None:
                raise AbcError(f"line {number}, column {at + 1}: {line[at : at + 8]!r} is no ABC that is read here")
            at = self._take(match, line)

    def _take(self, match: re.Match[str], line: str) -> int:
        text, at = match.group(), match.end()
        groups = match.groupdict()
        if groups["note"]:
            return self._sound(self._pitch(groups["accidental"], groups["letter"], groups["octave"]), line, at)
        if groups["chord"]:
            return self._chord(text[1:-1], line, at)
        if groups["rest"]:
            return self._sound(None, line, at, unit=self._bar if text == "Z" else None)
        if groups["tuplet"]:
            self._begin_tuplet(groups)
        elif groups["bar"]:
            self._bar_line(text)
        elif groups["ending"] or groups["digitending"]:
            self.bars[-1].ending = _numbers(text.lstrip("["))
        elif groups["broken"]:
            self._break_rhythm(text)
        elif groups["tie"] and self.bars[-1].sounds:
            duration, pitch, _ = self.bars[-1].sounds[-1]
            self.bars[-1].sounds[-1] = (duration, pitch, True)
        return at

    def _pitch(self, accidental: str | None, letter: str, octave: str) -> int:
        name = letter.upper()
        height = 60 + NATURAL[name] + (12 if letter.islower() else 0) + 12 * (octave.count("'") - octave.count(","))
        place = (name, height)
        if accidental:
            self._accidentals[place] = ACCIDENTAL[accidental]
        return height + self._accidentals.get(place, self._key.get(name, 0))

    def _chord(self, inside: str, line: str, at: int) -> int:
        """A chord is as long as its first note; its top note is the melody."""
        notes = [m for m in _TOKEN.finditer(inside) if m.group("note")]
        pitches = [self._pitch(m.group("accidental"), m.group("letter"), m.group("octave")) for m in notes]
        first, _ = _multiple(inside, notes[0].end())
        return self._sound(max(pitches), line, at, unit=self._unit * first)

    def _sound(self, pitch: int | None, line: str, at: int, unit: Fraction | None = None) -> int:
        multiple, end = _multiple(line, at)
        duration = (unit or self._unit) * multiple * self._next_factor
        self._next_factor = Fraction(1)
        factor, left = self._tuplet
        if left:
            duration *= factor
            self._tuplet = (factor, left - 1)
        self.bars[-1].sounds.append((duration, pitch, False))
        return end

    def _begin_tuplet(self, groups: dict[str, str | None]) -> None:
        p = int(groups["p"] or 3)
        q = int(groups["q"] or 0) or TUPLET_TIME.get(p, 3 if self._compound else 2)
        self._tuplet = (Fraction(q, p), int(groups["r"] or 0) or p)

    def _break_rhythm(self, marks: str) -> None:
        if not self.bars[-1].sounds:
            return
        short = Fraction(1, 2 ** len(marks))
        mine, following = (2 - short, short) if marks[0] == ">" else (short, 2 - short)
        duration, pitch, tied = self.bars[-1].sounds[-1]
        self.bars[-1].sounds[-1] = (duration * mine, pitch, tied)
        self._next_factor = following

    def _bar_line(self, text: str) -> None:
        bar = self.bars[-1]
        bar.closes_repeat = bar.closes_repeat or text.startswith(":")
        bar.ends_section = bar.ends_section or "||" in text or "|]" in text or bar.closes_repeat
        self._accidentals.clear()
        opens = text.endswith(":")  # |: and :|: and :: alike
        if bar.sounds or bar.closes_repeat:
            self.bars.append(_Bar(opens_repeat=opens))
        else:
            bar.opens_repeat = bar.opens_repeat or opens


def _play(bars: list[_Bar]) -> tuple[tuple[float, float, int], ...]:
    """Bars in playing order with ties joined."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    now, tied = Fraction(0), False
    for bar in _unfold(bars):
        for duration, pitch, ties_on in bar.sounds:
            if pitch is not None:
                if tied and notes and notes[-1][2] == pitch and notes[-1][0] + notes[-1][1] == now:
                    notes[-1] = (notes[-1][0], notes[-1][1] + duration, pitch)
                else:
                    notes.append((now, duration, pitch))
            tied = ties_on
            now += duration
    return tuple((float(onset), float(duration), pitch) for onset, duration, pitch in notes)


def _unfold(bars: list[_Bar]) -> list[_Bar]:
    """Play repeats: a section up to its repeat sign sounds again, each time with the ending of its number."""
    played: list[_Bar] = []
    start = 0
    while start < len(bars):
        close = next((i for i in range(start, len(bars)) if bars[i].closes_repeat), None)
        if close is None:
            return played + bars[start:]
        opening = next((i for i in range(start + 1, close + 1) if bars[i].opens_repeat), None)
        if opening is not None:  # what stands before the sign that opens the repeat sounds once
            played += bars[start:opening]
            start = opening
            continue
        end = close + 1
        while end < len(bars) and bars[end].ending:  # further endings of the same section
            end = _ending_end(bars, end)
        body = bars[start:end]
        endings = _endings(body)
        passes = max((number for numbers in endings for number in numbers), default=2)
        for number in range(1, max(passes, 2) + 1):
            played += [bar for bar, numbers in zip(body, endings, strict=True) if not numbers or number in numbers]
        start = end
    return played


def _ending_end(bars: list[_Bar], begin: int) -> int:
    """The bar after a numbered ending: it lasts to the next double bar, repeat sign or the end."""
    at = begin
    while at < len(bars) and not bars[at].ends_section:
        at += 1
        if at < len(bars) and (bars[at].ending or bars[at].opens_repeat):
            return at
    return min(at + 1, len(bars))


def _endings(body: list[_Bar]) -> list[tuple[int, ...]]:
    """For each bar the passes in which it sounds; () for all of them."""
    current: tuple[int, ...] = ()
    result = []
    for bar in body:
        current = bar.ending or current
        result.append(current)
        if bar.closes_repeat or (current and bar.ends_section):
            current = ()
    return result


def _numbers(text: str) -> tuple[int, ...]:
    """Endings written as 1 or 1,3 or 1-3."""
    numbers: list[int] = []
    for part in text.split(","):
        if "-" in part:
            first, last = part.split("-", 1)
            numbers += range(int(first), int(last) + 1)
        elif part:
            numbers.append(int(part))
    return tuple(numbers)


def _multiple(line: str, at: int) -> tuple[Fraction, int]:
    """3, /2, 3/2, / or // as a multiple of the unit length, and where it ends; nothing is 1."""
    match = _LENGTH.match(line, at)
    if match is None:
        return Fraction(1), at
    value = Fraction(int(match["above"] or 1))
    for part in re.findall(r"/(\d*)", match["below"]):
        value /= int(part or 2) or 1
    return value, match.end()


def _meter(text: str) -> tuple[int, int]:
    named = {"C": (4, 4), "C|": (2, 2), "none": (4, 4), "": (4, 4)}
    if text in named:
        return named[text]
    match = re.match(r"(\d+)/(\d+)", text)
    if not match or not int(match[2]):
        raise AbcError(f"M:{text} is no meter")
    return int(match[1]), int(match[2])


def _unit(text: str | None, meter: tuple[int, int]) -> Fraction:
    """The unit note length; without L: a sixteenth where the bar is shorter than 3/4, else an eighth."""
    if text is None:
        return Fraction(1, 16) if Fraction(*meter) < Fraction(3, 4) else Fraction(1, 8)
    match = re.match(r"(\d+)/(\d+)", text)
    if not match or not int(match[2]):
        raise AbcError(f"L:{text} is no note length")
    return Fraction(int(match[1]), int(match[2]))


def _sharps(key: str) -> int:
    match = re.match(r"([A-G][#b]?)\s*([A-Za-z]*)", key)
    if not match:
        raise AbcError(f"K:{key} is no key")
    mode = match[2].lower()
    mode = mode if mode == "m" else mode[:3]
    if mode not in MODE_STEP or match[1] not in _ALL_TONICS:
        raise AbcError(f"K:{key} is no key")
    return _ALL_TONICS[match[1]] + MODE_STEP[mode]


# Tonics such as G# have no major key of their own, but G# minor does: count on along the circle of fifths.
_ALL_TONICS = {**SHARPS_OF_MAJOR, "G#": 8, "D#": 9, "A#": 10}


def _key_accidentals(sharps: int) -> dict[str, int]:
    if sharps >= 0:
        return dict.fromkeys(SHARP_ORDER[:sharps], 1)
    return dict.fromkeys(FLAT_ORDER[:-sharps], -1)


def _tempo(text: str | None) -> float | None:
    """Quarter notes a minute from Q:120, Q:1/4=120 or Q:3/8=90."""
    if not text:
        return None
    match = re.search(r"(?:(\d+)/(\d+)\s*=\s*)?(\d+)\s*$", re.sub(r'"[^"]*"', "", text).strip())
    if not match or not int(match[3]):
        return None
    unit = Fraction(int(match[1]), int(match[2])) if match[1] else Fraction(1, 4)
    return float(unit * 4 * int(match[3]))
