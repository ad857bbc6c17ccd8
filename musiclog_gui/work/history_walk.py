"""Play the history of a prompt: four bars of each of its samples, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from ..state.samples import Key
from .player import Phase, Player, Status
from .thumbnails import Thumbnails

_UNKNOWN_S = 8.0  # four bars at 120 quarter notes a minute, until the picture has told how long they are


class HistoryWalk(QObject):
    """Runs until its end, or until something else is played or the player is paused."""

    reached = Signal(object)  # Key of the sample that is heard now
    ended = Signal()

    def __init__(self, player: Player, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player, self._thumbnails = player, thumbnails
        self._left: list[Key] = []
        self._now: Key | None = None
        player.moved.connect(self._moved)
        player.changed.connect(self._changed)
        player.finished.connect(self._finished)

    @property
    def running(self) -> bool:
        return self._now is not None

    def begin(self, keys: Sequence[Key]) -> None:
        self._left = list(keys)
        self._next()

    @Slot()
    def stop(self) -> None:
        if self._now is not None:
            self._end()
            self._player.pause()

    def _next(self) -> None:
        if not self._left:
            self.stop()
            return
        self._now = self._left.pop(0)
        key = self._now
        self.reached.emit(key)
        self._player.play_sample(*key)

    def _end(self) -> None:
        self._now, self._left = None, []
        self.ended.emit()

    @Slot(float)
    def _moved(self, seconds: float) -> None:
        if self._now is None or self._player.status.sample != self._now:
            return
        picture = self._thumbnails.of(self._now[1])
        if seconds >= (picture.four_bars_s if picture else _UNKNOWN_S):
            self._next()

    @Slot(object)
    def _finished(self, sample: object) -> None:
        if self._now is not None and sample == self._now:
            self._next()

    @Slot(object)
    def _changed(self, status: Status) -> None:
        if self._now is None:
            return
        if status.sample == self._now and status.phase is Phase.BROKEN:
            self._next()
        elif status.sample not in {self._now, None} and status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._end()  # the user plays something else
