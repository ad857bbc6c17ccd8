"""Which runs belong together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.grouping import group_by, grouping_keys, incidental
from musiclog.query import Facts


def runs(*configs: dict[str, Any]) -> dict[str, Facts]:
    return {str(place): Facts(f"run-{place}", config=config) for place, config in enumerate(configs)}


SWEEP = runs(
    {"training.learning_rate": 1e-3, "seed": 2, "output_dir": "a"},
    {"training.learning_rate": 1e-4, "seed": 1, "output_dir": "b"},
    {"training.learning_rate": 1e-3, "seed": 1, "output_dir": "c"},
    {"seed": 10},
)


def test_runs_with_equal_values_are_together_smallest_first_and_missing_last() -> None:
    groups = group_by(SWEEP, ["lr"])
    assert [group.members for group in groups] == [("1",), ("0", "2"), ("3",)]
    assert [group.label for group in groups] == ["learning_rate 0.0001", "learning_rate 0.001", "learning_rate —"]
    assert groups[0].values[0][0] == "training.learning_rate"


def test_numbers_are_ordered_by_size() -> None:
    assert [group.values[0][1] for group in group_by(SWEEP, ["seed"])] == [1, 2, 10]


def test_several_keys_make_finer_groups() -> None:
    assert [group.members for group in group_by(SWEEP, ["seed", "lr"])] == [("1",), ("2",), ("0",), ("3",)]


def test_a_minus_joins_what_differs_in_this_key_only() -> None:
    assert grouping_keys(SWEEP, ["-seed"]) == ("training.learning_rate",)
    assert [group.members for group in group_by(SWEEP, ["-seed"])] == [("1",), ("0", "2"), ("3",)]


def test_without_keys_all_runs_are_one_group() -> None:
    (group,) = group_by(SWEEP, [])
    assert (group.label, group.members) == ("", ("0", "1", "2", "3"))


def test_tags_and_folders_group_too() -> None:
    tagged = {"a": Facts("a", tags=("x", "y")), "b": Facts("b", tags=("y", "x")), "c": Facts("c")}
    assert [group.members for group in group_by(tagged, ["tag"])] == [("a", "b"), ("c",)]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [(1, 1.0, True), (1, True, False), (float("nan"), float("nan"), True), ("1", 1, False), ([1, 2], [1, 2], True),
     (None, "null", False), (1e16, 10**16, True)],
)  # fmt: skip
def test_values_are_equal_as_configuration_values(one: Any, other: Any, together: bool) -> None:
    assert (len(group_by(runs({"k": one}, {"k": other}), ["k"])) == 1) is together


VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 2.5, float("nan"), "a", "b"])


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b.c", "seed"]), VALUES), max_size=12))
def test_every_run_is_in_exactly_one_group(configs: list[dict[str, Any]]) -> None:
    for keys in (["a"], ["a", "c"], ["-seed"], []):
        groups = group_by(runs(*configs), keys)
        members = sorted(int(run) for group in groups for run in group.members)
        assert members == list(range(len(configs)))


@pytest.mark.parametrize(("key", "expected"), [
    ("name", True), ("run.name", True), ("logging.wandb.id", True), ("paths.output_dir", True),
    ("optimizer.name", False), ("model.encoder.name", False), ("dataset.id", False),
])  # fmt: skip
def test_a_name_is_the_runs_own_only_where_it_stands_for_the_run(key: str, expected: bool) -> None:
    assert incidental(key) is expected
