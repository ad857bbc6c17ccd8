"""A trend is told with its interval, or not at all; the best checkpoint is told with those that may be as good."""

from __future__ import annotations

import math

import numpy as np
import pytest

from musiclog.quality import Evaluation, best_of, evaluations, trend_of
from musiclog.records import SampleFile


def sample(epoch: float | None = None, step: float | None = None, checkpoint: str | None = None) -> SampleFile:
    return SampleFile("/run/samples/a.mid", "a", step=step, epoch=epoch, checkpoint=checkpoint)


@pytest.mark.parametrize("count", [6, 10, 20, 50])
def test_noise_is_called_a_trend_at_most_once_in_twenty_times(count: int):
    chance = np.random.default_rng(count)
    flagged = sum(trend_of((range(count), chance.normal(size=count))).sign != "unknown" for _ in range(1000))
    assert flagged <= 65  # 50 expected, fewer for few values; 65 leaves two standard deviations


@pytest.mark.parametrize("echo", [0.3, 0.5])
@pytest.mark.parametrize("count", [6, 10, 20, 40])
def test_evaluations_that_resemble_their_neighbours_are_not_taken_for_independent(count: int, echo: float):
    """Of values that only follow their neighbours, five in a hundred may be called a trend, seven with bad luck."""
    chance = np.random.default_rng(count)
    values = chance.normal(size=(250, count + 30))
    for index in range(1, count + 30):
        values[:, index] += echo * values[:, index - 1]
    flagged = sum(trend_of((range(count), row[30:])).sign != "unknown" for row in values)
    assert flagged <= 0.07 * 250 + 8  # two standard deviations of the counting


def test_a_course_that_rises_and_levels_off_is_rising():
    chance = np.random.default_rng(7)
    course = 0.7 - 0.45 * np.exp(-np.arange(30) / 4) + 0.002 * np.arange(30) + chance.normal(0, 0.02, 30)
    assert trend_of((range(30), course)).sign == "rising"


def test_a_slow_wave_is_too_much_like_itself_to_tell():
    found = trend_of((range(12), np.sin(np.arange(12) / 3)))
    assert found.sign == "unknown"
    assert "too much like the ones before" in found.text or "interval" in found.text


def test_a_rise_is_found_with_its_size_though_one_value_lies_far_out():
    chance = np.random.default_rng(3)
    values = 0.3 + 0.01 * np.arange(30) + chance.normal(0, 0.03, 30)
    values[11] = 5.0
    found = trend_of((range(30), values))
    assert found.sign == "rising"
    assert found.slope == pytest.approx(0.01, abs=0.002)
    assert found.low < 0.01 < found.high
    assert found.change == pytest.approx(0.29, abs=0.06)
    assert found.text.startswith("rising by 0.01")


def test_the_interval_holds_the_true_slope_as_often_as_it_promises():
    chance = np.random.default_rng(4)
    holds = 0
    for _ in range(400):
        found = trend_of((range(15), 0.02 * np.arange(15) + chance.normal(0, 0.1, 15)))
        holds += found.low <= 0.02 <= found.high
    assert holds >= 0.93 * 400


def test_five_values_in_order_are_a_trend_and_four_are_not_enough():
    assert trend_of(([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])).sign == "rising"
    assert trend_of(([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])).sign == "falling"
    few = trend_of(([1, 2, 3, 4], [1, 2, 3, 4]))
    assert few.slope is None
    assert few.text == "no trend: not enough samples: 4 evaluations, a trend needs 5"


def test_values_that_never_change_neither_rise_nor_fall():
    found = trend_of((range(8), [0.5] * 8))
    assert (found.slope, found.low, found.high, found.sign) == (0, 0, 0, "unknown")


def test_places_may_come_unsorted_with_gaps_and_values_that_are_not_finite():
    whole = trend_of(([1, 2, 3, 4, 6, 9], [1, 3, 2, 4, 6, 5]))
    mixed = trend_of(([9, 1, 5, 2, 4, 3, 6], [5, 1, math.nan, 3, 4, 2, 6]))
    assert mixed == whole


def test_two_values_at_one_place_are_no_pair():
    found = trend_of(([1, 1, 2, 3, 4, 5], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    assert found.sign == "rising"
    assert math.isfinite(found.slope)


def test_samples_gather_by_epoch_and_lack_nothing_but_those_without_quality():
    rows = [(sample(2, 20), 0.5), (sample(1, 10, "a.pt"), 0.4), (sample(2, 21), 0.7), (sample(2, 22), None)]
    rows += [(sample(None, 30), 0.9), (sample(3, 31), math.nan)]
    assert evaluations(rows) == [Evaluation(1, (0.4,), "a.pt"), Evaluation(2, (0.5, 0.7))]
    assert [each.at for each in evaluations([(sample(step=20), 0.1), (sample(step=10), 0.2)])] == [10, 20]


def test_the_best_is_told_with_those_that_may_be_as_good():
    low = Evaluation(1, (0.3, 0.31, 0.32, 0.3))
    near = Evaluation(2, (0.6, 0.75, 0.7, 0.66))
    top = Evaluation(3, (0.62, 0.78, 0.71, 0.7), "epoch_3.pt")
    found = best_of([low, near, top])
    assert found.evaluation is top
    assert found.ties == (near,)
    assert found.interval[0] < top.mean < found.interval[1]


def test_a_best_of_single_samples_says_that_chance_is_not_known():
    found = best_of([Evaluation(1, (0.3,)), Evaluation(2, (0.4,))])
    assert found.evaluation.at == 2
    assert found.interval is None
    assert "one sample" in found.reason
    assert best_of([]).evaluation is None
    assert "not enough samples" in best_of([]).reason
