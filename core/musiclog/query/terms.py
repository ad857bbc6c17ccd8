"""What a query is made of: each part answers for a run with yes or no, and writes itself as it was read."""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from .facts import Facts
from .names import resolve
from .values import as_number, as_text, equal_numbers, number, span_s

STATES: Final = ("live", "finished", "stalled", "crashed", "unknown")
FLAGS: Final = ("starred", "archived")
# What text fields are called, each with the texts of a run that it looks at.
TEXTS: Final[dict[str, Callable[[Facts], tuple[str, ...]]]] = {
    "name": lambda facts: (facts.name,),
    "folder": lambda facts: (facts.path,),
    "path": lambda facts: (facts.path,),
    "note": lambda facts: (facts.note,),
    "notes": lambda facts: (facts.note,),
    "tag": lambda facts: facts.tags,
    "format": lambda facts: (facts.format,),
    "state": lambda facts: (facts.state,),
}
WITHIN: Final = frozenset({"name", "folder", "path", "note", "notes"})  # a colon finds these texts anywhere
COUNTS: Final[dict[str, Callable[[Facts], float | None]]] = {
    "step": lambda facts: facts.steps,
    "steps": lambda facts: facts.steps,
    "epoch": lambda facts: facts.epochs,
    "epochs": lambda facts: facts.epochs,
    "samples": lambda facts: facts.samples,
    "midi": lambda facts: facts.midi,
    "alerts": lambda facts: facts.alerts,
    "checkpoints": lambda facts: facts.checkpoints,
}
SPANS: Final[dict[str, Callable[[Facts], float | None]]] = {
    "age": lambda facts: facts.age_s,
    "runtime": lambda facts: facts.runtime_s,
    "started": lambda facts: facts.started_s,
}
HOLDINGS: Final[dict[str, Callable[[Facts], bool]]] = {
    "samples": lambda facts: facts.samples > 0,
    "midi": lambda facts: facts.midi > 0,
    "alerts": lambda facts: facts.alerts > 0,
    "checkpoints": lambda facts: facts.checkpoints > 0,
    "tags": lambda facts: bool(facts.tags),
    "notes": lambda facts: bool(facts.note),
    "config": lambda facts: bool(facts.config),
}
ORDERS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MISSING: Final = object()
_SPECIAL: Final = re.compile(r"[\s()\"'<>=!~:]")


