"""What is said about runs with known results: the truth, with its figures, and nothing where nothing is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from musiclog.compare import compare
from musiclog.compare.plain import as_plain

from .made import made_run, repeated
from .test_estimate import least_and_most

RNG = np.random.default_rng(11)
FIVE = RNG.normal(0, 0.05, 5)


def kinds(found) -> list[str]:
    return [each.kind for each in found.insights]


def test_two_learning_rates_with_five_seeds_have_a_winner_with_its_figures() -> None:
    found = compare(repeated({0.001: 1 + FIVE, 0.01: 1.5 + FIVE[::-1]}))
    first = found.insights[0]
    assert (first.kind, first.claim) == ("winner", True)
    assert first.text.startswith("lr 0.001 is better than lr 0.01 in final total_loss at the end of each run: ")
    assert "95 % interval" in first.text
    assert "5 pairs by seed" in first.text
    assert first.evidence["p"] < 0.05
    assert first.evidence["low"] < -0.5 < first.evidence["high"]


def test_the_side_that_is_better_goes_by_the_metric() -> None:
    runs = [
        made_run(f"{kind}{seed}", {"kind": kind, "seed": seed}, quality__overall=[value + RNG.normal(0, 0.05)])
        for kind, value in (("a", 0.4), ("b", 0.7)) for seed in range(5)
    ]  # fmt: skip
    assert compare(runs).insights[0].text.startswith("kind b is better than kind a")


def test_where_nothing_differs_it_says_so_and_what_could_have_been_seen() -> None:
    found = compare(repeated({0.001: [1, 1.1, 0.9, 1.05, 0.95], 0.01: [1.1, 0.9, 1, 0.97, 1.04]}))
    assert kinds(found) == ["nothing"]
    assert not any(each.claim for each in found.insights)
    assert "Nothing differs beyond chance" in found.insights[0].text
    assert "would be found in 80%" in found.insights[0].text


@pytest.mark.parametrize("groups", [2, 3])
def test_nothing_is_claimed_of_equal_runs_but_by_chance(groups: int) -> None:
    """The question takes 5 % of chance, and settings of three groups or what was looked at beside it 5 % more."""
    rng, rounds, claimed = np.random.default_rng(groups), 25, 0
    for _ in range(rounds):
        runs = repeated({value: rng.normal(1, 0.1, 5) for value in range(groups)}, seeds=False)
        claimed += any(each.claim for each in compare(runs).insights)
    assert claimed / rounds <= least_and_most(0.1, rounds)[1]


def test_one_run_each_is_too_few_to_say_anything() -> None:
    found = compare([made_run("a", {"lr": 1}, total_loss=[1.0]), made_run("b", {"lr": 2}, total_loss=[9.0])])
    assert found.insights[0].kind == "too_few"
    assert "Three runs with other seeds are the least" in found.insights[0].text
    assert not any(each.claim for each in found.insights)


def test_single_runs_with_the_same_prompts_are_compared_by_them_and_only_as_runs() -> None:
    runs = [
        made_run(name, {"lr": name}, total_loss=[1.0], samples=[(p, base + 0.05 * k) for k, p in enumerate("abcde")])
        for name, base in (("x", 0.3), ("y", 0.6))
    ]  # fmt: skip
    runs[1] = made_run("y", {"lr": "y"}, total_loss=[1.0], samples=[(p, 0.6 + 0.06 * k) for k, p in enumerate("abcde")])
    told = [each for each in compare(runs).insights if each.claim]
    assert len(told) == 1
    assert "5 pairs by prompt" in told[0].text
    assert "not for their settings" in told[0].text


def test_three_groups_name_the_best_and_who_cannot_be_told_from_it() -> None:
    found = compare(repeated({1: 1 + FIVE, 2: 1.01 + RNG.normal(0, 0.05, 5), 3: 2 + RNG.normal(0, 0.05, 5)}))
    assert kinds(found)[:2] == ["difference", "winner"]
    assert "lr 3" not in found.insights[0].text
    main = found.tests[found.main or ""]
    assert main.ties() == {0, 1}
    assert main.ranks is not None


def test_runs_that_blew_up_are_counted_and_named_by_their_group() -> None:
    found = compare(repeated({1: 1 + FIVE, 2: [1.5, math.nan, 1.6, math.nan, 1.4]}))
    (text,) = [each.text for each in found.insights if each.kind == "left_out"]
    assert "2 runs blew up" in text
    assert "2 of 5 of lr 2" in text


def test_runs_that_are_all_alike_say_nothing_of_chance() -> None:
    found = compare(repeated({1: [1.0] * 4, 2: [2.0] * 4}))
    assert not any(each.claim for each in found.insights)
    assert "exactly the same" in found.insights[0].text


def test_settings_that_changed_together_are_said_to_be_inseparable() -> None:
    runs = [
        made_run(f"{k}{seed}", {"lr": 10.0**-k, "batch": 8 * k, "seed": seed}, total_loss=[float(k) + FIVE[seed]])
        for k in (1, 2, 3) for seed in range(5)
    ]  # fmt: skip
    found = compare(runs)
    assert [each.keys for each in found.confounded] == [("lr", "batch")]
    assert any("always changed together" in each.text for each in found.insights if each.kind == "setting")


def test_only_seeds_differ_and_the_spread_is_told() -> None:
    found = compare([made_run(str(seed), {"seed": seed}, total_loss=[1 + FIVE[seed]]) for seed in range(5)])
    assert kinds(found) == ["spread"]
    assert "no second group" in found.insights[0].text


def test_everything_becomes_plain_values() -> None:
    plain = as_plain(compare(repeated({1: 1 + FIVE, 2: [1.5, math.nan, 1.6, 1.5, 1.4]})))
    assert plain["question"] == "final total_loss"
    assert plain["groups"][1]["label"] == "lr 2"
    assert plain["runs"][6]["values"]["final total_loss"] == "nan"
    assert plain["tests"]["final total_loss"]["contrasts"][0]["contrast"]["p"] < 0.05


def test_without_the_analysis_extra_tables_are_there_and_a_sentence_says_what_is_missing(monkeypatch) -> None:
    def without(name, *rest):
        if name.startswith("scipy"):
            raise ImportError(name)
        return importing(name, *rest)

    importing = __import__("importlib").import_module
    monkeypatch.setattr("musiclog.compare.analysis.import_module", without)
    found = compare(repeated({1: 1 + FIVE, 2: 2 + FIVE[::-1]}))
    assert (found.insights, found.tests) == ((), {})
    assert "pip install 'musiclog[analysis]'" in found.notices[0]
    assert len(found.table.rows) == 10
