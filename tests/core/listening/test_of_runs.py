"""Blind tests of samples become strengths of the runs that wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from musiclog import Run, open_run
from musiclog.compare import compare
from musiclog.listening import Answer, AnswerBook, Contender, Piece
from musiclog.listening.of_runs import strengths_of_runs


@pytest.fixture
def runs(tmp_path: Path):
    for name in ("good", "poor", "unheard"):
        with Run(tmp_path / name, monitor=False) as run:
            run.log(0, loss=1.0)
            run.log_sample(b"MThd", step=0)
    return [open_run(tmp_path / name).data for name in ("good", "poor", "unheard")]


def book(folder: Path, runs, wins: int, losses: int) -> AnswerBook:
    """A test of checkpoints, each with the sample of one run."""
    pieces = [Piece(data.info.name, next(iter(data.samples.values())).path) for data in runs[:2]]
    contenders = [Contender(f"checkpoint {place}", (piece,)) for place, piece in enumerate(pieces)]
    made = AnswerBook.create(folder, "ears", contenders, planned=20, seed="s", t=0.0)
    for number in range(wins + losses):
        choice = "first" if number < wins else "second"
        made.add(Answer(number, "me", pieces[0].id, pieces[1].id, contenders[0].name, contenders[1].name, choice))
    return made


def test_the_run_whose_samples_were_preferred_is_the_stronger_one(tmp_path: Path, runs) -> None:
    found = strengths_of_runs(runs, [book(tmp_path / "tests", runs, 8, 2)])
    assert found[runs[0].ref.path] > 0 > found[runs[1].ref.path]
    assert sum(found.values()) == pytest.approx(0)
    assert runs[2].ref.path not in found
    frame = compare(runs, strengths=found).frame
    assert frame.value(0, "listening") == found[runs[0].ref.path]
    assert frame.value(2, "listening") is None


def test_tests_of_other_runs_say_nothing_of_these(tmp_path: Path, runs) -> None:
    heard = book(tmp_path / "tests", runs, 8, 2)
    assert strengths_of_runs(runs[1:], [heard]) == {}
    assert strengths_of_runs(runs, []) == {}


def test_several_tests_count_together(tmp_path: Path, runs) -> None:
    one, other = book(tmp_path / "a", runs, 8, 2), book(tmp_path / "b", runs, 2, 8)
    assert strengths_of_runs(runs, [one, other])[runs[0].ref.path] == pytest.approx(0, abs=1e-9)
