"""What cursors have in common: when one file turns out to be another one, everything is read again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..harvest import Harvest
from ..records import News
from ..tail import TURN, Tail


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
