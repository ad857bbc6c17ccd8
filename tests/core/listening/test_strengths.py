"""Strengths, intervals and tests, against closed forms and a listener whose preference is known."""

import math
import random

import numpy as np
import pytest

from musiclog.listening import Answer, Contender, Piece, judge, plan
from musiclog.listening.agreement import agreement
from musiclog.listening.bradley_terry import Counts, fit
from musiclog.listening.significance import answers_needed, binomial_p, decisions_needed
from musiclog.listening.simulated import ScriptedListener


def heard(wins, losses, ties=0):
    choices = ["first"] * wins + ["second"] * losses + ["tie"] * ties
    return [Answer(number, "Ann", "a", "b", "new", "old", choice) for number, choice in enumerate(choices)]


def test_two_contenders_give_the_log_odds_with_half_an_answer_each():
    result = judge(heard(30, 10, 5), ("new", "old"))
    difference, error = result.strengths.difference(0, 1)
    assert difference == pytest.approx(math.log(30.5 / 10.5))
    assert error == pytest.approx(math.sqrt(1 / 30.5 + 1 / 10.5))
    assert result.standings[0].name == "new"
    assert result.standings[0].log_strength == pytest.approx(difference / 2)


def test_ties_say_nothing_about_which_of_two_is_stronger():
    without, with_ties = (judge(heard(30, 10, ties), ("new", "old")).strengths.log for ties in (0, 50))
    assert without == pytest.approx(with_ties)


def test_more_than_two_are_where_the_likelihood_is_highest():
    wins = np.array([[0.0, 8, 9], [2, 0, 7], [1, 4, 0]])
    ties = np.array([[0.0, 2, 0], [2, 0, 3], [0, 3, 0]])
    found = fit(Counts(wins, ties))

    def likelihood(log, tie):
        total = -((log.sum()) ** 2)
        for i in range(3):
            for j in range(i):
                half = (log[i] - log[j]) / 2
                norm = math.log(math.exp(half) + math.exp(-half) + math.exp(tie))
                total += (wins[i, j] + 1 / 3) * (half - norm) + (wins[j, i] + 1 / 3) * (-half - norm)
                total += (ties[i, j] + 1 / 6) * (tie - norm)
        return total

    best = likelihood(found.log, found.log_tie)
    rng = np.random.default_rng(1)
    for _ in range(200):
        log = found.log + rng.normal(0, 0.05, 3)
        assert likelihood(log, found.log_tie + rng.normal(0, 0.05)) < best


def test_contender_that_always_wins_has_a_finite_strength_with_a_wide_interval():
    result = judge(heard(12, 0), ("new", "old"))
    low, high = result.strengths.interval(0)
    assert 0 < low < result.strengths.log[0] < high < 5


def test_contenders_that_never_met_are_compared_through_others_only():
    result = judge(heard(9, 3), ("new", "old", "unheard"))
    error = {name: result.strengths.covariance[i, i] for i, name in enumerate(result.names)}
    assert error["unheard"] > error["new"]
    assert math.isfinite(error["unheard"])


def test_intervals_of_a_listener_of_80_percent_hold_the_truth_in_about_95_of_100_tests():
    pieces = {name: tuple(Piece(f"{name}{n}", "") for n in range(6)) for name in ("first", "last")}
    contenders = [Contender(name, each) for name, each in pieces.items()]
    scores = {piece.id: float(name == "last") for name, each in pieces.items() for piece in each}
    held, strengths, repetitions = 0, [], 200
    for seed in range(repetitions):
        listener = ScriptedListener(scores, seed, keenness=0.8, ties=0.1)
        answers = [
            Answer(trial.number, "s", trial.first.id, trial.second.id, trial.first_of, trial.second_of,
                   listener.choose(trial))
            for trial in plan(contenders, 40, str(seed))
        ]  # fmt: skip
        result = judge(answers, ("last", "first"))
        _, low, high = result.strengths.preference(0, 1)
        held += low <= 0.8 <= high
        strengths.append(2 * result.strengths.log[0])
    assert 0.92 <= held / repetitions <= 0.98
    assert np.mean(strengths) == pytest.approx(math.log(4), abs=0.06)


