"""The YAML of settings, against what PyYAML and ruamel write; what is wrong in it has a line number."""

from __future__ import annotations

import math

import pytest

from musiclog.readers.plain_yaml import loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: 1\nb: 2.5\nc: 1e-3\nd: .inf\ne: ~\nf: true\ng: no\n",
         {"a": 1, "b": 2.5, "c": 0.001, "d": math.inf, "e": None, "f": True, "g": False}),
        ("a:\n  b:\n    c: x\n  d: y\n", {"a": {"b": {"c": "x"}, "d": "y"}}),
        ("a:\n- 1\n- - 2\n  - 3\n- b: 4\n  c: 5\n", {"a": [1, [2, 3], {"b": 4, "c": 5}]}),
        ("a: [1, 'x, y', {b: 2}]\nc: {}\nd: []\n", {"a": [1, "x, y", {"b": 2}], "c": {}, "d": []}),
        ("a: 'it''s'\nb: \"x\\n\\u00fc\\x41\"\n", {"a": "it's", "b": "x\nüA"}),
        ("a: one two\n  three\nb: 'x\n\n  y'\nc: \"x\\\n  \\ y\"\n", {"a": "one two three", "b": "x\ny", "c": "x y"}),
        ("a: |\n  x\n    y\nb: >-\n  x\n  y\n", {"a": "x\n  y\n", "b": "x y"}),
        ("a: &id001\n- 1\nb: *id001\n", {"a": [1], "b": [1]}),
        ("a: !!python/tuple\n- 1\n- 2\nb: !!python/name:os.system ''\n", {"a": [1, 2], "b": ""}),
        ("# head\n---\na: 1  # why\nhttp://x: y#z\n", {"a": 1, "http://x": "y#z"}),
        ("a: !!python/object/apply:os.system\n- echo hello\n", {"a": ["echo hello"]}),
        ("'quoted: key': 1\nloss/kl: 2\n", {"quoted: key": 1, "loss/kl": 2}),
    ],
)  # fmt: skip
def test_what_programs_write_is_read(text, value):
    assert loads(text) == value


@pytest.mark.parametrize(
    "text",
    ["a: 'never ends\n", "a: [1, 2\n", "a: 1\n   b: 2\n", "- 1\na: 2\n", "a: [1] 2\n", "[" * 5_000,
     "\n".join(" " * n + "a:" for n in range(5_000)), "a: 1\n" * 200_000],
)  # fmt: skip
def test_what_is_wrong_is_an_error_and_nothing_worse(text):
    with pytest.raises(ValueError, match=r"line|flow|deep"):
        loads(text)


def test_aliases_of_aliases_do_not_grow():
    """A billion laughs: every alias is the value itself, no copy."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
    assert len(loads("\n".join(lines))) == 30
