"""JSON lines to rows: all lines of a turn at once, and one by one only where one of them is bad."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from ..harvest import Harvest
from ..tail import Look, Tail
from .rows import Row, Table, TableMaker

# Bytes that are read in one go, so that text and rows of a turn are never in memory as a whole.
BLOCK = 1_000_000
# Bytes of a list of files used that are read at a look: its records are added up in the window, 3,000 in 10 ms.
USAGE_TURN = 400_000
# Lines that are parsed in one go: their values stay in the processor's cache until they are columns.
PIECE = 128_000
# Values inside one another. No record needs more, and a value of 500 levels cannot be sent to another process.
DEEPEST = 100


def read_rows(tail: Tail, harvest: Harvest, limit: int) -> tuple[list[Row], Look]:
    """The new whole lines of a file as rows; bad lines go to the harvest's problems."""
    look = read_lines(tail, harvest, limit)
    return [row for piece in pieces(look, tail.path, harvest) for row in piece], look


def read_table(tail: Tail, harvest: Harvest, limit: int) -> tuple[Table, Look]:
    """The same as columns; no more than a piece of the rows is in memory at a time."""
    maker, more = TableMaker(), harvest.more
    first = look = read_lines(tail, harvest, min(limit, BLOCK))
    while True:
        for piece in pieces(look, tail.path, harvest):
            maker.add(piece)
        limit -= len(look.data)
        if limit < BLOCK // 2 or not look.more or look.restarted:  # a few bytes would not even hold a line
            harvest.more = more or look.more
            return maker.table(), first
        look = read_lines(tail, harvest, min(limit, BLOCK))


def read_lines(tail: Tail, harvest: Harvest, limit: int) -> Look:
    """The new whole lines as they are."""
    if not tail.grown() and not tail.unread:
        return Look(offset=tail.offset)
    look = tail.lines(limit)
    harvest.note_change(tail.changed if look.data else None)
    harvest.more |= look.more
    harvest.restarted |= look.restarted
    for offset in look.too_long:
        harvest.add_problem(tail.path, offset, "this line is too long for a record; it was passed over")
    return look


def pieces(look: Look, path: str, harvest: Harvest) -> Iterator[list[Row]]:
    """Every line that is a JSON object, some hundred lines at a time."""
    at = 0
    while at < len(look.data):
        end = look.data.rfind(b"\n", at, at + PIECE) + 1 or look.data.find(b"\n", at) + 1
        yield _rows(look.data[at:end], look.offset + at, path, harvest)
        at = end


def _rows(data: bytes, offset: int, path: str, harvest: Harvest) -> list[Row]:
    try:
        found = orjson.loads(b"[%b]" % data[:-1].replace(b"\n", b","))
        whole = len(found) == _count(data, b"\n") and set(map(type, found)) == {dict}
        if whole and not _too_deep(data, found, len(found)):
            return found  # type: ignore[no-any-return]
    except orjson.JSONDecodeError:
        pass
    return list(_one_by_one(data, offset, path, harvest))


def loads(text: bytes) -> Any:
    """One JSON value; NaN, Infinity and -Infinity may stand bare, as Python's json writes them. Raises ValueError."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(text)
            if b"\\ud" in text.lower():  # perhaps half of a character, which no terminal and no file can take
                found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    if _too_deep(text, found):
        raise ValueError("nested too deeply")
    return found


def _too_deep(text: bytes, found: Any, lines: int = 0) -> bool:
    """Whether more than DEEPEST values of found, which text says, are inside one another; its lines do not count."""
    if _count(text, b"{") + _count(text, b"[") - lines <= DEEPEST:
        return False
    level = [found]
    for _ in range(DEEPEST):
        insides = (value.values() if isinstance(value, dict) else value for value in level)
        level = [inner for values in insides for inner in values if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _count(text: bytes, byte: bytes) -> int:
    """text.count(byte), four times as fast in long texts."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == byte[0]))


def _one_by_one(data: bytes, offset: int, path: str, harvest: Harvest) -> Iterator[Row]:
    for line in data.split(b"\n"):
        if line.strip():
            try:
                found = loads(line)
            except ValueError:
                harvest.add_problem(path, offset, f"not a JSON line: {line[:40]!r}")
            else:
                if isinstance(found, dict):
                    yield found
                else:
                    harvest.add_problem(path, offset, f"no JSON object: {line[:40]!r}")
        offset += len(line) + 1
