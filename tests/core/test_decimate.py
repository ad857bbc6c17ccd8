"""No thinning loses a peak: property tests of the min/max pyramid and of the plain function."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclog.columns import Column
from musiclog.decimate import Pyramid, column_edges, thin

values = st.floats(width=32, allow_nan=True, allow_infinity=True)


def reference(x, y, x0, x1, columns, *, log_from=None):
    """Lowest and highest finite value of every pixel column, counted point by point."""
    place = np.clip(column_edges(x0, x1, columns, log_from).searchsorted(x, side="right") - 1, 0, columns - 1)
    inside = (x >= x0) & (x <= x1) & np.isfinite(y)
    found = {}
    for column, value in zip(place[inside], y[inside], strict=True):
        low, high = found.get(column, (value, value))
        found[column] = min(low, value), max(high, value)
    return found


@settings(deadline=None)
@given(
    chunks=st.lists(st.lists(values, max_size=120), max_size=12),
    cuts=st.lists(st.integers(0, 1500), min_size=2, max_size=40),
)
def test_a_pyramid_grown_in_pieces_knows_the_extremes_of_every_range(chunks, cuts):
    column = Column()
    pyramid = Pyramid(column)
    for chunk in chunks:
        column.append(np.array(chunk * 3, dtype=np.float64))
        pyramid.grow()
    cuts = np.minimum(np.sort(np.array(cuts, dtype=np.intp)), len(column))
    low, high = pyramid.extremes(cuts[:-1], cuts[1:])
    for a, b, found_low, found_high in zip(cuts[:-1], cuts[1:], low, high, strict=True):
        part = column.whole[a:b]
        part = part[np.isfinite(part)]
        assert (found_low, found_high) == ((part.min(), part.max()) if len(part) else (np.inf, -np.inf))


def test_a_deep_pyramid_knows_the_extremes_of_wide_and_of_narrow_ranges():
    rng = np.random.default_rng(5)
    column = Column()
    pyramid = Pyramid(column)
    for size in (3, 100_000, 1, 1_300_000, 17):  # crosses the border of a chunk
        column.append(rng.normal(size=size))
        pyramid.grow()
    cuts = np.sort(rng.integers(0, len(column), 700))
    cuts[100:140] = cuts[100] + np.arange(40)  # columns narrower than a block beside wide ones
    cuts.sort()
    low, high = pyramid.extremes(cuts[:-1], cuts[1:])
    whole = column.whole
    for i, (a, b) in enumerate(pairwise(cuts)):
        expected = (whole[a:b].min(), whole[a:b].max()) if b > a else (np.inf, -np.inf)
        assert (low[i], high[i]) == expected


@settings(deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 300), values), min_size=1, max_size=400),
    window=st.tuples(st.integers(-10, 310), st.integers(-10, 310)),
    columns=st.integers(1, 40),
)
def test_thinned_columns_have_the_extremes_of_the_data(points, window, columns):
    x = np.sort(np.array([p[0] for p in points], dtype=np.float64))
    y = np.array([p[1] for p in points], dtype=np.float64)
    x0, x1 = float(min(window)), float(max(window))
    thin_x, thin_y = thin(x, y, x0, x1, columns)
    assert np.isfinite(thin_y).all()
    assert (np.diff(thin_x) >= 0).all()
    assert reference(thin_x, thin_y, x0, x1, columns) == reference(x, y, x0, x1, columns)


@settings(deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 300), values), min_size=1, max_size=400),
    window=st.tuples(st.integers(1, 310), st.integers(1, 310)),
    columns=st.integers(1, 40),
)
def test_logarithmic_columns_have_the_extremes_of_the_data(points, window, columns):
    x = np.sort(np.array([p[0] for p in points], dtype=np.float64))
    y = np.array([p[1] for p in points], dtype=np.float64)
    x0, x1 = float(min(window)), float(max(window))
    thinned = thin(x, y, x0, x1, columns, log_from=0.0)
    assert reference(*thinned, x0, x1, columns, log_from=0) == reference(x, y, x0, x1, columns, log_from=0)


def test_few_points_are_handed_out_as_they_are_with_one_beside_the_window():
    x, y = np.arange(10.0), np.arange(10.0) ** 2
    thin_x, thin_y = thin(x, y, 3, 5, 100)
    assert thin_x.tolist() == [2, 3, 4, 5, 6]
    assert thin_y.tolist() == [4, 9, 16, 25, 36]
