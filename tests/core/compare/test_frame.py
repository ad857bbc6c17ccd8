"""What runs came to: at their ends and at equal steps, time and tokens, with groups over them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from musiclog.compare import direction, frame_of
from musiclog.compare.frame import main_metric
from musiclog.compare.groups import matched
from musiclog.records import News

from .made import made_run, repeated


def test_final_best_area_and_convergence_of_a_curve() -> None:
    frame = frame_of([made_run("a", total_loss=[4.0, 2.0, 1.0, 3.0])])
    values = frame.rows[0].values
    assert values["final total_loss"] == 3.0
    assert values["best total_loss"] == 1.0
    assert values["area total_loss"] == pytest.approx((3 + 1.5 + 2) / 3)
    assert values["converged total_loss"] == 2.0


def test_every_column_says_where_it_was_taken() -> None:
    runs = [made_run("a", total_loss=[3.0, 2.0, 1.0]), made_run("b", total_loss=[3.0, 2.5])]
    assert str(frame_of(runs).column("final total_loss")) == "final total_loss at the end of each run"
    assert str(frame_of(runs, at_equal="step").column("final total_loss")) == "final total_loss at step 1"
    assert "after 1 s" in str(frame_of(runs, at_equal="time").column("best total_loss"))


def test_at_equal_steps_a_longer_run_has_no_head_start() -> None:
    runs = [made_run("a", total_loss=[3.0, 2.0, 1.0]), made_run("b", total_loss=[3.0, 1.5])]
    assert [row.values["final total_loss"] for row in frame_of(runs, at_equal="step").rows] == [2.0, 1.5]
    assert [row.values["best total_loss"] for row in frame_of(runs, at_equal="step", at=0).rows] == [3.0, 3.0]


def test_at_equal_time_a_slower_run_has_done_fewer_steps() -> None:
    fast, slow = made_run("a", total_loss=[3, 2, 1, 0.5]), made_run("b", seconds_a_step=2.0, total_loss=[3, 2])
    assert [row.values["final total_loss"] for row in frame_of([fast, slow], at_equal="time").rows] == [1.0, 2.0]


def test_at_equal_tokens_the_run_says_how_many_it_saw() -> None:
    small = made_run("a", total_loss=[3, 2, 1], tokens_seen=[10, 20, 30])
    large = made_run("b", total_loss=[3, 2], tokens_seen=[20, 40])
    frame = frame_of([small, large, made_run("c", total_loss=[3.0])], at_equal="tokens")
    assert str(frame.alignment) == "after 30 tokens"
    assert [row.values.get("final total_loss") for row in frame.rows] == [1.0, 3.0, None]
    assert frame.notes == ("1 of 3 runs tell no total_loss by tokens and are left out of figures after 30 tokens.",)


def test_an_alignment_that_no_run_tells_is_said_and_not_invented() -> None:
    frame = frame_of([made_run("a", total_loss=[1.0])], at_equal="tokens")
    assert "every run counts up to its own end" in frame.notes[0]
    assert str(frame.alignment) == "at the end of each run"


def test_the_target_is_the_farthest_that_every_run_came() -> None:
    runs = [made_run("a", total_loss=[4, 2, 1]), made_run("b", seconds_a_step=10.0, total_loss=[4, 3, 2, 2])]
    frame = frame_of(runs)
    assert frame.target == 2.0
    assert [row.values["target_step"] for row in frame.rows] == [1.0, 2.0]
    assert [row.values["target_time"] for row in frame.rows] == [1.0, 20.0]
    assert frame_of(runs, target=1.5).rows[1].values["target_step"] is None


def test_a_run_that_blew_up_has_no_number_and_is_not_forgotten() -> None:
    frame = frame_of(repeated({1: [0.5, math.nan, 0.6], 2: [0.7, 0.8, math.inf]}))
    assert frame.grouped("final total_loss") == [[0.5, 0.6], [0.7, 0.8]]
    assert frame.left_out("final total_loss") == [1, 5]


def test_cost_calm_and_throughput_are_told_beside_the_metrics() -> None:
    loss = [*np.linspace(2, 1, 30), 9.0, *np.linspace(1, 0.9, 30), math.nan]
    values = frame_of([made_run("a", seconds_a_step=0.5, alerts=2, total_loss=loss)]).rows[0].values
    assert (values["alerts"], values["spikes"], values["not_finite"]) == (2, 1, 1)
    assert values["steps_per_second"] == pytest.approx(2.0)
    assert values["seconds"] == pytest.approx(61 / 2)


def test_quality_comes_from_score_cards_of_the_newest_samples_or_from_the_metric() -> None:
    scored = made_run("a", total_loss=[1.0, 1.0], samples=[("p", 0.4), ("q", 0.6)])
    logged = made_run("b", total_loss=[1.0], quality__overall=[0.2, 0.7])
    frame = frame_of([scored, logged])
    assert [row.values["quality"] for row in frame.rows] == [pytest.approx(0.5), pytest.approx(0.7)]
    path = next(iter(scored.samples))
    assert frame_of([scored], cards={path: {"overall": 0.8}}).rows[0].values["quality"] == pytest.approx(0.7)


def test_repetitions_with_other_seeds_are_one_group() -> None:
    frame = frame_of(repeated({0.1: [1, 2, 3], 0.01: [1, 2, 3]}))
    assert [(group.label, group.members) for group in frame.groups] == [("lr 0.01", (3, 4, 5)), ("lr 0.1", (0, 1, 2))]
    assert matched(frame.groups) == [[3, 4, 5], [0, 1, 2]]


def test_runs_without_configuration_or_difference_stand_alone() -> None:
    silent = [made_run(name, total_loss=[1.0]) for name in "ab"]
    assert [group.label for group in frame_of(silent).groups] == ["a", "b"]
    seeds_only = [made_run(name, {"seed": seed}, total_loss=[1.0]) for seed, name in enumerate("ab")]
    assert [len(group) for group in frame_of(seeds_only).groups] == [2]


def test_labels_tell_no_more_than_sets_the_groups_apart() -> None:
    runs = [
        made_run(f"{lr}{seed}", {"lr": lr, "batch": batch, "seed": seed}, total_loss=[1.0])
        for lr, batch in ((0.1, 8), (0.2, 16)) for seed in (0, 1)
    ]  # fmt: skip
    assert [group.label for group in frame_of(runs).groups] == ["lr 0.1", "lr 0.2"]


def test_a_validation_loss_decides_before_the_loss_of_training() -> None:
    both = made_run("a", total_loss=[1.0], val__total_loss=[1.0], accuracy=[1.0])
    assert main_metric([both]) == "val/total_loss"
    assert main_metric([both, made_run("b", total_loss=[1.0])]) == "total_loss"
    assert main_metric([made_run("c", gradient_norm=[1.0])]) is None


def test_tokens_of_each_epoch_are_no_count_of_those_seen() -> None:
    frame = frame_of([made_run("a", total_loss=[3, 2, 1], epoch__total_tokens=[50, 50, 50])], at_equal="tokens")
    assert frame.value(0, "tokens") is None
    assert "No run tells total_loss by tokens" in frame.notes[0]


def test_a_run_takes_until_its_newest_sign_of_life_whatever_age_its_files_have() -> None:
    run = made_run("a", started=1000.0, total_loss=[3, 2, 1])
    run.absorb(News(info=replace(run.info, ended=90_000.0)))
    assert frame_of([run]).value(0, "seconds") == pytest.approx(2.0)


def test_no_alerts_of_a_run_that_nobody_watched_are_no_sign_of_calm() -> None:
    watched, unwatched = made_run("a", total_loss=[3, 2]), made_run("b", total_loss=[3, 2])
    watched.absorb(News(info=replace(watched.info, watches_itself=True)))
    frame = frame_of([watched, unwatched])
    assert (frame.value(0, "alerts"), frame.value(1, "alerts")) == (0, None)


def test_what_describes_the_music_is_better_neither_high_nor_low() -> None:
    assert direction("quality/overall") == "higher"
    assert direction("quality/pitch_range") is None
    assert main_metric([made_run("a", quality__pitch_range=[20.0], quality__overall=[0.5])]) == "quality/overall"


def test_intervals_stay_within_what_is_possible() -> None:
    runs = [made_run(str(seed), {"seed": seed}, alerts=count, total_loss=[1.0]) for seed, count in enumerate((1, 1, 9))]
    found = frame_of(runs).estimate(0, "alerts")
    assert found is not None
    assert found.low == 0


def test_figures_of_a_whole_run_say_so_beside_those_at_equal_steps() -> None:
    runs = [made_run("a", total_loss=[3, 2, 1]), made_run("b", total_loss=[3, 2])]
    assert str(frame_of(runs, at_equal="step").column("seconds")) == "run time (s), whole run"
    assert str(frame_of(runs).column("seconds")) == "run time (s)"
