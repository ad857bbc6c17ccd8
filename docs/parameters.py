"""Show docstrings as they are meant: lines that tell of parameters are a list, and <n> in a file name is no HTML."""

from __future__ import annotations

import re
from typing import Any

import griffe

TOLD = re.compile(r"(?P<names>\w+(?:, \w+)*): ")
PLACEHOLDER = re.compile(r"(?<![`\w])[\w./]*<\w+>[\w./]*(?!`)")
NEXT = re.compile(r"(?<=\.) (?=\w+: )")
CODE = "    "


class ParameterLists(griffe.Extension):
    """Lines that begin with names of parameters or attributes and a colon, and their continuations."""

    def on_function(self, *, func: griffe.Function, **_more: Any) -> None:
        _mend(func, {each.name for each in func.parameters})

    def on_class(self, *, cls: griffe.Class, **_more: Any) -> None:
        begin = cls.members.get("__init__")
        taken = {each.name for each in begin.parameters} if isinstance(begin, griffe.Function) else set()
        _mend(cls, taken | set(cls.members))


def _mend(obj: griffe.Object, names: set[str]) -> None:
    if obj.docstring is not None:
        obj.docstring.value = with_lists(obj.docstring.value, names)


def with_lists(text: str, names: set[str]) -> str:
    """The text, in which every line that begins with some of the names and a colon is an item of a list."""
    lines: list[str] = []
    inside = False
    for line in (part for whole in text.splitlines() for part in _parts(whole, names)):
        found = TOLD.match(line)
        told = found is not None and names.issuperset(found["names"].split(", "))
        if told and not inside:
            lines.append("")
        inside = told or (inside and bool(line))
        shown = line if line.startswith(CODE) else PLACEHOLDER.sub(r"`\g<0>`", line)
        lines.append(TOLD.sub(r"- **\g<names>**: ", shown, count=1) if told else CODE * inside + shown)
    return "\n".join(lines)


def _parts(line: str, names: set[str]) -> list[str]:
    """The line, cut where a sentence ends and the next one tells of another name."""
    if line.startswith(CODE):
        return [line]
    parts = NEXT.split(line)
    return parts if all(TOLD.match(part)["names"] in names for part in parts[1:]) else [line]
