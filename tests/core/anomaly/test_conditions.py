"""The catalogue's small language reads what it documents and nothing else."""

import pytest

from musiclog.anomaly.conditions import ConditionError, holds, parse

FACTS = {"ratio": 12.0, "lr_jumped": True, "clip": None, "issue": "leak", "zero": 0.0}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("lr_jumped and ratio > 10", True),
        ("ratio > 10 and not clip", True),
        ("ratio >= 12 and ratio <= 12 and ratio == 12", True),
        ("ratio < 1 or lr_jumped", True),
        ("not (ratio < 1 or lr_jumped)", False),
        ("ratio < 1 or ratio > 10 and lr_jumped", True),
        ("issue == 'leak'", True),
        ("issue != 'leak'", False),
        ("ratio > 1e-3 and ratio > -5", True),
        ("zero", False),
        ("not zero", True),
    ],
)
def test_conditions_mean_what_they_say(condition: str, expected: bool):
    assert holds(condition, FACTS) is expected


@pytest.mark.parametrize(
    "condition", ["clip > 1", "clip < 1", "clip != 1", "never_heard_of", "issue > 3", "ratio == 'leak'"]
)
def test_what_is_not_known_is_never_true(condition: str):
    assert not holds(condition, FACTS)


@pytest.mark.parametrize(
    "condition",
    [
        "ratio >",
        "and ratio",
        "(ratio > 1",
        "ratio > 1)",
        "ratio > > 1",
        "__import__('os')",
        "ratio.real",
        "1 +",
        "ratio = 1",
    ],
)
def test_what_is_not_the_language_is_refused(condition: str):
    with pytest.raises(ConditionError):
        parse(condition)
