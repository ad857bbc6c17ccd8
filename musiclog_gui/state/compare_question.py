"""What is asked of the runs that are compared: how they are grouped, by what figure, up to where."""

from __future__ import annotations

from dataclasses import dataclass, replace

from musiclog.compare import By
from musiclog.comparison_sets import ComparisonSet

FIGURES = {
    "final": "Final value", "best": "Best value", "area": "Mean height", "target_step": "Steps to target",
    "target_time": "Time to target",
}  # fmt: skip
TO_TARGET = frozenset({"target_step", "target_time"})
EQUALS: dict[By | None, str] = {
    None: "At each run's end", "step": "At equal steps", "time": "At equal time", "tokens": "At equal tokens",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments of compare(). metric None: the one that says best what to keep; target None: what all reach."""

    group_by: tuple[str, ...] = ()
    metric: str | None = None
    figure: str = "final"
    at_equal: By | None = None
    target: float | None = None

    def kept(self, runs: tuple[str, ...], query: str) -> ComparisonSet:
        """With what it is asked of, to be put down under a name."""
        return ComparisonSet(runs, query, self.group_by, self.metric, self.figure, self.at_equal, self.target)

    @classmethod
    def of(cls, kept: ComparisonSet) -> Question:
        """As it was put down; what this version does not know falls back to the usual."""
        known = cls(kept.group_by, kept.metric, kept.figure, None, kept.target)
        by = next((by for by in EQUALS if by == kept.at_equal), None)
        return replace(known, at_equal=by, figure=kept.figure if kept.figure in FIGURES else "final")
