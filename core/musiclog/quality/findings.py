"""Point into the piece: the notes, bars and spans that explain its score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from musiclog.notes import Notes
from musiclog.quality.card import Finding
from musiclog.quality.copying import Copying
from musiclog.quality.flags import silences
from musiclog.quality.harmony import KEY_NAMES, SCALES, key_correlations
from musiclog.quality.piece import Floats, Ints, Piece

MOST_OF_A_KIND = 8  # the piano roll stays readable, and the rest says the same
KEY_WINDOW_BARS = 4
ROUGH = 0.45  # mean dissonance of all pairs above which a sonority is pointed at
SHORTEST_ROUGH_BEATS = 0.25  # shorter rubs are passing notes
OFF_GRID_BEATS = 0.08
SAME_BAR = 0.97
FEWEST_REPEATS = 4
WIDE_LEAP = 12  # semitones
SILENCE_S = 4.0

# The metric whose loss the findings of a kind explain.
METRIC_OF = {
    "out_of_key": "harmonic_coherence",
    "dissonance": "harmonic_coherence",
    "register_jump": "melodic_contour",
    "off_grid": "rhythm_consistency",
    "repeated_span": "repetition",
    "silence": "note_density",
    "flat_dynamics": "dynamic_range",
}


class _Place(NamedTuple):
    """A finding before it is weighed: badness is in the unit of its kind."""

    kind: str
    start: float
    end: float
    badness: float
    text: str
    pitch: int | None = None
    track: int | None = None


_PITCH_NAMES = tuple(f"{KEY_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in range(128))


def find(piece: Piece, losses: Mapping[str, float]) -> tuple[Finding, ...]:
    """Findings in the order of the piece, each weighed by its share of the loss of the metric that it explains."""
    places = [
        *_strongest(_out_of_key(piece)),
        *_strongest(_dissonances(piece)),
        *_strongest(_register_jumps(piece)),
        *_strongest(_off_grid(piece)),
        *_strongest(_repeated_spans(piece)),
        *_strongest(_silences(piece)),
        *_flat_dynamics(piece),
    ]
    totals: dict[str, float] = {}
    for place in places:
        metric = METRIC_OF[place.kind]
        totals[metric] = totals.get(metric, 0.0) + place.badness
    if not places:
        return ()
    seconds = piece.notes.seconds_at(np.array([place[1:3] for place in places]))
    found = [
        Finding(
            kind=place.kind,
            start_beats=place.start,
            end_beats=place.end,
            start_s=start_s,
            end_s=end_s,
            weight=losses[METRIC_OF[place.kind]] * place.badness / max(totals[METRIC_OF[place.kind]], 1e-9),
            text=place.text,
            pitch=place.pitch,
            track=place.track,
        )
        for place, (start_s, end_s) in zip(places, seconds.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda finding: finding.start_beats))


def copied(copying: Copying, notes: Notes) -> Finding:
    """The longest run of notes that a corpus has too."""
    start, end = copying.start_beats or 0.0, copying.end_beats or 0.0
    start_s, end_s = notes.seconds_at(np.array([start, end])).tolist()
    share = "" if copying.share is None else f"; {copying.share:.0%} of its four-bar spans are from there"
    text = f"{copying.longest_notes} notes in a row stand in the corpus too{share}"
    return Finding("copied", start, end, start_s, end_s, 0.0, text)


def pitch_name(pitch: int) -> str:
    """60 is C4."""
    return _PITCH_NAMES[pitch]


def _strongest(places: Iterator[_Place]) -> list[_Place]:
    return sorted(places, key=lambda place: -place.badness)[:MOST_OF_A_KIND]


def _greatest(badness: Floats | Ints) -> Ints:
    """Where the greatest values stand, first ones first among equals."""
    return np.argsort(-badness, kind="stable")[:MOST_OF_A_KIND]


def _out_of_key(piece: Piece) -> Iterator[_Place]:
    """Notes outside both the key of the piece and the key of their four bars."""
    if len(piece.pitch) < 8:
        return
    window = piece.bar // KEY_WINDOW_BARS
    count = int(window[-1]) + 1
    pitch_class = piece.pitch % 12
    weighted = np.bincount(window * 12 + pitch_class, weights=piece.weight + 1e-9, minlength=count * 12)
    chroma: Floats = weighted.astype(np.float64).reshape(count, 12)
    whole = int(np.argmax(key_correlations(chroma.sum(axis=0)[None, :])[0]))
    local = np.argmax(key_correlations(chroma), axis=1)
    outside = (SCALES[whole][pitch_class] == 0) & (SCALES[local][window, pitch_class] == 0)
    rows = np.flatnonzero(outside)
    for row in rows[_greatest(piece.weight[rows])].tolist():
        start, pitch = float(piece.onset[row]), int(piece.pitch[row])
        text = f"{pitch_name(pitch)} in bar {piece.bar[row] + 1} is outside {_key_name(int(local[window[row]]))}"
        end = start + float(piece.duration[row])
        yield _Place("out_of_key", start, end, float(piece.weight[row]), text, pitch, int(piece.track[row]))


def _dissonances(piece: Piece) -> Iterator[_Place]:
    """Moments whose notes rub on average more than a major second, for longer than a passing note."""
    if len(piece.pitch) < 2:
        return
    table, gap = piece.sounding
    rows = np.flatnonzero((piece.roughness > ROUGH) & (gap >= SHORTEST_ROUGH_BEATS))
    badness = piece.roughness[rows] * gap[rows]
    for index in _greatest(badness):
        row = rows[index]
        start, beats = float(piece.moment_onset[row]), float(gap[row])
        names = ", ".join(pitch_name(pitch + piece.lowest_c) for pitch in np.flatnonzero(table[row]).tolist()[:6])
        text = f"{names} rub for {beats:.3g} beats in bar {piece.bar_at(start) + 1}"
        yield _Place("dissonance", start, start + beats, float(badness[index]), text)


def _register_jumps(piece: Piece) -> Iterator[_Place]:
    """Leaps of more than an octave inside a line."""
    lines = piece.lines
    if len(lines.pitch) < 2:
        return
    step = lines.pitch[1:] - lines.pitch[:-1]
    rows = np.flatnonzero((np.abs(step) > WIDE_LEAP) & lines.follows[1:])
    for row in rows[_greatest(np.abs(step[rows]))].tolist():
        below, above = int(lines.pitch[row]), int(lines.pitch[row + 1])
        bar = piece.bar_at(float(lines.onset[row + 1])) + 1
        text = f"a leap of {abs(above - below)} semitones from {pitch_name(below)} to {pitch_name(above)} in bar {bar}"
        start, end, badness = float(lines.onset[row]), float(lines.onset[row + 1]), float(abs(step[row]) - WIDE_LEAP)
        yield _Place("register_jump", start, end, badness, text, above, int(lines.track[row]))


def _off_grid(piece: Piece) -> Iterator[_Place]:
    """Bars in which onsets miss the grid that the piece has."""
    grid = piece.grid
    if not grid.present or len(piece.all_onsets) < 8:
        return
    places = (piece.all_onsets - grid.phase_beats) * grid.level
    missed = np.abs(places - np.rint(places)) / grid.level > OFF_GRID_BEATS
    if not missed.any():
        return
    bars = piece.all_bars
    count = np.bincount(bars[missed])
    size = np.bincount(bars)
    for bar in _greatest(count).tolist():
        if count[bar] == 0:
            return
        start, end = _span(piece, bar, bar + 1)
        text = f"{count[bar]} of {size[bar]} onsets in bar {bar + 1} are off the grid"
        yield _Place("off_grid", start, end, float(count[bar]), text)


def _repeated_spans(piece: Piece) -> Iterator[_Place]:
    """Runs of bars that say the same again every 1, 2 or 4 bars, at least four times."""
    if piece.bar_count < FEWEST_REPEATS or not len(piece.pitch):
        return
    same = piece.likeness
    taken = np.zeros(piece.bar_count, np.bool_)
    for period in (1, 2, 4):
        alike = np.diag(same, period)
        for begin, end in _runs(alike >= SAME_BAR):
            bars = end - begin + period
            if bars < FEWEST_REPEATS * period or taken[begin : begin + bars].all():
                continue
            taken[begin : begin + bars] = True
            start, stop = _span(piece, begin, begin + bars)
            times = bars // period
            what = "one bar" if period == 1 else f"{period} bars"
            text = f"bars {begin + 1}–{begin + bars}: the same {what} {times} times"
            yield _Place("repeated_span", start, stop, float(times), text)


def _silences(piece: Piece) -> Iterator[_Place]:
    for start, end, seconds in silences(piece, SILENCE_S):
        yield _Place("silence", start, end, seconds, f"nothing sounds for {seconds:.1f} s")


def _flat_dynamics(piece: Piece) -> list[_Place]:
    if len(piece.velocity) < 8 or int(np.ptp(piece.velocity)) > 0:
        return []
    text = f"all {len(piece.velocity)} notes have velocity {int(piece.velocity[0])}"
    return [_Place("flat_dynamics", float(piece.onset[0]), piece.notes.length_beats, 1.0, text)]


def _span(piece: Piece, first_bar: int, last_bar: int) -> tuple[float, float]:
    """Beats of bars; a piece that begins off the grid has no time before 0."""
    return max(0.0, piece.start + first_bar * piece.bar_beats), piece.start + last_bar * piece.bar_beats


def _runs(true: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Iterator[tuple[int, int]]:
    """Begin and end (exclusive) of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    pairs: Ints = edges.reshape(-1, 2)
    yield from ((int(begin), int(end)) for begin, end in pairs)


def _key_name(index: int) -> str:
    return f"{KEY_NAMES[index % 12]} {'major' if index < 12 else 'minor'}"
