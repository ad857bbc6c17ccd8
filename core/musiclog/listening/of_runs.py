"""How strong runs are by ear: the answers of all blind tests in which their samples met, on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath

from ..run_data import RunData
from .answers import Answer, AnswerBook
from .bradley_terry import count, fit


def strengths_of_runs(runs: Iterable[RunData], tests: Iterable[AnswerBook]) -> dict[str, float]:
    """Log strengths by path of run, their mean 0; empty unless samples of two of them were heard against each other.

    Whatever competed in a test, checkpoints say, a piece counts for the run that wrote it. Pieces of one run that met
    each other say nothing of runs. Strengths of runs that never met, not even through others, are as uncertain as they
    can be and drawn to the mean (see fit()).
    """
    known = list(runs)
    owner = {sample.path: data.ref.path for data in known for sample in data.samples.values()}
    folders = {data.ref.path for data in known}
    answers = [answer for test in tests for answer in _between_runs(test, owner, folders)]
    names = sorted({name for answer in answers for name in (answer.first_of, answer.second_of)})
    if len(names) < 2:
        return {}
    log = fit(count(answers, names)).log
    return {name: float(strength) for name, strength in zip(names, log, strict=True)}


def _between_runs(test: AnswerBook, owner: Mapping[str, str], folders: set[str]) -> Iterator[Answer]:
    run_of = {piece.id: _run_of(piece.path, owner, folders) for each in test.contenders for piece in each.pieces}
    for answer in test.answers():
        one, other = run_of.get(answer.first), run_of.get(answer.second)
        if one is not None and other is not None and one != other:
            yield replace(answer, first_of=one, second_of=other)


def _run_of(path: str, owner: Mapping[str, str], folders: set[str]) -> str | None:
    """The run that wrote the file, or in whose folder it lies."""
    return owner.get(path) or next((str(each) for each in PurePath(path).parents if str(each) in folders), None)
