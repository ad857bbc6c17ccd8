"""Curves over tokens and files seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.counters import counters, counts_up, files_seen, last_known, over

NAN = float("nan")


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_the_last_known_value_holds_until_the_next() -> None:
    found = last_known(floats(0, 1, 1.5, 3, 9, NAN), floats(1, 2, 3), floats(10, 20, 30))
    np.testing.assert_array_equal(found, [NAN, 10, 10, 30, 30, NAN])


def test_unknown_values_tell_nothing_and_of_several_the_last_counts() -> None:
    np.testing.assert_array_equal(last_known(floats(2, 3), floats(1, 1, 2), floats(5, 6, NAN)), [6, 6])
    np.testing.assert_array_equal(last_known(floats(2), floats(), floats()), [NAN])


def test_a_loss_over_tokens_says_what_came_before_the_first_count() -> None:
    found = over((floats(0, 1, 2, 3, 4), floats(5, 4, 3, 2, 1)), (floats(1, 3), floats(1000, 3000)))
    np.testing.assert_array_equal(found.x, [1000, 1000, 3000, 3000])
    np.testing.assert_array_equal(found.y, [4, 3, 2, 1])
    assert found.left_out == 1
    assert found.rising


def test_a_metric_that_is_no_counter_is_told() -> None:
    found = over((floats(0, 1, 2), floats(1, 2, 3)), (floats(0, 1, 2), floats(3, 2, 5)))
    assert not found.rising
    assert not counts_up(floats(3, 2, 5))
    assert not counts_up(floats(3, 3))
    assert counts_up(floats(3, NAN, 3, 4))


def test_files_are_counted_in_the_order_of_time() -> None:
    times, counts = files_seen(floats(3, 1, NAN, 2))
    np.testing.assert_array_equal(times, [1, 2, 3])
    np.testing.assert_array_equal(counts, [1, 2, 4])


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["loss", "train/tokens_seen", "tokens"], {"tokens": "train/tokens_seen"}), (["tokens"], {"tokens": "tokens"}),
        (["num_input_tokens_seen", "tokens_per_second"], {"tokens": "num_input_tokens_seen"}),
        (["tokens_per_second", "throughput/samples_per_second", "samples"], {}),
        (["data/files_seen", "samples_seen"], {"files": "samples_seen"}),
    ],
)  # fmt: skip
def test_counters_are_found_by_name(names: list[str], found: dict[str, str]) -> None:
    assert counters(names) == found


@given(st.lists(st.integers(0, 30), max_size=20).map(sorted), st.lists(st.integers(-5, 35), max_size=20), st.data())
def test_what_was_known_is_what_a_look_back_finds(steps: list[int], at: list[int], data: st.DataObject) -> None:
    size = len(steps)
    values = data.draw(st.lists(st.floats(-9, 9) | st.just(NAN), min_size=size, max_size=size))
    found = last_known(np.array(at, dtype=float), np.array(steps, dtype=float), np.array(values, dtype=float))
    for place, result in zip(at, found, strict=True):
        known = [v for x, v in zip(steps, values, strict=True) if x <= place and not np.isnan(v)]
        assert result == pytest.approx(known[-1] if known else NAN, nan_ok=True)
