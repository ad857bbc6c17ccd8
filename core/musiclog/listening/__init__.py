"""Blind listening tests: what competes, pairs without names, answers that are kept, and what they prove.

    book = AnswerBook.create(folder, "first against last", contenders, planned=40, seed="7", t=time.time())
    test = BlindTest(book, "Ann")
    while (trial := test.next()) is not None:
        test.answer(trial, "first", replays=1)
    result = judge(book.answers(), [each.name for each in contenders], book.scores())

Several listeners may answer the same test; each hears pairs in an order and on sides of their own.
"""

from .answers import Answer, AnswerBook, BookError, Choice, write_csv
from .pieces import Contender, Piece, Trial
from .plan import plan
from .result import Result, judge
from .session import BlindTest

__all__ = [
    "Answer", "AnswerBook", "BlindTest", "BookError", "Choice", "Contender", "Piece", "Result", "Trial", "judge",
    "plan", "write_csv",
]  # fmt: skip
