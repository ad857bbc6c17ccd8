"""A MIDI file as columns of notes, read fast, within limits that a hostile file cannot pass.

What is kept: notes, tracks, tempos and time signatures. What happens to odd notes:
overlapping notes of one pitch end in the order in which they began; a note without an end is dropped, because nobody
knows its length; a note of no length is kept with duration 0.
"""

from __future__ import annotations

import io
import os
import struct
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import numpy as np
import symusic
from numpy.typing import NDArray

from musiclog.errors import MidiError
from musiclog.regular_file import open_regular

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Limits. The largest honest files met in public collections stay under a tenth of each.
MAX_BYTES = 16_000_000
MAX_SLOW_BYTES = 1_000_000  # mido reads about 0.3 MB a second
MAX_TRACKS = 1_024
MAX_NOTES = 500_000
MAX_BEATS = 1_000_000.0
MAX_SECONDS = 24 * 3600.0
MAX_TEMPO_BPM = 10_000.0
DEFAULT_TEMPO_BPM = 120.0  # what the MIDI standard says for a file without a tempo
DRUM_CHANNEL = 9  # General MIDI's channel 10


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """One instrument of the piece: all notes of one track, channel and program."""

    name: str
    program: int
    is_drum: bool


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """The notes of a piece as columns of equal length, sorted by onset, then track, then pitch.

    onset and duration in beats (quarter notes); onset_s and end_s in seconds through all tempo changes; pitch and
    velocity as MIDI numbers; track is an index into tracks. tempos are (beat, quarter notes a minute), time_signatures
    are (beat, numerator, denominator), both as the file gives them: empty where it gives none.
    """

    onset: Floats
    duration: Floats
    pitch: Ints
    velocity: Ints
    track: Ints
    onset_s: Floats
    end_s: Floats
    tracks: tuple[TrackInfo, ...] = ()
    tempos: tuple[tuple[float, float], ...] = ()
    time_signatures: tuple[tuple[float, int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def end(self) -> Floats:
        """Where each note ends, in beats."""
        return self.onset + self.duration

    @property
    def is_drum(self) -> NDArray[np.bool_]:
        """For each note whether it is percussion."""
        return np.array([track.is_drum for track in self.tracks] or [False])[self.track]

    @property
    def length_beats(self) -> float:
        return float(self.end.max()) if len(self) else 0.0

    @property
    def length_s(self) -> float:
        return float(self.end_s.max()) if len(self) else 0.0

    @property
    def bar_beats(self) -> float:
        """Beats of a bar by the first time signature; 4 where there is none or where it says less than 1.5.

        POP909 writes 1/4 throughout: bars shorter than 1.5 beats are a converter's habit, not music.
        """
        if not self.time_signatures:
            return 4.0
        _, numerator, denominator = self.time_signatures[0]
        beats = 4.0 * numerator / denominator
        return beats if 1.5 <= beats <= 64 else 4.0

    def seconds_at(self, beats: Floats) -> Floats:
        """Beats to seconds through all tempo changes."""
        return _seconds(np.asarray(beats, np.float64), self.tempos)


def read_notes(source: str | os.PathLike[str] | bytes) -> Notes:
    """Read a Standard MIDI File from a path or from its bytes; raises MidiError where it gives no notes to trust."""
    if isinstance(source, bytes):
        return _read(source, "MIDI data")
    path = Path(source)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise MidiError(f"{path.name}: {size:,} bytes, more than the {MAX_BYTES:,} that are read; split the piece")
        with open_regular(path) as file:
            data = file.read()
    except OSError as error:
        why = error.strerror or error
        raise MidiError(f"{path.name}: cannot be read ({why}); check the path and its rights") from error
    return _read(data, path.name)


def make_notes(
    rows: Iterable[Sequence[float]],
    *,
    tempo_bpm: float = DEFAULT_TEMPO_BPM,
    time_signature: tuple[int, int] | None = (4, 4),
    tracks: Sequence[TrackInfo] = (TrackInfo("", 0, False),),
) -> Notes:
    """Notes from rows of (onset, duration in beats, pitch[, velocity = 80[, track = 0]])."""
    filled = [(*row, 80, 0)[:5] if len(row) == 3 else (*row, 0)[:5] for row in rows]
    table = np.array(filled, np.float64).reshape(-1, 5)
    meters = ((0.0, *time_signature),) if time_signature else ()
    return _assemble(table, tuple(tracks), ((0.0, tempo_bpm),), meters)


def write_midi(path: str | os.PathLike[str], notes: Notes, *, ticks_per_beat: int = 480) -> None:
    """Write notes as a Standard MIDI File of format 1, with their tempos, time signatures, names and programs."""
    Path(path).write_bytes(midi_bytes(notes, ticks_per_beat=ticks_per_beat))


def midi_bytes(notes: Notes, *, ticks_per_beat: int = 480) -> bytes:
    """The Standard MIDI File of notes as bytes."""
    file = mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat)
    conductor = [
        (round(beat * ticks_per_beat), 0, mido.MetaMessage("time_signature", numerator=above, denominator=below))
        for beat, above, below in notes.time_signatures
    ]
    conductor += [
        (round(beat * ticks_per_beat), 0, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm)))
        for beat, bpm in notes.tempos
    ]
    file.tracks.append(_track(conductor))
    melodic = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    for index, info in enumerate(notes.tracks):
        channel = DRUM_CHANNEL if info.is_drum else melodic[index % len(melodic)]
        file.tracks.append(_track(_note_messages(notes, index, info, channel, ticks_per_beat)))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _note_messages(
    notes: Notes, index: int, info: TrackInfo, channel: int, ticks_per_beat: int
) -> list[tuple[int, int, Any]]:
    messages: list[tuple[int, int, Any]] = [
        (0, 0, mido.MetaMessage("track_name", name=info.name.encode("latin-1", "replace").decode("latin-1"))),
        (0, 0, mido.Message("program_change", program=info.program, channel=channel)),
    ]
    for row in np.flatnonzero(notes.track == index):
        begin = max(0, round(float(notes.onset[row]) * ticks_per_beat))
        end = max(begin + 1, round(float(notes.onset[row] + notes.duration[row]) * ticks_per_beat))
        pitch, velocity = int(notes.pitch[row]), max(1, int(notes.velocity[row]))
        messages.append((begin, 2, mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)))
        messages.append((end, 1, mido.Message("note_off", note=pitch, velocity=0, channel=channel)))
    return messages


