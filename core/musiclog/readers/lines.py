"""JSON lines to rows: all lines of a turn at once, and one by one only where one of them is bad."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from ..harvest import Harvest
from ..tail import Look, Tail


def read_rows(tail: Tail, harvest: Harvest, limit: int) -> tuple[list[dict[str, Any]], Look]:
    """The new whole lines of a file as rows; bad lines go to the harvest's problems."""
    if not tail.grown() and not tail.unread:
        return [], Look(offset=tail.offset)
    look = tail.lines(limit)
    harvest.note_change(tail.changed if look.data else None)
    harvest.more |= look.more
    harvest.restarted |= look.restarted
    for offset in look.too_long:
        harvest.add_problem(tail.path, offset, "this line is too long for a record; it was passed over")
    return (rows(look, tail.path, harvest) if look.data else []), look


def rows(look: Look, path: str, harvest: Harvest) -> list[dict[str, Any]]:
    """Every line that is a JSON object."""
    count = look.data.count(b"\n")
    try:
        found = orjson.loads(b"[" + look.data[:-1].replace(b"\n", b",") + b"]")
        if len(found) == count and set(map(type, found)) == {dict}:
            return found  # type: ignore[no-any-return]
    except orjson.JSONDecodeError:
        pass
    return list(_one_by_one(look, path, harvest))


def loads(text: bytes) -> Any:
    """One JSON value; NaN, Infinity and -Infinity may stand bare, as Python's json writes them. Raises ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _one_by_one(look: Look, path: str, harvest: Harvest) -> Iterator[dict[str, Any]]:
    offset = look.offset
    for line in look.data.split(b"\n"):
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
