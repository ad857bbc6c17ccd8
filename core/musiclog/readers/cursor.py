"""What cursors have in common: when one file turns out to be another one, everything is read again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from ..harvest import Harvest
from ..records import News, Problem
from ..tail import TURN, Tail

# Problems that are kept at a save point; the others are only counted.
LISTED = 200


class FileCursor(ABC):
    """A cursor over files. Nothing is held open between two looks."""

    def __init__(self) -> None:
        self._start()

    def poll(self, limit_bytes: int = TURN) -> News:
        harvest = Harvest()
        self._look(harvest, limit_bytes)
        if harvest.restarted:  # what was told before does not fit to the new file: all files are read again
            harvest = Harvest()
            self._start()
            self._look(harvest, limit_bytes)
            harvest.restarted = True
        return harvest.news()

    def close(self) -> None:  # noqa: B027 - not abstract: there is nothing to do
        """Nothing is held open."""

    def fraction(self) -> float:
        tails = self._tails()
        size = sum(tail.size for tail in tails)
        return 1.0 - sum(tail.unread for tail in tails) / size if size else 1.0

    def stirred(self) -> bool:
        """Whether something is new in the files that grow most; a few stats. poll() sees the others too."""
        return any(tail.grown() for tail in self._tails())

    @abstractmethod
    def files(self) -> Sequence[str]:
        """Absolute paths of what is watched."""

    @abstractmethod
    def _start(self) -> None:
        """Forget what was read."""

    @abstractmethod
    def _look(self, harvest: Harvest, limit: int) -> None:
        """Read about limit new bytes."""

    @abstractmethod
    def _tails(self) -> Sequence[Tail]:
        """The files whose reading takes long."""


class ResumableCursor(FileCursor):
    """A cursor whose points can be kept: it saves where it stands in the files whose reading takes long.

    All points come from those files. Whatever else it reads (events, configuration, logs) is read again.
    """

    save_version: int

    def __init__(self) -> None:
        self._problems: list[Problem] = []  # met in the files whose reading takes long
        self._problem_count = 0
        self._just_resumed = False
        super().__init__()

    def poll(self, limit_bytes: int = TURN) -> News:
        harvest = Harvest()
        if self._just_resumed:
            self._just_resumed = False
            self._tell_again(harvest)
        self._look(harvest, limit_bytes)
        if harvest.restarted:
            self.forget()
            harvest = Harvest()
            self._look(harvest, limit_bytes)
            harvest.restarted = True
        self._note_problems(harvest)
        return harvest.news()

    def forget(self) -> None:
        """Start again as if nothing had been read."""
        self._problems, self._problem_count, self._just_resumed = [], 0, False
        self._start()

    def volume(self) -> int:
        """Bytes of the files whose reading takes long."""
        return sum(tail.size for tail in self._tails())

    def save(self) -> dict[str, Any] | None:
        """Where reading stands, as JSON; None where that cannot be said now."""
        files = [tail.save() for tail in self._tails()]
        if not files or None in files:
            return None
        problems = [[problem.file, problem.offset, problem.message] for problem in self._problems]
        memory = self._remember()
        return {"files": files, "problems": problems, "problem_count": self._problem_count, "memory": memory}

    def resume(self, saved: Mapping[str, Any]) -> bool:
        """Go on there; False, with nothing changed, where the files are others by now. Only before the first poll."""
        tails = {tail.path: tail for tail in self._tails()}
        for file in saved["files"]:
            if file["path"] not in tails or not tails[file["path"]].resume(file):
                self.forget()
                return False
        self._problems = [Problem(*problem) for problem in saved["problems"]]
        self._problem_count = int(saved["problem_count"])
        self._recall(saved["memory"])
        self._just_resumed = True
        return True

    def _tell_again(self, harvest: Harvest) -> None:
        harvest.problems += self._problems
        harvest.problem_count += self._problem_count
        for tail in self._tails():
            harvest.note_change(tail.changed)

    def _note_problems(self, harvest: Harvest) -> None:
        for path in {tail.path for tail in self._tails()} & harvest.problems_of.keys():
            self._problem_count += harvest.problems_of[path]
            fresh = [problem for problem in harvest.problems if problem.file == path and problem not in self._problems]
            self._problems += fresh[: LISTED - len(self._problems)]

    @abstractmethod
    def _remember(self) -> dict[str, Any]:
        """What has to be known besides the places in the files, as JSON."""

    @abstractmethod
    def _recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what _remember() gave."""
