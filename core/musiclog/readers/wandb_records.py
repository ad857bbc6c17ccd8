"""One record of a .wandb file: a protobuf message, of which only the fields that a run is known by are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from ..columns import Indices
from .event_proto import BYTES, VARINT, fields
from .lines import loads
from .rows import Row, Table, number

HISTORY, SUMMARY, CONFIG, STATS, ALERT, OUTPUT_RAW, RUN, EXIT = 2, 3, 5, 7, 10, 13, 17, 18
KEY, NESTED_KEY, VALUE = 1, 2, 16
MOST_NAMES = 60_000
# Where the content of a record begins: 1 its number, then the field that says its kind, and a length.
_HEAD = re.compile(rb"(?:\x08[\x80-\xff]*[\x00-\x7f])?([\x12\x1a])[\x80-\xff]*[\x00-\x7f]", re.DOTALL)
# Key or nested keys of plain characters and a value of one number, word or text, as they follow the head of an item
# (1 and its length).
_ITEM = re.compile(
    rb"(?:(?<=\n.)|(?<=\n..))"
    rb'((?:[\n\x12].[ -~]+)+)\x82\x01.([-+.0-9eE]+|NaN|-?Infinity|true|false|null|"[ !#-\[\]-~]*")',
    re.DOTALL,
)
_VALUE_TAG, _TYPE = b"\x82\x01", b"_type\x82\x01"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a history names by its path below files/."""

    kind: str  # audio-file, html-file, ...
    path: str


@dataclass(slots=True)
class Logged:
    """A history: numbers by name, and the files that were logged with them."""

    row: Row
    media: list[Media] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RunRecord:
    id: str
    name: str | None
    project: str | None
    group: str | None
    notes: str | None
    tags: tuple[str, ...]
    host: str | None
    started: float | None  # Unix seconds
    config: Mapping[tuple[str, ...], Any]


def kind_of(record: bytes) -> tuple[int, int, int]:
    """Which field of Record is set, and where its content begins and ends; 0 where none of ours is."""
    for place, kind, _, start, end in fields(record, 0, len(record)):
        if kind == BYTES and place in (HISTORY, SUMMARY, CONFIG, STATS, ALERT, OUTPUT_RAW, RUN, EXIT):
            return place, start, end
    return 0, 0, 0


def quick_kind(record: bytes) -> tuple[int, int]:
    """The same for the two kinds that come by the thousand, and where their content begins; 0 for the others."""
    found = _HEAD.match(record)
    return (record[found.start(1)] >> 3, found.end()) if found else (0, 0)


class Histories:
    """The numbers of many histories as columns; all of them are searched at once."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._codes: dict[str, int] = {}  # places in these
        self._codes_of_keys: dict[bytes, int] = {}  # the same by keys as they are written

    def table(self, histories: Sequence[bytes]) -> tuple[Table, list[tuple[int, Media]], list[str]]:
        """One row a history, the files that were logged with its row, and what is wrong with some."""
        joined = b"".join(histories)
        counts = [content.count(_VALUE_TAG) for content in histories]
        pairs = _ITEM.findall(joined)
        if len(pairs) != sum(counts) or _TYPE in joined:
            return self._one_by_one(histories)
        try:
            for keys in {keys for keys, _ in pairs} - self._codes_of_keys.keys():
                self._codes_of_keys[keys] = self._code(_name(keys))
        except ValueError:  # no keys at all
            return self._one_by_one(histories)
        codes = np.fromiter(map(self._codes_of_keys.__getitem__, [keys for keys, _ in pairs]), np.intp, len(pairs))
        rows = np.repeat(np.arange(len(histories)), counts)
        return self._columns(len(histories), rows, codes, _values([value for _, value in pairs])), [], []

    def _one_by_one(self, histories: Sequence[bytes]) -> tuple[Table, list[tuple[int, Media]], list[str]]:
        """The slow way, with nested values, files, and keys and texts of any characters."""
        rows: list[int] = []
        codes: list[int] = []
        values: list[object] = []
        media: list[tuple[int, Media]] = []
        bad: list[str] = []
        for row, content in enumerate(histories):
            try:
                logged = history(content)
                own = [self._code(name) for name in logged.row]
            except ValueError as error:
                bad.append(str(error))
                continue
            media += [(row, each) for each in logged.media]
            rows += [row] * len(logged.row)
            codes += own
            values += logged.row.values()
        return self._columns(len(histories), np.array(rows, np.intp), np.array(codes, np.intp), values), media, bad

    def _code(self, name: str) -> int:
        code = self._codes.setdefault(name, len(self._names))
        if code == MOST_NAMES:
            raise ValueError(f"a run with more than {MOST_NAMES:,} metrics")
        if code == len(self._names):
            self._names.append(name)
        return code

    def _columns(self, length: int, rows: Indices, codes: Indices, values: Sequence[object]) -> Table:
        try:
            numbers = np.fromiter(values, np.float64, len(values))
        except (ValueError, TypeError, OverflowError):  # texts and nothing among them
            found = [number(value) for value in values]
            known = np.array([each is not None for each in found])
            numbers = np.array([each for each in found if each is not None])
            rows, codes = rows[known], codes[known]
        order = np.argsort(codes.astype(np.uint16), kind="stable")  # sixteen bits are sorted in one go
        cuts = np.flatnonzero(np.diff(codes[order])) + 1
        places: list[Indices] = []
        places_known: dict[bytes, int] = {}
        columns = {}
        for part in np.split(order, cuts) if len(order) else ():
            place = rows[part]
            at = places_known.setdefault(place.tobytes(), len(places))
            if at == len(places):
                places.append(place)
            columns[self._names[codes[part[0]]]] = (numbers[part], at)
        return Table(length, columns, places)


def _values(written: Sequence[bytes]) -> list[Any]:
    try:
        found: list[Any] = orjson.loads(b"[" + b",".join(written) + b"]")
    except orjson.JSONDecodeError:  # NaN and Infinity are bare
        found = json.loads(b"[" + b",".join(written) + b"]")
    return found


def _name(keys: bytes) -> str:
    """Nested keys are joined with dots, as the service shows them."""
    return ".".join(_text(keys, start, end) for _, _, _, start, end in fields(keys, 0, len(keys)))


def history(content: bytes) -> Logged:
    """Raises ValueError where the content is none."""
    found = _ITEM.findall(content)
    if len(found) == content.count(_VALUE_TAG) and _TYPE not in content:
        return Logged(
            dict(zip(map(_name, [keys for keys, _ in found]), _values([value for _, value in found]), strict=True))
        )
    values = dict(items(content, field_number=1))
    media_keys = {key[:-1] for key in values if key[-1] == "_type"}
    logged = Logged({})
    for key in media_keys:
        path = values.get((*key, "path"))
        if isinstance(path, str):
            logged.media.append(Media(str(values[*key, "_type"]), path))
    for key, value in values.items():
        if not any(key[:length] in media_keys for length in range(1, len(key))):
            _flatten(".".join(key), value, logged)
    return logged


def _flatten(name: str, value: Any, logged: Logged, depth: int = 0) -> None:
    """Nested values are named with dots, as the service shows them."""
    if not isinstance(value, dict):
        logged.row[name] = value
    elif "_type" in value:
        if isinstance(value.get("path"), str):
            logged.media.append(Media(str(value["_type"]), value["path"]))
    elif depth < 8:
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, logged, depth + 1)


def items(content: bytes, field_number: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys and values of the items in a history, a summary, a configuration or statistics. Raises ValueError."""
    for place, kind, _, start, end in fields(content, 0, len(content)):
        if place != field_number or kind != BYTES:
            continue
        key: list[str] = []
        value: Any = None
        for inner, inner_kind, _, begin, stop in fields(content, start, end):
            if inner_kind == BYTES and inner in (KEY, NESTED_KEY):
                key.append(_text(content, begin, stop))
            elif inner_kind == BYTES and inner == VALUE:
                value = loads(content[begin:stop])
        if key:
            yield tuple(key), value


