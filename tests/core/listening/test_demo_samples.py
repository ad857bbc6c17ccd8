"""A blind test of a real run's own samples: the demo's first epoch against its last, by a scripted listener."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from musiclog import open_run
from musiclog.demo.config import DemoConfig
from musiclog.demo.train import train_demo
from musiclog.listening import AnswerBook, BlindTest, Contender, Piece, judge
from musiclog.listening.plan import meetings
from musiclog.listening.simulated import ScriptedListener, first_against_last, hear

TINY = DemoConfig(epochs=2, transpositions=1, hidden=12, embedding=8, batch_size=8, excerpt_events=32,
                  learning_rate=0.02, fault_share=0.0)  # fmt: skip


@pytest.fixture(scope="module")
def competing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "tiny"
    train_demo(folder, TINY, threading.Event())
    with open_run(folder) as run:
        return first_against_last(run.samples)


def test_first_and_last_epoch_compete_with_their_own_samples(competing):
    contenders, scores = competing
    assert [each.name for each in contenders] == ["epoch 0", "epoch 2"]
    assert [piece.prompt for piece in contenders[1].pieces] == ["jig in G", "song in F"]
    assert set(scores) == {piece.id for each in contenders for piece in each.pieces}


def test_strength_and_interval_of_the_last_epoch_are_right_over_many_tests(competing):
    contenders, scores = competing
    right = ScriptedListener(scores, 0, keenness=0.8).preference(contenders[1], contenders[0])
    held, found, repetitions = 0, [], 200
    for seed in range(repetitions):
        answers = hear(contenders, ScriptedListener(scores, seed, keenness=0.8), 40, str(seed))
        share, low, high = judge(answers, ("epoch 2", "epoch 0")).strengths.preference(0, 1)
        held += low <= right <= high
        found.append(share)
    assert 0.92 <= held / repetitions <= 0.98
    assert np.mean(found) == pytest.approx(right, abs=0.02)


def test_answers_on_disk_say_the_same(competing, tmp_path):
    contenders, scores = competing
    book = AnswerBook.create(tmp_path, "first against last", contenders, planned=40, seed="3", t=0.0)
    test, listener = BlindTest(book, "scripted"), ScriptedListener(scores, 3)
    while (trial := test.next()) is not None:
        test.answer(trial, listener.choose(trial), t=0.0)
    read = AnswerBook.read(book.path)
    in_memory = hear(contenders, ScriptedListener(scores, 3), 40, "3:scripted")
    names = ("epoch 2", "epoch 0")
    assert judge(read.answers(), names).strengths.log == pytest.approx(judge(in_memory, names).strengths.log)


def test_pieces_meet_as_often_as_the_truth_says():
    one = Contender("one", (Piece("a", "", "p"), Piece("b", "", "p"), Piece("c", "", "q")))
    other = Contender("other", (Piece("d", "", "p"), Piece("e", "", "q"), Piece("f", "", "r")))
    shares = {(a.id, b.id): share for a, b, share in meetings(one, other)}
    assert shares == {("a", "d"): 0.25, ("b", "d"): 0.25, ("c", "e"): 0.5}
    without = Contender("no prompts", (Piece("x", ""), Piece("y", "")))
    assert sum(share for _, _, share in meetings(one, without)) == pytest.approx(1.0)
    assert len(meetings(one, without)) == 6
