"""Read a MIDI file's channel messages with their times in seconds, so that it is heard as it is written.

Notes alone would lose the sustain pedal, bends, controllers and program changes; mido keeps them, but reads 40,000
messages a second, and between click and sound there are 150 ms.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import MidiError
from .regular_file import open_regular

# A hostile file is refused before it costs memory; 50,000 notes with controllers fit ten times.
MAX_BYTES = 16_000_000
MAX_EVENTS = 2_000_000

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
DRUM_CHANNEL = 9
SUSTAIN = 64  # the controller of the pedal
_TWO_DATA_BYTES = {0x80, 0x90, 0xA0, 0xB0, 0xE0}


@dataclass(frozen=True, slots=True)
class Performance:
    """Channel messages in the order they sound: columns of equal length.

    seconds float64; status, first and second as in the MIDI standard; channel 0 to 15 plus 16 for each further port;
    track as numbered in the file. beat_s and bar_beats are those of the opening, by which one counts in.
    """

    seconds: NDArray[np.float64]
    status: NDArray[np.uint8]
    channel: NDArray[np.uint8]
    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    track: NDArray[np.uint16]
    beat_s: float = 0.5
    bar_beats: float = 4.0

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def length_s(self) -> float:
        """When the last note is released; 0 without notes."""
        notes = (self.status == NOTE_ON) | (self.status == NOTE_OFF)
        return float(self.seconds[notes].max(initial=0.0))

    @property
    def note_count(self) -> int:
        return int(((self.status == NOTE_ON) & (self.second > 0)).sum())

    def only(self, keep: NDArray[np.bool_]) -> Performance:
        columns: dict[str, Any] = {name: getattr(self, name)[keep] for name in _COLUMNS}
        return replace(self, **columns)


_COLUMNS = ("seconds", "status", "channel", "first", "second", "track")


def read_events(source: str | os.PathLike[str] | bytes) -> Performance:
    """The messages of a MIDI file, from a path or from its bytes. Raises MidiError with the place and the reason."""
    name, data = _load(source)
    try:
        return _parse(data)
    except MidiError as error:
        raise MidiError(f"{name}: {error}") from None


def events_from_notes(notes: Any) -> Performance:
    """The messages that play musiclog.notes.Notes: a channel for every track, drums on channel 10."""
    track = np.asarray(notes.track, np.int64)
    channels = _channels(notes.tracks)
    channel = np.asarray([channels[index] for index in track.tolist()], np.uint8)
    pitch, velocity = np.asarray(notes.pitch, np.uint8), np.asarray(notes.velocity, np.uint8)
    programs = [
        (0.0, PROGRAM, channels[index], int(info.program or 0) & 127, 0, index)
        for index, info in enumerate(notes.tracks)
    ]
    offs = (notes.end_s, np.full(len(track), NOTE_OFF), channel, pitch, np.zeros_like(pitch), track)
    ons = (notes.onset_s, np.full(len(track), NOTE_ON), channel, pitch, velocity, track)
    columns = [
        np.concatenate([[row[k] for row in programs], offs[k], ons[k]]) for k in range(6)
    ]  # releases stand before onsets, so that a repeated note is heard again
    order = np.argsort(columns[0], kind="stable")
    beat_s = 60 / notes.tempos[0][1] if notes.tempos and notes.tempos[0][0] <= 0 else 0.5
    return replace(_performance([column[order] for column in columns]), beat_s=beat_s, bar_beats=notes.bar_beats)


def pedal_spans(performance: Performance) -> NDArray[np.float64]:
    """When the sustain pedal of any channel is down: (spans, 2) in seconds, in order and apart from one another."""
    presses = (performance.status == CONTROL) & (performance.first == SUSTAIN)
    rows = zip(performance.seconds[presses].tolist(), performance.channel[presses].tolist(),
               performance.second[presses].tolist(), strict=True)  # fmt: skip
    spans: list[tuple[float, float]] = []
    down: set[int] = set()
    begin = 0.0
    for second, channel, value in rows:
        if value >= 64 and not down:
            begin = second
        held = bool(down)
        (down.add if value >= 64 else down.discard)(channel)
        if held and not down and second > begin:
            spans.append((begin, second))
    if down:
        spans.append((begin, max(performance.length_s, begin)))
    return np.array(spans, np.float64).reshape(-1, 2)


def to_midi(performance: Performance) -> bytes:
    """The performance as a plain MIDI file of one track at 10 ticks a millisecond, for engines that want a file."""
    ticks = np.round(performance.seconds * 10_000).astype(np.int64)
    body = bytearray(b"\x00\xff\x51\x03\x07\xa1\x20")  # 120 beats a minute, 5,000 ticks a beat
    before = 0
    rows = zip(ticks.tolist(), performance.status.tolist(), performance.channel.tolist(),
               performance.first.tolist(), performance.second.tolist(), strict=True)  # fmt: skip
    for tick, status, channel, first, second in rows:
        body += _variable_length(tick - before)
        message = bytes((status | channel & 15, first, second))
        body += message if status in _TWO_DATA_BYTES else message[:2]
        before = tick
    body += b"\x00\xff\x2f\x00"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 5_000)
    return head + struct.pack(">4sI", b"MTrk", len(body)) + bytes(body)


def _channels(tracks: Any) -> list[int]:
    """Channels 0 to 15 of the first port, then of the next; channel 10 of each port is for drums alone."""
    pitched = [port * 16 + channel for port in range(4) for channel in range(16) if channel != DRUM_CHANNEL]
    result, used = [], 0
    for info in tracks:
        if info.is_drum:
            result.append(DRUM_CHANNEL)
        else:
            result.append(pitched[used % len(pitched)])
            used += 1
    return result


def _load(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    if not isinstance(source, bytes):
        return Path(source).name, read_file(source)
    return "MIDI data", _not_too_large("MIDI data", source)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a MIDI file; MidiError where it cannot be read or is too large to be one."""
    name = Path(path).name
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MidiError(f"{name}: cannot be read ({error.strerror})") from error
    return _not_too_large(name, data)


