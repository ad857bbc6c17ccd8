"""The YAML that programs write about their settings: mappings, lists and scalars, without anything to be executed.

Blocks by indentation, flow values on one line, quoted and folded texts, aliases of earlier values. Tags are passed
over: a tuple is a list, a Python object is the text that is written. Whatever else a person may write in YAML is bad.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# A file of settings that is larger, or deeper, is something else.
MOST_LINES, DEEPEST = 100_000, 50
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False, "yes": True, "no": False, "on": True,
          "off": False, ".inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][\d_]*)$")
_FLOAT = re.compile(r"[-+]?(?:\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)$")
_DOUBLE, _SINGLE = r'"(?:[^"\\]|\\.)*"', r"'(?:[^']|'')*'(?!')"
_FLOW_SCALAR = re.compile(rf"{_DOUBLE}|{_SINGLE}|(?:[^,\[\]{{}}:]|:(?=\S))*", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
            " ": " ", "_": "\xa0", "N": "\x85"}  # fmt: skip


def loads(text: str) -> Any:
    """The value of a document. Raises ValueError, with the number of the line."""
    lines = [_Line(number, len(line) - len(line.lstrip(" ")), line.strip(" "))
             for number, line in enumerate(text.replace("\t", "        ").splitlines(), 1)]  # fmt: skip
    if len(lines) > MOST_LINES:
        raise ValueError(f"more than {MOST_LINES:,} lines")
    started = [line for line in lines if not line.text.startswith(("%", "---", "..."))]
    parser = _Parser(started)
    value = parser.block(0, 0)
    if parser.next() is not None:
        raise parser.wrong("it belongs to nothing")
    return value


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    indent: int
    text: str


@dataclass(slots=True)
class _Parser:
    lines: list[_Line]
    at: int = 0
    anchors: dict[str, Any] = field(default_factory=dict)

    def next(self) -> _Line | None:
        while self.at < len(self.lines) and (not self.lines[self.at].text or self.lines[self.at].text[0] == "#"):
            self.at += 1
        return self.lines[self.at] if self.at < len(self.lines) else None

    def wrong(self, what: str) -> ValueError:
        line = self.lines[min(self.at, len(self.lines) - 1)]
        return ValueError(f"line {line.number}: {what}: {line.text[:40]!r}")

    def block(self, indent: int, depth: int) -> Any:
        """The value whose lines are indented by indent at least."""
        line = self.next()
        if line is None or line.indent < indent:
            return None
        if depth > DEEPEST:
            raise self.wrong("nested too deeply")
        if line.text == "-" or line.text.startswith("- "):
            return self._list(line.indent, depth)
        if _key(line.text) is not None:
            return self._mapping(line.indent, depth)
        self.at += 1
        return self._value(line.text, indent - 1, depth)

    def _list(self, indent: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while (line := self.next()) is not None and line.indent == indent and (line.text + " ").startswith("- "):
            rest = line.text[1:].lstrip(" ")
            inner = indent + len(line.text) - len(rest)
            if rest and (_key(rest) is not None or rest.startswith("- ") or rest == "-"):
                self.lines[self.at] = _Line(line.number, inner, rest)  # a block begins behind the dash
                found.append(self.block(inner, depth + 1))
            else:
                self.at += 1
                found.append(self._value(rest, indent, depth))
        return found

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self.next()) is not None and line.indent == indent and (key := _key(line.text)) is not None:
            self.at += 1
            name = _scalar(key[0])
            found["" if name is None else str(name)] = self._value(key[1], indent, depth)
        if line is not None and line.indent > indent:
            raise self.wrong("it is indented like nothing above")
        return found

    def _value(self, rest: str, indent: int, depth: int) -> Any:
        """What is written behind a colon or a dash, and below it."""
        anchor = None
        while rest[:1] in ("&", "!"):
            word, _, rest = rest.partition(" ")
            anchor = word[1:] if word[0] == "&" else anchor
            rest = rest.lstrip(" ")
        if rest[:1] == "*":
            return self.anchors.get(_uncommented(rest)[1:])
        if rest[:1] in ("|", ">") and re.match(r"[|>][-+\d]*\s*(#.*)?$", rest):
            value: Any = self._literal(rest, indent)
        elif not _uncommented(rest):
            value = self._below(indent, depth)
        else:
            value = self._inline(rest, indent)
        if anchor is not None:
            self.anchors[anchor] = value
        return value

    def _below(self, indent: int, depth: int) -> Any:
        line = self.next()
        if line is None or line.indent < indent:
            return None
        is_list = (line.text + " ").startswith("- ")
        if line.indent == indent and not is_list:  # a list may stand below its key without indentation
            return None
        return self.block(line.indent, depth + 1)

    def _inline(self, rest: str, indent: int) -> Any:
        """A scalar or a flow value, which may go on in lines that are indented more."""
        if rest[0] in "\"'":
            text = self._while(rest, lambda so_far: _quoted_end(so_far) is None)
            end = _quoted_end(text)
            if end is None or _uncommented(text[end:]):
                raise self.wrong("a quoted text does not end")
            return _unquoted(text[:end])
        if rest[0] in "[{":
            text = self._while(rest, lambda so_far: not _closed(so_far))
            value, end = _flow(text, 0, 0)
            if text[end:].strip():
                raise self.wrong("something follows a flow value")
            return value
        parts = [_uncommented(rest)]
        while self.at < len(self.lines) and self.lines[self.at].text and self.lines[self.at].indent > indent:
            if _key(self.lines[self.at].text) is not None:
                raise self.wrong("it is indented like nothing above")
            parts.append(_uncommented(self.lines[self.at].text))
            self.at += 1
        return _scalar(" ".join(parts))

    def _while(self, text: str, unfinished: Callable[[str], bool]) -> str:
        """text with the following lines, as long as it is unfinished; an empty line is a line break."""
        breaks = 0
        while unfinished(text) and self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if not line.text:
                breaks += 1
                continue
            joined = "\n" * breaks or ("" if text.endswith("\\") else " ")
            text = (text[:-1] if not joined else text) + joined + line.text
            breaks = 0
        return text

    def _literal(self, head: str, indent: int) -> str:
        lines: list[str] = []
        inner: int | None = None
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.text and line.indent <= indent:
                break
            if line.text and inner is None:
                inner = line.indent
            lines.append(" " * max(0, line.indent - (inner or 0)) + line.text if line.text else "")
            self.at += 1
        while lines and not lines[-1]:
            lines.pop()
        text = "\n".join(lines) if head[0] == "|" else re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(lines))
        return text if "-" in head else text + "\n"


def _key(text: str) -> tuple[str, str] | None:
    """Key and rest of a line that begins a pair."""
    if text[0] in "\"'":
        end = _quoted_end(text)
        if end is None or text[end : end + 1] != ":":
            return None
        return text[:end], text[end + 1 :].strip(" ")
    if text[0] in "[{":
        return None
    found = re.match(r"((?:[^:#]|:(?=\S)|(?<=\S)#)+?)\s*:(?:\s+(.*))?$", text)
    return (found[1], found[2] or "") if found else None


def _quoted_end(text: str) -> int | None:
    """Where the quoted text ends that text begins with."""
    quote = text[0]
    found = re.match(_DOUBLE if quote == '"' else _SINGLE, text, re.DOTALL)
    return found.end() if found else None


def _unquoted(text: str) -> str:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", _unescaped, text[1:-1], flags=re.DOTALL)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _ESCAPES.get(code, code)


def _uncommented(text: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", text).strip()


def _scalar(text: str) -> Any:
    if text[:1] in ('"', "'") and _quoted_end(text) == len(text):
        return _unquoted(text)
    low = text.lower()
    if low in _WORDS:
        return _WORDS[low]
    if _INTEGER.match(text) and len(text) < 4_000:
        return int(text.replace("_", ""))
    return float(text.replace("_", "")) if _FLOAT.match(text) else text


def _closed(text: str) -> bool:
    """Whether every bracket of a flow value is closed; those in texts do not count."""
    plain = re.sub(rf"(?<![^\s\[{{,:])(?:{_DOUBLE}|{_SINGLE})", "", text, flags=re.DOTALL)
    return plain.count("[") + plain.count("{") <= plain.count("]") + plain.count("}")


def _flow(text: str, at: int, depth: int) -> tuple[Any, int]:
    """The flow value that begins at a place, and where it ends."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    at = _blank(text, at)
    if text[at : at + 1] not in ("[", "{"):
        found = _FLOW_SCALAR.match(text, at)
        assert found is not None  # it may be empty
        return _scalar(found[0].strip()), found.end()
    if text[at] == "[":
        items: list[Any] = []
        at = _blank(text, at + 1)
        while text[at : at + 1] != "]":
            value, at = _flow(text, at, depth + 1)
            items.append(value)
            at = _comma(text, at, "]")
        return items, at + 1
    pairs: dict[str, Any] = {}
    at = _blank(text, at + 1)
    while text[at : at + 1] != "}":
        key, at = _flow(text, at, depth + 1)
        at = _blank(text, at)
        value = None
        if text[at : at + 1] == ":":
            value, at = _flow(text, at + 1, depth + 1)
        pairs[key if isinstance(key, str) else json.dumps(key)] = value
        at = _comma(text, at, "}")
    return pairs, at + 1


def _blank(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _comma(text: str, at: int, end: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] == ",":
        return _blank(text, at + 1)
    if text[at : at + 1] != end:
        raise ValueError(f"a flow value does not end: {text[:40]!r}")
    return at