class Term(Protocol):
    """A part of a query."""

    def matches(self, facts: Facts) -> bool: ...


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts this is true."""

    parts: tuple[Term, ...] = ()

    def matches(self, facts: Facts) -> bool:
        return all(part.matches(facts) for part in self.parts)

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of two or more parts holds."""

    parts: tuple[Term, ...]

    def matches(self, facts: Facts) -> bool:
        return any(part.matches(facts) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Term

    def matches(self, facts: Facts) -> bool:
        return not self.part.matches(facts)

    def __str__(self) -> str:
        return f"-({self.part})" if isinstance(self.part, All | AnyOf) else f"-{self.part}"


@dataclass(frozen=True, slots=True)
class Word:
    """A text anywhere in the name, the folder, a tag or the note."""

    text: str

    def matches(self, facts: Facts) -> bool:
        needle = self.text.casefold()
        return any(needle in text.casefold() for text in (facts.name, facts.path, *facts.tags, facts.note))

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Has:
    """Samples, midi, ..., or any metric or configuration key. Nothing: still being typed, true of all."""

    what: str

    def matches(self, facts: Facts) -> bool:
        if not self.what:
            return True
        known = [test for name, test in HOLDINGS.items() if name.startswith(self.what.casefold())]
        if known:
            return any(test(facts) for test in known)
        return any(_is_in(self.what, names) for names in (tuple(facts.config), tuple(facts.metrics)))

    def __str__(self) -> str:
        return f"has:{quoted_value(self.what) if self.what else ''}"


@dataclass(frozen=True, slots=True)
class Is:
    """Starred or archived, or how one of them begins."""

    flag: str

    def matches(self, facts: Facts) -> bool:
        values = {"starred": facts.starred, "archived": facts.archived}
        return not self.flag or any(values[name] for name in FLAGS if name.startswith(self.flag))

    def __str__(self) -> str:
        return f"is:{self.flag}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text field of a run. ":" begins with (finds anywhere in name, folder and note), "=" equals, "~" matches."""

    field: str
    sign: str
    wanted: str

    def matches(self, facts: Facts) -> bool:
        texts = TEXTS[self.field](facts)
        if self.sign == "!=":
            return all(text.casefold() != self.wanted.casefold() for text in texts)
        return any(self._holds(text) for text in texts) or (self.sign == ":" and not self.wanted)

    def _holds(self, text: str) -> bool:
        low, wanted = text.casefold(), self.wanted.casefold()
        if self.sign == "~":
            return expression(self.wanted).search(text) is not None
        if self.sign == "=":
            return low == wanted
        return wanted in low if self.field in WITHIN else low.startswith(wanted)

    def __str__(self) -> str:
        return written(self.field, self.sign, self.wanted)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that every run may have: a count, or a length of time."""

    field: str
    sign: str
    wanted: str  # as written, so that it is written back the same

    def matches(self, facts: Facts) -> bool:
        timed = self.field in SPANS
        value = (SPANS if timed else COUNTS)[self.field](facts)
        limit = span_s(self.wanted) if timed else number(self.wanted)
        return value is not None and limit is not None and compare(value, self.sign, limit)

    def __str__(self) -> str:
        return written(self.field, self.sign, self.wanted)


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration key, or a metric's newest value where no key is called so."""

    key: str
    sign: str
    wanted: str

    def matches(self, facts: Facts) -> bool:
        if self.sign == ":" and not self.wanted:
            return True
        value = value_of(self.key, facts)
        return value is not MISSING and self._holds(value)

    def _holds(self, value: Any) -> bool:
        if self.sign == "~":
            return expression(self.wanted).search(as_text(value)) is not None
        limit, figure = number(self.wanted), as_number(value)
        if limit is not None and figure is not None:
            return compare(figure, self.sign, limit)
        text, wanted = as_text(value).casefold(), self.wanted.casefold()
        if self.sign == ":":
            return text.startswith(wanted)
        if self.sign in ("=", "!="):
            return (text == wanted) is (self.sign == "=")
        return False

    def __str__(self) -> str:
        return f"{quoted(self.key)}{_signed(self.sign, self.wanted)}"


def value_of(key: str, facts: Facts) -> Any:
    """The value that key stands for in a run; MISSING where there is none or several could be meant.

    config. and metric. in front say where to look.
    """
    head, _, rest = key.partition(".")
    for word, names, values in _places(head.casefold(), rest, key, facts):
        name = resolve(word, names).name
        if name is not None:
            return values[name]
    return MISSING


def unclear_names(key: str, facts: Facts) -> tuple[str, ...]:
    """The names among which nobody can choose, where that is why a run has no value for key."""
    head, _, rest = key.partition(".")
    found: tuple[str, ...] = ()
    for word, names, _ in _places(head.casefold(), rest, key, facts):
        match = resolve(word, names)
        if match.name is not None:
            return ()
        found = found or match.candidates
    return found


def compare(value: float, sign: str, limit: float) -> bool:
    if sign in ORDERS:
        return ORDERS[sign](value, limit)
    return equal_numbers(value, limit) is (sign != "!=")


@lru_cache(maxsize=256)
def expression(pattern: str) -> re.Pattern[str]:
    """Without regard to case, like everything in a query; (?-i:...) switches that off."""
    with warnings.catch_warnings():  # about sets that a later Python may read otherwise
        warnings.simplefilter("ignore")
        return re.compile(pattern, re.IGNORECASE)


def quoted(text: str) -> str:
    """A text as a query writes it: in quotes where it would mean something else without."""
    plain = text and not _SPECIAL.search(text) and not text.startswith("-") and text.casefold() not in KEYWORDS
    return text if plain else _in_quotes(text)


def quoted_value(text: str) -> str:
    """Likewise for what follows a sign, where a minus and keywords mean nothing."""
    return text if text and not _SPECIAL.search(text) else _in_quotes(text)


def written(field: str, sign: str, wanted: str) -> str:
    return f"{field}{_signed(sign, wanted)}"


KEYWORDS: Final = frozenset({"or", "and", "not"})


def _signed(sign: str, wanted: str) -> str:
    if sign == "~":
        return "~/" + re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], wanted, flags=re.S) + "/"
    return sign if sign == ":" and not wanted else f"{sign}{quoted_value(wanted)}"


def _in_quotes(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _places(head: str, rest: str, key: str, facts: Facts) -> list[tuple[str, tuple[str, ...], Any]]:
    config, metrics = (tuple(facts.config), facts.config), (tuple(facts.metrics), facts.metrics)
    places = [(key, *config), (key, *metrics)]
    if rest and head == "config":
        places.append((rest, *config))
    if rest and head in ("metric", "metrics"):
        places.append((rest, *metrics))
    return places


def _is_in(word: str, names: tuple[str, ...]) -> bool:
    match = resolve(word, names)
    return match.name is not None or bool(match.candidates)
