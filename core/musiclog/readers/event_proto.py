"""One TensorBoard event, field by field: the slow and complete way, which also says where the numbers lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# TensorFlow's DataType: numpy type of the little-endian content, and the type's field for single values.
# bfloat16 (14) is the upper half of a float32.
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "<u1", 5: "<i2", 6: "<i1", 9: "<i8", 10: "<u1", 14: "bfloat16", 17: "<u2",
         19: "<f2", 22: "<u4", 23: "<u8"}  # fmt: skip
SIZES = {"<f4": 4, "<f8": 8, "<i4": 4, "<u1": 1, "<i2": 2, "<i1": 1, "<i8": 8, "bfloat16": 2, "<u2": 2, "<f2": 2,
         "<u4": 4, "<u8": 8}  # fmt: skip
FLOAT_VAL, DOUBLE_VAL, HALF_VAL, BOOL_VAL = 5, 6, 13, 11
INTEGER_VALS = frozenset({7, 10, BOOL_VAL, 16, 17})

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
# Under this tag SummaryWriter.add_hparams and Keras' hparams callback write the configuration of a run.
SESSION_START = b"_hparams_/session_start_info"
Setting = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a scalar's bytes lie in the record, and how to read them."""

    start: int
    kind: str  # a key of SIZES


@dataclass(frozen=True, slots=True)
class Scalar:
    """One scalar of an event. slot is None where the value is no run of bytes (a varint) but is given as value."""

    tag: str
    plugin: str
    slot: Slot | None
    value: float


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    wall_time: float
    step: int
    scalars: tuple[Scalar, ...]
    wall_start: int | None  # where the eight bytes of wall_time lie
    step_start: int | None
    step_size: int
    settings: Mapping[str, Setting] = field(default_factory=dict)  # the run's configuration, where this event tells it


def parse(record: bytes) -> ParsedEvent:
    """Raises ValueError where the record is no Event."""
    wall, step, wall_start, step_start, step_size = 0.0, 0, None, None, 0
    scalars: list[Scalar] = []
    settings: dict[str, Setting] = {}
    for number, kind, value, start, end in fields(record, 0, len(record)):
        if number == 1 and kind == FIXED64:
            wall, wall_start = struct.unpack_from("<d", record, start)[0], start
        elif number == 2 and kind == VARINT:
            step, step_start, step_size = _signed(value), start, end - start
        elif number == 5 and kind == BYTES:
            for inner, inner_kind, _, inner_start, inner_end in fields(record, start, end):
                if inner == 1 and inner_kind == BYTES:
                    scalar = _scalar(record, inner_start, inner_end)
                    if scalar is not None:
                        scalars.append(scalar)
                    elif record.find(SESSION_START, inner_start, inner_end) >= 0:
                        settings.update(_settings(record, inner_start, inner_end))
    return ParsedEvent(wall, step, tuple(scalars), wall_start, step_start, step_size, settings)


