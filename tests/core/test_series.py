"""A metric keeps every point, draws the newest stretch, and never loses a peak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.columns import CHUNK, Column
from musiclog.records import Points
from musiclog.series import Series

from .test_decimate import reference, values

NAN = float("nan")


def points(steps, y=None, times=None, epochs=None):
    steps = np.array(steps, dtype=np.float64)
    none = np.full(len(steps), NAN)
    return Points(
        steps,
        none if times is None else np.array(times, dtype=np.float64),
        none if epochs is None else np.array(epochs, dtype=np.float64),
        steps * 10 if y is None else np.array(y, dtype=np.float64),
    )


def series(*batches):
    made = Series("loss")
    for batch in batches:
        made.append(batch)
    return made


@settings(deadline=None)
@given(
    stretches=st.lists(
        st.tuples(st.integers(0, 200), st.lists(values, min_size=1, max_size=150)), min_size=1, max_size=5
    ),
    window=st.tuples(st.integers(-5, 360), st.integers(-5, 360)),
    columns=st.integers(1, 30),
)
def test_the_newest_stretch_is_drawn_with_every_peak(stretches, window, columns):
    made = Series("loss")
    drawn: list[tuple[int, float]] = []
    everything = []
    for start, y in stretches:
        steps = np.arange(start, start + len(y), dtype=np.float64)
        made.append(points(steps, y))
        went_back = bool(drawn) and start < drawn[-1][0]  # a step that is logged twice is no resume: both are drawn
        drawn = [(s, v) for s, v in drawn if s < start or not went_back]
        drawn += zip(range(start, start + len(y)), y, strict=True)
        everything += y
    assert made.values.tolist() == pytest.approx(everything, nan_ok=True)
    x0, x1 = float(min(window)), float(max(window))
    x, y = made.thin("step", x0, x1, columns)
    assert np.isfinite(y).all()
    assert (np.diff(x) >= 0).all()
    expected_x, expected_y = np.array(drawn, dtype=np.float64).T
    assert reference(x, y, x0, x1, columns) == reference(expected_x, expected_y, x0, x1, columns)


@settings(deadline=None)
@given(
    stretches=st.lists(
        st.tuples(st.integers(0, 200), st.lists(values, min_size=1, max_size=150)), min_size=1, max_size=4
    ),
    window=st.tuples(st.integers(1, 360), st.integers(1, 360)),
    columns=st.integers(1, 30),
)
def test_no_peak_is_lost_on_a_logarithmic_axis_also_while_more_comes(stretches, window, columns):
    made = Series("loss")
    x0, x1, start = float(min(window)), float(max(window)), 0
    for gap, y in stretches:
        start += gap
        steps = np.arange(start, start + len(y), dtype=np.float64)
        start += len(y)
        made.append(points(steps, y))
        drawn, thinned = made.drawn("step"), made.thin("step", x0, x1, columns, log=True)
        assert reference(*thinned, x0, x1, columns, log_from=0) == reference(*drawn, x0, x1, columns, log_from=0)


def test_logarithmic_columns_count_from_the_origin_of_relative_time():
    made, seconds = Series("loss"), np.arange(1.0, 100_001.0)
    made.origin = 1.7e9
    y = np.ones(len(seconds))
    y[[2, 70_000]] = 9, -9  # the third second has columns of its own, though a linear axis would not show it
    made.append(points(seconds, y, times=made.origin + seconds))
    x, y = made.thin("relative", 1, 1e5, 500, log=True)
    assert (x[y.argmax()], y.max()) == (3, 9)
    assert (x[y.argmin()], y.min()) == pytest.approx((70_001, -9), rel=0.03)
    assert len(x) <= 1000


@settings(deadline=None)
@given(
    batches=st.lists(st.tuples(st.integers(-3, 60), st.lists(values, min_size=1, max_size=90)), min_size=2, max_size=8),
    window=st.tuples(st.integers(-5, 400), st.integers(-5, 400)),
    columns=st.integers(1, 20),
)
def test_a_curve_that_grows_under_a_window_is_drawn_as_if_it_had_always_been_there(batches, window, columns):
    grown, x0, x1 = Series("loss"), float(min(window)), float(max(window))
    everything, at = [], 0
    for gap, y in batches:
        at = max(at + gap, 0)  # a gap below zero is a resume
        everything.append(points(range(at, at + len(y)), y))
        at += len(y)
        grown.append(everything[-1])
        at_once = series(*everything).thin("step", x0, x1, columns)
        np.testing.assert_array_equal(grown.thin("step", x0, x1, columns), at_once)


def test_a_resumed_run_draws_the_newer_stretch_and_keeps_both():
    resumed = series(points([0, 1, 2, 3, 4]), points([2, 3], [7, 8]))
    assert resumed.steps.tolist() == [0, 1, 2, 3, 4, 2, 3]
    x, y = resumed.thin("step", 0, 10, 100)
    assert list(zip(x, y, strict=True)) == [(0, 0), (1, 10), (2, 7), (3, 8)]
    assert resumed.extent("step") == (0, 3)


def test_points_in_no_order_are_all_drawn_sorted():
    rng = np.random.default_rng(1)
    steps = rng.permutation(5000).astype(np.float64)
    scattered = series(points(steps[:2000]), points(steps[2000:]))
    assert scattered.extent("step") == (0, 4999)
    x, y = scattered.thin("step", 100, 110, 1000)
    assert x.tolist() == list(range(99, 112))
    assert y.tolist() == [10 * s for s in range(99, 112)]


def test_a_missing_epoch_takes_the_one_before_and_a_clock_set_back_waits():
    made = series(points([0, 1, 2, 3], times=[10, 12, 11, 14], epochs=[NAN, 1, NAN, 2]))
    assert made.thin("epoch", 0, 5, 10)[0].tolist() == [1, 1, 2]
    assert made.thin("wall", 0, 50, 10)[0].tolist() == [10, 12, 12, 14]
    assert made.thin("relative", 0, 50, 10)[0].tolist() == [0, 2, 2, 4]
    made.origin = 5.0
    assert made.thin("relative", 0, 50, 10)[0].tolist() == [5, 7, 7, 9]
    assert made.times.tolist() == [10, 12, 11, 14]


def test_an_axis_that_nobody_logged_is_unknown_and_draws_nothing():
    made = series(points([0, 1]))
    assert not made.has("epoch")
    assert made.extent("wall") is None
    assert len(made.thin("wall", 0, 1, 10)[0]) == 0


def test_not_finite_values_are_marks_and_never_drawn():
    made = series(points(range(6), [1, NAN, 2, float("inf"), float("-inf"), 3]))
    assert made.thin("step", 0, 5, 10)[1].tolist() == [1, 2, 3]
    x, y = made.marks("step", 0, 5, 100)
    assert x.tolist() == [1, 3, 4]
    assert np.isnan(y[0])
    assert y[1:].tolist() == [float("inf"), float("-inf")]
    assert len(made.marks("step", 0, 5, 1)[0]) == 1


def test_marks_of_a_replaced_stretch_are_gone():
    made = series(points(range(4), [1, 2, NAN, NAN]), points([2, 3], [5, NAN]))
    assert made.marks("step", 0, 5, 100)[0].tolist() == [3]


def test_the_nearest_drawn_point_is_found_across_a_resume():
    made = series(points([0, 1, 2, 3, 4]), points([2.5, 6], [7, 8]))
    assert made.nearest("step", 2.4) == (2.5, 7)
    assert made.nearest("step", 1.9) == (2, 20)
    assert made.nearest("step", 99) == (6, 8)
    assert series().nearest("step", 0) is None


def test_drawn_gives_the_whole_curve_without_what_was_replaced():
    made = series(points([0, 1, 2, 3]), points([2, 3], [7, NAN]))
    assert [a.tolist() for a in made.drawn("step")] == [[0, 1, 2], [0, 10, 7]]


def test_a_column_longer_than_a_chunk_is_one_array_and_can_be_forked():
    column = Column()
    whole = np.arange(2.5 * CHUNK)
    for start in range(0, len(whole), 777_777):
        column.append(whole[start : start + 777_777])
    assert np.array_equal(column.whole, whole)
    rows = np.array([0, CHUNK - 1, CHUNK, 2 * CHUNK + 5])
    assert column.take(rows).tolist() == rows.tolist()
    assert column.search(rows - 0.5, 10, len(whole)).tolist() == [10, *rows[1:]]
    for length in (0, 5, CHUNK, CHUNK + 3):
        other = column.fork(length)
        other.append(np.array([-1.0]))
        assert np.array_equal(other.whole, np.append(whole[:length], -1))
    assert np.array_equal(column.whole, whole)


@settings(deadline=None)
@given(stretches=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=4))
def test_many_places_are_translated_as_one_by_one(stretches):
    steps = np.concatenate([np.arange(start, start + length, dtype=float) for start, length in stretches])
    made = series(points(steps, epochs=steps / 7))
    drawn_steps, _ = made.drawn("step")
    asked = np.linspace(-1, 9, 40)
    found = made.translated(asked, "epoch", "step")
    assert found.tolist() == [drawn_steps[np.abs(drawn_steps / 7 - each).argmin()] for each in asked]
    assert found[7] == made.translate(asked[7], "epoch", "step")
