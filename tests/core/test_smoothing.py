"""Smoothing gives exactly what its formula says, in any number of pieces."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.smoothing import Exponential, Gaussian, RunningMean, Smoother, smoothed, smoother

NAN = float("nan")
VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([NAN, float("inf")]), max_size=120)
CUTS = st.lists(st.integers(0, 120), max_size=4)


def exponential(values: list[float], factor: float, ages: list[float] | None = None) -> list[float]:
    """All values so far, each by factor to the power of its age; by distance also by what faded before it came."""
    result, seen, waited = [], [], 0.0  # seen: value, weight, age
    for i, value in enumerate(values):
        waited += 1.0 if ages is None else ages[i]
        if not math.isfinite(value):
            result.append(NAN)
            waited = 0.0 if ages is None else waited  # rows that are left out do not age what is there
            continue
        weight = 1 - factor**waited if seen and ages is not None else 1 - factor
        seen = [*((each, own, age + waited) for each, own, age in seen), (value, weight, 0.0)]
        weights = [own * factor**age for _, own, age in seen]
        result.append(sum(w * each for w, (each, _, _) in zip(weights, seen, strict=True)) / sum(weights))
        waited = 0.0
    return result


def windowed(values: list[float], weights: list[float]) -> list[float]:
    """Weighted mean of the finite values around each row."""
    reach, result = len(weights) // 2, []
    for i, value in enumerate(values):
        told = [
            (weights[j - i + reach], values[j])
            for j in range(max(i - reach, 0), min(i + reach + 1, len(values)))
            if math.isfinite(values[j])
        ]
        weight = sum(w for w, _ in told)
        result.append(sum(w * v for w, v in told) / weight if math.isfinite(value) else NAN)
    return result


def bell(sigma: float) -> list[float]:
    reach = math.ceil(4 * sigma)
    return [math.exp(-0.5 * (k / sigma) ** 2) for k in range(-reach, reach + 1)]


def in_pieces(one: Smoother, values: list[float], cuts: list[int], x: list[float] | None = None) -> np.ndarray:
    """Settled rows of every piece and the last tail; every tail on the way completes what was taken."""
    array, places = np.array(values, dtype=float), None if x is None else np.array(x, dtype=float)
    edges = [0, *sorted(min(cut, len(array)) for cut in cuts), len(array)]
    settled = np.empty(0)
    for a, b in itertools.pairwise(edges):
        settled = np.concatenate((settled, one.take(array[a:b], None if places is None else places[a:b])))
        assert len(settled) + len(one.tail()) == b
    return np.concatenate((settled, one.tail()))


def assert_close(found: np.ndarray, expected: list[float], values: list[float]) -> None:
    scale = max((abs(value) for value in values if math.isfinite(value)), default=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * scale)


@settings(deadline=None)
@given(VALUES, st.sampled_from([0.0, 0.01, 0.3, 0.6, 0.9, 0.99, 0.9999]), CUTS)
def test_exponential_smoothing_is_its_formula(values: list[float], factor: float, cuts: list[int]) -> None:
    assert_close(in_pieces(Exponential(factor), values, cuts), exponential(values, factor), values)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3) | st.just(NAN), st.floats(0, 50)), max_size=60), CUTS)
def test_smoothing_by_distance_is_its_formula(rows: list[tuple[float, float]], cuts: list[int]) -> None:
    values, gaps = [value for value, _ in rows], [gap for _, gap in rows]
    x = np.cumsum(gaps).tolist() if rows else []
    found = in_pieces(Exponential(0.9, x_unit=2.0), values, cuts, x)
    assert_close(found, exponential(values, 0.9, [gap / 2 for gap in gaps]), values)


@settings(deadline=None)
@given(VALUES, st.integers(0, 130), CUTS)
def test_a_running_mean_is_its_formula(values: list[float], reach: int, cuts: list[int]) -> None:
    assert_close(in_pieces(RunningMean(reach), values, cuts), windowed(values, [1.0] * (2 * reach + 1)), values)


@settings(deadline=None)
@given(VALUES, st.sampled_from([0.3, 1.0, 2.5, 10.0, 40.0]), CUTS)
def test_a_gaussian_is_its_formula(values: list[float], sigma: float, cuts: list[int]) -> None:
    assert_close(in_pieces(Gaussian(sigma), values, cuts), windowed(values, bell(sigma)), values)


@pytest.mark.parametrize("factor", [0.6, 0.999])
def test_long_curves_over_many_blocks_are_the_recurrence(factor: float) -> None:
    values = np.random.default_rng(1).normal(5, 1, 40_000)
    expected, biased = np.empty(len(values)), 0.0
    for i, value in enumerate(values.tolist()):
        biased = factor * biased + (1 - factor) * value
        expected[i] = biased / (1 - factor ** (i + 1))
    np.testing.assert_allclose(Exponential(factor).take(values), expected, rtol=1e-10)


def test_even_distances_are_rows() -> None:
    values = np.random.default_rng(2).normal(size=300)
    by_distance = smoothed(values, "exponential", 0.9, np.arange(300) * 10.0, x_unit=10.0)
    np.testing.assert_allclose(by_distance, smoothed(values, "exponential", 0.9), rtol=1e-12)


def test_points_logged_more_densely_do_not_weigh_more() -> None:
    x = np.concatenate((np.arange(0.0, 100.0), np.arange(100.0, 101.0, 0.01)))
    values = np.where(x < 100, 1.0, 2.0)
    by_row, by_distance = smoothed(values, "exponential", 0.99), smoothed(values, "exponential", 0.99, x, 1.0)
    assert by_row[-1] > 1.7
    assert by_distance[-1] < 1.05


def test_wide_gaussians_take_the_fast_way_with_the_same_result() -> None:
    values = np.random.default_rng(4).normal(3, 1, 5000)
    values[[0, 77, 4000]] = NAN
    expected = windowed(values.tolist(), bell(60.0))
    np.testing.assert_allclose(smoothed(values, "gaussian", 60.0), expected, rtol=1e-9)


@pytest.mark.parametrize(("kind", "amount"), [("gaussian", 60.0), ("gaussian", 2.0), ("running mean", 50.0)])
def test_a_spike_does_no_harm_beyond_its_window(kind: str, amount: float) -> None:
    values = np.random.default_rng(5).normal(3, 1, 4000)
    spiky = values.copy()
    spiky[1000] = 1e30
    away = np.abs(np.arange(4000) - 1000) > 4 * amount + 1
    found, expected = (smoothed(each, kind, amount) for each in (spiky, values))  # type: ignore[arg-type]
    np.testing.assert_allclose(found[away], expected[away], rtol=1e-9)


@pytest.mark.parametrize(("kind", "amount"), [("exponential", 0.99), ("gaussian", 5.0), ("running mean", 9.0)])
def test_a_constant_stays_what_it_is(kind: str, amount: float) -> None:
    np.testing.assert_allclose(smoothed(np.full(50, 7.0), kind, amount), 7.0, rtol=1e-12)  # type: ignore[arg-type]


def test_a_live_append_settles_only_what_its_window_allows() -> None:
    one = smoother("running mean", 2)
    assert len(one.take(np.arange(2.0))) == 0
    np.testing.assert_array_equal(one.tail(), [0.5, 0.5])
    np.testing.assert_array_equal(one.take(np.array([5.0])), [2.0])
    np.testing.assert_array_equal(one.tail(), [2.0, 2.0])


@pytest.mark.parametrize("make", [lambda: Exponential(1.0), lambda: Exponential(0.5, 0.0), lambda: RunningMean(-1),
                                  lambda: Gaussian(NAN), lambda: Exponential(0.5, 1.0).take(np.ones(1))])  # fmt: skip
def test_nonsense_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"not|needs x"):
        make()  # type: ignore[operator]
