"""What somebody types above the run list, turned into a question that a run answers with yes or no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run can be asked about."""

    name: str
    path: str
    state: str
    format: str
    tags: tuple[str, ...]
    alerts: int
    samples: int


Question = Callable[[Facts], bool]


def parse(text: str) -> Question:
    """Words that must all hold, e.g. `bach state:live -tag:old has:samples`; a minus turns one round.

    state: tag: format: ask for a beginning, has: for alerts or samples; any other word is looked for in name and
    path, without regard to case.
    """
    questions = [_word(word) for word in text.split()]
    return lambda facts: all(question(facts) for question in questions)


def _word(word: str) -> Question:
    if word.startswith("-") and len(word) > 1:
        opposite = _word(word[1:])
        return lambda facts: not opposite(facts)
    key, colon, wanted = word.casefold().partition(":")
    if colon and key in _ASK:
        return lambda facts: _ASK[key](facts, wanted)
    needle = word.casefold()
    return lambda facts: needle in facts.name.casefold() or needle in facts.path.casefold()


def _has(facts: Facts, wanted: str) -> bool:
    counts = {"alerts": facts.alerts, "samples": facts.samples}
    return any(count > 0 for name, count in counts.items() if name.startswith(wanted))


_ASK: dict[str, Callable[[Facts, str], bool]] = {
    "state": lambda facts, wanted: facts.state.casefold().startswith(wanted),
    "format": lambda facts, wanted: facts.format.casefold().startswith(wanted),
    "tag": lambda facts, wanted: any(tag.casefold().startswith(wanted) for tag in facts.tags),
    "has": _has,
}
