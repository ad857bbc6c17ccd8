"""What may be written next: fields, keys and values that the runs at hand really have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .facts import Facts
from .names import plain
from .terms import COUNTS, FLAGS, HOLDINGS, MISSING, SPANS, STATES, quoted, value_of
from .values import as_text

MOST: Final = 30
# Fields with what they do, in the order of their use.
FIELDS: Final = {
    "state:": "live, finished, stalled, crashed, unknown",
    "has:": "samples, midi, alerts, checkpoints, any key",
    "tag:": "how a tag begins",
    "is:": "starred or archived",
    "group:": "put runs with the same value together",
    "name:": "a part of the name",
    "folder:": "a part of the path",
    "format:": "musiclog, tensorboard, ...",
    "note:": "a part of the note",
    "age<": "time since the newest news: 2h, 30min, 3d",
    "runtime>": "from the start to the newest news",
    "started<": "time since the start",
    "steps>": "steps so far",
    "epochs>": "epochs so far",
    "samples>": "number of samples",
    "alerts>": "number of open alerts",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """text replaces the characters start..stop of the query; note says what it is."""

    text: str
    start: int
    stop: int
    note: str = ""

    def applied(self, query: str) -> str:
        return query[: self.start] + self.text + query[self.stop :]


def complete(text: str, position: int, runs: Sequence[Facts]) -> list[Suggestion]:
    """What may stand at position, best first: of the runs' own keys, tags and values. Never raises."""
    position = max(0, min(position, len(text)))
    start = _start_of_word(text, position)
    word = text[start:position]
    start += len(word) - len(word.lstrip("-"))
    word = word.lstrip("-")
    sign_at = next((i for i, sign in enumerate(word) if sign in ":<>=~"), None)
    if sign_at is None:
        return _pick(word, start, position, _names(runs))
    value_at = sign_at + 1 + (word[sign_at + 1 : sign_at + 2] == "=")
    key, value = word[:sign_at].rstrip("!"), word[value_at:]
    if word[sign_at] == "~":
        return []
    if key.casefold() == "group" and value.startswith("-"):
        value_at, value = value_at + 1, value[1:]
    return _pick(value.lstrip("\"'"), start + value_at, position, _values(key.casefold(), runs))


def _start_of_word(text: str, position: int) -> int:
    """Where the word begins that ends at position; spaces inside quotes do not end it."""
    start, quote = 0, ""
    for i, letter in enumerate(text[:position]):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter.isspace() or letter in "()":
            start = i + 1
    return start


def _names(runs: Sequence[Facts]) -> dict[str, str]:
    found = dict(FIELDS)
    found.update((quoted(name), "configuration") for name in _shortest(name for run in runs for name in run.config))
    for name in _shortest(name for run in runs for name in run.metrics):
        found.setdefault(quoted(name), "metric")
    return found


def _values(field: str, runs: Sequence[Facts]) -> dict[str, str]:
    if field in COUNTS or field in SPANS:
        return {}
    keys = {quoted(name): "configuration" for name in _shortest(name for run in runs for name in run.config)}
    fixed = {
        "state": _counted(run.state for run in runs) | dict.fromkeys(STATES, ""),
        "is": dict.fromkeys(FLAGS, ""),
        "tag": _counted(quoted(tag) for run in runs for tag in run.tags),
        "format": _counted(quoted(run.format) for run in runs),
        "group": keys,
        "has": dict.fromkeys(HOLDINGS, "") | keys,
    }
    if field in fixed:
        return fixed[field]
    values = (value_of(field, run) for run in runs)
    return _counted(quoted(as_text(value)) for value in values if value is not MISSING)


def _shortest(names: Iterable[str]) -> list[str]:
    """Every name by its last part where only one ends in it, else in full."""
    all_names = list(dict.fromkeys(names))
    ends = Counter(plain(name.rpartition(".")[2]) for name in all_names)
    return [end if ends[plain(end := name.rpartition(".")[2])] == 1 else name for name in all_names]


def _counted(values: Iterable[str]) -> dict[str, str]:
    return {value: f"{count} {'run' if count == 1 else 'runs'}" for value, count in Counter(values).most_common()}


def _pick(word: str, start: int, stop: int, offered: dict[str, str]) -> list[Suggestion]:
    low = word.casefold()
    beginning = [name for name in offered if name.casefold().startswith(low)]
    inside = [name for name in offered if low in name.casefold() and name not in beginning]
    return [Suggestion(name, start, stop, offered[name]) for name in (*beginning, *inside)[:MOST] if name != word]
