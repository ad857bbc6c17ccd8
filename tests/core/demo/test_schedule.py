"""The learning rate goes as planned, and wrong exactly where the demo says."""

from __future__ import annotations

import itertools

import pytest

from musiclog.demo.config import DemoConfig
from musiclog.demo.schedule import RestartFault, WarmupCosine, planned_schedule

SOUND = WarmupCosine(peak=0.01, total_steps=100, warmup_steps=10, final_share=0.1)


def test_it_warms_up_to_the_peak_and_falls_to_its_last_share():
    rates = [SOUND(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.001)
    assert max(rates) == rates[9] == pytest.approx(0.01)
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[10:]))
    assert SOUND(100) == pytest.approx(0.001)


def test_the_fault_multiplies_between_its_first_and_last_step_only():
    faulty = RestartFault(SOUND, begins=80, steps=5, factor=25)
    wrong = [step for step in range(100) if faulty(step) != SOUND(step)]
    assert wrong == [80, 81, 82, 83, 84]
    assert faulty(80) == pytest.approx(25 * SOUND(80))


def test_the_planned_fault_is_late_and_can_be_left_out():
    schedule = planned_schedule(DemoConfig(epochs=20), steps_per_epoch=50)
    assert schedule.begins == 800
    assert planned_schedule(DemoConfig(fault=False), 50).ends is None


def test_the_planned_fault_is_more_than_a_detector_may_forgive():
    schedule = planned_schedule(DemoConfig(), steps_per_epoch=100)
    highest_before = max(schedule(step) for step in range(schedule.begins))
    assert schedule(schedule.begins) > 3 * highest_before