def _not_too_large(name: str, data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise MidiError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB")
    return data


def _parse(data: bytes) -> Performance:
    data = _without_riff(data)
    if data[:4] != b"MThd" or len(data) < 14:
        raise MidiError("no MIDI header")
    division = int.from_bytes(data[12:14], "big")
    if division == 0:
        raise MidiError("a beat has 0 ticks")
    reader = _Reader(data)
    for track, (start, end) in enumerate(_track_chunks(data)):
        reader.read_track(track, start, end)
    if not reader.rows:
        raise MidiError("no notes")
    table = np.asarray(reader.rows, np.int64)
    table = table[np.argsort(table[:, 0], kind="stable")]
    tempos = sorted(reader.tempos)
    performance = _performance([_seconds(table[:, 0], division, tempos), *(table[:, k] for k in range(1, 6))])
    return replace(performance, beat_s=_opening_beat(tempos), bar_beats=_opening_bar(sorted(reader.meters)))


def _opening_beat(tempos: list[tuple[int, int]]) -> float:
    return tempos[0][1] / 1e6 if tempos and tempos[0][0] == 0 else 0.5


def _opening_bar(meters: list[tuple[int, int, int]]) -> float:
    """Quarter notes of the first bar; bars shorter than 1.5 are a converter's habit."""
    beats = 4.0 * meters[0][1] / 2 ** meters[0][2] if meters and meters[0][0] == 0 else 4.0
    return beats if 1.5 <= beats <= 64 else 4.0


def _performance(columns: list[NDArray[Any]]) -> Performance:
    types = (np.float64, np.uint8, np.uint8, np.uint8, np.uint8, np.uint16)
    typed = zip(_COLUMNS, columns, types, strict=True)
    made: dict[str, Any] = {name: column.astype(kind) for name, column, kind in typed}
    return Performance(**made)


def _without_riff(data: bytes) -> bytes:
    """The MIDI file inside an .rmi file."""
    start = data.find(b"MThd", 0, 1000) if data[:4] == b"RIFF" else 0
    return data[max(start, 0) :]


def _track_chunks(data: bytes) -> Iterator[tuple[int, int]]:
    position = 8 + int.from_bytes(data[4:8], "big")
    while position + 8 <= len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        start, kind = position + 8, data[position : position + 4]
        position = start + length
        if position > len(data):
            raise MidiError(f"a track promises {length:,} bytes, but the file ends after {len(data) - start:,} of them")
        if kind == b"MTrk":
            yield start, position


@dataclass(slots=True)
class _Reader:
    """Reads track after track of a file; collects messages and tempos with their ticks."""

    data: bytes
    rows: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)  # tick, numerator, exponent of the denominator

    def read_track(self, track: int, position: int, end: int) -> None:
        try:
            position = self._read(track, position, end)
        except IndexError:
            position = len(self.data) + 1
        if position > end:
            raise MidiError(f"track {track + 1} ends inside a message (byte {end})")

    def _read(self, track: int, position: int, end: int) -> int:
        data, tick, status, port = self.data, 0, 0, 0
        while position < end:
            delta, position = _length_at(data, position)
            tick += delta
            byte = data[position]
            if byte >= 0xF0:  # a meta event has a byte for its kind; system exclusive has none
                kind = data[position + 1] if byte == 0xFF else -1
                length, position = _length_at(data, position + (2 if byte == 0xFF else 1))
                if kind == 0x2F:
                    break
                if kind == 0x51 and length == 3:
                    self.tempos.append((tick, int.from_bytes(data[position : position + 3], "big")))
                elif kind == 0x58 and length >= 2:
                    self.meters.append((tick, data[position], data[position + 1] & 7))
                elif kind == 0x21 and length == 1:
                    port = data[position] & 3
                position += length
                continue
            if byte & 0x80:
                status, position = byte, position + 1
            if not status:
                raise MidiError(f"track {track + 1} has a data byte where a message should begin (byte {position})")
            kind, first, second = status & 0xF0, data[position], 0
            position += 1
            if kind in _TWO_DATA_BYTES:
                second, position = data[position], position + 1
            self.rows.append((tick, kind, (status & 0x0F) + 16 * port, first & 127, second & 127, track))
            if len(self.rows) > MAX_EVENTS:
                raise MidiError(f"more than {MAX_EVENTS:,} messages")
        return position


