"""A blind test while it runs: plays the two of a pair, one after the other, and takes the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.listening import BlindTest, BookError, Trial
from musiclog.listening.answers import Choice

from .blind_pieces import BlindPieces
from .player import Phase, Player, Status
from .synth_desk import SynthDesk

FIRST, SECOND = 0, 1
BLIND = "blind test"  # stands for the run in the player: no run of this name is in the window


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the listener may know. side: which of the two is heard now; heard: those that were begun."""

    answered: int = 0
    planned: int = 0
    side: int | None = None
    heard: frozenset[int] = frozenset()
    replays: int = 0
    loading: bool = False
    notice: str = ""
    over: bool = False  # every pair has its answer

    @property
    def may_answer(self) -> bool:
        return self.heard == {FIRST, SECOND} and not self.over


class BlindListening(QObject):
    """Sounds come from the window's one player; it gets copies without names."""

    changed = Signal(object)  # Hearing

    def __init__(
        self, player: Player, desk: SynthDesk, pieces: BlindPieces, clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._player, self._desk, self._pieces, self._clock = player, desk, pieces, clock
        self._test: BlindTest | None = None
        self._trial: Trial | None = None
        self._paths = ("", "")
        self._excerpt_s = 0.0
        self._begun: float | None = None
        self._both = False  # the second follows the first by itself
        self.hearing = Hearing()
        player.changed.connect(self._player_changed)
        player.finished.connect(self._finished)
        player.moved.connect(self._moved)

    # -- orders ---------------------------------------------------------------------------------

    def begin(self, test: BlindTest, excerpt_s: float = 0.0) -> None:
        """Start or go on; excerpt_s: how much of each piece is heard, 0 for all of it."""
        self._test, self._excerpt_s = test, excerpt_s
        self._player.set_loop(False)
        self._next()

    @Slot()
    def stop(self) -> None:
        """Leave it for later; nothing is lost."""
        if self._test is not None:
            self._test = self._trial = None
            if self._side() is not None:
                self._player.pause()
            self._set(Hearing())

    def hear(self, side: int) -> None:
        """One of the two from its beginning."""
        self._both = False
        self._play(side)

    def replay(self) -> None:
        """Both again, one after the other."""
        self._both = True
        self._play(FIRST)

    def answer(self, choice: Choice) -> None:
        """Keep the answer and go to the next pair; without effect before both were heard."""
        if self._test is None or self._trial is None or not self.hearing.may_answer:
            return
        seconds = None if self._begun is None else round(self._clock() - self._begun, 2)
        try:
            self._test.answer(self._trial, choice, replays=self.hearing.replays, seconds=seconds)
        except BookError as error:
            self._set(replace(self.hearing, notice=str(error)))
            return
        self._next()

    def take_back(self) -> None:
        """The last answer was a slip: its pair comes again."""
        if self._test is None:
            return
        try:
            taken = self._test.take_back()
        except BookError as error:
            self._set(replace(self.hearing, notice=str(error)))
            return
        if taken is not None:
            self._next()

    # -- inside ---------------------------------------------------------------------------------

    def _next(self) -> None:
        assert self._test is not None
        self._trial, self._begun, self._both = self._test.next(), None, True
        self._set(Hearing(self._test.answered, self._test.planned, over=self._trial is None))
        if self._trial is None:
            self._player.pause()
            return
        self._paths = self._pieces.lend(self._trial)
        self._play(FIRST)
        self._desk.request(self._paths[SECOND])  # ready when its turn comes

    def _play(self, side: int) -> None:
        if self._trial is None:
            return
        again = side in self.hearing.heard
        self._set(replace(self.hearing, replays=self.hearing.replays + again, notice=""))
        self._player.play_sample(BLIND, self._paths[side])

    def _side(self) -> int | None:
        sample = self._player.status.sample
        if sample is None or sample[0] != BLIND or sample[1] not in self._paths:
            return None
        return self._paths.index(sample[1])

    @Slot(object)
    def _player_changed(self, status: Status) -> None:
        side = self._side()
        if self._trial is None or side is None:
            return
        broken = status.phase is Phase.BROKEN
        sounding = status.phase is Phase.PLAYING
        if sounding and self._begun is None:
            self._begun = self._clock()
        heard = self.hearing.heard | {side} if sounding or broken else self.hearing.heard
        self._set(replace(self.hearing, side=side if sounding else None, heard=heard,
                          loading=status.phase is Phase.LOADING, notice=status.notice))  # fmt: skip
        if broken and side == FIRST and self._both:
            self._go_on()

    @Slot(object)
    def _finished(self, _sample: object) -> None:
        if self._side() == FIRST:
            self._go_on()

    @Slot(float)
    def _moved(self, seconds: float) -> None:
        if self._trial is None or not self._excerpt_s or seconds < self._excerpt_s or self._side() is None:
            return
        if self._player.status.phase is Phase.PLAYING:
            self._player.pause()
            if self._side() == FIRST:
                self._go_on()

    def _go_on(self) -> None:
        if self._both and self._trial is not None:
            self._both = False
            self._play(SECOND)

    def _set(self, hearing: Hearing) -> None:
        if hearing != self.hearing:
            self.hearing = hearing
            self.changed.emit(hearing)
