"""Collects what one look at a run brings, piece by piece, and makes News of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .records import Event, Floats, LogRecord, News, Points, Problem, RunInfo, SampleFile

# Problems of one look that are told one by one; the others are only counted.
LISTED = 20


class Harvest:
    """Mutable while a cursor works; news() closes it."""

    def __init__(self) -> None:
        self.points: dict[str, list[Points]] = {}
        self.events: list[Event] = []
        self.samples: list[SampleFile] = []
        self.data_usage: list[Mapping[str, Any]] = []
        self.log: list[LogRecord] = []
        self.log_left_out = 0
        self.config: Mapping[str, Any] | None = None
        self.info: RunInfo | None = None
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.problems_of: dict[str, int] = {}  # file -> how many
        self.restarted = False
        self.more = False
        self.changed: float | None = None

    def add_points(self, points: Mapping[str, Points]) -> None:
        for name, batch in points.items():
            self.points.setdefault(name, []).append(batch)

    def add_problem(self, file: str, offset: int, message: str) -> None:
        self.problem_count += 1
        self.problems_of[file] = self.problems_of.get(file, 0) + 1
        if len(self.problems) < LISTED:
            self.problems.append(Problem(file, offset, message))

    def note_change(self, time: float | None) -> None:
        if time is not None and (self.changed is None or time > self.changed):
            self.changed = time

    def news(self) -> News:
        return News(
            points=_joined(self.points),
            events=tuple(self.events),
            samples=tuple(self.samples),
            data_usage=tuple(self.data_usage),
            log=tuple(self.log),
            log_left_out=self.log_left_out,
            config=self.config,
            info=self.info,
            problems=tuple(self.problems),
            problem_count=self.problem_count,
            restarted=self.restarted,
            more=self.more,
            changed=self.changed,
        )


def _joined(points: Mapping[str, list[Points]]) -> dict[str, Points]:
    """One Points a metric; arrays that metrics share stay shared."""
    known: dict[tuple[int, ...], Floats] = {}

    def join(arrays: list[Floats]) -> Floats:
        key = tuple(map(id, arrays))
        if key not in known:
            known[key] = np.concatenate(arrays)
        return known[key]

    return {
        name: batches[0] if len(batches) == 1 else Points(
            join([b.steps for b in batches]),
            join([b.times for b in batches]),
            join([b.epochs for b in batches]),
            np.concatenate([b.values for b in batches]),
        )
        for name, batches in points.items()
    }  # fmt: skip
