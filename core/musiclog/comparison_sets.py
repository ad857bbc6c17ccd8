"""Comparisons that the user gave a name, kept in the user's own data folder to be opened again.

The file is JSON lines: every change is appended as one whole line and the last one about a name counts, so that two
windows never undo each other's sets and a crash costs at most the line that was being written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from .own_lines import append_line


@dataclass(frozen=True, slots=True)
class ComparisonSet:
    """What was compared and how. runs: paths; query: what chose them, "" where they were ticked one by one.

    The other fields are the arguments of compare().
    """

    runs: tuple[str, ...] = ()
    query: str = ""
    group_by: tuple[str, ...] = ()
    metric: str | None = None
    figure: str = "final"
    at_equal: str | None = None
    target: float | None = None


class ComparisonSets:
    """Sets by name. Without a path they last as long as the program."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._sets: dict[str, ComparisonSet] = {}
        self.unreadable = 0  # lines passed over
        self.trouble: str | None = None
        self.refresh()

    @classmethod
    def of_user(cls) -> ComparisonSets:
        """Those that every window of this user shares."""
        return cls(user_data_path("musiclog", appauthor=False) / "comparisons.jsonl")

    def names(self) -> list[str]:
        return sorted(self._sets, key=str.casefold)

    def named(self, name: str) -> ComparisonSet | None:
        return self._sets.get(name)

    def keep(self, name: str, chosen: ComparisonSet) -> None:
        """Put it down under a name, in the place of what had that name; it is on disk then, else trouble says why."""
        self._sets[name] = chosen
        self._append({"name": name, "set": asdict(chosen)})

    def drop(self, name: str) -> None:
        if self._sets.pop(name, None) is not None:
            self._append({"name": name, "set": None})

    def refresh(self) -> None:
        """Take over what another window kept or dropped."""
        if self._path is None:
            return
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self.trouble = f"{self._path} cannot be read ({error.strerror}); comparisons last until the window closes"
            return
        self._sets, self.unreadable = {}, 0
        for line in content.splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            name, fields = str(record["name"]), record["set"]
            if fields is None:
                self._sets.pop(name, None)
            else:
                self._sets[name] = _parsed(fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable += 1

    def _append(self, record: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        try:
            append_line(self._path, record)
        except OSError as error:
            self.trouble = (
                f"{self._path} cannot be written ({error.strerror}); comparisons last until the window closes"
            )
        else:
            self.trouble = None


def _parsed(fields: Mapping[str, Any]) -> ComparisonSet:
    return ComparisonSet(
        runs=_texts(fields["runs"]),
        query=str(fields.get("query", "")),
        group_by=_texts(fields.get("group_by", ())),
        metric=None if fields.get("metric") is None else str(fields["metric"]),
        figure=str(fields.get("figure", "final")),
        at_equal=None if fields.get("at_equal") is None else str(fields["at_equal"]),
        target=None if fields.get("target") is None else float(fields["target"]),
    )


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("a list was expected")
    return tuple(map(str, values))