# -- tests of chance ------------------------------------------------------------------------------


def test_exact_test_agrees_with_the_table():
    assert binomial_p(9, 1) == pytest.approx(22 / 1024)
    assert binomial_p(1, 9) == binomial_p(9, 1)
    assert binomial_p(5, 5) == 1.0
    assert binomial_p(0, 0) == 1.0


def test_answers_that_settle_have_four_chances_of_five():
    assert decisions_needed(0.5) is None
    assert decisions_needed(0.501) is None
    assert decisions_needed(1.0) == 6
    assert 18 <= decisions_needed(0.8) <= 25
    assert decisions_needed(0.6) > decisions_needed(0.7)
    assert answers_needed(1.0, 0.5, 40) == math.ceil(40 * 1.4**2)
    assert answers_needed(0.0, 0.5, 40) is None


def test_sentence_says_the_figures_and_what_chance_does():
    assert "28 of 38 decided answers" in judge(heard(28, 10, 2), ("new", "old")).sentence
    assert "2 ties are left out" in judge(heard(28, 10, 2), ("new", "old")).sentence
    assert "hardly" in judge(heard(28, 10), ("new", "old")).sentence
    few = judge(heard(6, 3), ("new", "old"))
    assert "may be chance" in few.sentence
    assert few.more is not None
    assert f"{few.more} more answers" in few.sentence
    assert judge([], ("new", "old")).sentence == "There are no answers yet."
    assert "ties" in judge(heard(0, 0, 4), ("new", "old")).sentence
    assert "equally often" in judge(heard(4, 4), ("new", "old")).sentence


def test_leader_of_several_is_named_with_its_rival():
    answers = [
        Answer(number, "Ann", "x", "y", one, other, "first")
        for number, (one, other) in enumerate([("a", "b"), ("b", "c"), ("a", "c")] * 15)
    ]
    result = judge(answers, ("c", "b", "a"))
    assert [each.name for each in result.standings] == ["a", "b", "c"]
    assert result.sentence.startswith("a leads before b")
    assert result.p < 0.05


# -- metrics and ears -----------------------------------------------------------------------------


def pairs(count, prefers_higher, seed=0):
    chance = random.Random(seed)
    answers, scores = [], {}
    for number in range(count):
        one, other = f"{number}a", f"{number}b"
        scores[one], scores[other] = {"m": chance.random()}, {"m": chance.random()}
        higher = "first" if scores[one]["m"] > scores[other]["m"] else "second"
        lower = "second" if higher == "first" else "first"
        answers.append(Answer(number, "A", one, other, "x", "y", higher if prefers_higher(number) else lower))
    return answers, scores


def test_metric_that_the_ear_follows_has_a_correlation_of_one_with_a_margin():
    found = agreement("m", *pairs(30, lambda _: True))
    assert found.correlation == 1.0
    assert 0.7 < found.low < found.high <= 1.0


def test_metric_that_the_ear_ignores_has_an_interval_around_nothing():
    found = agreement("m", *pairs(60, lambda number: number % 2 == 0))
    assert found.correlation == 0.0
    assert found.low < -0.15
    assert found.high > 0.15


def test_answers_about_the_same_pieces_are_worth_fewer():
    answers, scores = pairs(40, lambda number: number < 20)
    alone = agreement("m", answers, scores)
    shared = [
        Answer(each.trial, "A", "good" if each.trial < 20 else "odd", each.second, "x", "y",
               "first" if each.trial < 20 else "second")
        for each in answers
    ]  # fmt: skip
    scores |= {"good": {"m": 2.0}, "odd": {"m": 2.0}}
    together = agreement("m", shared, scores)
    assert alone.correlation == together.correlation == 0.0
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_metric_without_differences_gives_a_reason():
    answers, _ = pairs(10, lambda _: True)
    found = agreement("m", answers, {})
    assert found.correlation is None
    assert "0 pairs" in found.reason
