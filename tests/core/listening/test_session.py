"""Pairs in balanced order, answers that survive, tests that go on."""

import csv
import io
import json
from collections import Counter

import pytest

from musiclog.listening import Answer, AnswerBook, BlindTest, BookError, Contender, Piece, plan, write_csv
from musiclog.listening.answers import books

NAMES = ("epoch 1", "epoch 9", "corpus")


def contenders(names=NAMES, pieces=4, prompts=False):
    return [
        Contender(name, tuple(Piece(f"{name}/{n}", f"/{name}/{n}.mid", f"p{n}" if prompts else None)
                              for n in range(pieces)))
        for name in names
    ]  # fmt: skip


@pytest.fixture
def book(tmp_path):
    return AnswerBook.create(tmp_path, "First against last: é?", contenders(), planned=12, seed="7", t=1.0)


# -- the plan -------------------------------------------------------------------------------------


def test_every_round_brings_every_pair_and_sides_are_balanced():
    trials = plan(contenders(), 60, "7")
    for start in range(0, 60, 3):
        met = {frozenset((each.first_of, each.second_of)) for each in trials[start : start + 3]}
        assert len(met) == 3
    sides = Counter((each.first_of, each.second_of) for each in trials)
    assert set(sides.values()) == {10}


def test_the_seed_is_the_plan():
    assert plan(contenders(), 30, "7") == plan(contenders(), 30, "7")
    assert plan(contenders(), 30, "7") != plan(contenders(), 30, "8")


def test_no_piece_comes_again_before_all_were_heard():
    trials = plan(contenders(("a", "b"), pieces=5), 10, "7")
    heard = Counter(piece.id for each in trials for piece in (each.first, each.second))
    assert set(heard.values()) == {2}


def test_pieces_of_one_prompt_meet_where_both_have_it():
    assert all(each.first.prompt == each.second.prompt for each in plan(contenders(prompts=True), 40, "7"))


def test_too_little_to_compare_is_refused():
    with pytest.raises(ValueError, match="two contenders"):
        plan(contenders(("a",)), 10, "7")
    with pytest.raises(ValueError, match="at least one piece"):
        plan([*contenders(("a",)), Contender("b")], 10, "7")
    with pytest.raises(ValueError, match="same name"):
        plan(contenders(("a", "a")), 10, "7")


# -- answers --------------------------------------------------------------------------------------


def test_test_goes_on_where_it_was_left(book):
    test = BlindTest(book, "Ann")
    for _ in range(5):
        test.answer(test.next(), "first", replays=2, seconds=3.5)
    again = BlindTest(AnswerBook.read(book.path), "Ann")
    assert (again.answered, again.planned) == (5, 12)
    assert again.next() == test.next()
    assert again.next().number == 5


def test_each_listener_hears_an_order_of_their_own(book):
    ann, ben = BlindTest(book, "Ann"), BlindTest(book, "Ben")
    assert [ann.next(), ben.next()] != [ann.next(), ann.next()]
    ann.answer(ann.next(), "tie")
    assert (ann.answered, ben.answered) == (1, 0)
    assert book.listeners() == ["Ann"]


def test_finished_test_has_no_next_pair(book):
    test = BlindTest(book, "Ann")
    while (trial := test.next()) is not None:
        test.answer(trial, "second")
    assert test.answered == test.planned == 12


def test_answer_taken_back_comes_again_and_stays_in_the_file(book):
    test = BlindTest(book, "Ann")
    trial = test.next()
    test.answer(trial, "first")
    assert test.take_back().trial == trial.number
    assert test.next() == trial
    test.answer(trial, "second")
    assert [each.choice for each in AnswerBook.read(book.path).answers()] == ["second"]
    assert book.path.read_text().count('"kind": "answer"') == 2
    assert BlindTest(book, "Nobody").take_back() is None


def test_line_that_was_cut_off_costs_only_itself(book):
    test = BlindTest(book, "Ann")
    test.answer(test.next(), "first")
    with book.path.open("ab") as file:
        file.write(b'{"kind": "answer", "trial": 1, "lis')
    again = BlindTest(AnswerBook.read(book.path), "Ann")
    again.answer(again.next(), "tie")
    whole = AnswerBook.read(book.path)
    assert [each.choice for each in whole.answers()] == ["first", "tie"]
    assert whole.unreadable == 1


def test_nonsense_in_the_file_is_counted_and_passed_over(book):
    with book.path.open("a") as file:
        file.write('[]\n{"kind": "answer", "trial": 1}\n{"kind": "something newer"}\n')
    assert AnswerBook.read(book.path).unreadable == 2


def test_file_without_a_head_is_no_test(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("{}\n")
    with pytest.raises(BookError, match="no blind test"):
        AnswerBook.read(path)
    assert list(books(tmp_path)) == []


def test_two_tests_of_one_name_are_two_files(book):
    other = AnswerBook.create(book.path.parent, book.name, contenders(), planned=3, seed="1", t=2.0)
    assert other.path != book.path
    assert {each.path for each in books(book.path.parent)} == {book.path, other.path}
    assert book.name == "First against last: é?"


def test_scores_are_noted_once(book):
    for _ in range(2):
        book.add_scores("a", {"overall": 0.5})
    assert book.path.read_text().count("scores") == 1
    assert AnswerBook.read(book.path).scores() == {"a": {"overall": 0.5}}


def test_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((BookError, OSError)):
        AnswerBook.create(tmp_path / "file", "x", contenders(), planned=1, seed="1", t=0.0)


def test_export_has_one_row_an_answer_and_no_formulas():
    answers = [Answer(0, "=cmd()", "a", "b", "x", "y, z", "tie", 1, 2.5, 3.0)]
    (row,) = csv.DictReader(io.StringIO(write_csv(answers)))
    assert row["listener"] == "'=cmd()"
    assert row["second_of"] == "y, z"
    assert json.loads(row["seconds"]) == 2.5
