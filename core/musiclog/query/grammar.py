"""Read a query: what stands beside each other must all hold, or joins, not and a minus turn round."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from .facts import Facts
from .lexing import Piece, pieces
from .terms import (
    COUNTS,
    FLAGS,
    ORDERS,
    SPANS,
    STATES,
    TEXTS,
    All,
    AnyOf,
    Figure,
    Has,
    Is,
    Not,
    Setting,
    Term,
    Text,
    Word,
    expression,
    quoted_value,
    unclear_names,
    value_of,
)
from .terms import MISSING as _MISSING
from .trouble import QueryError
from .values import number, span_s

# Deeper than anybody types; more would only exhaust Python's stack.
DEEPEST: Final = 60
_CLOSING: Final = ("or", "and", ")", "end")


@dataclass(frozen=True)
class Query:
    """A question that a run answers with yes or no, and the keys by which the answers are put together."""

    condition: Term = field(default_factory=All)
    group_keys: tuple[str, ...] = ()

    def matches(self, facts: Facts) -> bool:
        return self.condition.matches(facts)

    def __str__(self) -> str:
        """The query in its plainest form; parse() makes the same query of it."""
        groups = [f"group:{quoted_value(key)}" for key in self.group_keys]
        return " ".join(part for part in (str(self.condition), *groups) if part)

    @cached_property
    def asks_for_archived(self) -> bool:
        """Whether archived runs are spoken of: a list that hides them otherwise must not then."""
        return any(isinstance(term, Is) and "archived".startswith(term.flag) and term.flag for term in self.terms())

    def terms(self) -> Iterator[Term]:
        """All parts that ask something themselves."""
        waiting = [self.condition]
        while waiting:
            term = waiting.pop()
            if isinstance(term, All | AnyOf):
                waiting.extend(reversed(term.parts))
            elif isinstance(term, Not):
                waiting.append(term.part)
            else:
                yield term

    def remarks(self, runs: Iterable[Facts]) -> list[str]:
        """What may not be meant: keys that no run has, and keys of which a run has several."""
        known = list(runs)
        keys = dict.fromkeys(term.key for term in self.terms() if isinstance(term, Setting))
        return [remark for key in keys if known and (remark := _remark(key, known))]


def parse(text: str) -> Query:
    """The query that text spells. QueryError with the place and what to write instead where it spells none."""
    return _Reader(text).read()


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._pieces = pieces(text)
        self._next = next(self._pieces)
        self._groups: list[str] = []
        self._depth = 0

    def read(self) -> Query:
        condition = self._any_of()
        if self._next.kind == ")":
            raise QueryError("this ) closes nothing; delete it or write ( before", self._next.start)
        return Query(condition, tuple(dict.fromkeys(self._groups)))

    def _any_of(self) -> Term:
        sides = [self._all_of()]
        while self._next.kind == "or":
            at = self._take()
            sides.append(self._all_of())
            if not sides[-1] or not sides[-2]:
                where = "before" if not sides[-2] else "after"
                raise QueryError(f"or needs something {where} it, as in bach or mozart", at.start, 2)
        return _join(AnyOf, [_join(All, side) for side in sides])

    def _all_of(self) -> list[Term]:
        parts: list[Term] = []
        while self._next.kind not in ("or", ")", "end"):
            if self._next.kind == "and":
                at = self._take()
                if not parts or self._next.kind in _CLOSING:
                    raise QueryError("and stands between two parts; beside each other is enough", at.start, 3)
            elif self._at_group:
                self._group(self._take())
            else:
                parts.append(self._turned())
        return parts

    def _turned(self) -> Term:
        turned = False
        while self._next.kind == "not":
            turned = not turned
            at = self._take()
            if self._next.kind in _CLOSING:
                raise QueryError("not needs something after it, as in -bach", at.start, at.stop - at.start)
            if self._at_group:
                raise QueryError("group: cannot be turned round; write group:-seed", at.start)
        inner = self._single()
        return _turn(inner) if turned else inner

    def _single(self) -> Term:
        piece = self._take()
        if piece.kind != "(":
            return _term(piece)
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(f"more than {DEEPEST} parentheses in each other; write it flatter", piece.start)
        inner = self._any_of()
        self._depth -= 1
        if self._next.kind != ")":
            raise QueryError("this ( is not closed; write ) at its end", piece.start)
        end = self._take()
        if inner == All():
            raise QueryError("nothing stands in these parentheses; delete them", piece.start, end.stop - piece.start)
        return inner

    @property
    def _at_group(self) -> bool:
        return self._next.kind == "term" and self._next.sign == ":" and self._next.key.casefold() == "group"

    def _group(self, piece: Piece) -> None:
        if self._depth:
            raise QueryError(
                "group: orders the whole list; write it outside of parentheses", piece.start, piece.stop - piece.start
            )
        if piece.wanted.strip("-"):  # else still being typed
            self._groups.append(piece.wanted)

    def _take(self) -> Piece:
        piece = self._next
        if piece.kind != "end":
            self._next = next(self._pieces)
        return piece


def _join(kind: type[All | AnyOf], parts: list[Term]) -> Term:
    """One part stands for itself; parts of the same kind are laid into one another."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _turn(term: Term) -> Term:
    return term.part if isinstance(term, Not) else Not(term)