def run_record(content: bytes) -> RunRecord:
    texts: dict[int, str] = {}
    tags, config, started = [], {}, None
    for place, kind, _, start, end in fields(content, 0, len(content)):
        if kind != BYTES:
            continue
        if place in (1, 3, 6, 8, 9, 13):
            texts[place] = _text(content, start, end)
        elif place == 10:
            tags.append(_text(content, start, end))
        elif place == 4:
            config = dict(items(content[start:end], field_number=1))
        elif place == 17:
            started = timestamp(content, start, end)
    return RunRecord(texts.get(1, ""), texts.get(8), texts.get(3), texts.get(6), texts.get(9), tuple(tags),
                     texts.get(13), started, config)  # fmt: skip


def stats(content: bytes) -> tuple[float | None, Row]:
    """When the machine was looked at, and what was found."""
    at = next((timestamp(content, start, end) for place, kind, _, start, end in fields(content, 0, len(content))
               if place == 2 and kind == BYTES), None)  # fmt: skip
    return at, {f"system.{'.'.join(key)}": value for key, value in items(content, field_number=3)}


def output(content: bytes) -> tuple[float | None, str]:
    """A piece of what the program printed, which need not be a whole line."""
    at, text = None, ""
    for place, kind, _, start, end in fields(content, 0, len(content)):
        if place == 2 and kind == BYTES:
            at = timestamp(content, start, end)
        elif place == 3 and kind == BYTES:
            text = _text(content, start, end)
    return at, text


def alert(content: bytes) -> tuple[str, str, str]:
    """Title, text and level."""
    texts = {place: _text(content, start, end) for place, kind, _, start, end in fields(content, 0, len(content))
             if kind == BYTES}  # fmt: skip
    return texts.get(1, ""), texts.get(2, ""), texts.get(3, "INFO")


def exit_code(content: bytes) -> tuple[int, float | None]:
    """The program's exit code, and how long it ran in seconds."""
    numbers = {place: value for place, kind, value, _, _ in fields(content, 0, len(content)) if kind == VARINT}
    code = numbers.get(1, 0)
    return (code - (1 << 64) if code >= 1 << 63 else code), numbers.get(2)


def timestamp(content: bytes, start: int, end: int) -> float:
    """A google.protobuf.Timestamp as Unix seconds."""
    parts = {place: value for place, kind, value, _, _ in fields(content, start, end) if kind == VARINT}
    return parts.get(1, 0) + parts.get(2, 0) / 1e9


def _text(content: bytes, start: int, end: int) -> str:
    return content[start:end].decode("utf-8", "replace")
