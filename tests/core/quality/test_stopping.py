"""Early stopping waits while music gets better, and does not wait for ever."""

from __future__ import annotations

import math

import numpy as np
import pytest

from musiclog.errors import MusiclogError
from musiclog.quality import QualityStopper

SPREAD = 0.1  # of the samples of one evaluation


def stopped_at(quality, evaluations: int, chance, patience: int = 6) -> int | None:
    stopper = QualityStopper(patience)
    for number in range(evaluations):
        if stopper.update(quality(number) + chance.normal(0, SPREAD, 4)):
            return number
    return None


def share_stopped(quality, evaluations: int, patience: int) -> float:
    chance = np.random.default_rng(1)
    return np.mean([stopped_at(quality, evaluations, chance, patience) is not None for _ in range(200)])


def test_noise_does_not_stop_a_training_that_gets_better():
    assert share_stopped(lambda number: 0.3 + 0.02 * number, 35, patience=6) <= 0.01
    assert share_stopped(lambda number: 0.3 + 0.01 * number, 40, patience=8) <= 0.02


def test_it_stops_after_the_rise_has_ended_and_sooner_when_quality_falls():
    chance = np.random.default_rng(2)
    flat = [stopped_at(lambda n: 0.3 + 0.02 * min(n, 15), 80, chance) for _ in range(100)]
    falling = [stopped_at(lambda n: 0.3 + 0.02 * min(n, 15) - 0.01 * max(0, n - 15), 80, chance) for _ in range(100)]
    assert None not in flat
    assert np.median(flat) < 15 + 3 * 6
    assert np.median(falling) < np.median(flat)


def test_nothing_is_decided_before_there_were_enough_evaluations():
    stopper = QualityStopper(patience=4)
    assert not any(stopper.update(0.5) for _ in range(3))
    assert stopper.bound is None
    assert "not enough samples" in stopper.reason


def test_qualities_that_are_unknown_count_as_no_evaluation():
    stopper = QualityStopper(patience=3)
    for _ in range(20):
        assert not stopper.update([None, math.nan])
    assert stopper.bound is None
    assert stopper.update([0.5, None]) is False
    assert "1 evaluations" in stopper.reason


def test_a_quality_that_stands_still_stops_after_its_patience():
    stopper = QualityStopper(patience=3)
    answers = [stopper.update(0.5) for _ in range(7)]
    assert answers == [False] * 5 + [True] * 2
    assert stopper.reason.startswith("stop: lower bound 0.500")


def test_a_gain_smaller_than_asked_for_does_not_count():
    def waited(min_gain: float) -> int:
        stopper = QualityStopper(patience=3, min_gain=min_gain)
        for number in range(10):
            stopper.update(0.5 + 0.001 * number)
        return stopper.waited

    assert waited(0.0) == 0
    assert waited(0.5) == 7


def test_a_patience_that_noise_would_decide_is_refused():
    with pytest.raises(MusiclogError, match="3 evaluations or more"):
        QualityStopper(patience=1)