def _term(piece: Piece) -> Term:
    if not piece.sign:
        return Word(piece.key)
    field = piece.key.casefold()
    if piece.sign == "!~":
        return Not(_with_sign(piece, field, "~"))
    return _with_sign(piece, field, piece.sign)


def _with_sign(piece: Piece, field: str, sign: str) -> Term:
    if field in ("has", "is"):
        return _has_or_is(piece, field, sign)
    if field in COUNTS or field in SPANS:
        return _figure(piece, field, sign)
    if sign == "~":
        _check_expression(piece)
        wanted = re.sub(r"\\(.)", lambda found: "/" if found[1] == "/" else found[0], piece.wanted, flags=re.DOTALL)
        return Text(field, sign, wanted) if field in TEXTS else Setting(piece.key, sign, wanted)
    if field in TEXTS:
        return _text(piece, field, sign)
    if sign in ORDERS and number(piece.wanted) is None:
        raise _at_value(piece, f"{piece.key}{sign} wants a number such as 1e-3, 32 or 10k, not {piece.wanted!r}")
    return Setting(piece.key, sign, piece.wanted)


def _has_or_is(piece: Piece, field: str, sign: str) -> Term:
    if sign not in (":", "="):
        raise QueryError(f"write {field}:{piece.wanted}", piece.start, piece.stop - piece.start)
    if field == "has":
        return Has(piece.wanted)
    flag = piece.wanted.casefold()
    if not any(name.startswith(flag) for name in FLAGS):
        raise _at_value(piece, f"a run is starred or archived; write is:{FLAGS[0]}")
    return Is(flag)


def _text(piece: Piece, field: str, sign: str) -> Term:
    if sign in ORDERS:
        raise QueryError(f"{field} is a text; write {field}:{piece.wanted}", piece.start, piece.stop - piece.start)
    if field == "state" and not any(word.startswith(piece.wanted.casefold()) for word in STATES):
        raise _at_value(piece, f"a run is {', '.join(STATES[:-1])} or {STATES[-1]}; write state:live")
    return Text(field, sign, piece.wanted)


def _figure(piece: Piece, field: str, sign: str) -> Term:
    sign = "=" if sign == ":" else sign
    if field in SPANS and sign != "~" and span_s(piece.wanted) is None:
        raise _at_value(piece, f"{field} is a length of time; write {field}<2h (or s, min, d, w)")
    if sign == "~" or (field in COUNTS and number(piece.wanted) is None):
        raise _at_value(piece, f"{field} is a number; write {field}>{'1000' if field in COUNTS else '2h'}")
    return Figure(field, sign, piece.wanted)


def _check_expression(piece: Piece) -> None:
    try:
        expression(piece.wanted)
    except (re.error, OverflowError, RecursionError) as error:
        raise _at_value(piece, f"no regular expression: {error}; write \\ before signs that mean themselves") from error


def _at_value(piece: Piece, message: str) -> QueryError:
    return QueryError(message, piece.wanted_at, max(1, piece.stop - piece.wanted_at))


def _remark(key: str, runs: list[Facts]) -> str | None:
    unclear = next((names for run in runs if (names := unclear_names(key, run))), ())
    if unclear:
        return f"{key} can be {', '.join(unclear[:4])}; write which"
    if any(value_of(key, run) is not _MISSING for run in runs):
        return None
    return f"no run has a configuration key or metric {key}{_near(key, runs)}"


def _near(key: str, runs: list[Facts]) -> str:
    ends = {name.rpartition(".")[2]: name for run in runs for name in (*run.config, *run.metrics)}
    close = get_close_matches(key, ends, n=1)
    return f"; did you mean {close[0]}?" if close else ""
