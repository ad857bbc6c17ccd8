"""A reader: folders with a losses.txt, whose lines are a step and a loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musiclog.records import News, Points, Problem, RunInfo

FILE = "losses.txt"


class LossesReader:
    """Found by the entry point; claims() is asked about every folder below a watched one."""

    name = "losses.txt"

    def claims(self, path: Path) -> bool:
        return (path / FILE).is_file()

    def open(self, path: Path) -> LossesCursor:
        return LossesCursor(path)


class LossesCursor:
    """Remembers how far it has read, and takes whole lines only: the last one may be half written."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / FILE
        self._offset = 0
        self._told = False

    def poll(self, limit_bytes: int = 4_000_000) -> News:
        with self._file.open("rb") as file:
            file.seek(self._offset)
            block = file.read(limit_bytes)
        whole = block[: block.rfind(b"\n") + 1]
        steps, losses, problems = [], [], []
        at = self._offset
        for line in whole.splitlines(keepends=True):
            try:
                step, loss = map(float, line.split())
            except ValueError:
                problems.append(Problem(str(self._file), at, "a line is a step and a loss"))
            else:
                steps.append(step)
                losses.append(loss)
            at += len(line)
        self._offset = at
        unknown = np.full(len(steps), np.nan)  # neither times nor epochs are in the file
        points = {"loss": Points(np.array(steps), unknown, unknown, np.array(losses))} if steps else {}
        info = None if self._told else RunInfo(name=self._folder.name, format=LossesReader.name)
        self._told = True
        return News(
            points=points, info=info, problems=tuple(problems), problem_count=len(problems),
            more=len(block) == limit_bytes,
        )  # fmt: skip

    def files(self) -> Sequence[str]:
        return [str(self._file)]

    def fraction(self) -> float:
        size = self._file.stat().st_size
        return self._offset / size if size else 1.0

    def close(self) -> None:
        """Nothing is held open."""
