"""The estimate is close, says how sure it is, and is not fooled by slow starts, pauses and resumed runs."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.progress import MIN_INTERVALS, Estimate, Progress, duration, replay


class Training:
    """A made-up training with a clock of its own."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.now = 1_000_000.0
        self.step = 0

    def steps(self, count: int, seconds: float, epoch: float | None = None, jitter: float = 0.0) -> None:
        noise = random.Random(self.step)
        for _ in range(count):
            self.now += seconds * (1 + jitter * noise.uniform(-1, 1))
            self.step += 1
            self.progress.update(self.now, self.step, epoch)

    @property
    def estimate(self) -> Estimate:
        return self.progress.estimate(self.now)


def known(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.eta_s is not None
    assert estimate.low_s is not None
    assert estimate.high_s is not None
    return estimate.low_s, estimate.eta_s, estimate.high_s


def test_the_first_steps_give_a_fraction_but_no_eta() -> None:
    training = Training(Progress(total_steps=100))
    training.steps(MIN_INTERVALS + 1, 1.0)

    assert training.estimate.fraction == pytest.approx(0.09)
    assert training.estimate.eta_s is None
    assert training.estimate.reason == "too few steps yet"


def test_a_steady_run_knows_its_end() -> None:
    training = Training(Progress(total_steps=1000))
    training.steps(200, 0.5, jitter=0.2)

    low, eta, high = known(training.estimate)
    assert eta == pytest.approx(400, rel=0.03)
    assert low < 400 < high
    assert high - low < 0.2 * eta


def test_without_a_plan_there_is_no_fraction_and_a_reason() -> None:
    training = Training(Progress())
    training.steps(50, 1.0)

    assert training.estimate == Estimate(None, reason="neither total_steps nor total_epochs is known")


def test_a_slow_first_step_does_not_count() -> None:
    training = Training(Progress(total_steps=100))
    training.steps(1, 0.0)
    training.steps(1, 300.0)  # compiles
    training.steps(20, 1.0)

    assert known(training.estimate)[1] == pytest.approx(78, rel=0.02)


def test_a_slow_first_epoch_is_forgotten_half_an_epoch_later() -> None:
    training = Training(Progress(total_epochs=10))
    training.steps(100, 5.0, epoch=1)
    training.steps(55, 1.0, epoch=2)

    assert known(training.estimate)[1] == pytest.approx(845, rel=0.05)


@pytest.mark.parametrize("pause_s", [3600.0, 7 * 86400.0])
def test_a_pause_changes_nothing(pause_s: float) -> None:
    training = Training(Progress(total_steps=400))
    training.steps(100, 1.0)
    training.now += pause_s
    training.steps(20, 1.0)

    _, eta, high = known(training.estimate)
    assert eta == pytest.approx(280, rel=0.03)
    assert high < 330


def test_evaluations_that_return_are_part_of_the_work() -> None:
    training = Training(Progress(total_steps=1000))
    for _ in range(20):
        training.steps(24, 1.0)
        training.steps(1, 26.0)  # validation: doubles the time

    assert known(training.estimate)[1] == pytest.approx(1000, rel=0.1)


def test_a_resumed_run_goes_on_from_its_checkpoint_and_the_hole_is_no_work() -> None:
    training = Training(Progress(total_steps=500))
    training.steps(200, 1.0)
    training.now += 50_000
    training.step = 150
    training.steps(20, 1.0)

    estimate = training.estimate
    assert estimate.fraction == pytest.approx(0.34)
    assert known(estimate)[1] == pytest.approx(330, rel=0.03)


def test_a_machine_that_gets_slower_is_noticed() -> None:
    training = Training(Progress(total_steps=1000))
    training.steps(300, 1.0)
    training.steps(160, 3.0)

    assert known(training.estimate)[1] == pytest.approx(540 * 3, rel=0.1)


def test_an_unsteady_run_says_so_by_a_wider_interval() -> None:
    steady, unsteady = Training(Progress(total_steps=1000)), Training(Progress(total_steps=1000))
    for block in range(20):
        steady.steps(10, 1.0)
        unsteady.steps(10, 1.0 + block % 3)

    low, eta, high = known(unsteady.estimate)
    steady_low, steady_eta, steady_high = known(steady.estimate)
    assert (high - low) / eta > 2 * (steady_high - steady_low) / steady_eta


@pytest.mark.parametrize("first_epoch", [0, 1])
def test_epochs_count_from_zero_or_one_and_their_length_is_learnt(first_epoch: int) -> None:
    training = Training(Progress(total_epochs=4))
    training.steps(50, 1.0, epoch=first_epoch)
    assert training.estimate.fraction == 0.0  # nobody knows yet how long an epoch is

    training.steps(25, 1.0, epoch=first_epoch + 1)

    estimate = training.estimate
    assert estimate.fraction == pytest.approx(0.37, abs=0.01)
    assert known(estimate)[1] == pytest.approx(125, rel=0.06)


def test_the_number_of_batches_makes_the_first_epoch_countable() -> None:
    progress = Progress(total_epochs=10)
    progress.epoch_start(1, batches=100)
    training = Training(progress)
    training.steps(50, 1.0)

    assert training.estimate.fraction == pytest.approx(0.05, abs=0.002)
    assert known(training.estimate)[1] == pytest.approx(950, rel=0.03)


def test_a_run_that_is_done_needs_no_time_and_one_that_overruns_stays_at_the_end() -> None:
    training = Training(Progress(total_steps=20))
    training.steps(25, 1.0)

    assert training.estimate == Estimate(1.0, 0.0, 0.0, 0.0)


def test_waiting_counts_down_by_one_step_at_most() -> None:
    training = Training(Progress(total_steps=100))
    training.steps(50, 10.0)
    eta = known(training.estimate)[1]

    assert known(training.progress.estimate(training.now + 4))[1] == pytest.approx(eta - 4)
    assert known(training.progress.estimate(training.now + 9000))[1] == pytest.approx(eta - 10)


def test_a_million_steps_keep_constant_memory_and_the_right_pace() -> None:
    training = Training(Progress(total_steps=400_000))
    training.steps(100_000, 0.01)

    assert len(training.progress._intervals) <= 513
    assert known(training.estimate)[1] == pytest.approx(3000, rel=0.02)


def test_a_logged_series_gives_the_same_estimate_as_the_run_itself() -> None:
    training = Training(Progress(total_epochs=10))
    steps, times, epochs = [], [], []
    for epoch in range(1, 4):
        for _ in range(1500):
            training.steps(1, 0.1, epoch=epoch)
            steps.append(training.step)
            times.append(training.now)
            epochs.append(epoch)
    again = replay(np.array(steps), np.array(times), np.array(epochs, dtype=float), total_epochs=10).estimate(
        training.now
    )

    assert again.fraction == pytest.approx(training.estimate.fraction, abs=0.01)
    assert known(again)[1] == pytest.approx(known(training.estimate)[1], rel=0.03)


def test_a_series_without_times_or_epochs_gives_no_eta() -> None:
    nothing = np.full(50, np.nan)

    assert replay(np.arange(50.0), nothing, nothing, total_steps=100).estimate(0.0).eta_s is None
    assert replay([], [], total_steps=100).estimate(0.0).reason == "no steps yet"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.none() | st.integers(-3, 9)), max_size=80),
    st.sampled_from([{"total_steps": 100}, {"total_epochs": 5}, {}]),
)
def test_whatever_the_clock_and_the_counter_do_the_estimate_makes_sense(
    moves: list[tuple[float, float, int | None]], plan: dict[str, float]
) -> None:
    progress = Progress(**plan)
    for time, step, epoch in moves:
        progress.update(time, step, epoch)
        estimate = progress.estimate(time)
        assert estimate.fraction is None or 0.0 <= estimate.fraction <= 1.0
        if estimate.eta_s is None:
            assert estimate.reason
        else:
            low, eta, high = known(estimate)
            assert 0.0 <= low <= eta <= high
            assert math.isfinite(high)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8, "8 s"), (250, "4 min 10 s"), (11_100, "3 h 05 min"), (200_000, "2 d 7 h"), (59.7, "1 min 00 s")],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_estimate_reads_as_a_sentence() -> None:
    assert str(Estimate(0.25, 600, 540, 700)) == "25%; 10 min 00 s left (9 min 00 s to 11 min 40 s)"
    assert str(Estimate(None, reason="no steps yet")) == "unknown; no ETA: no steps yet"