def _length_at(data: bytes, position: int) -> tuple[int, int]:
    """A variable-length quantity and the place behind it."""
    value = 0
    for _ in range(4):
        byte = data[position]
        position += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position
    raise MidiError(f"a time or length of more than four bytes (byte {position})")


def _variable_length(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def _seconds(ticks: NDArray[np.int64], division: int, tempos: list[tuple[int, int]]) -> NDArray[np.float64]:
    if division & 0x8000:  # SMPTE: frames a second and ticks a frame; tempo does not matter
        frames = 256 - (division >> 8)
        return ticks / ((29.97 if frames == 29 else frames) * max(division & 0xFF, 1))
    if any(tempo == 0 for _, tempo in tempos):
        raise MidiError("a tempo of 0 microseconds a beat")
    at = np.asarray([0, *(tick for tick, _ in tempos)], np.int64)
    beat_s = np.asarray([500_000, *(tempo for _, tempo in tempos)]) / 1e6  # 120 beats a minute until told otherwise
    begins = np.concatenate([[0.0], np.cumsum(np.diff(at) / division * beat_s[:-1])])
    segment = np.searchsorted(at, ticks, side="right") - 1
    result: NDArray[np.float64] = begins[segment] + (ticks - at[segment]) / division * beat_s[segment]
    return result
