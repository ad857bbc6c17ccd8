"""Windows say what sorting the last values would say."""

from hypothesis import given
from hypothesis import strategies as st

from musiclog.anomaly.baseline import Largest, Window

numbers = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=80)


@given(numbers, st.integers(1, 20))
def test_a_window_is_the_last_values_sorted(values: list[float], size: int):
    window = Window(size)
    for value in values:
        window.push(value)
    last = sorted(values[-size:])
    assert window.ordered == last
    assert list(window.arrived) == values[-size:]
    assert window.median() == last[len(last) // 2]
    assert window.quantile(1.0) == last[-1]


@given(numbers, st.integers(1, 20))
def test_the_largest_of_the_last_values(values: list[float], size: int):
    largest = Largest(size)
    for value in values:
        largest.push(value)
    assert largest.value() == max(values[-size:])


def test_a_tenth_of_wild_values_does_not_widen_the_spread_but_the_scatter_above():
    calm, wild = Window(100), Window(100)
    for i in range(100):
        calm.push(float(i % 10))
        wild.push(float(i % 10) if i % 8 else 1_000.0)
    assert wild.spread() <= 1.5 * calm.spread()
    assert wild.scatter_above() > 10 * calm.scatter_above()


def test_an_empty_window_knows_no_largest():
    assert Largest(3).value() is None
