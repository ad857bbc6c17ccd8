"""Turns an episode's figures into sentences: a title, and what to do, from the catalogue in resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from string import Formatter
from typing import Any

from musiclog.anomaly.alert import Suggestion
from musiclog.anomaly.conditions import holds
from musiclog.anomaly.configuration import Configuration

_AT_MOST = 5  # more than that nobody reads


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the catalogue; texts are tried in order until one has all its fields known."""

    kind: str
    when: str
    over: bool  # told when the episode has ended, not while it is open
    texts: tuple[str, ...]
    reason: str
    source: str
    patch: Mapping[str, str]  # concept of the configuration -> name of the fact with its new value


@dataclass(frozen=True, slots=True)
class Catalogue:
    titles: Mapping[str, tuple[str, ...]]  # by kind, tried in order
    entries: tuple[Entry, ...]


@cache
def catalogue() -> Catalogue:
    """Read at the first alert, not before: most runs never need it, nor the modules that read it."""
    import tomllib  # noqa: PLC0415
    from importlib import resources  # noqa: PLC0415

    text = (resources.files("musiclog_resources") / "advice" / "catalogue.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    entries = tuple(
        Entry(
            kind=kind,
            when=each.get("when", ""),
            over=each.get("over", False),
            texts=tuple(each["text"]) if isinstance(each["text"], list) else (each["text"],),
            reason=each["reason"],
            source=each["source"],
            patch=each.get("patch", {}),
        )
        for kind, section in data.items()
        for each in section["advice"]
    )
    return Catalogue({kind: tuple(section["title"]) for kind, section in data.items()}, entries)


def title(kind: str, facts: Mapping[str, Any]) -> str:
    """One plain sentence of what happened; detectors of other packages bring theirs in their evidence, as "title"."""
    for text in catalogue().titles.get(kind, ()):
        sentence = fill(text, facts)
        if sentence is not None:
            return sentence
    if isinstance(facts.get("title"), str):
        return str(facts["title"])
    return f"{kind.replace('_', ' ').capitalize()} at step {show('step', facts['step'])}"


def suggestions(kind: str, facts: Mapping[str, Any], config: Configuration) -> tuple[Suggestion, ...]:
    """What to do, most promising first, only what these facts do not contradict and with every field known."""
    found: list[Suggestion] = []
    for entry in catalogue().entries:
        if entry.kind == kind and entry.over == bool(facts.get("over")) and holds(entry.when, facts):
            suggestion = render(entry, facts, config)
            if suggestion is not None:
                found.append(suggestion)
    brought = facts.get("what_to_do")  # by a detector of another package
    if not found and isinstance(brought, str):
        found.append(Suggestion(brought, "", "", None))
    return tuple(found[:_AT_MOST])


def render(entry: Entry, facts: Mapping[str, Any], config: Configuration) -> Suggestion | None:
    """The entry with this run's figures, or None when a field is not known."""
    for text in entry.texts:
        sentence = fill(text, facts)
        if sentence is None:
            continue
        patch = {
            config.path(concept): rounded(facts[fact])
            for concept, fact in entry.patch.items()
            if facts.get(fact) is not None
        }
        return Suggestion(sentence, fill(entry.reason, facts) or "", entry.source, patch or None)
    return None


def fill(text: str, facts: Mapping[str, Any]) -> str | None:
    """The text with every {fact} shown, or None when one of them is not known."""
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name is None:
            continue
        value = facts.get(name)
        if value is None or value in ("", []) or (isinstance(value, float) and not isfinite(value)):
            return None
        parts.append(show(name, value))
    return "".join(parts)


def show(name: str, value: Any) -> str:
    """A fact as people write it: steps in full, shares in percent, other numbers to three figures."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if "step" in name or "points" in name or name == "times" or (float(value).is_integer() and abs(value) < 1e6):
        return f"{value:,.0f}"
    if name.endswith("percent"):
        return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e7 else f"{value:.2e}"
    return f"{value:.3g}"


def rounded(value: Any) -> Any:
    """A number that a person would type: two significant digits."""
    if isinstance(value, float):
        return float(f"{value:.2g}")
    return value
