"""Cut a query into its pieces, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from .terms import KEYWORDS
from .trouble import QueryError

Kind = Literal["(", ")", "or", "and", "not", "term", "end"]

_SIGN: Final = re.compile(r"<=|>=|!=|==|!~|=~|[<>=~:]")
_COMPARISON: Final = re.compile(r"\s*(<=|>=|!=|==|[<>=])\s*")  # may stand free: lr < 1e-3
_KEY: Final = re.compile(r"[^\s()\"'<>=!~:][^\s()\"<>=!~:]*")
_BARE: Final = re.compile(r"[^\s()\"]+")
_QUOTES: Final = "\"'"


@dataclass(frozen=True, slots=True)
class Piece:
    """A bracket, a keyword, or a term: a word, or a key with its sign and what it is compared with."""

    kind: Kind
    start: int
    stop: int
    key: str = ""
    sign: str = ""
    wanted: str = ""
    wanted_at: int = 0


def pieces(text: str) -> Iterator[Piece]:
    """The pieces in order, an "end" last. QueryError where a quote, a slash or a value is missing."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        piece = _piece(text, at)
        yield piece
        at = piece.stop
    yield Piece("end", len(text), len(text))


def _piece(text: str, at: int) -> Piece:
    if text[at] == "(":
        return Piece("(", at, at + 1)
    if text[at] == ")":
        return Piece(")", at, at + 1)
    if text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != ")":
        return Piece("not", at, at + 1)
    return _term(text, at)


def _term(text: str, at: int) -> Piece:
    if text[at] in _QUOTES:
        key, stop = _quoted(text, at)
    else:
        found = _KEY.match(text, at)
        if found is None:
            raise QueryError(f"{text[at]} needs a name before it, as in lr<1e-3", at)
        key, stop = found[0], found.end()
    sign = _SIGN.match(text, stop) or _COMPARISON.match(text, stop)
    if sign is None:
        if text[at] not in _QUOTES and key.casefold() in KEYWORDS:
            return Piece(key.casefold(), at, stop)  # type: ignore[arg-type]
        return Piece("term", at, stop, key)
    return _with_value(text, at, key, sign)


def _with_value(text: str, at: int, key: str, sign: re.Match[str]) -> Piece:
    word = sign[0].strip()
    word = {"==": "=", "=~": "~"}.get(word, word)
    start = sign.end()
    if word not in (":", "~", "!~"):
        start += len(text[start:]) - len(text[start:].lstrip())
    wanted, stop = _value(text, start, word)
    if stop == start and word != ":":
        raise QueryError(f"{key}{word} needs a value after it, as in {_example(key, word)}", at, stop - at)
    return Piece("term", at, stop, key, word, wanted, start)


def _value(text: str, at: int, sign: str) -> tuple[str, int]:
    if at >= len(text):
        return "", at
    if text[at] in _QUOTES:
        return _quoted(text, at)
    if sign.endswith("~") and text[at] == "/":
        return _between_slashes(text, at)
    found = _BARE.match(text, at)
    return (found[0], found.end()) if found else ("", at)


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote, result, place = text[at], "", at + 1
    while place < len(text) and text[place] != quote:
        place += text[place] == "\\" and place + 1 < len(text)
        result += text[place]
        place += 1
    if place >= len(text):
        raise QueryError(f"the quote is not closed; write {quote} at its end", at, len(text) - at)
    return result, place + 1


def _between_slashes(text: str, at: int) -> tuple[str, int]:
    found = re.compile(r"/((?:\\.|[^/\\])*)/", re.DOTALL).match(text, at)
    if found is None:
        raise QueryError("the regular expression is not closed; write / at its end", at, len(text) - at)
    return found[1], found.end()


def _example(key: str, sign: str) -> str:
    return f"{key}~/^run-\\d+/" if sign.endswith("~") else f"{key}{sign}1e-3"