def _track(messages: list[tuple[int, int, Any]]) -> Any:
    """A mido track from (tick, rank, message): at one tick notes end before the next ones begin."""
    track = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(messages, key=lambda entry: entry[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


# ---- reading ----


def _read(data: bytes, name: str) -> Notes:
    data = _unwrap(data)
    ticks_per_beat, fixed_tempo = _check_chunks(data, name)
    if fixed_tempo:  # SMPTE: ticks of seconds, not of beats; symusic wants a division in beats
        data = data[:12] + struct.pack(">H", 480) + data[14:]
    try:
        parsed = _parse_fast(data)
    except (RuntimeError, ValueError, UnicodeDecodeError) as error:
        parsed = _parse_slowly(data, name, error)
    if fixed_tempo:
        parsed = (*parsed[:2], (), parsed[3])
    return _finish(parsed, ticks_per_beat, name)


def _unwrap(data: bytes) -> bytes:
    """A .rmi file carries a MIDI file in a RIFF envelope of 20 bytes."""
    return data[20:] if data[:4] == b"RIFF" and data[8:12] == b"RMID" else data


def _check_chunks(data: bytes, name: str) -> tuple[float, bool]:
    """Walk the chunks before a native parser sees them; returns ticks a beat and whether time is SMPTE's.

    Everything said here has a place in bytes, which native parsers do not give.
    """
    if len(data) > MAX_BYTES:
        raise MidiError(f"{name}: {len(data):,} bytes, more than the {MAX_BYTES:,} that are read; split the piece")
    if len(data) < 14 or data[:4] != b"MThd":
        what = "is empty" if not data else "does not begin with MThd, so it is no MIDI file"
        raise MidiError(f"{name}: {what}; export it again as a Standard MIDI File")
    header_bytes, kind, promised, division = struct.unpack(">IHHH", data[4:14])
    if header_bytes < 6 or header_bytes > 1024 or kind > 2:
        raise MidiError(f"{name}: its header is damaged (byte 4); export it again")
    at, tracks = 8 + header_bytes, 0
    while at + 8 <= len(data) and tracks < promised:
        length = struct.unpack(">I", data[at + 4 : at + 8])[0]
        if at + 8 + length > len(data):
            raise MidiError(
                f"{name}: track {tracks + 1} promises {length:,} bytes, but the file ends after "
                f"{len(data) - at - 8:,} of them (byte {len(data):,}); it was cut off: copy or export it again"
            )
        tracks += data[at : at + 4] == b"MTrk"
        at += 8 + length
        if tracks > MAX_TRACKS:
            raise MidiError(f"{name}: more than {MAX_TRACKS:,} tracks (byte {at:,}); merge some of them")
    if tracks < promised:
        raise MidiError(f"{name}: its header promises {promised} tracks, {tracks} are there; export it again")
    return _ticks_per_beat(division, name)


def _ticks_per_beat(division: int, name: str) -> tuple[float, bool]:
    if division == 0:
        raise MidiError(f"{name}: its header gives 0 ticks a beat (byte 12), so nothing has a length; export it again")
    if division < 0x8000:
        return float(division), False
    frames = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}.get(256 - (division >> 8))
    if frames is None or division & 0xFF == 0:
        raise MidiError(f"{name}: its header gives a time division of no known kind (byte 12); export it again")
    # SMPTE time knows seconds and no beats: count a beat every half second, as at 120 beats a minute.
    return frames * (division & 0xFF) * 60 / DEFAULT_TEMPO_BPM, True


_Tempos = tuple[tuple[float, float], ...]
_Meters = tuple[tuple[float, int, int], ...]
# What both parsers give: rows of (tick, ticks, pitch, velocity, track), tracks, (tick, microseconds a beat) and
# (tick, numerator, denominator).
_Parsed = tuple[Floats, tuple[TrackInfo, ...], _Tempos, _Meters]


def _parse_fast(data: bytes) -> _Parsed:
    score: Any = symusic.Score.from_midi(data)
    blocks: list[Floats] = []
    infos: list[TrackInfo] = []
    for track in score.tracks:
        columns = track.notes.numpy()
        count = len(columns["time"])
        if not count:
            continue
        block = np.empty((count, 5))
        block[:, 0] = columns["time"]
        block[:, 1] = columns["duration"]
        block[:, 2] = columns["pitch"]
        block[:, 3] = columns["velocity"]
        block[:, 4] = len(infos)
        blocks.append(block)
        infos.append(TrackInfo(str(track.name), int(track.program), bool(track.is_drum)))
    tempos = score.tempos.numpy()
    pairs = tuple(zip(tempos["time"].tolist(), tempos["mspq"].tolist(), strict=True))
    meters = tuple((t.time, t.numerator, t.denominator) for t in score.time_signatures)
    return np.concatenate(blocks) if blocks else np.empty((0, 5)), tuple(infos), pairs, meters


def _parse_slowly(data: bytes, name: str, refusal: Exception) -> _Parsed:
    """mido takes some files that symusic refuses; where it refuses too, the reason becomes a MidiError."""
    if len(data) > MAX_SLOW_BYTES:
        raise MidiError(f"{name}: {refusal}; export it again") from refusal
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
        return _from_mido(file)
    except Exception as error:  # mido lets any exception of its parsing out: IndexError, KeyError, ...
        reason = str(error) or type(error).__name__
        raise MidiError(f"{name}: an event cannot be read ({reason}); export it again") from error


def _from_mido(file: Any) -> _Parsed:
    rows: list[tuple[float, float, int, int, int]] = []
    infos: dict[tuple[int, int, int], TrackInfo] = {}
    tempos: list[tuple[float, float]] = []
    meters: list[tuple[float, int, int]] = []
    for index, track in enumerate(file.tracks):
        now, name = 0, ""
        programs: dict[int, int] = {}
        open_notes: dict[tuple[int, int], deque[tuple[int, int, int]]] = {}
        for message in track:
            now += message.time
            if message.type == "track_name":
                name = message.name
            elif message.type == "set_tempo":
                tempos.append((now, message.tempo))
            elif message.type == "time_signature":
                meters.append((now, message.numerator, message.denominator))
            elif message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type in ("note_on", "note_off"):
                waiting = open_notes.setdefault((message.channel, message.note), deque())
                program = programs.get(message.channel, 0)
                if message.type == "note_on" and message.velocity:
                    waiting.append((now, message.velocity, program))
                elif waiting:
                    begin, velocity, program = waiting.popleft()
                    key = (index, message.channel, program)
                    infos.setdefault(key, TrackInfo(name, program, message.channel == DRUM_CHANNEL))
                    rows.append((begin, now - begin, message.note, velocity, list(infos).index(key)))
    return np.array(rows, np.float64).reshape(-1, 5), tuple(infos.values()), tuple(tempos), tuple(meters)


def _finish(parsed: _Parsed, ticks_per_beat: float, name: str) -> Notes:
    """Check what the parser gave against the limits and turn ticks into beats."""
    table, tracks, tempos, meters = parsed
    if len(table) > MAX_NOTES:
        raise MidiError(f"{name}: {len(table):,} notes, more than the {MAX_NOTES:,} that are read; split the piece")
    if (len(table) and table[:, :2].min() < 0) or any(tick < 0 for tick, *_ in (*tempos, *meters)):
        raise MidiError(f"{name}: its times pass what a MIDI clock can count; export it again")
    for tick, microseconds in tempos:
        if microseconds <= 0 or 60e6 / microseconds > MAX_TEMPO_BPM:
            raise MidiError(f"{name}: the tempo at beat {tick / ticks_per_beat:.1f} is zero or absurd; correct it")
    table[:, :2] /= ticks_per_beat
    beats = tuple((tick / ticks_per_beat, 60e6 / microseconds) for tick, microseconds in sorted(tempos))
    bars = tuple((tick / ticks_per_beat, n, d) for tick, n, d in sorted(meters) if n > 0 and d > 0)
    notes = _assemble(table, tracks, beats, bars)
    if notes.length_beats > MAX_BEATS or notes.length_s > MAX_SECONDS:
        hours = notes.length_s / 3600
        raise MidiError(f"{name}: {hours:,.0f} hours long, more than a day; look for one wrong time in it")
    return notes


def _assemble(table: Floats, tracks: tuple[TrackInfo, ...], tempos: _Tempos, meters: _Meters) -> Notes:
    table = table[np.lexsort((table[:, 2], table[:, 4], table[:, 0]))]
    onset, duration = table[:, 0].copy(), table[:, 1].copy()
    pitch, velocity, track = (table[:, column].astype(np.int64) for column in (2, 3, 4))
    columns = (onset, duration, pitch, velocity, track, _seconds(onset, tempos), _seconds(onset + duration, tempos))
    for column in columns:
        column.setflags(write=False)
    return Notes(*columns, tracks=tracks, tempos=tempos, time_signatures=meters)


def _seconds(beats: Floats, tempos: tuple[tuple[float, float], ...]) -> Floats:
    if not tempos or (len(tempos) == 1 and tempos[0][0] <= 0):
        return beats * (60 / (tempos[0][1] if tempos else DEFAULT_TEMPO_BPM))
    changes = np.array([(0.0, DEFAULT_TEMPO_BPM), *tempos] if tempos[0][0] > 0 else tempos)
    starts, spans = changes[:, 0], 60 / changes[:, 1]
    passed = np.concatenate([[0.0], np.cumsum(np.diff(starts) * spans[:-1])])
    index = np.clip(np.searchsorted(starts, beats, side="right") - 1, 0, None)
    return np.asarray(passed[index] + (beats - starts[index]) * spans[index], np.float64)
