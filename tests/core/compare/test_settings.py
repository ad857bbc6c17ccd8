"""Which settings go with a figure, how much each explains, and which cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.compare import compare
from musiclog.compare.association import associations
from musiclog.compare.influence import influences
from musiclog.compare.settings import confounded, settings_of

from .made import made_run
from .test_estimate import least_and_most


def sweep(n: int, loss, seed: int = 0):
    """n runs with settings at random; loss(lr, dropout, noise) is what they come to."""
    rng = np.random.default_rng(seed)
    runs = []
    for number in range(n):
        lr, dropout, kind = 10 ** rng.uniform(-5, -1), rng.uniform(0, 0.5), str(rng.choice(["gru", "lstm"]))
        config = {"train": {"lr": lr, "dropout": dropout, "seed": number}, "kind": kind, "comment": f"try {number}"}
        runs.append(made_run(str(number), config, total_loss=[loss(lr, dropout, rng.normal())]))
    return runs


def test_settings_are_what_differs_without_seeds_names_and_comments() -> None:
    found = settings_of(sweep(12, lambda *_: 1.0))
    assert [(each.key, each.numeric, each.log) for each in found] == [
        ("train.lr", True, True), ("train.dropout", True, False), ("kind", False, False)]  # fmt: skip


def test_settings_drawn_at_random_are_not_called_confounded() -> None:
    assert confounded(settings_of(sweep(12, lambda *_: 1.0))) == ()


def test_runs_that_tell_no_configuration_are_no_evidence() -> None:
    runs = [*(made_run(f"{k}", {"lr": k % 2, "batch": k % 2}, total_loss=[1.0]) for k in range(6)), made_run("silent")]
    found = settings_of(runs)
    assert [each.keys for each in confounded(found)] == [("lr", "batch")]
    assert np.isnan(found[0].numbers[-1])


def test_a_setting_that_does_something_is_found_and_the_others_are_not() -> None:
    runs = sweep(24, lambda _lr, dropout, noise: 4 * dropout + 0.1 * noise)
    found = compare(runs).associations
    assert [each.key for each in found if each.sure] == ["train.dropout"]
    assert found[0].rho == pytest.approx(1, abs=0.1)


def test_nothing_is_found_where_settings_do_nothing_but_by_chance() -> None:
    rounds, claimed = 40, 0
    for seed in range(rounds):
        runs = sweep(10, lambda _lr, _dropout, noise: noise, seed)
        figure = np.array([run.series["total_loss"].values[-1] for run in runs])
        claimed += any(each.sure for each in associations(settings_of(runs), figure))
    assert claimed / rounds <= least_and_most(0.05, rounds)[1]


def test_too_few_runs_correlate_with_nothing() -> None:
    runs = sweep(5, lambda lr, *_: lr)
    assert all(each.p is None or each.test.startswith("Kruskal") for each in compare(runs).associations)


def test_shares_and_dependence_follow_what_the_settings_do() -> None:
    runs = sweep(40, lambda lr, dropout, noise: abs(np.log10(lr) + 3) + 0.3 * dropout + 0.05 * noise)
    found = compare(runs).influences()
    first = found.settings[0]
    assert found.usable
    assert first.key == "train.lr"
    assert first.share > 0.8
    assert first.share_low <= first.share <= first.share_high
    assert first.importance > 0.5
    dependence = first.dependence
    assert dependence.log
    assert 1e-4 < dependence.x[int(np.argmin(dependence.mean))] < 1e-2
    assert (dependence.low <= dependence.high).all()
    assert sum(each.share for each in found.settings) < 1.2


def test_a_forest_over_noise_says_that_it_has_learnt_nothing() -> None:
    runs = sweep(20, lambda _lr, _dropout, noise: noise)
    assert not compare(runs).influences().usable


def test_too_few_runs_have_no_influences_and_a_reason() -> None:
    found = influences(settings_of(sweep(4, lambda lr, *_: lr)), np.arange(4.0))
    assert (found.usable, found.why) == (False, "4 runs are too few for a forest; 10 are the least")


def test_two_optimizers_known_by_name_are_two_groups_and_a_setting() -> None:
    runs = [made_run(f"{kind}-{seed}", {"optimizer": {"name": kind}, "seed": seed},
                     total_loss=[3.0, end + seed * end / 50])
            for kind, end in (("adam", 1.0), ("sgd", 2.0)) for seed in range(4)]  # fmt: skip
    found = compare(runs)
    assert [group.label for group in found.frame.groups] == ["name adam", "name sgd"]
    assert [setting.key for setting in found.settings] == ["optimizer.name"]
    assert found.insights[0].claim
