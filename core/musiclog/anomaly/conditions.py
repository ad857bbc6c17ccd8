"""The catalogue's conditions: `lr_jumped and ratio > 10`, read by hand so that text from a file is never executed.

    condition  := both ("or" both)*
    both       := plain ("and" plain)*
    plain      := "not" plain | "(" condition ")" | operand [comparison operand]
    comparison := "==" | "!=" | "<" | "<=" | ">" | ">="
    operand    := the name of a fact | a number | 'text'

A fact that is not known is false by itself, and every comparison with it is false.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]
Test = Callable[[Facts], Any]

_TOKEN = re.compile(r"\s*(?:(<=|>=|==|!=|<|>|\(|\))|(-?\d+(?:\.\d+)?(?:e-?\d+)?)|'([^']*)'|([a-z_][a-z0-9_]*))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class ConditionError(ValueError):
    """A condition of the catalogue does not follow the grammar."""


def holds(condition: str, facts: Facts) -> bool:
    """Whether the condition is true of these facts; an empty condition always is."""
    return not condition.strip() or bool(parse(condition)(facts))


def parse(condition: str) -> Test:
    """The condition as a function of facts. Raises ConditionError."""
    reader = _Reader(condition)
    test = reader.either()
    if reader.tokens:
        raise ConditionError(f"{condition!r}: cannot read on at {reader.tokens[0][1]!r}")
    return test


def _tokens(condition: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    text = condition.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ConditionError(f"{condition!r}: cannot read {text[position:]!r}")
        position = found.end()
        kinds = ("sign", "number", "text", "name")
        tokens += [(kind, group) for kind, group in zip(kinds, found.groups(), strict=True) if group is not None]
    return tokens


class _Reader:
    def __init__(self, condition: str) -> None:
        self.condition = condition
        self.tokens = _tokens(condition)

    def either(self) -> Test:
        tests = [self.both()]
        while self._took("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda facts: any(test(facts) for test in tests)

    def both(self) -> Test:
        tests = [self.plain()]
        while self._took("and"):
            tests.append(self.plain())
        return tests[0] if len(tests) == 1 else lambda facts: all(test(facts) for test in tests)

    def plain(self) -> Test:
        if self._took("not"):
            test = self.plain()
            return lambda facts: not test(facts)
        if self._took("("):
            inner = self.either()
            if not self._took(")"):
                raise ConditionError(f"{self.condition!r}: a parenthesis is not closed")
            return inner
        left = self.operand()
        if not self.tokens or self.tokens[0][1] not in _COMPARE:
            return left
        compare = _COMPARE[self.tokens.pop(0)[1]]
        return _comparison(left, compare, self.operand())

    def operand(self) -> Test:
        if not self.tokens:
            raise ConditionError(f"{self.condition!r}: ends too early")
        kind, text = self.tokens.pop(0)
        if kind == "name" and text not in ("and", "or"):
            return lambda facts: facts.get(text)
        if kind == "number":
            number = float(text)
            return lambda _: number
        if kind == "text":
            return lambda _: text
        raise ConditionError(f"{self.condition!r}: {text!r} stands where a fact or a number belongs")

    def _took(self, word: str) -> bool:
        if self.tokens and self.tokens[0] in (("name", word), ("sign", word)):
            self.tokens.pop(0)
            return True
        return False


def _comparison(left: Test, compare: Callable[[Any, Any], bool], right: Test) -> Test:
    def test(facts: Facts) -> bool:
        one, other = left(facts), right(facts)
        if one is None or other is None or isinstance(one, str) != isinstance(other, str):
            return False
        return compare(one, other)

    return test
