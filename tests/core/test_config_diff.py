"""Only what differs, missing told apart from null."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from musiclog.compare import MISSING, differences, flatten

CONFIGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def test_nested_keys_are_joined_by_dots() -> None:
    assert flatten({"model": {"layers": 4, "head": {"dim": 8}}, "seed": 1}) == {
        "model.layers": 4, "model.head.dim": 8, "seed": 1,
    }  # fmt: skip


def test_only_what_differs_is_told() -> None:
    one, other = {"training": {"lr": 0.1, "batch": 32}}, {"training": {"lr": 0.2, "batch": 32}}
    assert [(row.key, row.values) for row in differences([one, other])] == [("training.lr", (0.1, 0.2))]


def test_missing_is_not_null() -> None:
    rows = differences([{"clip": None}, {}])
    assert rows[0].values == (None, MISSING)


def test_one_and_one_point_zero_are_the_same_but_true_is_not() -> None:
    assert differences([{"x": 1}, {"x": 1.0}]) == ()
    assert len(differences([{"x": 1}, {"x": True}])) == 1


def test_not_a_number_equals_itself() -> None:
    assert differences([{"x": math.nan}, {"x": float("nan")}]) == ()


def test_an_empty_section_differs_from_a_missing_one() -> None:
    assert differences([{"augment": {}}, {}])[0].values == ({}, MISSING)


def test_three_runs_differ_when_one_of_them_does() -> None:
    rows = differences([{"a": 1}, {"a": 1}, {"a": 2}])
    assert rows[0].values == (1, 1, 2)


@given(st.dictionaries(st.text(max_size=4), CONFIGS, max_size=4))
def test_a_configuration_never_differs_from_itself(config: dict[str, object]) -> None:
    assert differences([config, config, config]) == ()
