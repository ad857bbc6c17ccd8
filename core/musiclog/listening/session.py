"""One listener in one blind test: which pair is next, what was answered, where it goes on after a break."""

from __future__ import annotations

import time

from .answers import Answer, AnswerBook, Choice
from .pieces import Trial
from .plan import plan


class BlindTest:
    """Pairs for a listener, in an order of their own that follows from the test's seed and the listener's name."""

    def __init__(self, book: AnswerBook, listener: str) -> None:
        self.book, self.listener = book, listener
        self._trials = plan(book.contenders, book.planned, f"{book.seed}:{listener}")

    @property
    def planned(self) -> int:
        return len(self._trials)

    @property
    def answered(self) -> int:
        return len(self.book.answers(self.listener))

    def next(self) -> Trial | None:
        """The first pair without an answer; None when all have one."""
        known = {answer.trial for answer in self.book.answers(self.listener)}
        return next((trial for trial in self._trials if trial.number not in known), None)

    def answer(
        self, trial: Trial, choice: Choice, *, replays: int = 0, seconds: float | None = None, t: float | None = None
    ) -> Answer:
        """Keep an answer; it is on disk when this returns. t: Unix seconds, now if not given."""
        answer = Answer(
            trial.number, self.listener, trial.first.id, trial.second.id, trial.first_of, trial.second_of,
            choice, replays, seconds, time.time() if t is None else t,
        )  # fmt: skip
        self.book.add(answer)
        return answer

    def take_back(self) -> Answer | None:
        """Undo the last answer of this listener; its pair comes again. None where there is none."""
        answers = self.book.answers(self.listener)
        if not answers:
            return None
        self.book.withdraw(answers[-1])
        return answers[-1]
