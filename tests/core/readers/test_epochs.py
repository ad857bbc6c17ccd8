"""Rows of whole epochs are spread over them as soon as it is known how long an epoch is."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.readers.epochs import EpochClock


def place(clock, steps, epochs):
    return clock.place(np.array(steps, dtype=np.float64), np.array(epochs, dtype=np.float64)).tolist()


def test_the_last_row_of_an_epoch_lies_at_its_number():
    assert place(EpochClock(), range(6), [1, 1, 1, 2, 2, 2]) == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])


def test_epochs_that_are_counted_from_zero_are_done_one_later():
    assert place(EpochClock(), range(4), [0, 0, 1, 1]) == [0.5, 1, 1.5, 2]


def test_the_length_of_an_epoch_is_learnt_and_used_for_the_next_one():
    clock = EpochClock()
    place(clock, range(1, 5), [1, 1, 1, 1])
    place(clock, [5], [2])
    assert place(clock, [6, 7], [2, 2]) == [1.5, 1.75]
    assert place(clock, [12], [2]) == [2]


def test_one_row_an_epoch_stays_where_it_is():
    clock = EpochClock()
    assert place(clock, [100, 200, 300], [1, 2, 3]) == [1, 2, 3]
    assert place(clock, [400], [4]) == [4]


def test_fractions_and_unknown_epochs_are_left_alone():
    clock = EpochClock()
    assert place(clock, [1, 2], [0.5, 1]) == [0.5, 1]
    assert place(clock, [3, 4], [2, 2]) == [2, 2]
    assert np.isnan(place(EpochClock(), [1, 2], [np.nan, np.nan])).all()


def test_a_resumed_run_begins_its_epoch_anew():
    clock = EpochClock()
    clock.expect(4)
    assert place(clock, range(1, 7), [1, 1, 1, 1, 2, 2]) == [0.25, 0.5, 0.75, 1, 1.25, 1.5]
    again = place(clock, [5, 6, 7, 8], [2, 2, 2, 2])
    assert again == sorted(again)
    assert 1 <= again[0] <= again[-1] <= 2
