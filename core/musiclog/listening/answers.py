"""Answers of listeners as JSON lines: appended whole, never rewritten, read again when a test goes on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args

from platformdirs import user_data_path

from ..errors import MusiclogError
from .pieces import Contender

VERSION: Final = 1
Choice = Literal["first", "second", "tie"]
CHOICES: Final[tuple[Choice, ...]] = get_args(Choice)


class BookError(MusiclogError):
    """A file of answers that cannot be read or written, with the reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one listener said to one pair. first, second: ids of the pieces; seconds: from the first tone to the key."""

    trial: int
    listener: str
    first: str
    second: str
    first_of: str
    second_of: str
    choice: Choice
    replays: int = 0
    seconds: float | None = None
    t: float | None = None  # Unix seconds

    @property
    def preferred(self) -> str | None:
        """The contender that was preferred; None at a tie."""
        return {"first": self.first_of, "second": self.second_of, "tie": None}[self.choice]


class AnswerBook:
    """One test's file: a head that says what competes, then one line an answer.

    A line that was cut off by a crash is passed over and counted in `unreadable`; the next one begins on a line of its
    own. An answer taken back stays in the file, with a line that says so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = ""
        self.seed = ""
        self.planned = 0
        self.contenders: tuple[Contender, ...] = ()
        self.unreadable = 0
        self._answers: dict[tuple[str, int], Answer] = {}
        self._scores: dict[str, dict[str, float]] = {}

    @classmethod
    def create(
        cls, folder: Path, name: str, contenders: Sequence[Contender], *, planned: int, seed: str, t: float
    ) -> AnswerBook:
        """Begin a file of its own in the folder; t: now, in Unix seconds."""
        folder.mkdir(parents=True, exist_ok=True)
        plain = re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "test"
        head = {"kind": "test", "version": VERSION, "name": name, "seed": seed, "planned": planned, "t": t,
                "contenders": [each.as_dict() for each in contenders]}  # fmt: skip
        for number in range(1, 10_000):
            path = folder / (f"{plain}.jsonl" if number == 1 else f"{plain}-{number}.jsonl")
            try:
                path.open("xb").close()
            except FileExistsError:
                continue
            except OSError as error:
                raise BookError(f"{path}: cannot be written ({error.strerror})") from error
            _append(path, head)
            return cls.read(path)
        raise BookError(f"{folder}: there are too many tests called {name}")

    @classmethod
    def read(cls, path: Path) -> AnswerBook:
        book = cls(path)
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError as error:
            raise BookError(f"{path}: cannot be read ({error.strerror})") from error
        for line in filter(None, lines):
            try:
                book._take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                book.unreadable += 1
        if not book.contenders:
            raise BookError(f"{path}: no blind test, its first line does not say what competes")
        return book

    def answers(self, *listeners: str) -> list[Answer]:
        """All that were not taken back, or those of some listeners, in the order in which they were given."""
        return [each for each in self._answers.values() if not listeners or each.listener in listeners]

    def listeners(self) -> list[str]:
        return sorted({listener for listener, _ in self._answers}, key=str.casefold)

    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Piece id to metric to value, as far as they were noted."""
        return self._scores

    def add(self, answer: Answer) -> None:
        self._note({"kind": "answer"} | asdict(answer))

    def withdraw(self, answer: Answer) -> None:
        self._note({"kind": "withdrawn", "trial": answer.trial, "listener": answer.listener})

    def add_scores(self, piece: str, metrics: Mapping[str, float]) -> None:
        """Note what the metrics say of a piece, so that the file tells everything by itself."""
        if self._scores.get(piece) != dict(metrics):
            self._note({"kind": "scores", "piece": piece, "metrics": dict(metrics)})

    def _note(self, record: dict[str, Any]) -> None:
        _append(self.path, record)
        self._take(record)

    def _take(self, record: Mapping[str, Any]) -> None:
        kind = record["kind"]
        if kind == "test":
            self.contenders = tuple(Contender.from_dict(each) for each in record["contenders"])
            self.name, self.seed, self.planned = str(record["name"]), str(record["seed"]), int(record["planned"])
        elif kind == "answer":
            answer = _answer(record)
            self._answers.pop((answer.listener, answer.trial), None)
            self._answers[answer.listener, answer.trial] = answer
        elif kind == "withdrawn":
            self._answers.pop((record["listener"], record["trial"]), None)
        elif kind == "scores":
            self._scores[str(record["piece"])] = {name: float(value) for name, value in record["metrics"].items()}


def _answer(record: Mapping[str, Any]) -> Answer:
    fields: dict[str, Any] = {name: record[name] for name in _FIELDS}
    if fields["choice"] not in CHOICES:
        raise ValueError(f"no choice: {fields['choice']}")
    return Answer(**fields)


_FIELDS: Final = tuple(field.name for field in fields(Answer))


def books_folder() -> Path:
    """Where this user's tests are kept."""
    return user_data_path("musiclog", appauthor=False) / "listening"


def books(folder: Path) -> Iterator[AnswerBook]:
    """All tests of a folder, the newest first; files that are none are left out."""
    try:
        paths = sorted(folder.glob("*.jsonl"), key=lambda path: -path.stat().st_mtime)
    except OSError:  # gone while it was looked at: there is nothing to offer
        return
    for path in paths:
        try:
            yield AnswerBook.read(path)
        except BookError:
            continue


def write_csv(answers: Iterable[Answer]) -> str:
    """A table with one row an answer, for a spreadsheet or R."""
    from ..export import as_csv  # noqa: PLC0415 - brings all that draws and plays, which tests need not wait for

    return as_csv(_FIELDS, (tuple(asdict(answer).values()) for answer in answers)).decode()


def _append(path: Path, record: Mapping[str, Any]) -> None:
    """One whole line by one write to the end; on a line of its own even after one that was cut off."""
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            size = os.lseek(file, 0, os.SEEK_END)
            os.lseek(file, max(size - 1, 0), os.SEEK_SET)
            if size and os.read(file, 1) != b"\n":
                line = b"\n" + line
            while line:
                line = line[os.write(file, line) :]
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise BookError(f"{path}: the answer could not be kept ({error.strerror})") from error
