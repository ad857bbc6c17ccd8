"""What a comparison found, as it comes back from the worker process. No Qt here, because workers make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from musiclog.compare import Column, Comparison, Frame, Influences, Setting, Study

About = tuple[object, ...]


def about(found: Comparison) -> About:
    """What a comparison is about: equal where runs, groups and question are, so that places mean the same."""
    frame = found.frame
    return found.main, tuple(row.path for row in frame.rows), tuple(group.members for group in frame.groups)


@dataclass(frozen=True, slots=True)
class Answer:
    """runs: ids in the order of comparison.frame.rows. everything, all_runs, settings: also of what brushes hide."""

    comparison: Comparison
    runs: tuple[str, ...]
    everything: Frame
    all_runs: tuple[str, ...]
    settings: tuple[Setting, ...]
    notices: tuple[str, ...] = ()
    early: bool = False  # the tests are still to come

    @property
    def frame(self) -> Frame:
        return self.comparison.frame

    def columns(self) -> list[Column]:
        """Those worth a place in a table: everything of the question's metric, of others the figure that is asked."""
        frame, main = self.frame, self.comparison.main
        asked = None if main is None else frame.column(main).kind
        kind = asked if asked in ("final", "best", "area") else "final"
        first = [column for column in frame.columns if column.key == main]
        rest = [
            column for column in frame.columns
            if column.key != main and (column.kind in ("run", kind) or column.metric == frame.main)
        ]  # fmt: skip
        return first + rest


@dataclass(frozen=True, slots=True)
class Depth:
    """What takes longer: tests of the other columns by key, and how much each setting explains."""

    about: About
    studies: Mapping[str, Study] = field(default_factory=dict)
    influences: Influences | None = None
    why: str | None = None  # there are none