def fields(record: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Number, wire type, varint value (else 0), and the start and end of the content, of every field."""
    at = start
    while at < end:
        key, at = _varint(record, at, end)
        number, kind = key >> 3, key & 7
        value, begin = 0, at
        if kind == VARINT:
            value, at = _varint(record, at, end)
        elif kind == BYTES:
            length, begin = _varint(record, at, end)
            at = begin + length
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {begin}")
        if at > end:
            raise ValueError(f"a field ends {at - end} bytes after its record")
        yield number, kind, value, begin, at


def _scalar(record: bytes, start: int, end: int) -> Scalar | None:
    """A Summary.Value that holds one number; None for histograms, images, text and the like."""
    tag, plugin, slot, value, found = "", "", None, 0.0, False
    for number, kind, _, begin, stop in fields(record, start, end):
        if number == 1 and kind == BYTES:
            tag = record[begin:stop].decode("utf-8", "replace")
        elif number == 2 and kind == FIXED32:
            slot, found = Slot(begin, "<f4"), True
        elif number == 8 and kind == BYTES:
            tensor = _tensor(record, begin, stop)
            if tensor is not None:
                slot, value, found = *tensor, True
        elif number == 9 and kind == BYTES:
            plugin = _plugin(record, begin, stop)
    return Scalar(tag, plugin, slot, read_slot(record, slot) if slot else value) if found else None


def _tensor(record: bytes, start: int, end: int) -> tuple[Slot | None, float] | None:
    """A TensorProto of exactly one number."""
    kind_of = ""
    content: tuple[int, int] | None = None
    single: tuple[Slot | None, float] | None = None
    for number, kind, value, begin, stop in fields(record, start, end):
        if number == 1 and kind == VARINT:
            kind_of = TYPES.get(value, "")
        elif number == 2 and kind == BYTES and not _holds_one(record, begin, stop):
            return None
        elif number == 4 and kind == BYTES and stop > begin:
            content = (begin, stop - begin)
        elif number in (FLOAT_VAL, DOUBLE_VAL) and stop - begin == (4 if number == FLOAT_VAL else 8):
            single = Slot(begin, "<f4" if number == FLOAT_VAL else "<f8"), 0.0
        elif number in INTEGER_VALS or number == HALF_VAL:
            # packed where the wire type is BYTES; more than one value leaves bytes over
            whole, stop_of_one = (value, stop) if kind == VARINT else _varint(record, begin, stop)
            single = (None, _from_varint(whole, number, kind_of)) if stop_of_one == stop else None
    if not kind_of:
        return None
    if content is not None:
        return (Slot(content[0], kind_of), 0.0) if content[1] == SIZES[kind_of] else None
    return single


def _from_varint(value: int, number: int, kind_of: str) -> float:
    if number != HALF_VAL:
        return float(_signed(value))
    bits = struct.pack("<H", value & 0xFFFF)
    return read_slot(bits, Slot(0, "bfloat16" if kind_of == "bfloat16" else "<f2"))


def _settings(record: bytes, start: int, end: int) -> Iterator[tuple[str, Setting]]:
    """Names and values in a Summary.Value of the plug-in hparams: its metadata holds plug-in data, that holds content,
    that holds the start of a session, and that a map of google.protobuf.Value.
    """
    for entry_start, entry_end in _within(record, [(start, end)], (9, 1, 2, 3, 1)):
        name, value = "", None
        for number, kind, _, begin, stop in fields(record, entry_start, entry_end):
            if number == 1 and kind == BYTES:
                name = record[begin:stop].decode("utf-8", "replace")
            elif number == 2 and kind == BYTES:
                value = _setting(record, begin, stop)
        yield name, value


def _within(record: bytes, places: list[tuple[int, int]], path: tuple[int, ...]) -> list[tuple[int, int]]:
    """Where the messages lie that are reached by these field numbers, one inside the other."""
    for wanted in path:
        places = [
            (begin, stop)
            for start, end in places
            for number, kind, _, begin, stop in fields(record, start, end)
            if number == wanted and kind == BYTES
        ]
    return places


def _setting(record: bytes, start: int, end: int) -> Setting:
    """A google.protobuf.Value; None for null, lists and structures."""
    for number, kind, value, begin, stop in fields(record, start, end):
        if number == 2 and kind == FIXED64:
            found = float(struct.unpack_from("<d", record, begin)[0])
            return int(found) if found.is_integer() else found
        if number == 3 and kind == BYTES:
            return record[begin:stop].decode("utf-8", "replace")
        if number == 4 and kind == VARINT:
            return bool(value)
    return None


def _holds_one(record: bytes, start: int, end: int) -> bool:
    """Whether a TensorShapeProto is that of one element: no dimension, or only dimensions of 1."""
    for number, kind, _, begin, stop in fields(record, start, end):
        if number == 2 and kind == BYTES:
            sizes = [value for inner, _, value, _, _ in fields(record, begin, stop) if inner == 1]
            if sizes != [1]:
                return False
    return True


def _plugin(record: bytes, start: int, end: int) -> str:
    for number, kind, _, begin, stop in fields(record, start, end):
        if number == 1 and kind == BYTES:
            for inner, inner_kind, _, inner_begin, inner_stop in fields(record, begin, stop):
                if inner == 1 and inner_kind == BYTES:
                    return record[inner_begin:inner_stop].decode("utf-8", "replace")
    return ""


FORMATS = {"<f4": "<f", "<f8": "<d", "<i4": "<i", "<u1": "<B", "<i2": "<h", "<i1": "<b", "<i8": "<q", "<u2": "<H",
           "<f2": "<e", "<u4": "<I", "<u8": "<Q"}  # fmt: skip


def read_slot(record: bytes, slot: Slot) -> float:
    if slot.kind == "bfloat16":
        return float(struct.unpack("<f", b"\0\0" + record[slot.start : slot.start + 2])[0])
    return float(struct.unpack_from(FORMATS[slot.kind], record, slot.start)[0])


def _varint(record: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = record[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError(f"a number does not end at byte {at}")


def _signed(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >= 1 << 63 else value
