"""What may be written next, from the runs at hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.query import Facts, complete

RUNS = [
    Facts("a", state="live", tags=("baseline", "long run"), config={"training.learning_rate": 1e-3, "seed": 1},
          metrics={"total_loss": 1.0}),
    Facts("b", state="crashed", tags=("baseline",), config={"training.learning_rate": 3e-4, "seed": 1,
          "optimizer": "adam w"}),
]  # fmt: skip


def offered(text: str, position: int | None = None) -> list[str]:
    found = complete(text, len(text) if position is None else position, RUNS)
    return [each.text for each in found]


def test_an_empty_field_offers_fields_then_keys_then_metrics() -> None:
    found = offered("")
    assert found[0] == "state:"
    assert found.index("seed") < found.index("total_loss")
    assert "learning_rate" in found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("sta", "state:"), ("bach sta", "state:"), ("-sta", "state:"), ("(sta", "state:"), ("lear", "learning_rate"),
        ("state:cr", "crashed"), ("tag:base", "baseline"), ("tag:lo", '"long run"'), ("tag:\"lo", '"long run"'),
        ("is:", "starred"), ("group:se", "seed"), ("group:-se", "seed"), ("has:mi", "midi"),
        ("has:lear", "learning_rate"),
        ("lr=0.0", "0.001"), ("seed=", "1"), ("optimizer:", '"adam w"'), ("loss<", "1.0"),
    ],
)  # fmt: skip
def test_the_best_suggestion_comes_first(text: str, first: str) -> None:
    assert offered(text)[0] == first


def test_a_suggestion_replaces_the_word_under_the_cursor_only() -> None:
    best = complete("sta bach", 3, RUNS)[0]
    assert best.applied("sta bach") == "state: bach"
    assert complete("x -tag:base", 11, RUNS)[0].applied("x -tag:base") == "x -tag:baseline"
    quoted = complete('tag:"long r', 11, RUNS)[0]
    assert quoted.applied('tag:"long r') == 'tag:"long run"'


def test_values_say_how_many_runs_have_them() -> None:
    assert complete("tag:", 4, RUNS)[0].note == "2 runs"


@given(st.text(max_size=20), st.integers(-3, 30))
def test_completion_never_fails(text: str, position: int) -> None:
    for suggestion in complete(text, position, RUNS):
        assert 0 <= suggestion.start <= suggestion.stop <= len(text)
